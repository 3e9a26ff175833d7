use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    time::Duration,
};

use http::StatusCode;

use crate::idempotency::{Attempt, Claim, ClaimToken, Commit};

/// The state machine. Its callers pass the time, in milliseconds. An event is in at most one of the two maps.
///
/// There are two maps, because an event that is done needs less space, and there are many more of those.
pub(super) struct Table {
    capacity: usize,
    claimed: KeyMap<Claimed>,
    done: KeyMap<Done>,
    /// The events that are done, oldest first, with the time until which each is remembered. An entry with another time
    /// than its event is stale. The keys are bytes, as the alignment of a `u128` would make an entry a third larger.
    order: VecDeque<(u64, [u8; 16])>,
    evicted: u64,
    /// No lease expires before this time.
    sweep_at: u64,
    /// Expired claims are removed when there are this many, so that the cost per claim is constant on average.
    sweep_len: usize,
}

type KeyMap<T> = HashMap<u128, T, BuildHasherDefault<KeyHasher>>;

struct Claimed {
    token: ClaimToken,
    until: u64,
}

struct Done {
    until: u64,
    status: StatusCode,
}

/// Event keys are keyed hashes, so no sender can choose them. The multiplication spreads keys that tests make of small
/// numbers.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u128(u128::from(self.0) << 8 ^ u128::from(*byte)));
    }

    fn write_u128(&mut self, key: u128) {
        let product = u128::from((key ^ key >> 64) as u64) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product ^ product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

const MIN_SWEEP_LEN: usize = 64;

impl Table {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            claimed: HashMap::default(),
            done: HashMap::default(),
            order: VecDeque::new(),
            evicted: 0,
            sweep_at: u64::MAX,
            sweep_len: MIN_SWEEP_LEN,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn len(&self) -> usize {
        self.claimed.len() + self.done.len()
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// `None` if the table is full.
    pub(super) fn claim(&mut self, attempt: Attempt, now: u64, until: u64) -> Option<Claim> {
        let (key, token) = (attempt.key.to_u128(), attempt.token);
        if let Some(done) = self.done.get(&key).filter(|done| now < done.until) {
            return Some(Claim::Done(done.status));
        }
        if let Some(claimed) = self.claimed.get_mut(&key) {
            if now < claimed.until {
                return Some(Claim::InProgress { remaining: Some(Duration::from_millis(claimed.until - now)) });
            }
            *claimed = Claimed { token, until };
        } else {
            self.done.remove(&key);
            if !self.make_room(now) {
                return None;
            }
            self.claimed.insert(key, Claimed { token, until });
        }
        self.sweep_at = self.sweep_at.min(until);
        Some(Claim::Acquired)
    }

    pub(super) fn commit(&mut self, attempt: Attempt, status: StatusCode, now: u64, until: u64) -> Commit {
        let (key, token) = (attempt.key.to_u128(), attempt.token);
        let held = self.claimed.remove(&key).is_some_and(|claimed| claimed.token == token && now < claimed.until);
        match self.done.entry(key) {
            // The first status stays, as the sender has been told that one.
            Entry::Occupied(mut entry) if now < entry.get().until => {
                if entry.get().until < until {
                    entry.get_mut().until = until;
                    self.order.push_back((until, key.to_ne_bytes()));
                }
            }
            entry => {
                entry.insert_entry(Done { until, status });
                self.order.push_back((until, key.to_ne_bytes()));
                // A late commit may find the table full: its claim had expired and was removed.
                while self.len() > self.capacity && self.done.len() > 1 && self.evict(now) {}
            }
        }
        if held { Commit::Held } else { Commit::Late }
    }

    pub(super) fn release(&mut self, attempt: Attempt) {
        if let Entry::Occupied(entry) = self.claimed.entry(attempt.key.to_u128()) {
            if entry.get().token == attempt.token {
                entry.remove();
            }
        }
    }

    /// Makes room for one more event; `false` if the table is full of events in progress.
    fn make_room(&mut self, now: u64) -> bool {
        // Two for each new event, so that expired ones are removed faster than new ones arrive.
        for _ in 0..2 {
            if self.order.front().is_some_and(|(until, _)| *until <= now) {
                self.evict(now);
            }
        }
        if self.claimed.len() >= self.sweep_len {
            self.sweep(now);
        }
        // Expired claims go first: the events that are done are still of use.
        if self.len() >= self.capacity && self.sweep_at <= now {
            self.sweep(now);
        }
        while self.len() >= self.capacity && self.evict(now) {}
        self.len() < self.capacity
    }

    /// Forgets the event that was done first; `false` if no event is done.
    fn evict(&mut self, now: u64) -> bool {
        let Some((until, key)) = self.order.pop_front() else { return false };
        let key = u128::from_ne_bytes(key);
        if self.done.get(&key).is_some_and(|done| done.until == until) {
            self.done.remove(&key);
            self.evicted += u64::from(now < until);
        }
        true
    }

    /// Removes the claims whose lease has expired.
    fn sweep(&mut self, now: u64) {
        self.claimed.retain(|_, claimed| now < claimed.until);
        self.sweep_at = self.claimed.values().map(|claimed| claimed.until).min().unwrap_or(u64::MAX);
        self.sweep_len = MIN_SWEEP_LEN.max(self.claimed.len() * 2);
    }
}
