use std::time::{Duration, SystemTime};

use http::HeaderName;
use jiff::Timestamp;

use crate::{ConfigError, ConfigErrorKind, Rejection, RejectionReason, delivery::TimeFormat};

const DEFAULT: Duration = Duration::from_secs(300);
/// With a longer tolerance, a recorded delivery could be replayed for days.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Enough for microseconds since 1970.
const MAX_DIGITS: usize = 16;

/// Whether a text has as many digits as every time from 2001 to 2286, so that its length shows where it ends.
pub(super) fn has_usual_length(text: &[u8], form: TimeFormat) -> bool {
    match form {
        TimeFormat::UnixSeconds => text.len() == 10,
        TimeFormat::UnixMilliseconds => text.len() == 13,
        TimeFormat::Rfc3339 => true,
    }
}

/// How far the time of signing may be from the time of arrival.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Tolerance {
    past: Duration,
    future: Duration,
    form: TimeFormat,
}

impl Tolerance {
    /// Checks the settings, of which `None` is the default.
    pub(in crate::auth) fn new(
        past: Option<Duration>,
        future: Option<Duration>,
        form: TimeFormat,
    ) -> Result<Self, ConfigError> {
        let checked = |tolerance: Option<Duration>| match tolerance.unwrap_or(DEFAULT) {
            fitting if !fitting.is_zero() && fitting <= MAX => Ok(fitting),
            _ => Err(ConfigError::new(ConfigErrorKind::OutOfRange, "the tolerance")
                .expected("more than zero and at most a day")),
        };
        Ok(Self { past: checked(past)?, future: checked(future)?, form })
    }

    /// Reads the instant from the text in a header, if it is near enough to `now`.
    pub(super) fn read(&self, header: &HeaderName, text: &[u8], now: SystemTime) -> Result<SystemTime, Rejection> {
        self.read_text(text, now).unwrap_or_else(|| {
            let expected = match self.form {
                TimeFormat::Rfc3339 => "a timestamp such as `2026-11-21T09:30:00Z`",
                TimeFormat::UnixSeconds | TimeFormat::UnixMilliseconds => "a timestamp of at most 16 digits",
            };
            Err(RejectionReason::MalformedHeader { name: header.clone(), expected }.into())
        })
    }

    /// Reads the instant from a text, if it is near enough to `now`. `None` if it is not written in the form.
    pub(super) fn read_text(&self, text: &[u8], now: SystemTime) -> Option<Result<SystemTime, Rejection>> {
        if self.form == TimeFormat::Rfc3339 {
            return rfc3339(text).map(|since| self.check(since, now));
        }
        let is_number = (1..=MAX_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
        is_number
            .then(|| self.check_number(text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')), now))
    }

    /// Reads the instant from a number, if it is near enough to `now`.
    pub(super) fn check_number(&self, number: u64, now: SystemTime) -> Result<SystemTime, Rejection> {
        let is_in_milliseconds = self.form == TimeFormat::UnixMilliseconds;
        self.check(if is_in_milliseconds { Duration::from_millis(number) } else { Duration::from_secs(number) }, now)
    }

    /// The instant so long after the beginning of 1970, if it is near enough to `now`.
    fn check(&self, since: Duration, now: SystemTime) -> Result<SystemTime, Rejection> {
        let early = |ahead| RejectionReason::FromTheFuture { ahead, tolerance: self.future };
        let at = SystemTime::UNIX_EPOCH.checked_add(since).ok_or_else(|| early(since))?;
        match now.duration_since(at) {
            Ok(age) if age > self.past => Err(RejectionReason::Stale { age, tolerance: self.past }.into()),
            Err(error) if error.duration() > self.future => Err(early(error.duration()).into()),
            _ => Ok(at),
        }
    }

    pub(super) fn form(&self) -> TimeFormat {
        self.form
    }
}

/// The time since 1970 of `2026-11-21T09:30:00.123Z` or `2026-11-21T10:30:00+01:00`: a year of four digits, a `T`,
/// perhaps a fraction, and a `Z` or an offset with a colon.
///
/// Such a text has one `T`, always ten bytes after its beginning, and after that it ends with `Z`, or five bytes after
/// a sign. So none is the beginning or the end of another: whatever is next to one, its borders are visible.
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
