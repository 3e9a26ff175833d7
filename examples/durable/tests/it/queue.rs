use std::{sync::Arc, time::Duration};

use axum::{extract::Request, middleware, response::Response};
use example_durable::queue;
use tokio::sync::Notify;

use crate::support::{
    eventually,
    place::{Place, queue_router, serve},
    sender::{deliver, deliver_all, deliver_to, send, session},
};

#[tokio::test]
async fn an_event_that_comes_again_is_one_job() {
    let place = Place::new();
    let server = place.queue_server().await;
    for _ in 0..3 {
        assert_eq!(deliver(server, &session(1)).await, Some(204));
    }
    assert_eq!(place.count("Jobs").await, 1);
    assert_eq!(deliver(server, &session(2)).await, Some(204));
    assert_eq!(place.count("Jobs").await, 2);
}

#[tokio::test]
async fn an_event_that_comes_again_after_a_restart_is_one_job() {
    let place = Place::new();
    for _ in 0..3 {
        assert_eq!(deliver(place.queue_server().await, &session(1)).await, Some(204));
    }
    assert_eq!(place.count("Jobs").await, 1);
}

#[tokio::test]
async fn fifty_at_once_are_one_job() {
    let place = Place::new();
    let server = place.queue_server().await;
    let statuses = deliver_all(server, vec![session(1); 50]).await;
    assert!(statuses.contains(&Some(204)));
    assert!(statuses.iter().all(|status| matches!(status, Some(204 | 503))), "{statuses:?}");
    assert_eq!(deliver(server, &session(1)).await, Some(204));
    assert_eq!(place.count("Jobs").await, 1);
}

#[tokio::test]
async fn fifty_at_once_that_no_memory_holds_back_are_one_job() {
    let place = Place::new();
    let mut deliveries = Vec::new();
    for _ in 0..50 {
        let server = place.queue_server().await;
        deliveries.push(tokio::spawn(async move { deliver(server, &session(1)).await }));
    }
    for delivery in deliveries {
        let status = delivery.await.unwrap();
        // 503 where the file was busy for too long.
        assert!(matches!(status, Some(204 | 503)), "{status:?}");
    }
    assert_eq!(deliver(place.queue_server().await, &session(1)).await, Some(204));
    assert_eq!(place.count("Jobs").await, 1);
}

#[tokio::test]
async fn both_providers_come_to_one_queue_as_they_were_sent() {
    let place = Place::new();
    let server = place.queue_server().await;
    let unknown = r#"{"type":"patient_moved","payload":{"to":"Bern"}}"#;
    assert_eq!(deliver(server, &session(1)).await, Some(204));
    assert_eq!(deliver_to(server, "mediquo", unknown).await, Some(204));
    let jobs: Vec<String> = sqlx::query_scalar("SELECT CAST(job AS TEXT) FROM Jobs ORDER BY id")
        .fetch_all(&place.pool().await)
        .await
        .unwrap();
    let jobs: Vec<queue::Job> = jobs.iter().map(|job| serde_json::from_str(job).unwrap()).collect();
    let job = |provider: &str, event_type: Option<&str>, body: &str| queue::Job {
        provider: provider.to_owned(),
        event_type: event_type.map(str::to_owned),
        body: body.to_owned(),
    };
    assert_eq!(jobs, [job("truemed", None, &session(1)), job("mediquo", Some("patient_moved"), unknown)]);
    assert!(jobs[1].event().unwrap().is_some());
}

#[tokio::test]
async fn a_sender_that_has_hung_up_after_the_store_sends_again_and_it_is_one_job() {
    let place = Place::new();
    // Nothing leaves this server, as if it died after each commit.
    let stored = Arc::new(Notify::new());
    let told = Arc::clone(&stored);
    let never = move |request: Request, next: middleware::Next| {
        let told = Arc::clone(&told);
        async move {
            let response = next.run(request).await;
            assert_eq!(response.status(), 204);
            told.notify_one();
            std::future::pending::<Response>().await
        }
    };
    let silent = serve(queue_router(place.queue().await).layer(middleware::from_fn(never))).await;
    let connection = send(silent, "truemed", &session(1)).await.unwrap();
    stored.notified().await;
    drop(connection);
    assert_eq!(place.count("Jobs").await, 1);

    assert_eq!(deliver(place.queue_server().await, &session(1)).await, Some(204));
    assert_eq!(place.count("Jobs").await, 1);
}

#[tokio::test]
async fn senders_that_hang_up_at_any_moment_send_again_and_it_is_one_job_each() {
    let place = Place::new();
    let server = place.queue_server().await;
    for number in 0..50 {
        let connection = send(server, "truemed", &session(number)).await.unwrap();
        for _ in 0..number {
            tokio::task::yield_now().await;
        }
        drop(connection);
    }
    for number in 0..50 {
        eventually("204", async || (deliver(server, &session(number)).await == Some(204)).then_some(())).await;
    }
    assert_eq!(place.count("Jobs").await, 50);
}

#[tokio::test]
async fn a_database_that_refuses_is_a_503_and_the_retry_is_stored() {
    let place = Place::new();
    let server = place.queue_server().await;
    place.execute("CREATE TRIGGER full BEFORE INSERT ON Jobs BEGIN SELECT RAISE(ABORT, 'disk full'); END").await;
    for _ in 0..3 {
        assert_eq!(deliver(server, &session(1)).await, Some(503));
    }
    assert_eq!(place.count("Jobs").await, 0);
    place.execute("DROP TRIGGER full").await;
    assert_eq!(deliver(server, &session(1)).await, Some(204));
    assert_eq!(place.count("Jobs").await, 1);
}

#[tokio::test]
async fn there_is_no_204_while_the_commit_cannot_be() {
    let place = Place::new();
    place.queue().await;
    let pool = place.impatient_pool(Duration::from_millis(500)).await;
    let server = serve(queue_router(queue::open(&pool).await.unwrap())).await;
    let other = place.pool().await;
    let writing = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert_eq!(deliver(server, &session(1)).await, Some(503));
    writing.rollback().await.unwrap();
    assert_eq!(place.count("Jobs").await, 0);
    eventually("204", async || (deliver(server, &session(1)).await == Some(204)).then_some(())).await;
    assert_eq!(place.count("Jobs").await, 1);
}

#[tokio::test]
async fn a_commit_is_on_the_disk_when_it_returns_on_each_connection() {
    let place = Place::new();
    let pool = place.pool().await;
    queue::open(&pool).await.unwrap();
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await.unwrap();
        // 2 is FULL.
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await.unwrap();
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"));
        connections.push(connection);
    }
}
