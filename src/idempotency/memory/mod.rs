mod hasher;
mod table;

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::StatusCode;

use self::table::Table;
use super::{Claim, Commit, EventKey, Store, Token};
use crate::clock::{MonotonicClock, SystemMonotonicClock};

/// A store in this process: nothing to run beside it, and nothing left when the process ends.
///
/// It holds at most [`capacity`](Self::capacity) events. When it is full, the event that was done first is
/// forgotten, and [`evicted`](Self::evicted) counts it; one that is in progress never is. It takes about 100 bytes
/// per event, as they come: nothing is reserved.
///
/// A clone is the same store. Use one time to live with one store: events are forgotten in the order in which
/// they were done.
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
    /// A store of at most 100,000 events, some 10 MB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(100_000)
    }

    /// A store of at most so many events, in progress and done. One at least.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        let table = Table::new(events.max(1));
        Self { table: Arc::new(Mutex::new(table)), clock: Arc::new(SystemMonotonicClock::default()) }
    }

    /// Measures leases and times to live by this clock. To be set before the first claim.
    #[must_use]
    pub fn clock(mut self, clock: impl MonotonicClock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many events it holds at most.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.lock().capacity()
    }

    /// How many events it holds, of which some may have run out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events were forgotten before their time, for want of a place. If it grows, duplicates
    /// of these events would run again: raise the capacity.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.lock().evicted()
    }

    /// A panic elsewhere cannot leave the table half changed: nothing in it panics between two changes.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_at_once(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) -> Commit {
        let now = self.now();
        self.lock().commit(key.to_u128(), token, status, now, now.saturating_add(millis(ttl)))
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

    async fn claim(&self, key: EventKey, token: Token, lease: Duration) -> Result<Claim, StoreFull> {
        let now = self.now();
        self.lock().claim(key.to_u128(), token, now, now.saturating_add(millis(lease))).ok_or(StoreFull(()))
    }

    async fn commit(
        &self,
        key: EventKey,
        token: Token,
        status: StatusCode,
        ttl: Duration,
    ) -> Result<Commit, StoreFull> {
        Ok(self.commit_at_once(key, token, status, ttl))
    }

    async fn release(&self, key: EventKey, token: Token) -> Result<(), StoreFull> {
        self.abandon(key, token);
        Ok(())
    }

    fn abandon(&self, key: EventKey, token: Token) {
        self.lock().release(key.to_u128(), token);
    }

    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        self.commit_at_once(key, token, status, ttl);
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.lock();
        f.debug_struct("MemoryStore")
            .field("capacity", &table.capacity())
            .field("len", &table.len())
            .field("evicted", &table.evicted())
            .finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// All places of a [`MemoryStore`] are taken by events in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFull(());

impl fmt::Display for StoreFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all places of the store are taken by events in progress")
    }
}

impl Error for StoreFull {}
