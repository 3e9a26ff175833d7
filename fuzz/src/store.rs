//! Law: `MemoryStore` answers every sequence of claims, commits, releases and renewals as a plain model with the same clock
//! does; it never holds more than its capacity, never loses a live claim, and counts what it forgets early.

use std::time::Duration;

use http::StatusCode;
use tower_webhook::{
    idempotency::{Attempt, Claim, ClaimToken, Commit, Done, EventKey, MemoryStore, Store},
    testing::ManualClock,
};

use crate::{draw::Draw, send::finish};

const TIMES: [u64; 8] = [0, 1, 10, 100, 1_000, 1_000_000, u64::MAX, 50];
const STATUSES: [StatusCode; 3] = [StatusCode::OK, StatusCode::NO_CONTENT, StatusCode::BAD_REQUEST];

#[derive(Clone, Copy, Default)]
struct Event {
    claimed: Option<(ClaimToken, u64)>,
    done: Option<Remembered>,
}

/// What the store remembers: for sure until `until`, and perhaps until `at_most` if it has forgotten something early.
#[derive(Clone, Copy)]
struct Remembered {
    /// `None` if it is one of two.
    status: Option<StatusCode>,
    until: u64,
    at_most: u64,
}

impl Event {
    fn claim(self, now: u64) -> Option<(ClaimToken, u64)> {
        self.claimed.filter(|(_, until)| now < *until)
    }

    fn done(self, now: u64) -> Option<Remembered> {
        self.done.filter(|done| now < done.at_most)
    }

    fn is_live(self, now: u64) -> bool {
        self.claim(now).is_some() || self.done(now).is_some()
    }
}

fn millis(time: u64) -> Duration {
    // `u64::MAX` is as long as a time can be.
    if time == u64::MAX { Duration::MAX } else { Duration::from_millis(time) }
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let clock = ManualClock::new();
    let capacity = draw.of(&[1, 2, 3, 100, 8, 64, 70, 65]);
    let store = MemoryStore::with_capacity(capacity).clock(clock.clone());
    assert_eq!(store.capacity(), capacity);
    let mut events = [Event::default(); 256];
    let keys = draw.of(&[2, 4, 16, 200]);
    let mut now = 0_u64;
    while !draw.is_empty() {
        let key = draw.below(keys);
        let attempt =
            Attempt::new(EventKey::from_bytes([key as u8; 16]), ClaimToken::from_bytes([draw.below(3) as u8; 16]));
        let token = attempt.token;
        let live = events.iter().filter(|event| event.is_live(now)).count();
        let evicted = store.evicted();
        let event = events[key];
        match draw.below(8) {
            0..3 => {
                let lease = draw.of(&TIMES);
                let claim = finish(store.claim(attempt, millis(lease)));
                match (event.done(now), event.claim(now)) {
                    // A commit ends every claim, so there is never both.
                    (Some(done), _) => match claim {
                        Ok(Claim::Done(found)) => assert!(done.status.is_none_or(|status| found == status)),
                        _ => {
                            assert!(done.until <= now, "an event was forgotten early");
                            assert!(matches!(claim, Ok(Claim::Acquired) | Err(_)), "{claim:?}");
                            events[key] = Event::default();
                            claimed(&mut events, key, now, token, lease, claim.is_ok(), capacity);
                        }
                    },
                    (None, Some((_, until))) => {
                        let remaining = Some(Duration::from_millis(until - now));
                        assert_eq!(claim, Ok(Claim::InProgress { remaining }));
                    }
                    (None, None) => match claim {
                        Ok(claim) => {
                            assert_eq!(claim, Claim::Acquired);
                            claimed(&mut events, key, now, token, lease, true, capacity);
                        }
                        Err(_) => claimed(&mut events, key, now, token, lease, false, capacity),
                    },
                }
            }
            3 | 4 => {
                let (status, ttl) = (draw.of(&STATUSES), draw.of(&TIMES));
                let commit = finish(store.commit(attempt, Done::new(status, millis(ttl)))).unwrap();
                let held = event.claim(now).is_some_and(|(by, _)| by == token);
                assert_eq!(commit, if held { Commit::Held } else { Commit::Late });
                let until = now.saturating_add(ttl);
                let done = match event.done(now) {
                    None => Remembered { status: Some(status), until, at_most: until },
                    // The first status stays, if the store still has it.
                    Some(first) => Remembered {
                        status: first.status.filter(|first_status| first.until > now || *first_status == status),
                        until: until.max(first.until),
                        at_most: until.max(first.at_most),
                    },
                };
                events[key] = Event { claimed: None, done: Some(done) };
            }
            5 => {
                finish(store.release(attempt)).unwrap();
                events[key].claimed = event.claimed.filter(|(by, _)| *by != token);
            }
            6 => {
                let lease = draw.of(&TIMES);
                let renewed = finish(store.renew(attempt, millis(lease))).unwrap();
                let held = event.claim(now).is_some_and(|(by, _)| by == token);
                assert_eq!(renewed, held);
                if held {
                    events[key].claimed = Some((token, now.saturating_add(lease)));
                }
            }
            _ => {
                let passed = draw.of(&[1, 9, 90, 900, 1_000_001]);
                clock.advance(Duration::from_millis(passed));
                now += passed;
            }
        }
        assert!(store.len() <= capacity, "{} events in a store for {capacity}", store.len());
        // Room is only made if there is none. A commit may find one more than there is room for.
        assert!(store.evicted() == evicted || live >= capacity, "an event was forgotten while there was room");
        if store.evicted() > evicted {
            events.iter_mut().filter_map(|event| event.done.as_mut()).for_each(|done| done.until = 0);
        }
    }
}

fn claimed(
    events: &mut [Event; 256],
    key: usize,
    now: u64,
    token: ClaimToken,
    lease: u64,
    is_acquired: bool,
    capacity: usize,
) {
    if is_acquired {
        events[key] = Event { claimed: Some((token, now.saturating_add(lease))), done: None };
    } else {
        let claims = events.iter().filter(|event| event.claim(now).is_some()).count();
        assert!(claims >= capacity, "full with {claims} claims of {capacity}");
    }
}
