use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    time::Duration,
};

use http::StatusCode;

use super::hasher::KeyHasher;
use crate::idempotency::{Claim, Commit, Token};

/// The state machine, with the time given to it. An event is in one of the two maps, or in none.
///
/// Not one map of both: a record of what is done is smaller, and there are many more of these.
pub(super) struct Table {
    capacity: usize,
    running: HashMap<u128, Running, KeyHasher>,
    done: HashMap<u128, Done, KeyHasher>,
    /// What is done, oldest first. An entry whose time is not the record's is stale.
    order: VecDeque<(u64, [u8; 16])>,
    evicted: u64,
    /// No claim's lease runs out before.
    sweep_at: u64,
    /// Claims are swept when there are so many, so that each costs the same in the mean.
    sweep_len: usize,
}

struct Running {
    token: Token,
    until: u64,
}

struct Done {
    until: u64,
    status: StatusCode,
}

const MIN_SWEEP_LEN: usize = 64;

impl Table {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            running: HashMap::default(),
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
        self.running.len() + self.done.len()
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// `None` if there is no place.
    pub(super) fn claim(&mut self, key: u128, token: Token, now: u64, until: u64) -> Option<Claim> {
        if let Some(done) = self.done.get(&key).filter(|done| now < done.until) {
            return Some(Claim::Done(done.status));
        }
        if let Some(running) = self.running.get_mut(&key) {
            if now < running.until {
                return Some(Claim::InProgress { remaining: Some(Duration::from_millis(running.until - now)) });
            }
            *running = Running { token, until };
        } else {
            self.done.remove(&key);
            if !self.make_place(now) {
                return None;
            }
            self.running.insert(key, Running { token, until });
        }
        self.sweep_at = self.sweep_at.min(until);
        Some(Claim::Acquired)
    }

    pub(super) fn commit(&mut self, key: u128, token: Token, status: StatusCode, now: u64, until: u64) -> Commit {
        let held = self.running.remove(&key).is_some_and(|running| running.token == token && now < running.until);
        match self.done.entry(key) {
            // The first success is what the sender was told.
            Entry::Occupied(mut entry) if now < entry.get().until => {
                if entry.get().until < until {
                    entry.get_mut().until = until;
                    self.order.push_back((until, key.to_ne_bytes()));
                }
            }
            entry => {
                entry.insert_entry(Done { until, status });
                self.order.push_back((until, key.to_ne_bytes()));
                // A late one has no place of its own any more.
                while self.len() > self.capacity && self.done.len() > 1 && self.evict(now) {}
            }
        }
        if held { Commit::Held } else { Commit::Late }
    }

    pub(super) fn release(&mut self, key: u128, token: Token) {
        if let Entry::Occupied(entry) = self.running.entry(key) {
            if entry.get().token == token {
                entry.remove();
            }
        }
    }

    fn make_place(&mut self, now: u64) -> bool {
        // Two for each that comes, so that what has run out goes faster than it came.
        for _ in 0..2 {
            if self.order.front().is_some_and(|(until, _)| *until <= now) {
                self.evict(now);
            }
        }
        if self.running.len() >= self.sweep_len {
            self.sweep(now);
        }
        // What has run out goes before what is done, which is still of use.
        if self.len() >= self.capacity && self.sweep_at <= now {
            self.sweep(now);
        }
        while self.len() >= self.capacity && self.evict(now) {}
        self.len() < self.capacity
    }

    /// Forgets the oldest of what is done; `false` if nothing is.
    fn evict(&mut self, now: u64) -> bool {
        let Some((until, key)) = self.order.pop_front() else { return false };
        let key = u128::from_ne_bytes(key);
        if self.done.get(&key).is_some_and(|done| done.until == until) {
            self.done.remove(&key);
            self.evicted += u64::from(now < until);
        }
        true
    }

    /// Forgets the claims whose lease has run out.
    fn sweep(&mut self, now: u64) {
        self.running.retain(|_, running| now < running.until);
        self.sweep_at = self.running.values().map(|running| running.until).min().unwrap_or(u64::MAX);
        self.sweep_len = MIN_SWEEP_LEN.max(self.running.len() * 2);
    }
}
