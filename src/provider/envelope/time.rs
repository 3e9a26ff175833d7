use jiff::Timestamp;

/// How a provider writes an instant.
///
/// # Examples
///
/// See [`Envelope::sent_at`](super::Envelope::sent_at).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeFormat {
    /// Whole seconds since 1970: `1732180000`.
    UnixSeconds,
    /// Whole milliseconds since 1970: `1732180000000`.
    UnixMilliseconds,
    /// [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), with an offset: `2026-11-21T09:30:00Z`.
    Rfc3339,
}

impl TimeFormat {
    /// The instant, if the text is one.
    pub(super) fn read(self, text: &str) -> Option<Timestamp> {
        match self {
            Self::UnixSeconds => Timestamp::from_second(digits(text)?).ok(),
            Self::UnixMilliseconds => Timestamp::from_millisecond(digits(text)?).ok(),
            Self::Rfc3339 => text.parse().ok(),
        }
    }
}

/// Digits and nothing else: a sign or a space is nothing that a provider documents.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

pub(super) fn attempt(text: &str) -> Option<u32> {
    digits(text)
}
