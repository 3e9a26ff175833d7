use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use example_durable::{
    queue::{Event, Job, forget},
    worker,
};
use tokio::sync::{mpsc, watch};
use tower_webhook::provider::truemed;

use crate::support::{
    eventually,
    place::{Place, queue_router, serve},
    sender::{deliver, session},
};

#[tokio::test]
async fn a_job_has_its_effect_with_the_event_that_was_sent_and_is_done() {
    let place = Place::new();
    let queue = place.queue().await;
    let server = serve(queue_router(queue.clone())).await;
    assert_eq!(deliver(server, &session(7)).await, Some(204));

    let (effects, mut seen) = mpsc::unbounded_channel();
    let (stop, stopping) = watch::channel(false);
    let effect = move |job: Job, key: worker::JobKey| {
        let effects = effects.clone();
        async move { Ok(effects.send((job.event()?, key.0))?) }
    };
    let working = tokio::spawn(worker::work(queue, effect, stopping));
    let (event, key) = seen.recv().await.unwrap();
    assert_eq!(event, Some(Event::Truemed(Box::new(serde_json::from_str::<truemed::Event>(&session(7)).unwrap()))));
    let stored: String =
        sqlx::query_scalar("SELECT idempotency_key FROM Jobs").fetch_one(&place.pool().await).await.unwrap();
    assert_eq!(key, stored);
    assert_eq!(key.len(), 32);

    eventually("done", async || (place.count("Jobs WHERE status = 'Done'").await == 1).then_some(())).await;
    // Also where no memory answers for it.
    assert_eq!(deliver(place.queue_server().await, &session(7)).await, Some(204));
    assert_eq!(deliver(server, &session(8)).await, Some(204));
    seen.recv().await.unwrap();
    stop.send_replace(true);
    working.await.unwrap().unwrap();
    assert!(seen.recv().await.is_none(), "the duplicate had an effect");
}

#[tokio::test]
async fn an_effect_that_fails_is_tried_again() {
    let place = Place::new();
    let queue = place.queue().await;
    assert_eq!(deliver(place.queue_server().await, &session(1)).await, Some(204));
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let effect = move |_, _| {
        let run = counted.fetch_add(1, SeqCst);
        async move { if run < 3 { Err("no".into()) } else { Ok(()) } }
    };
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(worker::work(queue, effect, stopping));
    eventually("done", async || (place.count("Jobs WHERE status = 'Done'").await == 1).then_some(())).await;
    assert_eq!(runs.load(SeqCst), 4);
}

#[tokio::test]
async fn a_job_that_cannot_be_read_does_not_hold_up_the_others() {
    let place = Place::new();
    let queue = place.queue().await;
    let server = serve(queue_router(queue.clone())).await;
    assert_eq!(deliver(server, &session(1)).await, Some(204));
    // As after a deploy that took a provider away.
    place.execute(r#"UPDATE Jobs SET job = '{"provider":"acme","body":"{}"}'"#).await;
    assert_eq!(deliver(server, &session(2)).await, Some(204));

    let (effects, mut seen) = mpsc::unbounded_channel();
    let (_stop, stopping) = watch::channel(false);
    let effect = move |job: Job, _| {
        let effects = effects.clone();
        async move {
            job.event()?.ok_or("unknown")?;
            Ok(effects.send(job.body)?)
        }
    };
    tokio::spawn(worker::work(queue, effect, stopping));
    assert_eq!(seen.recv().await.unwrap(), session(2));
    assert_eq!(place.count("Jobs").await, 2, "it is kept");
}

#[tokio::test]
async fn a_worker_whose_database_failed_starts_again() {
    let place = Place::new();
    let queue = place.queue().await;
    // It cannot say that it is there.
    place.execute("CREATE TRIGGER full BEFORE INSERT ON Workers BEGIN SELECT RAISE(ABORT, 'disk full'); END").await;
    let (effects, mut seen) = mpsc::unbounded_channel();
    let (_stop, stopping) = watch::channel(false);
    let effect = move |_, key: worker::JobKey| {
        let effects = effects.clone();
        async move { Ok(effects.send(key)?) }
    };
    tokio::spawn(worker::work(queue, effect, stopping));
    assert_eq!(deliver(place.queue_server().await, &session(1)).await, Some(204));
    tokio::task::yield_now().await;
    place.execute("DROP TRIGGER full").await;
    seen.recv().await.unwrap();
}

#[tokio::test]
async fn only_what_has_been_done_for_long_is_forgotten() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let place = Place::new();
    let queue = place.queue().await;
    let server = serve(queue_router(queue.clone())).await;
    for number in 0..2 {
        assert_eq!(deliver(server, &session(number)).await, Some(204));
    }
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(worker::work(queue.clone(), async |_, _: worker::JobKey| Ok(()), stopping));
    eventually("done", async || (place.count("Jobs WHERE status = 'Done'").await == 2).then_some(())).await;
    place.execute("UPDATE Jobs SET done_at = done_at - 9 * 24 * 60 * 60 WHERE job LIKE '%qs_0%'").await;
    place.execute("INSERT INTO Jobs SELECT job, 'waiting', job_type, 'Pending', 0, 25, unixepoch() + 60, NULL, NULL, NULL, NULL, 0, '{}', 'k' FROM Jobs LIMIT 1").await;
    assert_eq!(forget(queue.pool(), 8 * DAY).await.unwrap(), 1);
    assert_eq!(place.count("Jobs").await, 2);
    assert_eq!(deliver(place.queue_server().await, &session(1)).await, Some(204));
    assert_eq!(place.count("Jobs").await, 2);
}
