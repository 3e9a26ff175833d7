//! The programs on PostgreSQL.

use example_durable::{postgres_queue, queue::Job, worker};
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};

use crate::support::{
    eventually,
    place::{idempotency, mediquo, serve, truemed},
    postgres::Postgres,
    program::Program,
    sender::{deliver, deliver_all, deliver_to, session},
};

async fn transaction(postgres: &Postgres) -> Program {
    let url = postgres.url();
    Program::start_with(env!("CARGO_BIN_EXE_postgres_transaction"), &[("DATABASE_URL", &url)]).await
}

fn count(postgres: &Postgres, table: &str) -> String {
    postgres.ask(&format!("SELECT count(*) FROM {table}")).concat()
}

#[tokio::test]
async fn a_hundred_duplicates_at_once_on_two_replicas_have_one_effect() {
    let Some(postgres) = Postgres::start() else { return };
    let replicas = [transaction(&postgres).await, transaction(&postgres).await];
    let halves = replicas.each_ref().map(|replica| deliver_all(replica.address, vec![session(1); 50]));
    let [first, second] = halves;
    let (first, second) = tokio::join!(first, second);
    let statuses = [first, second].concat();
    assert!(statuses.contains(&Some(204)));
    assert!(statuses.iter().all(|status| matches!(status, Some(204 | 503))), "{statuses:?}");
    for replica in &replicas {
        assert_eq!(deliver(replica.address, &session(1)).await, Some(204));
    }
    assert_eq!((count(&postgres, "decisions").as_str(), count(&postgres, "webhook_effects").as_str()), ("1", "1"));
}

#[tokio::test]
async fn an_effect_that_fails_leaves_no_key_behind() {
    let Some(postgres) = Postgres::start() else { return };
    let program = transaction(&postgres).await;
    postgres.ask("ALTER TABLE decisions ADD CONSTRAINT full_disk CHECK (false)");
    for _ in 0..3 {
        assert_eq!(deliver(program.address, &session(1)).await, Some(503));
    }
    assert_eq!(count(&postgres, "webhook_effects"), "0");
    postgres.ask("ALTER TABLE decisions DROP CONSTRAINT full_disk");
    assert_eq!(deliver(program.address, &session(1)).await, Some(204));
    let unknown = r#"{"event_type":"refund.issued","amount":7}"#;
    assert_eq!(deliver(program.address, unknown).await, Some(204));
    assert_eq!(postgres.ask("SELECT subject, decision FROM decisions"), ["qs_1|approved"]);
    assert_eq!(postgres.ask("SELECT json FROM unread_events"), [unknown]);
}

#[tokio::test]
async fn an_event_that_comes_again_is_one_job_and_has_its_effect() {
    let Some(postgres) = Postgres::start() else { return };
    let pool = PgPool::connect(&postgres.url()).await.unwrap();
    let queue = postgres_queue::open(&pool).await.unwrap();
    // A new server is what a new process would be: an empty memory.
    let server = || serve(postgres_queue::router(queue.clone(), idempotency(), truemed(), mediquo()));
    for _ in 0..3 {
        assert_eq!(deliver(server().await, &session(1)).await, Some(204));
    }
    let mut deliveries = Vec::new();
    for _ in 0..20 {
        let server = server().await;
        deliveries.push(tokio::spawn(async move { deliver(server, &session(2)).await }));
    }
    for delivery in deliveries {
        assert_eq!(delivery.await.unwrap(), Some(204));
    }
    let unknown = r#"{"type":"patient_moved","payload":{"to":"Bern"}}"#;
    assert_eq!(deliver_to(server().await, "mediquo", unknown).await, Some(204));
    assert_eq!(count(&postgres, "apalis.jobs"), "3");

    let (effects, mut seen) = mpsc::unbounded_channel();
    let (stop, stopping) = watch::channel(false);
    let effect = move |job: Job, key: worker::JobKey| {
        let effects = effects.clone();
        async move { Ok(effects.send((job.body, key.0))?) }
    };
    let working = tokio::spawn(worker::work_on_postgres(queue, effect, stopping));
    let mut bodies = Vec::new();
    for _ in 0..3 {
        let (body, key) = seen.recv().await.unwrap();
        assert_eq!(key.len(), 32);
        bodies.push(body);
    }
    bodies.sort();
    let mut sent = [session(1), session(2), unknown.to_owned()];
    sent.sort();
    assert_eq!(bodies, sent);
    eventually("done", async || (count(&postgres, "apalis.jobs WHERE status = 'Done'") == "3").then_some(())).await;
    stop.send_replace(true);
    working.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_database_that_refuses_is_a_503_and_the_retry_is_stored() {
    let Some(postgres) = Postgres::start() else { return };
    let pool = PgPool::connect(&postgres.url()).await.unwrap();
    let queue = postgres_queue::open(&pool).await.unwrap();
    let server = serve(postgres_queue::router(queue, idempotency(), truemed(), mediquo())).await;
    // Another unique violation is no duplicate.
    postgres.ask("CREATE UNIQUE INDEX one_job ON apalis.jobs (job_type)");
    assert_eq!(deliver(server, &session(1)).await, Some(204));
    assert_eq!(deliver(server, &session(2)).await, Some(503));
    postgres.ask("DROP INDEX apalis.one_job");
    assert_eq!(deliver(server, &session(2)).await, Some(204));
    assert_eq!(count(&postgres, "apalis.jobs"), "2");
}
