//! JSON bodies: strict decoding, with errors that say where and what was expected, and never what was sent.
//!
//! The crate's providers use [`decode`]. Use it in your own
//! [`Provider`](crate::provider::Provider) too.
//!
//! | you need | use |
//! |---|---|
//! | one type of event | [`decode`] and a type that derives `Deserialize` |
//! | several types of events | [`tagged_enum!`](crate::tagged_enum), or your own [`Tagged`] |
//! | a string that takes a few known values | [`open_enum!`](crate::open_enum) |
//! | a date-time that may lack its offset | [`DateTime`] |
//! | an id that is a string or a number | [`Id`] |
//! | an amount without rounding | [`Amount`] |
//! | a string that no log may show | [`SecretString`] |
//! | the JSON as it was sent | [`RawJson`] |

#[cfg(all(feature = "idempotency", any(feature = "mediquo", feature = "truemed")))]
pub(crate) mod canonical;
mod datetime;
mod decimal;
#[cfg(feature = "signatures")]
pub(crate) mod described;
pub(crate) mod drift;
#[cfg(feature = "testing")]
pub(crate) mod edit;
mod error;
mod exact;
pub(crate) mod in_form;
mod key_text;
pub(crate) mod macros;
pub(crate) mod members;
pub(crate) mod number;
#[cfg(any(feature = "mediquo", feature = "truemed"))]
pub(crate) mod parts;
#[cfg(any(feature = "mediquo", feature = "truemed"))]
pub(crate) mod provider_events;
mod quiet;
mod raw;
mod raw_text;
mod secret;
pub(crate) mod stored;
mod strict;
pub(crate) mod tag;
pub(crate) mod tagged;
#[cfg(feature = "testing")]
pub(crate) mod tree;
mod unknown;

use serde::Deserialize;

use self::drift::{Drift, found_by};
use self::strict::{Context, Silent, Strict};
pub use self::{
    datetime::DateTime,
    error::{DecodeError, DecodeErrorKind},
    exact::{Amount, Id},
    raw::RawJson,
    secret::SecretString,
    tagged::{Tagged, decode_tagged},
    unknown::Unknown,
};
pub(crate) use self::{key_text::Str, quiet::quiet};

/// Decodes a whole body.
///
/// It is stricter than `serde_json`:
///
/// - the whole body must be UTF-8, ignored fields included, and nothing may follow the document;
/// - a byte order mark is not JSON, as [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259#section-8.1) says;
/// - a struct is read from an object only, not from an array of its values as `serde`'s derive allows.
///   This does not reach what `serde` reads through a buffer of its own: what is below `flatten` or an
///   `untagged` or internally tagged enum, and the content of an adjacently tagged one if it comes
///   before the tag;
/// - an object that `serde_json::Value` would take for raw JSON is rejected, because `Value` decodes its string.
///
/// Numbers are as in `serde_json`. A fraction is read to its last bit. In a `serde_json::Value`, an integer of more than
/// 64 bits becomes an `f64` and loses digits; a field of type `u128`, or a [`RawJson`], keeps them.
///
/// # Errors
///
/// A [`DecodeError`] with its kind, the line, the column and the path of the field. No part of the body is in it.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::{self, DecodeErrorKind};
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Patient { code: String }
/// #[derive(Debug, serde::Deserialize)]
/// struct Event { patient: Patient }
///
/// let event: Event = json::decode(br#"{"patient": {"code": "p-7"}}"#)?;
/// assert_eq!(event.patient.code, "p-7");
///
/// let error = json::decode::<Event>(br#"{"patient": {"code": 7}}"#).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::WrongType);
/// assert_eq!(error.expected(), Some("a string"));
/// assert_eq!(error.path(), "patient.code");
/// # Ok::<_, json::DecodeError>(())
/// ```
pub fn decode<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, DecodeError> {
    decode_str(utf8(body)?)
}

fn decode_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, DecodeError> {
    read(text, |json| T::deserialize(Strict::new(json, Silent))).or_else(|_| {
        let context = Context::default();
        read(text, |json| T::deserialize(Strict::new(json, &context)))
            .map_err(|error| DecodeError::json(&error, &context, text))
    })
}

/// What a body has that `T` does not know.
pub(crate) fn drift_of<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Vec<Drift> {
    found_by(|| {
        let context = Context::default();
        drop(utf8(body).map(|text| read(text, |json| T::deserialize(Strict::new(json, &context)))));
    })
}

type Json<'de> = serde_json::Deserializer<serde_json::de::StrRead<'de>>;

/// Reads a whole text.
fn read<'de, T>(text: &'de str, read: impl FnOnce(&mut Json<'de>) -> serde_json::Result<T>) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = read(&mut json)?;
    json.end()?;
    Ok(value)
}

/// Checks the whole body at once: faster than `from_slice`, which checks string by string and
/// leaves the strings of ignored fields unchecked.
fn utf8(body: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|error| DecodeError::utf8(body, error))
}
