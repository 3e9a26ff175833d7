use std::time::{Duration, SystemTime};

use http::HeaderName;
use jiff::Timestamp;

use crate::{ConfigError, ConfigErrorKind, Rejection, RejectionReason};

const DEFAULT: Duration = Duration::from_secs(300);
/// With a longer tolerance, a recorded delivery could be replayed for days.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Enough for microseconds since 1970.
const MAX_DIGITS: usize = 16;

/// How an instant is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::auth) enum Form {
    #[default]
    Seconds,
    Milliseconds,
    /// RFC 3339, narrowed so that the text is neither the beginning nor the end of another one.
    Rfc3339,
}

impl Form {
    /// Whether a text has as many digits as all times of our age, so that its length shows where it ends.
    pub(super) fn has_usual_length(self, text: &[u8]) -> bool {
        match self {
            Self::Seconds => text.len() == 10,
            Self::Milliseconds => text.len() == 13,
            Self::Rfc3339 => true,
        }
    }
}

/// How far the time of signing may be from the time of arrival, as a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::auth) struct ToleranceSettings {
    pub(in crate::auth) past: Option<Duration>,
    pub(in crate::auth) future: Option<Duration>,
    pub(in crate::auth) form: Form,
    /// Whether two forms were set.
    pub(in crate::auth) has_two_forms: bool,
}

impl ToleranceSettings {
    /// Whether anything was set, which is an error if there is no time.
    pub(super) fn is_set(&self) -> bool {
        *self != Self::default()
    }

    pub(super) fn written_as(&mut self, form: Form) {
        self.has_two_forms |= self.form != Form::Seconds && self.form != form;
        self.form = form;
    }

    pub(in crate::auth) fn build(&self) -> Result<Tolerance, ConfigError> {
        if self.has_two_forms {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "the form of the timestamp"));
        }
        let checked = |tolerance: Option<Duration>| match tolerance.unwrap_or(DEFAULT) {
            fitting if !fitting.is_zero() && fitting <= MAX => Ok(fitting),
            _ => Err(ConfigError::new(ConfigErrorKind::OutOfRange, "the tolerance")
                .expected("more than zero and at most a day")),
        };
        let (past, future) = (checked(self.past)?, checked(self.future)?);
        Ok(Tolerance { past, future, form: self.form })
    }
}

/// How far the time of signing may be from the time of arrival.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Tolerance {
    past: Duration,
    future: Duration,
    form: Form,
}

impl Tolerance {
    /// Reads the instant from the text in a header, if it is near enough to `now`.
    pub(super) fn read(&self, header: &HeaderName, text: &[u8], now: SystemTime) -> Result<SystemTime, Rejection> {
        self.read_text(text, now).unwrap_or_else(|| {
            let expected = match self.form {
                Form::Rfc3339 => "a timestamp such as `2026-11-21T09:30:00Z`",
                Form::Seconds | Form::Milliseconds => "a timestamp of at most 16 digits",
            };
            Err(RejectionReason::MalformedHeader { name: header.clone(), expected }.into())
        })
    }

    /// Reads the instant from a text, if it is near enough to `now`. `None` if it is not written in the form.
    pub(super) fn read_text(&self, text: &[u8], now: SystemTime) -> Option<Result<SystemTime, Rejection>> {
        if self.form == Form::Rfc3339 {
            return rfc3339(text).map(|since| self.check(since, now));
        }
        let is_number = (1..=MAX_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
        is_number
            .then(|| self.check_number(text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')), now))
    }

    /// Reads the instant from a number, if it is near enough to `now`.
    pub(super) fn check_number(&self, number: u64, now: SystemTime) -> Result<SystemTime, Rejection> {
        let is_in_milliseconds = self.form == Form::Milliseconds;
        self.check(if is_in_milliseconds { Duration::from_millis(number) } else { Duration::from_secs(number) }, now)
    }

    /// The instant so long after the beginning of 1970, if it is near enough to `now`.
    fn check(&self, since: Duration, now: SystemTime) -> Result<SystemTime, Rejection> {
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

    pub(super) fn form(&self) -> Form {
        self.form
    }
}

/// The time since 1970 of `2026-11-21T09:30:00.123Z` or `2026-11-21T10:30:00+01:00`: a year of four digits, a `T`, perhaps a
/// fraction, and a `Z` or an offset with a colon.
///
/// Such a text has one `T`, always ten bytes after its beginning, and after that it ends with `Z`, or five bytes after a
/// sign. So none is the beginning or the end of another: whatever is next to one, its borders are visible.
fn rfc3339(text: &[u8]) -> Option<Duration> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    const OFFSET: &[u8] = b"+00:00";
    let like = |text: &[u8], form: &[u8]| {
        let fits = |(byte, form): (&u8, &u8)| match form {
            b'0' => byte.is_ascii_digit(),
            b'+' => matches!(byte, b'+' | b'-'),
            other => byte == other,
        };
        text.len() == form.len() && text.iter().zip(form).all(fits)
    };
    let (civil, rest) = text.split_at_checked(FORM.len())?;
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction.get(digits..).filter(|_| (1..=9).contains(&digits))?
        }
        None => rest,
    };
    if !like(civil, FORM) || !(rest == b"Z" || like(rest, OFFSET)) {
        return None;
    }
    let instant: Timestamp = std::str::from_utf8(text).ok()?.parse().ok()?;
    let since = instant.duration_since(Timestamp::UNIX_EPOCH);
    (!since.is_negative()).then(|| since.unsigned_abs())
}
