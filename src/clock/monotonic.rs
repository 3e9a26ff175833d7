use std::time::{Duration, Instant};

/// Measures time that passes, and is not set: an event must not be forgotten early because the system's clock
/// was corrected.
///
/// [`SystemMonotonicClock`] is the default; another is set with
/// [`MemoryStore::clock`](crate::idempotency::MemoryStore::clock).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_webhook::clock::MonotonicClock;
///
/// struct Standstill;
///
/// impl MonotonicClock for Standstill {
///     fn elapsed(&self) -> Duration {
///         Duration::ZERO
///     }
/// }
/// # assert_eq!(Standstill.elapsed().as_secs(), 0);
/// ```
pub trait MonotonicClock: Send + Sync + 'static {
    /// The time since some moment that stays the same. It never becomes less.
    fn elapsed(&self) -> Duration;
}

/// The monotonic clock of the operating system, from the moment at which this was made.
///
/// On Linux it stands still while the machine is suspended.
///
/// # Examples
///
/// ```
/// use tower_webhook::clock::{MonotonicClock, SystemMonotonicClock};
///
/// let clock = SystemMonotonicClock::default();
/// assert!(clock.elapsed() <= clock.elapsed());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SystemMonotonicClock {
    start: Instant,
}

impl Default for SystemMonotonicClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl MonotonicClock for SystemMonotonicClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
