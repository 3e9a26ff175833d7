use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{ConfigError, ConfigErrorKind, Rejection};

const DEFAULT: Duration = Duration::from_secs(300);
/// With more than this, a delivery that was recorded could be played back for days.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Enough for microseconds since 1970, and always an `i64`.
const MAX_DIGITS: usize = 16;

/// How far the time of signing may be from the time of arrival.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Tolerance {
    past: SignedDuration,
    future: SignedDuration,
    milliseconds: bool,
}

#[derive(Clone, Debug)]
pub(in crate::auth) struct ToleranceBuilder {
    past: Duration,
    future: Duration,
    milliseconds: bool,
    is_set: bool,
}

impl ToleranceBuilder {
    pub(in crate::auth) fn new() -> Self {
        Self { past: DEFAULT, future: DEFAULT, milliseconds: false, is_set: false }
    }

    pub(in crate::auth) fn set_past(&mut self, past: Duration) {
        self.past = past;
        self.is_set = true;
    }

    pub(in crate::auth) fn set_future(&mut self, future: Duration) {
        self.future = future;
        self.is_set = true;
    }

    pub(super) fn set_milliseconds(&mut self) {
        self.milliseconds = true;
        self.is_set = true;
    }

    /// Whether any of it was set, which makes no sense where there is no time.
    pub(super) fn is_set(&self) -> bool {
        self.is_set
    }

    pub(in crate::auth) fn build(&self) -> Result<Tolerance, ConfigError> {
        let checked = |duration: Duration| match SignedDuration::try_from(duration) {
            Ok(checked) if !duration.is_zero() && duration <= MAX => Ok(checked),
            _ => Err(ConfigError::new(ConfigErrorKind::OutOfRange, "the tolerance")),
        };
        Ok(Tolerance { past: checked(self.past)?, future: checked(self.future)?, milliseconds: self.milliseconds })
    }
}

impl Tolerance {
    /// The instant that `digits` are, if it is near enough to `now`.
    pub(super) fn read(&self, digits: &[u8], now: Timestamp) -> Result<Timestamp, Rejection> {
        if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
            return Err(Rejection::unauthenticated());
        }
        self.check(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')), now)
    }

    /// The instant that `number` is, if it is near enough to `now`.
    pub(super) fn check(&self, number: i64, now: Timestamp) -> Result<Timestamp, Rejection> {
        let at = if self.milliseconds { Timestamp::from_millisecond(number) } else { Timestamp::from_second(number) };
        let at = at.map_err(|_| Rejection::unauthenticated())?;
        let age = now.duration_since(at);
        if age <= self.past && -age <= self.future { Ok(at) } else { Err(Rejection::unauthenticated()) }
    }
}
