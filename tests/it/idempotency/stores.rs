//! The stores by themselves.

use std::time::Duration;

use http::StatusCode;
use tower_webhook::{
    idempotency::{Claim, Commit, EventKey, MemoryStore, Store, Token},
    testing::{ManualClock, conformance},
};

use super::on_each_store;

on_each_store! {
    async fn keeps_the_rules(place: Place) {
        conformance::check(&place.store, async |passed| place.advance(passed)).await.unwrap();
    }
}

/// A store with a fault, which the suite must find.
struct Broken<St> {
    store: St,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    ClaimsTwice,
    ChecksThenActs,
    ForgetsStatus,
    FencesCommit,
    ReleasesOthers,
    AbandonsOthers,
    OutlivesLease,
    OutlivesTtl,
    ShortLease,
    ShortTtl,
    SaysHeld,
    OneKey,
    HalfAKey,
    HalfAToken,
    KnownStatuses,
    RecordGivesBack,
    RecordIsShort,
}

impl<St: Store> Store for Broken<St> {
    type Error = St::Error;

    async fn claim(&self, key: EventKey, token: Token, lease: Duration) -> Result<Claim, St::Error> {
        let lease = match self.fault {
            Fault::OutlivesLease => lease * 2,
            Fault::ShortLease => lease / 2,
            _ => lease,
        };
        if self.fault == Fault::ChecksThenActs {
            let found = self.store.claim(key, token, lease).await?;
            if found != Claim::Acquired {
                return Ok(found);
            }
            self.store.release(key, token).await?;
            tokio::task::yield_now().await;
            // Done for no time is absent: whoever has claimed it meanwhile is written over.
            self.store.commit(key, token, StatusCode::OK, Duration::ZERO).await?;
        }
        match self.store.claim(self.key(key), self.token(token), lease).await? {
            Claim::InProgress { .. } if self.fault == Fault::ClaimsTwice => Ok(Claim::Acquired),
            Claim::Done(status) if self.fault == Fault::KnownStatuses && status.as_u16() > 206 => {
                Ok(Claim::Done(StatusCode::OK))
            }
            Claim::Done(_) if self.fault == Fault::ForgetsStatus => Ok(Claim::Done(StatusCode::OK)),
            claim => Ok(claim),
        }
    }

    async fn commit(
        &self,
        key: EventKey,
        token: Token,
        status: StatusCode,
        ttl: Duration,
    ) -> Result<Commit, St::Error> {
        let ttl = match self.fault {
            Fault::OutlivesTtl => ttl * 2,
            Fault::ShortTtl => ttl / 2,
            _ => ttl,
        };
        let fenced = self.fault == Fault::FencesCommit
            && matches!(self.store.claim(key, token, Duration::ZERO).await?, Claim::InProgress { .. });
        let commit = if fenced {
            Commit::Late
        } else {
            self.store.commit(self.key(key), self.token(token), status, ttl).await?
        };
        Ok(if self.fault == Fault::SaysHeld { Commit::Held } else { commit })
    }

    async fn release(&self, key: EventKey, token: Token) -> Result<(), St::Error> {
        if self.fault == Fault::ReleasesOthers {
            // Done for no time is absent.
            self.store.commit(key, token, StatusCode::OK, Duration::ZERO).await?;
        }
        self.store.release(self.key(key), self.token(token)).await
    }

    fn abandon(&self, key: EventKey, token: Token) {
        if self.fault == Fault::AbandonsOthers {
            let commit = self.store.commit(key, token, StatusCode::OK, Duration::ZERO);
            let _ = tokio_test::task::spawn(commit).poll();
        } else {
            self.store.abandon(key, token);
        }
    }

    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        match self.fault {
            Fault::RecordGivesBack => self.store.abandon(key, token),
            Fault::RecordIsShort => self.store.record(key, token, status, Duration::from_millis(1)),
            _ => self.store.record(key, token, status, ttl),
        }
    }
}

impl<St> Broken<St> {
    fn key(&self, key: EventKey) -> EventKey {
        match self.fault {
            Fault::OneKey => EventKey::from_bytes([0; 16]),
            Fault::HalfAKey => EventKey::from_bytes(half(*key.as_bytes())),
            _ => key,
        }
    }

    fn token(&self, token: Token) -> Token {
        if self.fault == Fault::HalfAToken { Token::from_bytes(half(token.to_bytes())) } else { token }
    }
}

/// As a column of 64 bits would keep it.
fn half(bytes: [u8; 16]) -> [u8; 16] {
    (u128::from_be_bytes(bytes) & u128::from(u64::MAX)).to_be_bytes()
}

#[tokio::test]
async fn the_suite_finds_faults() {
    for fault in [
        Fault::ClaimsTwice,
        Fault::ChecksThenActs,
        Fault::ForgetsStatus,
        Fault::FencesCommit,
        Fault::ReleasesOthers,
        Fault::AbandonsOthers,
        Fault::OutlivesLease,
        Fault::OutlivesTtl,
        Fault::ShortLease,
        Fault::ShortTtl,
        Fault::SaysHeld,
        Fault::OneKey,
        Fault::HalfAKey,
        Fault::HalfAToken,
        Fault::KnownStatuses,
        Fault::RecordGivesBack,
        Fault::RecordIsShort,
    ] {
        let clock = ManualClock::new();
        let store = Broken { store: MemoryStore::new().clock(clock.clone()), fault };
        let found = conformance::check(&store, async |passed| clock.advance(passed)).await;
        println!("{fault:?}: {}", found.map_or_else(|found| found.to_string(), |()| panic!("{fault:?} passes")));
    }
}

fn key(number: u8) -> EventKey {
    EventKey::from_bytes([number; 16])
}

async fn finish(store: &MemoryStore, number: u8) {
    let token = Token::fresh();
    assert_eq!(store.claim(key(number), token, Duration::from_secs(60)).await, Ok(Claim::Acquired));
    store.commit(key(number), token, StatusCode::NO_CONTENT, Duration::from_secs(600)).await.unwrap();
}

async fn is_done(store: &MemoryStore, number: u8) -> bool {
    let token = Token::fresh();
    let claim = store.claim(key(number), token, Duration::from_secs(60)).await;
    store.abandon(key(number), token);
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
    let tokens = [Token::fresh(), Token::fresh()];
    for (number, token) in (0..).zip(tokens) {
        assert_eq!(store.claim(key(number), token, lease).await, Ok(Claim::Acquired));
    }
    let error = store.claim(key(2), Token::fresh(), lease).await.unwrap_err();
    assert_eq!(error.to_string(), "all places of the store are taken by events in progress");

    // A success finds its place, and one whose lease ran out does so too.
    store.commit(key(0), tokens[0], StatusCode::OK, lease).await.unwrap();
    assert_eq!(store.claim(key(2), Token::fresh(), lease).await, Ok(Claim::Acquired));
    assert_eq!(store.evicted(), 1);
    clock.advance(lease);
    assert_eq!(store.claim(key(3), Token::fresh(), lease).await, Ok(Claim::Acquired));
    assert_eq!(store.commit(key(1), tokens[1], StatusCode::OK, lease).await, Ok(Commit::Late));
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
        assert_eq!(store.claim(EventKey::from_bytes(bytes), Token::fresh(), lease).await, Ok(Claim::Acquired));
        clock.advance(lease);
    }
    assert!(store.len() < 200, "{} are held", store.len());
    assert!(format!("{store:?}").starts_with("MemoryStore { capacity: 100000, len: "), "{store:?}");
}

#[tokio::test]
async fn a_claim_tells_how_long_it_lasts_and_no_time_is_too_long() {
    let clock = ManualClock::new();
    let store = MemoryStore::new().clock(clock.clone());
    store.claim(key(1), Token::fresh(), Duration::from_secs(60)).await.unwrap();
    clock.advance(Duration::from_secs(20));
    let claim = store.claim(key(1), Token::fresh(), Duration::MAX).await;
    assert_eq!(claim, Ok(Claim::InProgress { remaining: Some(Duration::from_secs(40)) }));

    let token = Token::fresh();
    store.claim(key(2), token, Duration::MAX).await.unwrap();
    clock.advance(Duration::from_secs(1 << 40));
    assert_eq!(store.commit(key(2), token, StatusCode::OK, Duration::MAX).await, Ok(Commit::Held));
    clock.advance(Duration::from_secs(1 << 40));
    assert!(is_done(&store, 2).await);
}

#[tokio::test]
async fn a_second_success_begins_the_time_to_live_anew_and_keeps_the_first_status() {
    let clock = ManualClock::new();
    let store = MemoryStore::new().clock(clock.clone());
    let ttl = Duration::from_secs(600);
    for status in [StatusCode::OK, StatusCode::NO_CONTENT] {
        assert_eq!(store.commit(key(1), Token::fresh(), status, ttl).await, Ok(Commit::Late));
        clock.advance(ttl / 2);
    }
    // What was noted of the first has run out by now, and goes as others come.
    for number in 2..5 {
        finish(&store, number).await;
    }
    assert_eq!(store.claim(key(1), Token::fresh(), ttl).await, Ok(Claim::Done(StatusCode::OK)));
}

#[tokio::test]
async fn successes_without_a_claim_find_their_places_within_the_capacity() {
    let store = MemoryStore::with_capacity(3).clock(ManualClock::new());
    for number in 0..10 {
        let late = store.commit(key(number), Token::fresh(), StatusCode::OK, Duration::from_secs(600)).await;
        assert_eq!(late, Ok(Commit::Late));
    }
    assert_eq!((store.len(), store.evicted()), (3, 7));
    assert!(is_done(&store, 9).await);
}
