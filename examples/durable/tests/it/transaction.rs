use std::sync::Arc;

use axum::{extract::Request, middleware, response::Response};
use tokio::sync::Notify;

use crate::support::{
    eventually,
    place::{Place, serve},
    sender::{deliver, deliver_all, send, session},
};

#[tokio::test]
async fn an_event_that_comes_again_has_one_effect() {
    let place = Place::new();
    let server = place.transaction_server().await;
    for _ in 0..3 {
        assert_eq!(deliver(server, &session(1)).await, Some(204));
    }
    assert_eq!(deliver(server, &session(2)).await, Some(204));
    assert_eq!((place.count("webhook_events").await, place.count("decisions").await), (2, 2));
}

#[tokio::test]
async fn an_event_that_comes_again_after_a_restart_has_one_effect() {
    let place = Place::new();
    for _ in 0..3 {
        assert_eq!(deliver(place.transaction_server().await, &session(1)).await, Some(204));
    }
    assert_eq!(place.count("decisions").await, 1);
}

#[tokio::test]
async fn fifty_at_once_have_one_effect() {
    let place = Place::new();
    let server = place.transaction_server().await;
    let statuses = deliver_all(server, vec![session(1); 50]).await;
    assert!(statuses.contains(&Some(204)));
    assert!(statuses.iter().all(|status| matches!(status, Some(204 | 503))), "{statuses:?}");
    assert_eq!(deliver(server, &session(1)).await, Some(204));
    assert_eq!(place.count("decisions").await, 1);
}

#[tokio::test]
async fn fifty_at_once_that_no_memory_holds_back_have_one_effect() {
    let place = Place::new();
    let mut deliveries = Vec::new();
    for _ in 0..50 {
        let server = place.transaction_server().await;
        deliveries.push(tokio::spawn(async move { deliver(server, &session(1)).await }));
    }
    for delivery in deliveries {
        let status = delivery.await.unwrap();
        // 503 where the file was busy for too long.
        assert!(matches!(status, Some(204 | 503)), "{status:?}");
    }
    assert_eq!(deliver(place.transaction_server().await, &session(1)).await, Some(204));
    assert_eq!(place.count("decisions").await, 1);
}

#[tokio::test]
async fn each_event_has_its_own_effect() {
    let place = Place::new();
    let server = place.transaction_server().await;
    let item = r#"{"event_type":"product_catalog.item.eligibility_updated","timestamp":"2026-11-21T09:30:00Z",
        "data":{"object":{"sku":"SAUNA-2","eligibility":"eligible_with_lmn"}}}"#;
    let unknown = r#"{"event_type":"refund.issued","amount":7}"#;
    for body in [&session(1), item, unknown] {
        assert_eq!(deliver(server, body).await, Some(204));
    }
    let pool = place.pool().await;
    let decisions: Vec<(String, String)> =
        sqlx::query_as("SELECT subject, decision FROM decisions ORDER BY rowid").fetch_all(&pool).await.unwrap();
    let decision = |subject: &str, decision: &str| (subject.to_owned(), decision.to_owned());
    assert_eq!(decisions, [decision("qs_1", "approved"), decision("SAUNA-2", "eligible_with_lmn")]);
    let unread: Vec<String> = sqlx::query_scalar("SELECT json FROM unread_events").fetch_all(&pool).await.unwrap();
    assert_eq!(unread, [unknown]);
}

#[tokio::test]
async fn a_sender_that_has_hung_up_after_the_commit_sends_again_and_there_is_one_effect() {
    let place = Place::new();
    let committed = Arc::new(Notify::new());
    let told = Arc::clone(&committed);
    let never = move |request: Request, next: middleware::Next| {
        let told = Arc::clone(&told);
        async move {
            let response = next.run(request).await;
            assert_eq!(response.status(), 204);
            told.notify_one();
            std::future::pending::<Response>().await
        }
    };
    let silent = serve(place.transaction_router().await.layer(middleware::from_fn(never))).await;
    let connection = send(silent, "truemed", &session(1)).await.unwrap();
    committed.notified().await;
    drop(connection);

    assert_eq!(deliver(place.transaction_server().await, &session(1)).await, Some(204));
    assert_eq!(place.count("decisions").await, 1);
}

#[tokio::test]
async fn an_effect_that_fails_leaves_no_key_behind() {
    let place = Place::new();
    let server = place.transaction_server().await;
    place.execute("CREATE TRIGGER full BEFORE INSERT ON decisions BEGIN SELECT RAISE(ABORT, 'disk full'); END").await;
    for _ in 0..3 {
        assert_eq!(deliver(server, &session(1)).await, Some(503));
    }
    assert_eq!((place.count("webhook_events").await, place.count("decisions").await), (0, 0));
    place.execute("DROP TRIGGER full").await;
    assert_eq!(deliver(server, &session(1)).await, Some(204));
    assert_eq!((place.count("webhook_events").await, place.count("decisions").await), (1, 1));
}

#[tokio::test]
async fn senders_that_hang_up_at_any_moment_send_again_and_there_is_one_effect_each() {
    let place = Place::new();
    let server = place.transaction_server().await;
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
    assert_eq!((place.count("webhook_events").await, place.count("decisions").await), (50, 50));
}
