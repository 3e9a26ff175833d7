//! What each delivery is answered with, and how often the handler runs.

use std::{
    future::Ready,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::sync::Notify;
use tokio_test::{assert_pending, assert_ready_ok};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer};
use tower_webhook::{
    WebhookBody,
    idempotency::{
        Attempt, Claim, Commit, Done, EventKey, IdempotencyLayer, Identity, InFlight, MemoryStore, Outcome, Pepper,
        Store,
    },
    testing::{Fault, Step},
};

use super::{A_DAY, A_LEASE, Answer, begin, deliver, delivery_of, on_each_store, poll_until_runs, read, when_free};
use crate::support::{
    acting::{Act, Acting},
    place::PEPPER,
};

on_each_store! {
    async fn failures_run_again_and_a_success_is_replayed(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Answer(500), Act::Answer(422), Act::Answer(202)]));
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(500, Outcome::Failed));
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(422, Outcome::Failed));
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(202, Outcome::First));
        for _ in 0..3 {
            assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(202));
        }
        assert_eq!((handler.runs(), handler.effects().len()), (3, 1));
        assert_eq!(deliver(&layer, &handler, "another").await, Answer::of_the_handler(204, Outcome::First));
    }

    async fn redirects_and_other_answers_below_400_are_no_success(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Answer(302), Act::Answer(199)]));
        for status in [302, 199] {
            assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(status, Outcome::Failed));
        }
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
    }

    async fn a_duplicate_of_a_running_event_is_told_to_come_again(place: Place) {
        let go = Arc::new(Notify::new());
        let (layer, handler) = (place.layer(), Acting::new([Act::Wait(Arc::clone(&go))]));
        let mut first = begin(&layer, &handler, "e");
        poll_until_runs(&mut first, &handler, 1).await;
        for _ in 0..99 {
            let answer = deliver(&layer, &handler, "e").await;
            assert_eq!((answer.status, answer.outcome), (503, Some(Outcome::InProgress)));
            assert_eq!(answer.retry_after.as_deref(), Some("10"));
            assert_eq!(answer.body, r#"{"title":"the event is in progress","kind":"in_progress"}"#);
        }
        go.notify_one();
        assert_eq!(read(first.await.unwrap()).await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        assert_eq!(handler.runs(), 1);
    }

    async fn a_panic_gives_the_event_back_and_goes_on(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Panic]));
        let attempt = tokio::spawn(layer.layer(handler.clone()).oneshot(delivery_of("e")));
        let panic = attempt.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref(), Some(&"as told"));
        assert_eq!(when_free(&place, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(handler.runs(), 2);
    }

    async fn an_error_gives_the_event_back_and_goes_on(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Fail]));
        let error = layer.layer(handler.clone()).oneshot(delivery_of("e")).await.map(drop);
        assert_eq!(error, Err("as told"));
        assert_eq!(place.store.calls(Step::Release), 1, "released before the answer, and not behind it");
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
    }

    async fn a_service_that_cannot_be_called_gives_the_event_back(place: Place) {
        let error = place.layer().layer(Broken).oneshot(delivery_of("e")).await.map(drop);
        assert_eq!(error, Err("broken"));
        assert_eq!(place.store.calls(Step::Release), 1);
        assert_eq!(deliver(&place.layer(), &Acting::default(), "e").await.outcome, Some(Outcome::First));
    }

    async fn a_future_that_is_dropped_gives_the_event_back(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Wait(Arc::default())]));
        let mut dropped = begin(&layer, &handler, "e");
        poll_until_runs(&mut dropped, &handler, 1).await;
        drop(dropped);
        assert_eq!(when_free(&place, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(handler.effects().len(), 1);
    }

    async fn a_lease_that_runs_out_lets_another_attempt_in_and_both_successes_stand(place: Place) {
        let go = [Arc::new(Notify::new()), Arc::new(Notify::new())];
        let acts = go.clone().map(Act::Wait);
        let (layer, handler) = (place.layer(), Acting::new(acts));
        let mut slow = begin(&layer, &handler, "e");
        poll_until_runs(&mut slow, &handler, 1).await;
        place.advance(A_LEASE);
        let mut quick = begin(&layer, &handler, "e");
        poll_until_runs(&mut quick, &handler, 2).await;
        go[0].notify_one();
        assert_eq!(read(slow.await.unwrap()).await, Answer::of_the_handler(204, Outcome::Late));
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        go[1].notify_one();
        assert_eq!(read(quick.await.unwrap()).await, Answer::of_the_handler(204, Outcome::Late));
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        assert_eq!(handler.runs(), 2);
    }

    async fn a_stale_failure_takes_nothing_back(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Wait(Arc::default())]));
        let mut stale = begin(&layer, &handler, "e");
        poll_until_runs(&mut stale, &handler, 1).await;
        place.advance(A_LEASE);
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
        drop(stale);
        for _ in 0..20 {
            tokio::task::yield_now().await;
            assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        }
    }

    async fn an_event_is_remembered_for_8_days(place: Place) {
        let (layer, handler) = (place.layer(), Acting::default());
        deliver(&layer, &handler, "e").await;
        place.advance(8 * A_DAY - A_LEASE);
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        place.advance(2 * A_LEASE);
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
    }

    async fn nobody_is_told_to_wait_for_longer_than_a_lease(place: Place) {
        let (layer, handler) = (place.layer().lease(Duration::from_secs(5)), Acting::new([Act::Wait(Arc::default())]));
        let mut running = begin(&layer, &handler, "e");
        poll_until_runs(&mut running, &handler, 1).await;
        assert_eq!(deliver(&layer, &handler, "e").await.retry_after.as_deref(), Some("5"));
    }

    async fn lease_and_time_to_live_are_settable(place: Place) {
        let layer = place.layer().lease(Duration::from_secs(600)).ttl(Duration::from_secs(60));
        let handler = Acting::new([Act::Wait(Arc::default())]);
        let mut running = begin(&layer, &handler, "e");
        poll_until_runs(&mut running, &handler, 1).await;
        place.advance(Duration::from_secs(590));
        assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::InProgress));
        deliver(&layer, &handler, "another").await;
        place.advance(Duration::from_secs(61));
        assert_eq!(deliver(&layer, &handler, "another").await.outcome, Some(Outcome::First));
    }
}

/// A service that is never ready.
#[derive(Clone)]
struct Broken;

impl Service<Request<WebhookBody>> for Broken {
    type Response = Response<Full<Bytes>>;
    type Error = &'static str;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Err("broken"))
    }

    fn call(&mut self, _: Request<WebhookBody>) -> Self::Future {
        panic!("it was not ready")
    }
}

#[tokio::test]
async fn a_clone_of_a_layer_has_its_settings_and_changes_none_of_them() {
    let place = crate::support::place::Place::memory();
    let (in_flight, errors) = (InFlight::new(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&errors);
    let layer = place.layer().scope("spain").ttl(A_DAY).detached(&in_flight).on_store_error(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let clone = layer.clone().lease(Duration::from_secs(600)).fail_open();
    let shown =
        |layer: &IdempotencyLayer<_>| format!("{layer:?}").replace("IdempotencyLayer { settings: Settings ", "");
    assert_eq!(shown(&layer), "{ lease: 60s, ttl: 86400s, fail_open: false, .. } }");
    assert_eq!(shown(&clone), "{ lease: 600s, ttl: 86400s, fail_open: true, .. } }");
    let handler = Acting::default();
    assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::First));
    assert_eq!(deliver(&clone, &handler, "e").await.outcome, Some(Outcome::Replayed));
    place.store.fail(Step::Claim, Fault::Unreached);
    assert_eq!(deliver(&clone, &handler, "another").await.outcome, Some(Outcome::Unclaimed));
    assert_eq!(errors.load(Ordering::Relaxed), 1);
    drop(begin(&clone, &Acting::new([Act::Wait(Arc::default())]), "runs on"));
    assert_eq!(in_flight.count(), 1);
}

#[test]
fn the_service_hands_out_what_it_wraps() {
    let mut service = IdempotencyLayer::new(MemoryStore::new()).layer("inner".to_owned());
    service.get_mut().push('!');
    assert_eq!(service.get_ref(), "inner!");
    assert_eq!(service.into_inner(), "inner!");
}

#[tokio::test]
async fn no_lease_and_no_time_to_live_are_a_millisecond() {
    let place = crate::support::place::Place::memory();
    let layer = place.layer().lease(Duration::ZERO).ttl(Duration::ZERO);
    let handler = Acting::new([Act::Wait(Arc::default())]);
    let mut running = begin(&layer, &handler, "e");
    assert_pending!(running.poll());
    assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::InProgress));
    deliver(&layer, &handler, "another").await;
    assert_eq!(deliver(&layer, &handler, "another").await.outcome, Some(Outcome::Replayed));
}

#[tokio::test]
async fn the_wait_is_what_is_left_of_the_lease_rounded_up() {
    let place = crate::support::place::Place::memory();
    let (layer, handler) = (place.layer(), Acting::new([Act::Wait(Arc::default())]));
    let mut running = begin(&layer, &handler, "e");
    assert_pending!(running.poll());
    for (passed, wait) in [(0, "10"), (51_500, "9"), (8_000, "1"), (499, "1")] {
        place.advance(Duration::from_millis(passed));
        assert_eq!(deliver(&layer, &handler, "e").await.retry_after.as_deref(), Some(wait));
    }
    place.advance(Duration::from_millis(1));
    assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::First));
}

/// A store whose claims are always about to expire.
struct Brink;

impl Store for Brink {
    type Error = std::convert::Infallible;

    async fn claim(&self, _: Attempt, _: Duration) -> Result<Claim, Self::Error> {
        Ok(Claim::InProgress { remaining: Some(Duration::ZERO) })
    }

    async fn commit(&self, _: Attempt, _: Done) -> Result<Commit, Self::Error> {
        Ok(Commit::Held)
    }

    async fn release(&self, _: Attempt) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[tokio::test]
async fn a_second_is_the_shortest_wait_and_a_refusal_says_what_it_is() {
    let layer = IdempotencyLayer::with_pepper(Brink, Pepper::new(PEPPER).unwrap());
    let response = layer.layer(Acting::default()).oneshot(delivery_of("e")).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn without_a_webhook_layer_outside_every_delivery_is_refused_loudly() {
    let place = crate::support::place::Place::memory();
    let handler = Acting::default();
    let request = Request::new(WebhookBody::default());
    let answer = read(place.layer().layer(handler.clone()).oneshot(request).await.unwrap()).await;
    assert_eq!((answer.status, answer.outcome), (500, Some(Outcome::Unidentified)));
    assert_eq!(
        answer.body,
        r#"{"title":"the idempotency layer is not inside of a webhook layer","kind":"unidentified"}"#
    );
    assert_eq!(handler.runs(), 0);
}

#[tokio::test]
async fn the_handler_finds_the_key_of_the_event() {
    let place = crate::support::place::Place::memory();
    let (first, second) = (Acting::default(), Acting::default());
    deliver(&place.layer(), &first, "e").await;
    deliver(&crate::support::place::Place::memory().layer(), &second, "e").await;
    deliver(&place.layer(), &second, "another").await;
    assert_eq!(first.effects()[0], second.effects()[0], "the same event, by the same pepper");
    assert_ne!(second.effects()[0], second.effects()[1]);
}

#[tokio::test]
async fn a_duplicate_takes_no_place_in_the_inner_service() {
    let place = crate::support::place::Place::memory();
    let handler = Acting::new([Act::Answer(204), Act::Wait(Arc::default())]);
    let service = ServiceBuilder::new().layer(place.layer()).layer(ConcurrencyLimitLayer::new(1)).service(handler);
    let send = |event| tokio_test::task::spawn(service.clone().call(delivery_of(event)));
    assert_ready_ok!(send("e").poll());
    let mut running = send("running");
    assert_pending!(running.poll());
    assert_pending!(send("waits for its place").poll());
    assert_eq!(assert_ready_ok!(send("e").poll()).extensions().get(), Some(&Outcome::Replayed));
    assert_eq!(assert_ready_ok!(send("running").poll()).extensions().get(), Some(&Outcome::InProgress));
    drop(running);
    assert_ready_ok!(send("waits for its place").poll());
}

#[tokio::test]
async fn what_is_inserted_shows_nothing() {
    let identity = Identity::of_content("test", b"e");
    let key = EventKey::from_bytes([0xab; 16]);
    assert_eq!(
        format!("{identity:?} {key:?} {}", key.to_hex()),
        format!("Identity(..) EventKey(..) {}", "ab".repeat(16))
    );
}

#[tokio::test]
async fn polled_after_its_response_the_future_panics_and_does_not_hang() {
    let place = crate::support::place::Place::memory();
    let mut future = place.layer().layer(Acting::default()).call(delivery_of("e"));
    assert_eq!(std::future::poll_fn(|cx| Pin::new(&mut future).poll(cx)).await.unwrap().status(), 204);
    let again = AssertUnwindSafe(|| Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert!(catch_unwind(again).is_err());
}

#[test]
fn outside_of_a_runtime_a_detached_handler_cannot_be_called() {
    let layer = IdempotencyLayer::new(MemoryStore::new()).detached(&InFlight::new());
    let mut service = layer.layer(Acting::default());
    let call = AssertUnwindSafe(|| drop(service.call(delivery_of("e"))));
    assert!(catch_unwind(call).is_err());
}
