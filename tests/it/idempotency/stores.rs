//! The stores by themselves.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tower_webhook::{
    idempotency::{
        Attempt, Claim, ClaimToken, Commit, Done, EventKey, IdempotencyLayer, MemoryStore, Outcome, Pepper, Store,
    },
    testing::{self, FailingStore, ManualClock, Step, conformance},
};

use super::{A_LEASE, begin, deliver, on_each_store};
use crate::support::{
    acting::{Act, Acting},
    place::PEPPER,
};

on_each_store! {
    async fn keeps_the_rules(place: Place) {
        conformance::check(&place.store, async |passed| place.advance(passed)).await.unwrap();
    }
}

mod on_threads {
    use super::*;
    use crate::support::place::Place;

    async fn keeps_the_rules(place: Place) {
        conformance::check_on_threads(&place.store, |task| drop(tokio::spawn(task))).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn memory() {
        keeps_the_rules(Place::memory()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn redis() {
        if let Some(place) = Place::redis().await {
            keeps_the_rules(place).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn postgres() {
        if let Some(place) = Place::postgres().await {
            keeps_the_rules(place).await;
        }
    }
}

fn attempt(number: u8) -> Attempt {
    Attempt::new(EventKey::from_bytes([number; 16]), ClaimToken::fresh())
}

async fn finish(store: &MemoryStore, number: u8) {
    let attempt = attempt(number);
    assert_eq!(store.claim(attempt, Duration::from_secs(60)).await, Ok(Claim::Acquired));
    store.commit(attempt, Done::new(StatusCode::NO_CONTENT, Duration::from_secs(600))).await.unwrap();
}

async fn is_done(store: &MemoryStore, number: u8) -> bool {
    let attempt = attempt(number);
    let claim = store.claim(attempt, Duration::from_secs(60)).await;
    store.release_detached(attempt);
    matches!(claim, Ok(Claim::Done(_)))
}

#[tokio::test]
async fn a_full_memory_forgets_what_was_done_first_and_counts_it() {
    let store = MemoryStore::with_capacity(3).clock(ManualClock::new());
    for number in 0..5 {
        finish(&store, number).await;
    }
    assert_eq!((store.len(), store.capacity(), store.evicted()), (3, 3, 2));
    assert!(is_done(&store, 4).await && is_done(&store, 3).await && is_done(&store, 2).await);
}

#[tokio::test]
async fn a_full_memory_never_forgets_what_is_in_progress() {
    let clock = ManualClock::new();
    let store = MemoryStore::with_capacity(2).clock(clock.clone());
    let lease = Duration::from_secs(60);
    let attempts = [attempt(0), attempt(1)];
    for attempt in attempts {
        assert_eq!(store.claim(attempt, lease).await, Ok(Claim::Acquired));
    }
    let error = store.claim(attempt(2), lease).await.unwrap_err();
    assert_eq!(error.to_string(), "the store is full of events in progress");

    // A success finds its place, and one whose lease ran out does so too.
    store.commit(attempts[0], Done::new(StatusCode::OK, lease)).await.unwrap();
    assert_eq!(store.claim(attempt(2), lease).await, Ok(Claim::Acquired));
    assert_eq!(store.evicted(), 1);
    clock.advance(lease);
    assert_eq!(store.claim(attempt(3), lease).await, Ok(Claim::Acquired));
    assert_eq!(store.commit(attempts[1], Done::new(StatusCode::OK, lease)).await, Ok(Commit::Late));
    assert!(is_done(&store, 1).await);
    assert_eq!(store.evicted(), 1);
}

#[tokio::test]
async fn what_has_run_out_makes_place_by_itself() {
    let clock = ManualClock::new();
    let store = MemoryStore::new().clock(clock.clone());
    for number in 0..100 {
        finish(&store, number).await;
    }
    clock.advance(Duration::from_secs(600));
    for number in 100..150 {
        finish(&store, number).await;
    }
    assert_eq!((store.len(), store.evicted()), (50, 0));

    // Claims that nobody settled go too.
    for number in 0_u32..1000 {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_ne_bytes());
        let lease = Duration::from_secs(60);
        let attempt = Attempt::new(EventKey::from_bytes(bytes), ClaimToken::fresh());
        assert_eq!(store.claim(attempt, lease).await, Ok(Claim::Acquired));
        clock.advance(lease);
    }
    assert!(store.len() < 200, "{} are held", store.len());
    assert!(format!("{store:?}").starts_with("MemoryStore { capacity: 100000, len: "), "{store:?}");
}

#[tokio::test]
async fn a_claim_tells_how_long_it_lasts_and_no_time_is_too_long() {
    let clock = ManualClock::new();
    let store = MemoryStore::new().clock(clock.clone());
    store.claim(attempt(1), Duration::from_secs(60)).await.unwrap();
    clock.advance(Duration::from_secs(20));
    let claim = store.claim(attempt(1), Duration::MAX).await;
    assert_eq!(claim, Ok(Claim::InProgress { remaining: Some(Duration::from_secs(40)) }));

    let second = attempt(2);
    store.claim(second, Duration::MAX).await.unwrap();
    clock.advance(Duration::from_secs(1 << 40));
    assert_eq!(store.commit(second, Done::new(StatusCode::OK, Duration::MAX)).await, Ok(Commit::Held));
    clock.advance(Duration::from_secs(1 << 40));
    assert!(is_done(&store, 2).await);
}

#[tokio::test]
async fn a_second_success_begins_the_time_to_live_anew_and_keeps_the_first_status() {
    let clock = ManualClock::new();
    let store = MemoryStore::new().clock(clock.clone());
    let ttl = Duration::from_secs(600);
    for status in [StatusCode::OK, StatusCode::NO_CONTENT] {
        assert_eq!(store.commit(attempt(1), Done::new(status, ttl)).await, Ok(Commit::Late));
        clock.advance(ttl / 2);
    }
    // The entry of the first commit has expired by now, and is removed as others arrive.
    for number in 2..5 {
        finish(&store, number).await;
    }
    assert_eq!(store.claim(attempt(1), ttl).await, Ok(Claim::Done(StatusCode::OK)));
}

#[tokio::test]
async fn successes_without_a_claim_find_their_places_within_the_capacity() {
    let store = MemoryStore::with_capacity(3).clock(ManualClock::new());
    for number in 0..10 {
        let late = store.commit(attempt(number), Done::new(StatusCode::OK, Duration::from_secs(600))).await;
        assert_eq!(late, Ok(Commit::Late));
    }
    assert_eq!((store.len(), store.evicted()), (3, 7));
    assert!(is_done(&store, 9).await);
}

#[tokio::test]
async fn a_memory_without_a_bound_counts_its_capacity_without_an_overflow() {
    let store = MemoryStore::with_capacity(usize::MAX).clock(ManualClock::new());
    finish(&store, 1).await;
    assert!(is_done(&store, 1).await);
    assert_eq!((store.len(), store.capacity()), (1, usize::MAX));
}

#[tokio::test]
async fn no_memory_holds_more_than_its_capacity() {
    let lease = Duration::from_secs(60);
    let done = Done::new(StatusCode::OK, 10 * lease);
    for capacity in [1, 2, 3] {
        let store = MemoryStore::with_capacity(capacity).clock(ManualClock::new());
        // All of it is in progress, and a success comes whose lease ran out long ago.
        for number in 0..u8::try_from(capacity).unwrap() {
            assert_eq!(store.claim(attempt(number), lease).await, Ok(Claim::Acquired));
        }
        assert_eq!(store.commit(attempt(9), done).await, Ok(Commit::Late));
        assert_eq!((store.len(), store.evicted()), (capacity, 1));
        assert!(store.claim(attempt(8), lease).await.is_err(), "what is in progress is never forgotten");
    }
}

#[tokio::test]
async fn a_late_success_takes_the_place_of_a_claim_that_has_run_out() {
    let (clock, lease) = (ManualClock::new(), Duration::from_secs(60));
    let store = MemoryStore::with_capacity(1).clock(clock.clone());
    assert_eq!(store.claim(attempt(1), lease).await, Ok(Claim::Acquired));
    clock.advance(lease);
    assert_eq!(store.commit(attempt(2), Done::new(StatusCode::OK, lease)).await, Ok(Commit::Late));
    assert!(is_done(&store, 2).await);
    assert_eq!((store.len(), store.evicted()), (1, 0));
}

#[tokio::test]
async fn a_memory_of_two_ttls_forgets_what_has_run_out_before_what_lives() {
    let (clock, minute) = (ManualClock::new(), Duration::from_secs(60));
    let store = MemoryStore::with_capacity(3).clock(clock.clone());
    for (number, ttl) in [(1, 600 * minute), (2, minute), (3, 600 * minute)] {
        store.commit(attempt(number), Done::new(StatusCode::OK, ttl)).await.unwrap();
    }
    clock.advance(minute);
    finish(&store, 4).await;
    assert_eq!((store.len(), store.evicted()), (3, 0));
    assert!(is_done(&store, 1).await && is_done(&store, 3).await && is_done(&store, 4).await);

    // And what runs out first where all of it lives.
    store.commit(attempt(5), Done::new(StatusCode::OK, minute)).await.unwrap();
    assert_eq!(store.evicted(), 1);
    assert!(is_done(&store, 1).await && is_done(&store, 3).await);
}

#[tokio::test]
async fn a_claim_and_a_success_have_expired_once_their_whole_time_has_passed() {
    let (clock, minute) = (ManualClock::new(), Duration::from_secs(60));
    let store = MemoryStore::new().clock(clock.clone());
    let first = attempt(1);
    assert_eq!(store.claim(first, minute).await, Ok(Claim::Acquired));
    clock.advance(minute);
    assert_eq!(store.renew(first, minute).await, Ok(false));
    store.commit(first, Done::new(StatusCode::OK, minute)).await.unwrap();
    clock.advance(minute);
    store.commit(first, Done::new(StatusCode::NO_CONTENT, minute)).await.unwrap();
    assert_eq!(store.claim(attempt(1), minute).await, Ok(Claim::Done(StatusCode::NO_CONTENT)));
}

#[tokio::test]
async fn what_was_done_twice_makes_place_too() {
    let (clock, minute) = (ManualClock::new(), Duration::from_secs(60));
    let store = MemoryStore::with_capacity(1).clock(clock.clone());
    for _ in 0..2 {
        store.commit(attempt(1), Done::new(StatusCode::OK, minute)).await.unwrap();
        clock.advance(minute / 2);
    }
    finish(&store, 2).await;
    assert_eq!((store.len(), store.evicted()), (1, 1));
}

#[tokio::test]
async fn what_was_done_twice_at_once_is_forgotten_once() {
    let store = MemoryStore::with_capacity(2).clock(ManualClock::new());
    for number in [1, 1, 2, 3, 1] {
        store.commit(attempt(number), Done::new(StatusCode::OK, Duration::from_secs(60))).await.unwrap();
    }
    assert!(is_done(&store, 1).await && is_done(&store, 3).await, "the last two");
    assert_eq!((store.len(), store.evicted()), (2, 2));
}

/// Each takes a few microseconds. If each looked at all others, it would take minutes.
#[tokio::test]
async fn a_claim_takes_no_longer_if_a_hundred_thousand_others_are_in_progress() {
    let store = MemoryStore::with_capacity(100_000);
    let attempt = |number: u128| Attempt::new(EventKey::from_bytes(number.to_be_bytes()), ClaimToken::fresh());
    let (from, hour) = (tokio::time::Instant::now(), Duration::from_secs(3_600));
    for number in 0..50_000 {
        store.commit(attempt(number), Done::new(StatusCode::OK, hour)).await.unwrap();
    }
    for number in 100_000..200_000 {
        assert_eq!(store.claim(attempt(number), hour).await, Ok(Claim::Acquired));
    }
    assert_eq!((store.len(), store.evicted()), (100_000, 50_000));
    assert!(from.elapsed() < Duration::from_secs(10), "{:?}", from.elapsed());
}

#[tokio::test]
async fn a_memory_is_empty_until_something_is_in_it() {
    let store = MemoryStore::default();
    assert_eq!((store.is_empty(), store.capacity()), (true, 100_000));
    finish(&store, 1).await;
    assert!(!store.is_empty());
}

#[tokio::test]
async fn a_boxed_store_that_is_boxed_again_has_the_same_events() {
    let store = MemoryStore::new().boxed();
    let again = store.clone().boxed();
    assert_eq!(format!("{again:?}"), "BoxStore(..)");
    assert_eq!(store.claim(attempt(1), A_LEASE).await.unwrap(), Claim::Acquired);
    assert!(matches!(again.claim(attempt(1), A_LEASE).await.unwrap(), Claim::InProgress { .. }));
}

/// Two processes that share a store would else release each other's claims.
#[test]
fn the_tokens_of_a_process_begin_with_its_random_bytes() {
    let [one, other] = [ClaimToken::fresh(), ClaimToken::fresh()].map(ClaimToken::to_bytes);
    assert_eq!(one[..8], other[..8]);
    assert_ne!(one[..8], [0; 8]);
    assert_ne!(one[8..], other[8..]);
    let token = ClaimToken::from_bytes([0x0a; 16]);
    assert_eq!(format!("{token:?}"), format!("ClaimToken({})", "0a".repeat(16)));
}

/// What a store of your own has if it leaves out the detached steps.
#[derive(Clone)]
struct Plain(MemoryStore);

impl Store for Plain {
    type Error = <MemoryStore as Store>::Error;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, Self::Error> {
        self.0.claim(attempt, lease).await
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, Self::Error> {
        self.0.commit(attempt, done).await
    }

    async fn release(&self, attempt: Attempt) -> Result<(), Self::Error> {
        self.0.release(attempt).await
    }
}

#[tokio::test]
async fn a_store_without_renewals_keeps_the_rules() {
    let clock = ManualClock::new();
    let store = Plain(MemoryStore::new().clock(clock.clone()));
    conformance::check(&store, async |passed| clock.advance(passed)).await.unwrap();
}

#[tokio::test]
async fn a_store_without_detached_steps_leaves_a_cut_off_event_to_its_lease() {
    let clock = ManualClock::new();
    let store = FailingStore::new(Plain(MemoryStore::new().clock(clock.clone())));
    let layer = IdempotencyLayer::with_pepper(store.clone(), Pepper::new(PEPPER).unwrap());

    // Cut off before the effect, which leaves the claim.
    let mut cut_off = begin(&layer, &Acting::new([Act::Wait(Arc::default())]), "before");
    tokio_test::assert_pending!(cut_off.poll());
    drop(cut_off);
    // Not committed after the effect, which nobody goes on with.
    store.fail(Step::Commit, testing::Fault::Unreached);
    assert_eq!(deliver(&layer, &Acting::default(), "after").await.outcome, Some(Outcome::Uncommitted));
    store.mend();

    for event in ["before", "after"] {
        assert_eq!(deliver(&layer, &Acting::default(), event).await.outcome, Some(Outcome::InProgress), "{event}");
    }
    clock.advance(A_LEASE);
    for event in ["before", "after"] {
        assert_eq!(deliver(&layer, &Acting::default(), event).await.outcome, Some(Outcome::First), "{event}");
    }
}
