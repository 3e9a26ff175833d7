//! What some send as a string and others as a number, with every digit of it.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Unexpected},
};

use super::{RawJson, decimal::plain, strict::Key};

/// An id that some send as a string and others as a number.
///
/// It keeps what was sent: all digits of an integer of any length, which a number of JSON loses with most readers. `7` and
/// `"7"` are the same id. `Debug` does not show it, as the id of a disease says which one it is; `Display` does.
///
/// It is serialised as it was sent. A number that is no integer of 64 bits becomes a string, because other formats and
/// readers would round it.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::Id;
///
/// let number: Id = serde_json::from_str("123456789012345678901234567890")?;
/// assert_eq!(number, "123456789012345678901234567890");
/// assert_eq!(number.to_string(), "123456789012345678901234567890");
/// assert_eq!(serde_json::from_str::<Id>("7")?, serde_json::from_str::<Id>(r#""7""#)?);
/// assert_eq!(format!("{number:?}"), "Id(..)");
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Id(Exact);

/// An amount that is sent as an integer, a fraction or a decimal string.
///
/// It keeps all digits. The unit is what the provider says; for Truemed's money it is cents. Amounts are equal if their
/// values are: `1250`, `1250.0` and `"1250.00"` are one amount. A string that is no decimal number is kept as it is, so that
/// an odd amount never makes you lose a delivery. `Debug` does not show it; `Display` does.
///
/// It is serialised as an integer if it was sent as one that fits into 64 bits, else as a string, because other formats and
/// readers would round it.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::Amount;
///
/// let cents: Amount = serde_json::from_str("1250")?;
/// assert_eq!(cents.whole(), Some(1250));
///
/// let precise: Amount = serde_json::from_str(r#""0.10000000000000000001""#)?;
/// assert_eq!(precise.as_str(), "0.10000000000000000001");
/// assert_eq!(precise.whole(), None);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Amount(Exact);

/// A string, or a number in plain notation.
#[derive(Clone)]
struct Exact {
    text: Box<str>,
    is_number: bool,
}

impl Exact {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RawJson::deserialize(deserializer)?;
        let json = json.get();
        match json.as_bytes().first() {
            Some(b'"') => match serde_json::from_str(json) {
                Ok(Key(text)) => Ok(Self { text: text.into(), is_number: false }),
                Err(_) => Err(D::Error::custom("a string that is not Unicode")),
            },
            Some(b'-' | b'0'..=b'9') => Ok(Self::number(json)),
            _ => Err(D::Error::invalid_type(Unexpected::Other("another value"), &"a string or a number")),
        }
    }

    /// `10.50` and `1.05e1` are the same number to all that read or write JSON.
    fn number(text: &str) -> Self {
        Self { text: plain(text).unwrap_or_else(|| text.to_owned()).into(), is_number: true }
    }

    fn as_integer<T: std::str::FromStr>(&self) -> Option<T> {
        if self.is_number { self.text.parse().ok() } else { None }
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.as_integer(), self.as_integer()) {
            (Some(number), _) => serializer.serialize_u64(number),
            (None, Some(number)) => serializer.serialize_i64(number),
            (None, None) => serializer.serialize_str(&self.text),
        }
    }
}

impl Amount {
    /// The value, if it is an integer of 64 bits.
    #[must_use]
    pub fn whole(&self) -> Option<i64> {
        plain(self.as_str())?.parse().ok()
    }

    /// Calls `with` with a text that equal amounts share.
    fn with_value<T>(&self, with: impl FnOnce(&str) -> T) -> T {
        match plain(self.as_str()) {
            Some(plain) => with(&plain),
            None => with(self.as_str()),
        }
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.with_value(|value| other.with_value(|other| value == other))
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Hash for Amount {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.with_value(|value| value.hash(state));
    }
}

impl PartialEq<str> for Id {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Id {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

macro_rules! exact {
    ($($name:ident)+) => {$(
        impl $name {
            /// The digits, or the text of the string. A number has no needless zeros and no exponent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0.text
            }
        }

        impl Eq for $name {}

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Exact { text: text.into(), is_number: false })
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(Exact::number(&number.to_string()))
            }
        }

        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                Self(Exact::number(&number.to_string()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Exact::read(deserializer).map(Self)
            }
        }
    )+};
}

exact! { Id Amount }
