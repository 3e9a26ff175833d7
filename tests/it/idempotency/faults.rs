//! A store that does not answer, and futures that are dropped at every point.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use http::Request;
use tokio_test::assert_pending;
use tower::{Layer, Service, ServiceExt};
use tower_webhook::{
    WebhookBody,
    idempotency::{Attempt, Claim, Commit, Done, IdempotencyLayer, MemoryStore, Outcome, Pepper, Store},
    testing::{Fault, ManualClock, Step},
};

use super::{A_LEASE, Answer, begin, deliver, delivery_of, on_each_store, poll_until, poll_until_runs, when_free};
use crate::support::{
    acting::{Act, Acting},
    place::{PEPPER, Place},
    wait::within,
};

fn unavailable() -> Answer {
    Answer {
        status: 503,
        outcome: Some(Outcome::Unavailable),
        retry_after: Some("10".to_owned()),
        body: r#"{"title":"it is not known whether the event is done","kind":"unavailable"}"#.to_owned(),
    }
}

on_each_store! {
    async fn a_claim_that_fails_is_refused_and_nothing_runs(place: Place) {
        let errors = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&errors);
        let layer = place.layer().on_store_error(move |error| log.lock().unwrap().push(error.to_string()));
        let handler = Acting::default();
        place.store.fail(Step::Claim, Fault::Unreached);
        assert_eq!(deliver(&layer, &handler, "e").await, unavailable());
        assert_eq!(handler.runs(), 0);
        assert_eq!(*errors.lock().unwrap(), ["the store was told to be unreachable"]);
        place.store.mend();
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(place.store.calls(Step::Claim), 2, "a claim is tried once");
    }

    async fn a_claim_that_landed_unheard_is_given_back(place: Place) {
        let (layer, handler) = (place.layer(), Acting::default());
        place.store.fail(Step::Claim, Fault::AnswerLost);
        assert_eq!(deliver(&layer, &handler, "e").await, unavailable());
        place.store.mend();
        assert_eq!(when_free(&place, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(handler.effects().len(), 1);
    }

    async fn by_choice_the_handler_runs_without_a_claim(place: Place) {
        let (layer, handler) = (place.layer().fail_open(), Acting::new([Act::Answer(204), Act::Answer(500)]));
        place.store.fail(Step::Claim, Fault::Unreached);
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::Unclaimed));
        assert_eq!(deliver(&layer, &handler, "failed").await, Answer::of_the_handler(500, Outcome::Unclaimed));
        assert_eq!(place.store.calls(Step::Release), 0, "there is nothing to release");

        // A success without a claim is committed all the same, and a failure leaves the event free.
        place.store.mend();
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        assert_eq!(when_free(&place, &handler, "failed").await, Answer::of_the_handler(204, Outcome::First));

        place.store.fail(Step::Claim, Fault::Unreached);
        place.store.fail(Step::Commit, Fault::Unreached);
        assert_eq!(deliver(&layer, &handler, "untold").await, Answer::of_the_handler(204, Outcome::Unclaimed));
        place.store.mend();
        when_done(&place, "untold").await;
    }

    async fn a_success_that_cannot_be_committed_stays_a_success_and_is_committed_behind_it(place: Place) {
        let (layer, handler) = (place.layer(), Acting::default());
        place.store.fail(Step::Commit, Fault::Unreached);
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::Uncommitted));
        assert_eq!(place.store.calls(Step::Commit), 2, "a commit is tried twice");
        assert_eq!(place.store.calls(Step::Release), 0, "an effect that has happened is not released");
        place.store.mend();
        when_done(&place, "e").await;
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        assert_eq!(handler.runs(), 1);
    }

    async fn a_commit_whose_answer_is_lost_stands(place: Place) {
        let (layer, handler) = (place.layer(), Acting::default());
        place.store.fail(Step::Commit, Fault::AnswerLost);
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::Uncommitted));
        place.store.mend();
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        assert_eq!(handler.runs(), 1);
    }

    async fn a_failure_that_cannot_be_given_back_is_the_handlers_answer_and_is_given_back_behind_it(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Answer(500)]));
        place.store.fail(Step::Release, Fault::Unreached);
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(500, Outcome::Failed));
        assert_eq!(when_free(&place, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
    }

    async fn each_step_asks_the_store_once(place: Place) {
        let (layer, handler) = (place.layer(), Acting::new([Act::Answer(500)]));
        for _ in 0..3 {
            deliver(&layer, &handler, "e").await;
        }
        let calls = [Step::Claim, Step::Commit, Step::Release].map(|step| place.store.calls(step));
        assert_eq!(calls, [3, 1, 1]);
    }

    async fn a_future_that_is_dropped_after_any_poll_leaves_the_event_free_or_done(place: Place) {
        let layer = IdempotencyLayer::with_pepper(Hesitant(place.store.clone()), Pepper::new(PEPPER).unwrap());
        for polls in 0.. {
            let (handler, event) = (Acting::default(), format!("polled {polls} times"));
            let mut attempt = begin(&layer, &handler, &event);
            let mut ended = false;
            for _ in 0..polls {
                ended = attempt.poll().is_ready();
                if ended {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(attempt);
            let answer = when_free(&place, &handler, &event).await;
            assert_eq!((answer.status, handler.effects().len()), (204, 1), "{polls}");
            if ended {
                break;
            }
        }
    }

    async fn a_future_that_is_dropped_after_the_effect_is_committed_all_the_same(place: Place) {
        let layer = IdempotencyLayer::with_pepper(Hesitant(place.store.clone()), Pepper::new(PEPPER).unwrap());
        for polls in 0..8 {
            let (handler, event) = (Acting::default(), format!("dropped after {polls}"));
            let mut attempt = begin(&layer, &handler, &event);
            poll_until("the effect", &mut attempt, || !handler.effects().is_empty()).await;
            for _ in 0..polls {
                if attempt.poll().is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(attempt);
            let answer = when_free(&place, &handler, &event).await;
            assert_eq!((answer, handler.runs()), (Answer::replay(204), 1), "{polls}");
        }
    }
}

/// Returns when the event is done, and leaves no claim of its own.
async fn when_done(place: &Place, event: &str) {
    let (layer, fails) = (place.layer(), Acting::new(std::iter::repeat_n(Act::Fail, 10_000)));
    within("a commit in the background", async {
        loop {
            let answer = layer.layer(fails.clone()).oneshot(delivery_of(event)).await;
            if answer.is_ok_and(|answer| answer.extensions().get() == Some(&Outcome::Replayed)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_handlers_service_holds_is_free_while_the_store_is_told() {
    for status in [204, 500] {
        let (handler, held) = (Acting::new([Act::Answer(status)]), Arc::new(()));
        let holds = Arc::clone(&held);
        let holding = handler.clone().map_request(move |request: Request<WebhookBody>| {
            let _holds = &holds;
            request
        });
        let layer = IdempotencyLayer::with_pepper(Hesitant(MemoryStore::new()), Pepper::new(PEPPER).unwrap());
        let mut service = layer.layer(holding);
        let before = Arc::strong_count(&held);
        let mut attempt = tokio_test::task::spawn(service.call(delivery_of("e")));
        assert!(Arc::strong_count(&held) > before, "a clone is called");
        poll_until_runs(&mut attempt, &handler, 1).await;
        assert_eq!(Arc::strong_count(&held), before, "{status}");
        assert_pending!(attempt.poll());
    }
}

/// A store that waits before and after each step, so that a future can be dropped there.
struct Hesitant<St>(St);

async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

impl<St: Store> Store for Hesitant<St> {
    type Error = St::Error;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, St::Error> {
        pause().await;
        let claim = self.0.claim(attempt, lease).await;
        pause().await;
        claim
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, St::Error> {
        pause().await;
        let commit = self.0.commit(attempt, done).await;
        pause().await;
        commit
    }

    async fn release(&self, attempt: Attempt) -> Result<(), St::Error> {
        pause().await;
        let release = self.0.release(attempt).await;
        pause().await;
        release
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        self.0.commit_detached(attempt, done);
    }

    fn release_detached(&self, attempt: Attempt) {
        self.0.release_detached(attempt);
    }
}

/// Polls a delivery so many times and then drops it; its status, if it came to an end.
fn cut_off(layer: &IdempotencyLayer<Hesitant<MemoryStore>>, handler: &Acting, polls: usize) -> Option<u16> {
    let mut future = layer.layer(handler.clone()).call(delivery_of("e"));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    (0..polls).find_map(|_| match Pin::new(&mut future).poll(&mut cx) {
        Poll::Ready(response) => Some(response.unwrap().status().as_u16()),
        Poll::Pending => None,
    })
}

#[test]
fn a_future_that_is_dropped_at_any_point_leaves_no_claim_behind_and_commits_each_effect() {
    for status in [204, 500] {
        let mut ends = 0;
        for polls in 0..12 {
            let clock = ManualClock::new();
            let store = MemoryStore::new().clock(clock.clone());
            let layer = IdempotencyLayer::with_pepper(Hesitant(store.clone()), Pepper::new(PEPPER).unwrap());
            let handler = Acting::new([Act::Answer(status)]);
            let end = cut_off(&layer, &handler, polls);
            ends += usize::from(end.is_some());

            let effects = handler.effects().len();
            let retry = cut_off(&layer, &handler, 12).expect("a retry is answered");
            match (effects, retry) {
                // The first attempt did not come as far as the handler.
                (0, 500) => assert_eq!(handler.runs(), 1, "{polls}"),
                (0, 204) => assert_eq!(handler.effects().len(), 1, "{polls}"),
                (1, 204) => assert_eq!(handler.runs(), 1, "{polls}: replayed"),
                other => panic!("{polls} polls: {other:?}"),
            }
            clock.advance(A_LEASE);
            assert_eq!(cut_off(&layer, &handler, 12), Some(204));
            assert_eq!(handler.effects().len(), 1);
        }
        assert!(ends > 3, "it comes to its end by itself");
    }
}
