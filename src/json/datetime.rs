use std::fmt;

use jiff::{SignedDuration, Timestamp, civil, fmt::temporal::Pieces};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::macros::from_text;

/// A date-time as providers send it: with an offset, without one, or as some other text.
///
/// The providers' pages promise ISO 8601 and show it with and without an offset, and once as the literal
/// `"string"`. Any string is accepted, so that an odd date never makes you lose a delivery:
///
/// | text | is read as |
/// |---|---|
/// | `2024-01-15T09:30:00Z`, `2024-01-15T10:30:00.25+01:00` | [`Instant`](Self::Instant) |
/// | `2024-01-15T09:30:00` | [`Civil`](Self::Civil) |
/// | anything else, also a date alone, or an instant after `9999-12-30T22:00:00.999999999Z` | [`Text`](Self::Text) |
///
/// A leap second, such as `23:59:60`, is read as the second before it.
///
/// `Debug` does not show the time: with health data it can identify a person.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::DateTime;
///
/// let DateTime::Instant(instant) = DateTime::from("2024-01-15T10:30:00+01:00") else { panic!() };
/// assert_eq!(instant.to_string(), "2024-01-15T09:30:00Z");
///
/// let civil = DateTime::from("2024-01-01T00:00:00");
/// assert!(civil.instant().is_none(), "the time zone is not known");
/// assert_eq!(civil.civil().unwrap().year(), 2024);
/// let end = DateTime::from("2024-01-01T01:00:00");
/// assert_eq!(end.duration_since(&civil).unwrap().as_hours(), 1);
///
/// assert_eq!(DateTime::from("soon").to_string(), "soon");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DateTime {
    /// A point in time: the text had an offset.
    Instant(Timestamp),
    /// A date and a time of day in an unknown time zone: the text had no offset.
    Civil(civil::DateTime),
    /// Any other text, as it was sent.
    Text(String),
}

impl DateTime {
    /// The point in time, if an offset was sent.
    #[must_use]
    pub fn instant(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(instant) => Some(*instant),
            _ => None,
        }
    }

    /// The civil date-time, if no offset was sent.
    #[must_use]
    pub fn civil(&self) -> Option<civil::DateTime> {
        match self {
            Self::Civil(civil) => Some(*civil),
            _ => None,
        }
    }

    /// How long after `earlier` this is; negative if it is before. `None` unless both have an
    /// offset or both have none.
    #[must_use]
    pub fn duration_since(&self, earlier: &Self) -> Option<SignedDuration> {
        match (self, earlier) {
            (Self::Instant(later), Self::Instant(earlier)) => Some(later.duration_since(*earlier)),
            (Self::Civil(later), Self::Civil(earlier)) => Some(later.duration_since(*earlier)),
            _ => None,
        }
    }
}

impl From<&str> for DateTime {
    fn from(text: &str) -> Self {
        parse(text).unwrap_or_else(|| Self::Text(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    // A date alone is not midnight.
    let civil = pieces.date().to_datetime(pieces.time()?);
    match (pieces.to_numeric_offset(), pieces.time_zone_annotation()) {
        (Some(offset), _) => offset.to_timestamp(civil).ok().map(DateTime::Instant),
        (None, None) => Some(DateTime::Civil(civil)),
        (None, Some(_)) => None,
    }
}

impl From<Timestamp> for DateTime {
    fn from(instant: Timestamp) -> Self {
        Self::Instant(instant)
    }
}

impl From<civil::DateTime> for DateTime {
    fn from(civil: civil::DateTime) -> Self {
        Self::Civil(civil)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(instant) => instant.fmt(f),
            Self::Civil(civil) => civil.fmt(f),
            Self::Text(text) => f.pad(text),
        }
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instant(_) => "Instant(..)",
            Self::Civil(_) => "Civil(..)",
            Self::Text(_) => "Text(..)",
        })
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}
