//! Random steps, and what a store must answer to each.

use std::time::Duration;

use http::StatusCode;

use super::{LEASE, TTL, Violation, expect, fresh_key};
use crate::idempotency::{Claim, Commit, EventKey, Store, Token};

const KEYS: u64 = 4;
/// No sum of them ends less than 1,000 s before the lease or the time to live does, which is more than a walk takes
/// in a store with a time of its own.
const PASSES: [u64; 3] = [3_000, 13_000, 133_000];

/// One key, as it must be.
struct Event {
    key: EventKey,
    state: State,
    /// Who has claimed it so far, and could come late.
    tokens: Vec<Token>,
    steps: Vec<String>,
}

#[derive(Clone, Copy)]
enum State {
    Absent,
    Claimed {
        by: Token,
        until: u64,
    },
    /// Which of several successes a store remembers is its own matter, and so is whether a second one begins the time to
    /// live anew: from `until` to `at_most` it may be forgotten. No status if they differ.
    Done {
        status: Option<StatusCode>,
        until: u64,
        at_most: u64,
    },
}

pub(super) async fn walk<St: Store>(
    store: &St,
    advance: &mut impl AsyncFnMut(Duration),
    seed: u64,
    steps: usize,
) -> Result<(), Violation> {
    let mut random = Random(seed);
    let mut now = 0;
    let mut events: Vec<Event> = (0..KEYS).map(|_| Event::new()).collect();
    for _ in 0..steps {
        if random.below(8) == 0 {
            let seconds = random.of(&PASSES).unwrap_or_default();
            now += seconds;
            advance(Duration::from_secs(seconds)).await;
            for event in &mut events {
                event.steps.push(format!("{seconds} s pass"));
                event.expire(now);
            }
            continue;
        }
        let Some(event) = random.index(events.len()).and_then(|index| events.get_mut(index)) else { continue };
        event.step(store, &mut random, now).await.map_err(|mut violation| {
            let steps = event.steps.join(", ");
            violation.rule = format!("{} (seed {seed}: {steps})", violation.rule);
            violation
        })?;
    }
    Ok(())
}

impl Event {
    fn new() -> Self {
        Self { key: fresh_key(), state: State::Absent, tokens: Vec::new(), steps: Vec::new() }
    }

    fn expire(&mut self, now: u64) {
        match self.state {
            State::Claimed { until, .. } | State::Done { at_most: until, .. } if until <= now => {
                self.state = State::Absent;
            }
            _ => {}
        }
    }

    async fn step<St: Store>(&mut self, store: &St, random: &mut Random, now: u64) -> Result<(), Violation> {
        match (random.below(4), random.of(&self.tokens)) {
            (0, Some(token)) => self.commit(store, token, random, now).await,
            (1, Some(token)) => self.release(store, token).await,
            _ => self.claim(store, now).await,
        }
    }

    async fn claim<St: Store>(&mut self, store: &St, now: u64) -> Result<(), Violation> {
        let token = Token::fresh();
        self.steps.push("claim".to_owned());
        let claim = store.claim(self.key, token, LEASE).await;
        match self.state {
            State::Absent => {
                self.tokens.push(token);
                self.state = State::Claimed { by: token, until: now + LEASE.as_secs() };
                expect("an absent key can be claimed", claim, |claim| *claim == Claim::Acquired)
            }
            State::Claimed { .. } => {
                expect("at most one claim is live", claim, |claim| matches!(claim, Claim::InProgress { .. }))
            }
            State::Done { until, .. } if until <= now && matches!(claim, Ok(Claim::Acquired)) => {
                self.tokens.push(token);
                self.state = State::Claimed { by: token, until: now + LEASE.as_secs() };
                Ok(())
            }
            State::Done { status, .. } => expect(
                "what is done is not lost",
                claim,
                |claim| matches!(claim, Claim::Done(found) if status.is_none_or(|status| *found == status)),
            ),
        }
    }

    async fn commit<St: Store>(
        &mut self,
        store: &St,
        token: Token,
        random: &mut Random,
        now: u64,
    ) -> Result<(), Violation> {
        let status = random.of(&[StatusCode::OK, StatusCode::NO_CONTENT]).unwrap_or_default();
        self.steps.push("commit".to_owned());
        let (held, at_most) = (matches!(self.state, State::Claimed { by, .. } if by == token), now + TTL.as_secs());
        self.state = match self.state {
            State::Done { status: first, until, .. } => {
                State::Done { status: first.filter(|first| *first == status), until, at_most }
            }
            _ => State::Done { status: Some(status), until: at_most, at_most },
        };
        let commit = store.commit(self.key, token, status, TTL).await;
        let expected = if held { Commit::Held } else { Commit::Late };
        expect("a commit tells whether the claim was held", commit, |commit| *commit == expected)
    }

    async fn release<St: Store>(&mut self, store: &St, token: Token) -> Result<(), Violation> {
        self.steps.push("release".to_owned());
        if matches!(self.state, State::Claimed { by, .. } if by == token) {
            self.state = State::Absent;
        }
        expect("a release is no error", store.release(self.key, token).await, |()| true)
    }
}

/// SplitMix64, so that a seed takes the same steps everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn index(&mut self, len: usize) -> Option<usize> {
        usize::try_from(self.below(u64::try_from(len).ok()?)).ok()
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        let index = self.index(items.len())?;
        items.get(index).copied()
    }
}
