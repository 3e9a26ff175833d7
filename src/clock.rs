//! Clocks: where the crate reads the time. Replace them in tests, so that the tests need not wait.

use std::time::SystemTime;
#[cfg(feature = "idempotency")]
use std::time::{Duration, Instant};

/// Tells the time of day.
///
/// [`SystemClock`] is the default. Set another one with [`WebhookLayer::clock`](crate::WebhookLayer::clock).
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use tower_webhook::clock::Clock;
///
/// struct Standstill;
///
/// impl Clock for Standstill {
///     fn now(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH
///     }
/// }
/// # assert_eq!(Standstill.now(), SystemTime::UNIX_EPOCH);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> SystemTime;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that users write by name")]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Measures how much time passes. Corrections of the time of day do not affect it, so no event is forgotten early.
///
/// [`SystemMonotonicClock`] is the default. Set another one with
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
#[cfg(feature = "idempotency")]
pub trait MonotonicClock: Send + Sync + 'static {
    /// The time since a fixed moment. It never decreases.
    fn elapsed(&self) -> Duration;
}

/// The monotonic clock of the operating system. It starts at zero when it is created.
///
/// On Linux it stands still while the machine is suspended.
#[cfg(feature = "idempotency")]
#[derive(Clone, Copy, Debug)]
pub struct SystemMonotonicClock {
    start: Instant,
}

#[cfg(feature = "idempotency")]
impl Default for SystemMonotonicClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

#[cfg(feature = "idempotency")]
impl MonotonicClock for SystemMonotonicClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
