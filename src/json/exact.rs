//! What some send as a string and others as a number, with every digit of it.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Unexpected, Visitor},
};

use super::{Str, decimal::plain, number::NUMBER, quiet, strict::RAW_VALUE};

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
    fn text(text: &str) -> Self {
        Self { text: text.into(), is_number: false }
    }

    /// `10.50` and `1.05e1` are the same number to all that read or write JSON.
    fn number(text: &str) -> Self {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let plain = if is_plain { None } else { plain(text) };
        Self { text: plain.as_deref().unwrap_or(text).into(), is_number: true }
    }

    fn json<E: Error>(json: &str) -> Result<Self, E> {
        match json.as_bytes().first() {
            Some(b'"') => match serde_json::from_str(json) {
                Ok(Str(text)) => Ok(Self::text(&text)),
                Err(_) => Err(E::custom("a string that is not Unicode")),
            },
            Some(b'-' | b'0'..=b'9') => Ok(Self::number(json)),
            _ => Err(E::invalid_type(Unexpected::Other("another value"), &ExactVisitor)),
        }
    }

    fn as_integer<T: std::str::FromStr>(&self) -> Option<T> {
        if self.is_number { self.text.parse().ok() } else { None }
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            // As raw JSON: `serde_json` hands out all other numbers rounded.
            deserializer.deserialize_newtype_struct(RAW_VALUE, ExactVisitor)
        } else {
            deserializer.deserialize_any(ExactVisitor)
        }
    }
}

struct ExactVisitor;

macro_rules! visit_number {
    ($($method:ident($type:ty))+) => {$(
        fn $method<E: Error>(self, number: $type) -> Result<Exact, E> {
            Ok(Exact::number(&number.to_string()))
        }
    )+};
}

impl<'de> Visitor<'de> for ExactVisitor {
    type Value = Exact;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Exact, E> {
        Ok(Exact::text(text))
    }

    visit_number! { visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64) }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Exact, D::Error> {
        deserializer.deserialize_any(self)
    }

    /// Raw JSON comes as a map, and so do numbers with `arbitrary_precision`, which any crate may turn on.
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Exact, A::Error> {
        match access.next_key()? {
            Some(Str(key)) if key == RAW_VALUE || key == NUMBER => {
                let Str(json) = access.next_value()?;
                Exact::json(&json)
            }
            _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
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
                Self(Exact::text(text))
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
                Exact::deserialize(deserializer).map(Self).map_err(quiet)
            }
        }
    )+};
}

exact! { Id Amount }
