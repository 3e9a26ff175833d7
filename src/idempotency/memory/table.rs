use std::{
    collections::{BTreeMap, HashMap, VecDeque, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    time::Duration,
};

use http::StatusCode;

use crate::idempotency::{Attempt, Claim, ClaimToken, Commit};

/// The state machine. Its callers pass the time, in milliseconds. An event is in at most one of the two maps.
///
/// There are two maps, because an event that is done needs less space, and there are many more of those.
pub(super) struct Table {
    pub(super) capacity: usize,
    claimed: KeyMap<Claimed>,
    done: KeyMap<Done>,
    /// The events that are done, by their time to live: each queue is in the order in which its events expire. There are
    /// as many queues as layers set different times.
    expiring: BTreeMap<u64, Queue>,
    pub(super) evicted: u64,
    /// No lease expires before this time.
    sweep_at: u64,
    /// Expired claims are removed when there are this many, so that the cost per claim is constant on average.
    sweep_len: usize,
}

/// Events with the time until which each is remembered. An entry with another time than its event is stale. The keys are
/// bytes, as the alignment of a `u128` would make an entry a third larger.
type Queue = VecDeque<(u64, [u8; 16])>;

type KeyMap<T> = HashMap<u128, T, BuildHasherDefault<KeyHasher>>;

struct Claimed {
    token: ClaimToken,
    until: u64,
}

struct Done {
    until: u64,
    status: StatusCode,
}

/// Event keys are keyed hashes, so no sender can choose them. The multiplication spreads the small numbers that tests
/// use as keys.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    /// Gets the bytes of one key.
    fn write(&mut self, key: &[u8]) {
        let key = key.first_chunk().map_or(0, |key| u128::from_ne_bytes(*key));
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
            expiring: BTreeMap::new(),
            evicted: 0,
            sweep_at: u64::MAX,
            sweep_len: MIN_SWEEP_LEN,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.claimed.len() + self.done.len()
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

    pub(super) fn commit(&mut self, attempt: Attempt, status: StatusCode, now: u64, ttl: u64) -> Commit {
        let (key, token, until) = (attempt.key.to_u128(), attempt.token, now.saturating_add(ttl));
        let held = self.claimed.remove(&key).is_some_and(|claimed| claimed.token == token && now < claimed.until);
        let is_later = match self.done.entry(key) {
            // The first status stays, as the sender has been told that one.
            Entry::Occupied(mut entry) if now < entry.get().until => {
                let is_later = entry.get().until < until;
                entry.get_mut().until = until.max(entry.get().until);
                is_later
            }
            entry => {
                entry.insert_entry(Done { until, status });
                true
            }
        };
        if is_later {
            let queue = self.expiring.entry(ttl).or_default();
            // Each late success leaves an entry behind whose event lives on.
            if queue.len() >= MIN_SWEEP_LEN.max(self.capacity.saturating_mul(2)) {
                let done = &self.done;
                queue.retain(|(until, key)| {
                    done.get(&u128::from_ne_bytes(*key)).is_some_and(|done| done.until == *until)
                });
            }
            queue.push_back((until, key.to_ne_bytes()));
        }
        // A late commit may find the table full: its claim had expired and was removed.
        self.shrink(self.capacity, now);
        if held { Commit::Held } else { Commit::Late }
    }

    /// Whether the attempt still held its claim.
    pub(super) fn renew(&mut self, attempt: Attempt, now: u64, until: u64) -> bool {
        let claimed = self.claimed.get_mut(&attempt.key.to_u128());
        let Some(held) = claimed.filter(|claimed| claimed.token == attempt.token && now < claimed.until) else {
            return false;
        };
        held.until = until;
        self.sweep_at = self.sweep_at.min(until);
        true
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
            if self.expires_first().is_some_and(|(until, _)| until <= now) {
                self.evict(now);
            }
        }
        if self.claimed.len() >= self.sweep_len {
            self.sweep(now);
        }
        self.shrink(self.capacity - 1, now)
    }

    /// Forgets events until there are this many at most; `false` if more are in progress.
    fn shrink(&mut self, most: usize, now: u64) -> bool {
        // Expired claims go first: the events that are done are still of use.
        if self.len() > most && self.sweep_at <= now {
            self.sweep(now);
        }
        while self.len() > most && self.evict(now) {}
        self.len() <= most
    }

    /// Forgets the event that expires first; `false` if no event is done.
    fn evict(&mut self, now: u64) -> bool {
        let Some((_, ttl)) = self.expires_first() else { return false };
        let Some(queue) = self.expiring.get_mut(&ttl) else { return false };
        if let Some((until, key)) = queue.pop_front() {
            let key = u128::from_ne_bytes(key);
            if self.done.get(&key).is_some_and(|done| done.until == until) {
                self.done.remove(&key);
                self.evicted += u64::from(now < until);
            }
        }
        if queue.is_empty() {
            self.expiring.remove(&ttl);
        }
        true
    }

    /// When the next event expires, and its time to live.
    fn expires_first(&self) -> Option<(u64, u64)> {
        self.expiring.iter().filter_map(|(ttl, queue)| Some((queue.front()?.0, *ttl))).min()
    }

    /// Removes the claims whose lease has expired.
    fn sweep(&mut self, now: u64) {
        self.claimed.retain(|_, claimed| now < claimed.until);
        self.sweep_at = self.claimed.values().map(|claimed| claimed.until).min().unwrap_or(u64::MAX);
        self.sweep_len = MIN_SWEEP_LEN.max(self.claimed.len() * 2);
    }
}
