use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use crate::clock::{Clock, MonotonicClock};

/// A clock that stands still until you advance it. A clone is the same clock.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_webhook::{clock::{Clock, MonotonicClock}, testing::ManualClock};
///
/// let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
/// let clock = ManualClock::at(start);
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.elapsed(), Duration::from_secs(90));
/// assert_eq!(clock.now(), start + Duration::from_secs(90));
/// ```
#[derive(Clone)]
pub struct ManualClock {
    start: SystemTime,
    elapsed: Arc<Mutex<Duration>>,
}

impl ManualClock {
    /// A clock that stands at the Unix epoch.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::UNIX_EPOCH)
    }

    /// A clock that stands at this time, for example the timestamp of a signed sample delivery.
    #[must_use]
    pub fn at(start: SystemTime) -> Self {
        Self { start, elapsed: Arc::default() }
    }

    /// Lets this much time pass.
    pub fn advance(&self, duration: Duration) {
        let mut elapsed = self.elapsed.lock().unwrap_or_else(PoisonError::into_inner);
        *elapsed = elapsed.saturating_add(duration);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl MonotonicClock for ManualClock {
    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It does not go beyond the year 9999.
impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        let end = SystemTime::UNIX_EPOCH + END;
        self.start.checked_add(self.elapsed()).map_or(end, |now| now.min(end))
    }
}

/// The last second of the year 9999. Every platform can represent it.
const END: Duration = Duration::from_secs(253_402_300_799);

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.elapsed()).finish()
    }
}
