//! Steps that nobody waits for, for the stores that have a runtime.

use std::{
    panic::catch_unwind,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::Store;

/// The pauses between the tries double from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// How many steps are kept at most, at about 1 KB each: a long outage must not take all memory.
const CAPACITY: usize = 10_000;

/// The shortest and the longest time after which a step is given up, in milliseconds: the default lease and an hour.
const SHORTEST: u64 = 60_000;
const LONGEST: u64 = 3_600_000;

/// Tries steps again until they succeed or the longest lease has run out: no release is of use after that, and a retry of
/// the sender is not held back by anything else.
pub(super) struct Background {
    lease: AtomicU64,
    places: Arc<Semaphore>,
}

impl Background {
    pub(super) fn new() -> Self {
        Self { lease: AtomicU64::new(SHORTEST), places: Arc::new(Semaphore::new(CAPACITY)) }
    }

    /// Goes on for as long as this lease from now on, if it is the longest so far.
    pub(super) fn last_for(&self, lease: Duration) {
        let millis = u64::try_from(lease.as_millis()).unwrap_or(LONGEST).min(LONGEST);
        self.lease.fetch_max(millis, Ordering::Relaxed);
    }

    /// Runs a step of this store in a task of its own, if there is a tokio runtime.
    pub(super) fn insist<St, T, E, F>(&self, store: &St, mut step: impl FnMut(St) -> F + Send + 'static)
    where
        St: Store + Clone,
        F: Future<Output = Result<T, E>> + Send,
    {
        let (Some(runtime), Ok(place)) = (runtime(), Arc::clone(&self.places).try_acquire_owned()) else { return };
        let lease = Duration::from_millis(self.lease.load(Ordering::Relaxed));
        let store = store.clone();
        runtime.spawn(async move {
            let _place = place;
            let tries = async {
                let (mut pause, longest) = PAUSES;
                while step(store.clone()).await.is_err() {
                    sleep(pause).await;
                    pause = longest.min(pause * 2);
                }
            };
            let _ = timeout(lease, tries).await;
        });
    }
}

/// The runtime, if it has a timer: without one, tokio panics, and there is no other way to ask it.
pub(super) fn runtime() -> Option<Handle> {
    let runtime = Handle::try_current().ok()?;
    catch_unwind(|| drop(sleep(Duration::ZERO))).ok()?;
    Some(runtime)
}
