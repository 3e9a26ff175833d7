//! Random steps, and a model of what a store must answer to each.

use std::time::Duration;

use http::StatusCode;

use super::{LEASE, TTL, Violation, attempt_on, expect, fresh_key, rules::renews};
use crate::idempotency::{Attempt, Claim, ClaimToken, Commit, Done, EventKey, Store};

const KEYS: u64 = 4;
/// The pauses, in seconds. No sum of them ends within the last 1,000 s of a lease or a time to live. A walk takes less
/// than that, so it works with a store whose own time goes on.
const PASSES: [u64; 3] = [3_000, 13_000, 133_000];

/// The model of one key.
struct Event {
    key: EventKey,
    state: State,
    /// The attempts that have claimed the key so far. Each of them can commit or release late.
    attempts: Vec<Attempt>,
    steps: Vec<String>,
}

#[derive(Clone, Copy)]
enum State {
    Absent,
    Claimed {
        by: ClaimToken,
        until: u64,
    },
    /// After two commits, a store may remember either status, and may restart the time to live or not. So it may forget
    /// the event from `until` on, and must have forgotten it at `at_most`. `status` is `None` if the two differ.
    Done {
        status: Option<StatusCode>,
        until: u64,
        at_most: u64,
    },
}

/// Takes random steps on a few keys and compares each answer with a model. The same seed takes the same steps.
///
/// In the model, a key has at most one live claim, and an event that is done is not forgotten early.
///
/// # Errors
///
/// The first answer that differs from the model, with all steps on its key up to there.
///
/// # Examples
///
/// Call it as [`check`](super::check), with a seed and a number of steps.
pub async fn walk<St: Store>(
    store: &St,
    mut advance: impl AsyncFnMut(Duration),
    seed: u64,
    steps: usize,
) -> Result<(), Violation> {
    let (mut random, renews) = (Random(seed), renews(store).await?);
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
        event.step(store, &mut random, now, renews).await.map_err(|mut violation| {
            let steps = event.steps.join(", ");
            violation.rule = format!("{} (seed {seed}: {steps})", violation.rule);
            violation
        })?;
    }
    Ok(())
}

impl Event {
    fn new() -> Self {
        Self { key: fresh_key(), state: State::Absent, attempts: Vec::new(), steps: Vec::new() }
    }

    fn expire(&mut self, now: u64) {
        match self.state {
            State::Claimed { until, .. } | State::Done { at_most: until, .. } if until <= now => {
                self.state = State::Absent;
            }
            _ => {}
        }
    }

    async fn step<St: Store>(
        &mut self,
        store: &St,
        random: &mut Random,
        now: u64,
        renews: bool,
    ) -> Result<(), Violation> {
        match (random.below(5), random.of(&self.attempts)) {
            (0, Some(attempt)) => self.commit(store, attempt, random, now).await,
            (1, Some(attempt)) => self.release(store, attempt).await,
            (2, Some(attempt)) => self.renew(store, attempt, now, renews).await,
            _ => self.claim(store, now).await,
        }
    }

    async fn claim<St: Store>(&mut self, store: &St, now: u64) -> Result<(), Violation> {
        let attempt = attempt_on(self.key);
        self.steps.push("claim".to_owned());
        let claim = store.claim(attempt, LEASE).await;
        match self.state {
            State::Absent => {
                self.attempts.push(attempt);
                self.state = State::Claimed { by: attempt.token, until: now + LEASE.as_secs() };
                expect("an absent key can be claimed", claim, |claim| *claim == Claim::Acquired)
            }
            State::Claimed { .. } => {
                expect("at most one claim is live", claim, |claim| matches!(claim, Claim::InProgress { .. }))
            }
            State::Done { until, .. } if until <= now && matches!(claim, Ok(Claim::Acquired)) => {
                self.attempts.push(attempt);
                self.state = State::Claimed { by: attempt.token, until: now + LEASE.as_secs() };
                Ok(())
            }
            State::Done { status, .. } => expect(
                "an event that is done is not forgotten early",
                claim,
                |claim| matches!(claim, Claim::Done(found) if status.is_none_or(|status| *found == status)),
            ),
        }
    }

    async fn commit<St: Store>(
        &mut self,
        store: &St,
        attempt: Attempt,
        random: &mut Random,
        now: u64,
    ) -> Result<(), Violation> {
        let status = random.of(&[StatusCode::OK, StatusCode::NO_CONTENT]).unwrap_or_default();
        self.steps.push("commit".to_owned());
        let (held, at_most) =
            (matches!(self.state, State::Claimed { by, .. } if by == attempt.token), now + TTL.as_secs());
        self.state = match self.state {
            State::Done { status: first, until, .. } => {
                State::Done { status: first.filter(|first| *first == status), until, at_most }
            }
            _ => State::Done { status: Some(status), until: at_most, at_most },
        };
        let commit = store.commit(attempt, Done::new(status, TTL)).await;
        let expected = if held { Commit::Held } else { Commit::Late };
        expect("a commit says whether the claim was still held", commit, |commit| *commit == expected)
    }

    async fn release<St: Store>(&mut self, store: &St, attempt: Attempt) -> Result<(), Violation> {
        self.steps.push("release".to_owned());
        if matches!(self.state, State::Claimed { by, .. } if by == attempt.token) {
            self.state = State::Absent;
        }
        expect("a release succeeds", store.release(attempt).await, |()| true)
    }

    async fn renew<St: Store>(
        &mut self,
        store: &St,
        attempt: Attempt,
        now: u64,
        renews: bool,
    ) -> Result<(), Violation> {
        self.steps.push("renew".to_owned());
        let held = renews && matches!(self.state, State::Claimed { by, .. } if by == attempt.token);
        if held {
            self.state = State::Claimed { by: attempt.token, until: now + LEASE.as_secs() };
        }
        let renewed = store.renew(attempt, LEASE).await;
        expect("a renewal says whether the claim was still held", renewed, |renewed| *renewed == held)
    }
}

/// SplitMix64: a seed takes the same steps on every platform.
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
