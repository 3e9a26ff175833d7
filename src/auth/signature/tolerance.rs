use std::time::{Duration, SystemTime};

use http::HeaderName;

use crate::{ConfigError, ConfigErrorKind, Rejection, RejectionReason};

const DEFAULT: Duration = Duration::from_secs(300);
/// With a longer tolerance, a recorded delivery could be replayed for days.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Enough for microseconds since 1970.
const MAX_DIGITS: usize = 16;

/// How far the time of signing may be from the time of arrival, as a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::auth) struct ToleranceSettings {
    pub(in crate::auth) past: Option<Duration>,
    pub(in crate::auth) future: Option<Duration>,
    pub(in crate::auth) milliseconds: bool,
}

impl ToleranceSettings {
    /// Whether anything was set, which is an error if there is no time.
    pub(super) fn is_set(&self) -> bool {
        *self != Self::default()
    }

    pub(in crate::auth) fn build(&self) -> Result<Tolerance, ConfigError> {
        let checked = |tolerance: Option<Duration>| match tolerance.unwrap_or(DEFAULT) {
            fitting if !fitting.is_zero() && fitting <= MAX => Ok(fitting),
            _ => Err(ConfigError::new(ConfigErrorKind::OutOfRange, "the tolerance")
                .expected("more than zero and at most a day")),
        };
        let (past, future) = (checked(self.past)?, checked(self.future)?);
        Ok(Tolerance { past, future, milliseconds: self.milliseconds })
    }
}

/// How far the time of signing may be from the time of arrival.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Tolerance {
    past: Duration,
    future: Duration,
    milliseconds: bool,
}

impl Tolerance {
    /// Reads the instant from the digits in a header, if it is near enough to `now`.
    pub(super) fn read(&self, header: &HeaderName, digits: &[u8], now: SystemTime) -> Result<SystemTime, Rejection> {
        if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
            let expected = "a timestamp of at most 16 digits";
            return Err(RejectionReason::MalformedHeader { name: header.clone(), expected }.into());
        }
        self.check(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')), now)
    }

    /// Reads the instant from a number, if it is near enough to `now`.
    pub(super) fn check(&self, number: u64, now: SystemTime) -> Result<SystemTime, Rejection> {
        let since = if self.milliseconds { Duration::from_millis(number) } else { Duration::from_secs(number) };
        let Some(at) = SystemTime::UNIX_EPOCH.checked_add(since) else {
            return Err(RejectionReason::FromTheFuture { ahead: since, tolerance: self.future }.into());
        };
        match now.duration_since(at) {
            Ok(age) if age > self.past => Err(RejectionReason::Stale { age, tolerance: self.past }.into()),
            Err(error) if error.duration() > self.future => {
                Err(RejectionReason::FromTheFuture { ahead: error.duration(), tolerance: self.future }.into())
            }
            _ => Ok(at),
        }
    }
}
