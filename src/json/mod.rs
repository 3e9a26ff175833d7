//! JSON bodies: decoded strictly, and with errors that say where but never what.
//!
//! [`decode`] is what the crate's own providers use; use it in a
//! [`Provider`](crate::provider::Provider) of your own.

pub mod datetime;
mod error;
mod lenient;
pub(crate) mod members;
mod open_enum;
mod raw;
pub(crate) mod schema;
pub(crate) mod tagged;
mod tagged_enum;
pub(crate) mod text;
mod unknown;

use serde::Deserialize;

use self::schema::{Notes, Schema, Silent, Trail};
pub use self::{
    error::{Category, DecodeError},
    lenient::{null_as_default, one_or_many},
    raw::RawJson,
    tagged::{Tagged, decode_tagged, decode_tagged_as},
    unknown::Unknown,
};

/// Decodes a whole body.
///
/// It is `serde_json` with less tolerance:
///
/// - the whole body must be UTF-8, ignored fields included, and nothing may follow the document;
/// - a struct is read from an object only, not from an array of its values as `serde`'s derive allows.
///   This does not reach what `serde` reads through a buffer of its own: what is below `flatten` or an
///   `untagged` or internally tagged enum, and the content of an adjacently tagged one if it comes
///   before the tag;
/// - an object that `serde_json::Value` would take for a raw value, and decode a string of, is refused.
///
/// # Errors
///
/// A [`DecodeError`] with the line, the column and the path of the field. No part of the body is in it.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::{self, Category};
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
/// assert_eq!(error.category(), Category::Data);
/// assert_eq!(error.path(), "patient.code");
/// # Ok::<_, json::DecodeError>(())
/// ```
pub fn decode<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, DecodeError> {
    decode_str(utf8(body)?)
}

fn decode_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, DecodeError> {
    read(text, Silent).or_else(|_| {
        let trail = Trail::default();
        read(text, &trail).map_err(|error| DecodeError::json(&error, &trail))
    })
}

fn read<'de, T: Deserialize<'de>>(text: &'de str, notes: impl Notes) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Schema::new(&mut deserializer, notes))?;
    deserializer.end().map(|()| value)
}

/// Checked once for the whole body: faster than `from_slice`, which checks string by string and
/// leaves the strings of ignored fields unchecked.
fn utf8(body: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|error| DecodeError::utf8(body, error))
}
