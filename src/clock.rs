//! The time, injectable so that tests need not wait for it.

#[cfg(feature = "idempotency")]
mod monotonic;

use jiff::Timestamp;

#[cfg(feature = "idempotency")]
pub use self::monotonic::{MonotonicClock, SystemMonotonicClock};

/// Tells the time.
///
/// [`SystemClock`] is the default; another is set with
/// [`WebhookLayer::clock`](crate::WebhookLayer::clock).
///
/// # Examples
///
/// ```
/// use tower_webhook::{clock::Clock, jiff::Timestamp};
///
/// struct Standstill;
///
/// impl Clock for Standstill {
///     fn now(&self) -> Timestamp {
///         Timestamp::UNIX_EPOCH
///     }
/// }
/// # assert_eq!(Standstill.now().as_second(), 0);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
///
/// # Examples
///
/// ```
/// use tower_webhook::clock::{Clock, SystemClock};
/// assert!(SystemClock.now().as_second() > 0);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that users write by name")]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
