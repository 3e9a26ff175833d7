//! A short lease that lasts as long as the handler.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    WebhookBody,
    idempotency::{IdempotencyLayer, MemoryStore, Outcome, Pepper},
    testing::{FailingStore, Fault, ManualClock, Step},
};

use super::{Answer, begin, deliver, delivery_of, on_each_store, poll_until_runs, read};
use crate::support::{
    acting::{Act, Acting},
    place::PEPPER,
    wait::{block_until, within},
};

const LEASE: Duration = Duration::from_secs(10);
const BEAT: Duration = Duration::from_secs(4);

type Store = FailingStore<MemoryStore>;

/// A layer whose store and timers are advanced together.
fn layer() -> (IdempotencyLayer<Store>, Store, impl AsyncFn(Duration)) {
    let clock = ManualClock::new();
    let store = FailingStore::new(MemoryStore::new().clock(clock.clone()));
    let layer = IdempotencyLayer::with_pepper(store.clone(), Pepper::new(PEPPER).unwrap()).lease(LEASE).heartbeat();
    let pass = async move |passed: Duration| {
        clock.advance(passed);
        tokio::time::advance(passed).await;
        // The heartbeat is a task of its own.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    };
    (layer, store, pass)
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_a_minute_has_one_effect_with_a_lease_of_ten_seconds() {
    let (layer, store, pass) = layer();
    let go = Arc::new(Notify::new());
    let handler = Acting::new([Act::Wait(Arc::clone(&go))]);
    let mut running = begin(&layer, &handler, "e");
    poll_until_runs(&mut running, &handler, 1).await;
    for _ in 0..15 {
        pass(BEAT).await;
        assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::InProgress));
    }
    go.notify_one();
    assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::First));
    let renewals = store.calls(Step::Renew);
    assert!(renewals >= 15, "{renewals}");
    pass(LEASE).await;
    assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
    assert_eq!((handler.runs(), store.calls(Step::Renew)), (1, renewals), "it ends with the handler");
}

#[tokio::test(start_paused = true)]
async fn without_it_the_lease_expires() {
    let (layer, store, pass) = layer();
    let plain = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap()).lease(LEASE);
    let handler = Acting::new([Act::Wait(Arc::default())]);
    let mut running = begin(&plain, &handler, "e");
    poll_until_runs(&mut running, &handler, 1).await;
    for _ in 0..3 {
        pass(BEAT).await;
    }
    assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::First));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_dropped_or_fails_is_not_renewed() {
    let (layer, store, pass) = layer();
    let go = Arc::new(Notify::new());
    let handler = Acting::new([Act::Wait(go), Act::Fail, Act::Answer(500)]);
    let mut running = begin(&layer, &handler, "e");
    poll_until_runs(&mut running, &handler, 1).await;
    drop(running);
    let layer_of = begin(&layer, &handler, "e");
    assert!(layer_of.await.is_err());
    assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::Failed));
    pass(LEASE).await;
    assert_eq!(store.calls(Step::Renew), 0);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_again_within_the_lease() {
    let (layer, store, pass) = layer();
    let go = Arc::new(Notify::new());
    let handler = Acting::new([Act::Wait(Arc::clone(&go))]);
    let mut running = begin(&layer, &handler, "e");
    poll_until_runs(&mut running, &handler, 1).await;
    store.fail(Step::Renew, Fault::Unreached);
    pass(BEAT).await;
    store.mend();
    for _ in 0..5 {
        pass(BEAT).await;
        assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::InProgress));
    }
    go.notify_one();
    assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::First));
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_lost_is_not_taken_back_and_is_late() {
    let (layer, store, pass) = layer();
    let go = Arc::new(Notify::new());
    let handler = Acting::new([Act::Wait(Arc::clone(&go)), Act::Wait(Arc::default())]);
    let mut running = begin(&layer, &handler, "e");
    poll_until_runs(&mut running, &handler, 1).await;
    store.fail(Step::Renew, Fault::Unreached);
    for _ in 0..3 {
        pass(BEAT).await;
    }
    store.mend();
    let mut second = begin(&layer, &handler, "e");
    poll_until_runs(&mut second, &handler, 2).await;
    pass(BEAT).await;
    go.notify_one();
    assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::Late));
}

/// It does not come back to its runtime, so nothing else runs on its thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_keeps_its_thread_busy_is_renewed_on_another() {
    let store = FailingStore::new(MemoryStore::new());
    let layer = IdempotencyLayer::with_pepper(store.clone(), Pepper::new(PEPPER).unwrap());
    let layer = layer.lease(Duration::from_secs(2)).heartbeat();
    let (runs, counted) = (Arc::new(AtomicUsize::new(0)), store.clone());
    let handled = Arc::clone(&runs);
    let busy = service_fn(move |_: Request<WebhookBody>| {
        let (runs, store) = (Arc::clone(&handled), counted.clone());
        async move {
            runs.fetch_add(1, Ordering::SeqCst);
            block_until("four renewals, which are more than a lease", || store.calls(Step::Renew) >= 4);
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }
    });
    let running = tokio::spawn(layer.layer(busy.clone()).oneshot(delivery_of("e")));
    within("the handler to run", async {
        while runs.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    while store.calls(Step::Renew) < 4 {
        let duplicate = layer.layer(busy.clone()).oneshot(delivery_of("e")).await.unwrap();
        let outcome = duplicate.extensions().get::<Outcome>();
        assert!(outcome == Some(&Outcome::InProgress) || store.calls(Step::Renew) >= 4, "{outcome:?}");
        tokio::task::yield_now().await;
    }
    assert_eq!(running.await.unwrap().unwrap().extensions().get(), Some(&Outcome::First));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

on_each_store! {
    async fn a_handler_that_outlasts_its_lease_has_one_effect(place: Place) {
        // In the time of the server, which nobody can advance for a claim that is renewed meanwhile.
        let lease = Duration::from_millis(900);
        let layer = place.layer().lease(lease).heartbeat();
        let go = Arc::new(Notify::new());
        let handler = Acting::new([Act::Wait(Arc::clone(&go))]);
        let mut running = begin(&layer, &handler, "e");
        poll_until_runs(&mut running, &handler, 1).await;
        within("three leases", async {
            let begun = tokio::time::Instant::now();
            while begun.elapsed() < 3 * lease {
                assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::InProgress));
                tokio::task::yield_now().await;
            }
        })
        .await;
        go.notify_one();
        assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        assert_eq!(handler.runs(), 1);
    }
}
