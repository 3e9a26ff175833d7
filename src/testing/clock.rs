use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use crate::clock::{Clock, MonotonicClock};

/// A clock that you set by hand: it stands still until you advance it. A clone is the same clock.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_webhook::{clock::{Clock, MonotonicClock}, testing::ManualClock};
///
/// let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400);
/// let clock = ManualClock::at(noon);
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.elapsed(), Duration::from_secs(90));
/// assert_eq!(clock.now(), noon + Duration::from_secs(90));
/// ```
#[derive(Clone)]
pub struct ManualClock {
    start: SystemTime,
    elapsed: Arc<Mutex<Duration>>,
}

impl ManualClock {
    /// Creates a clock at the Unix epoch.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::UNIX_EPOCH)
    }

    /// Creates a clock at this time.
    #[must_use]
    pub fn at(start: SystemTime) -> Self {
        Self { start, elapsed: Arc::default() }
    }

    /// Lets time pass.
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

/// Stops where the times of the platform end.
impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.start.checked_add(self.elapsed()).unwrap_or(self.start)
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.elapsed()).finish()
    }
}
