use std::fmt;

use jiff::{Timestamp, civil};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::text::FromText;

/// A date-time, read as far as its text goes.
///
/// The providers' pages promise ISO 8601 and show it with and without an offset, and once the
/// literal `"string"`. None of these makes a delivery undeliverable:
///
/// | text | is read as |
/// |---|---|
/// | `2024-01-15T09:30:00Z`, `2024-01-15T10:30:00.25+01:00` | [`Instant`](Self::Instant) |
/// | `2024-01-15T09:30:00` | [`Civil`](Self::Civil) |
/// | anything else, also a date alone, or an instant after the year 9999 | [`Text`](Self::Text) |
///
/// `Debug` does not show the time: with health data it can identify a person.
///
/// # Examples
///
/// ```
/// use tower_webhook::DateTime;
///
/// let DateTime::Instant(instant) = DateTime::from("2024-01-15T10:30:00+01:00") else { panic!() };
/// assert_eq!(instant.to_string(), "2024-01-15T09:30:00Z");
///
/// let civil = DateTime::from("2024-01-01T00:00:00");
/// assert!(civil.instant().is_none(), "where this was is not known");
/// assert_eq!(civil.civil().unwrap().year(), 2024);
///
/// assert_eq!(DateTime::from("soon").to_string(), "soon");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DateTime {
    /// A point in time: the text had an offset.
    Instant(Timestamp),
    /// What a calendar and a clock on the wall showed: the text had no offset.
    Civil(civil::DateTime),
    /// A text that is neither, as it was sent.
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
}

impl From<&str> for DateTime {
    fn from(text: &str) -> Self {
        // jiff would take a date alone for midnight. It ignores the name of a time zone, which is right
        // beside an offset and wrong without one, and an offset whose instant is out of its range.
        let time = text.split_once(['T', 't', ' ']).map(|(_, time)| time);
        let is_civil = time.is_some_and(|time| !time.contains(['+', '-', '[']));
        text.parse()
            .map(Self::Instant)
            .or_else(|_| if is_civil { text.parse().map(Self::Civil).map_err(drop) } else { Err(()) })
            .unwrap_or_else(|()| Self::Text(text.to_owned()))
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
        deserializer.deserialize_str(FromText::new())
    }
}
