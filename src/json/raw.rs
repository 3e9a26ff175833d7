//! JSON that is kept as it was sent, and how it is read from any format.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

use super::{
    DecodeError, Str, decode_str,
    number::{NUMBER, has_arbitrary_precision},
    quiet,
    raw_text::RawText,
    strict::RAW_VALUE,
};

/// JSON as it was sent, to the byte.
///
/// `Debug` shows only the length, because it may contain personal data. Two are equal if their bytes are.
///
/// `serde_json` writes it as a part of its document, and reads it from there. In CBOR, MessagePack
/// and other binary formats it is its text, as bytes.
///
/// Where `serde` buffers JSON (below `flatten`, in an untagged or internally tagged enum, and in a
/// `serde_json::Value`) the text is written anew: the same JSON, but without white space, and with
/// numbers as `serde_json` reads them, so that an integer of more than 64 bits loses digits. JSON that
/// `serde` cannot buffer is an error there: a number beyond `f64` such as `1e999`, half of a surrogate
/// pair, and arrays or objects more than about 120 deep.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::RawJson;
///
/// let raw: RawJson = serde_json::from_str(r#"{ "code" : 7 }"#)?;
/// assert_eq!(raw.get(), r#"{ "code" : 7 }"#);
/// assert_eq!(format!("{raw:?}"), "RawJson(14 bytes)");
///
/// let value: serde_json::Value = raw.decode()?;
/// assert_eq!(value["code"], 7);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Copies a JSON document, without the white space around it.
    ///
    /// # Errors
    ///
    /// It is not JSON.
    pub fn new(text: &str) -> Result<Self, DecodeError> {
        decode_str(text)
    }

    /// The JSON as it was sent.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Decodes the JSON, with the rules of [`decode`](super::decode).
    ///
    /// # Errors
    ///
    /// It is not what `T` expects.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self) -> Result<T, DecodeError> {
        decode_str(self.get())
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for RawJson {}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.get().len())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawText(self.get()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_newtype_struct(RAW_VALUE, Raw).map_err(quiet)
        } else {
            rewritten(deserializer)
        }
    }
}

/// Reads what `serde_json` has as a raw value, and writes the JSON of all else anew.
struct Raw;

impl<'de> Visitor<'de> for Raw {
    type Value = RawJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<RawJson, A::Error> {
        Box::deserialize(MapAccessDeserializer::new(access)).map(RawJson)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawJson, D::Error> {
        rewritten(deserializer)
    }
}

fn rewritten<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RawJson, D::Error> {
    let mut text = String::new();
    Json(&mut text).deserialize(deserializer)?;
    RawValue::from_string(text).map(RawJson).map_err(|_| not_json())
}

/// Writes JSON from whatever `serde` hands out.
struct Json<'t>(&'t mut String);

impl Json<'_> {
    fn value<E: Error>(self, value: impl Serialize) -> Result<(), E> {
        self.0.push_str(&serde_json::to_string(&value).map_err(|_| not_json())?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! write_value {
    ($($method:ident($type:ty))+) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<(), E> {
            self.value(value)
        }
    )+};
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    write_value! {
        visit_bool(bool) visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_str(&str)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // `serde_json` would write `null`.
        if number.is_finite() { self.value(number) } else { Err(not_json()) }
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.value(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.value(())
    }

    /// The text of another [`RawJson`], in a binary format.
    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<(), E> {
        let raw: &RawValue = serde_json::from_slice(text).map_err(|_| not_json())?;
        self.0.push_str(raw.get());
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self(text) = self;
        text.push('[');
        let mut length = text.len();
        while access.next_element_seed(Json(&mut *text))?.is_some() {
            length = text.len();
            text.push(',');
        }
        text.truncate(length);
        text.push(']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self(text) = self;
        text.push('{');
        let start = text.len();
        let mut length = start;
        while let Some(Str(key)) = access.next_key()? {
            if length == start && key == NUMBER && has_arbitrary_precision() {
                let Str(number) = access.next_value()?;
                text.pop();
                return Json(text).value(number.parse::<serde_json::Number>().map_err(|_| not_json())?);
            }
            Json(&mut *text).value(key)?;
            text.push(':');
            access.next_value_seed(Json(&mut *text))?;
            length = text.len();
            text.push(',');
        }
        text.truncate(length);
        text.push('}');
        Ok(())
    }
}

fn not_json<E: Error>() -> E {
    E::custom("a value that is not JSON")
}
