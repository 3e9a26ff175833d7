mod table;

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use self::table::Table;
use super::{Attempt, Claim, Commit, Done, Store};
use crate::clock::{MonotonicClock, SystemMonotonicClock};

/// A store in the memory of this process. It needs no server, and is empty after a restart.
///
/// It holds at most [`capacity`](Self::capacity) events. A full store forgets the event that expires first, which is the one
/// that was done first where all layers set the same time to live, and counts it in [`evicted`](Self::evicted). It never
/// forgets an event in progress. An event takes about 100 bytes; memory is allocated as events arrive.
///
/// A clone shares the events.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore};
///
/// let store = MemoryStore::with_capacity(1_000_000);
/// let layer = IdempotencyLayer::new(store.clone());
/// assert_eq!((store.len(), store.evicted()), (0, 0));
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    table: Arc<Mutex<Table>>,
    clock: Arc<dyn MonotonicClock>,
}

impl MemoryStore {
    /// Makes a store for at most 100,000 events, about 10 MB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(100_000)
    }

    /// Makes a store for at most this many events, both in progress and done. A capacity of 0 counts as 1.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        let table = Table::new(events.max(1));
        Self { table: Arc::new(Mutex::new(table)), clock: Arc::new(SystemMonotonicClock::default()) }
    }

    /// Measures leases and times to live by this clock. Set it before the first claim.
    #[must_use]
    pub fn clock(mut self, clock: impl MonotonicClock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The maximum number of events.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.lock().capacity
    }

    /// The number of events in the store, including expired ones that have not been removed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether the store holds no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of events that were forgotten before they expired, because the store was full.
    ///
    /// Raise the capacity if this grows: a duplicate of a forgotten event runs the handler again.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.lock().evicted
    }

    /// Ignores poisoning: no method of the table can panic half way through a change.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, attempt: Attempt, done: Done) -> Commit {
        let now = self.now();
        self.lock().commit(attempt, done.status, now, millis(done.ttl))
    }

    /// In milliseconds, as in Redis.
    fn now(&self) -> u64 {
        millis(self.clock.elapsed())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    type Error = StoreFull;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, StoreFull> {
        let now = self.now();
        self.lock().claim(attempt, now, now.saturating_add(millis(lease))).ok_or(StoreFull(()))
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, StoreFull> {
        Ok(self.commit_now(attempt, done))
    }

    async fn release(&self, attempt: Attempt) -> Result<(), StoreFull> {
        self.release_detached(attempt);
        Ok(())
    }

    async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, StoreFull> {
        let now = self.now();
        Ok(self.lock().renew(attempt, now, now.saturating_add(millis(lease))))
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        self.commit_now(attempt, done);
    }

    fn release_detached(&self, attempt: Attempt) {
        self.lock().release(attempt);
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.lock();
        f.debug_struct("MemoryStore")
            .field("capacity", &table.capacity)
            .field("len", &table.len())
            .field("evicted", &table.evicted)
            .finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The error of a [`MemoryStore`]: events in progress take all of its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFull(());

impl fmt::Display for StoreFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store is full of events in progress")
    }
}

impl Error for StoreFull {}
