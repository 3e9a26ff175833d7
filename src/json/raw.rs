//! JSON that is kept as it was sent, and how it is read from any format.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        DeserializeSeed, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::MapAccessDeserializer,
    },
};
use serde_json::value::RawValue;

use super::{
    DecodeError, decode_str,
    number::{NUMBER, has_arbitrary_precision},
    raw_text::RawText,
    strict::{Key, RAW_VALUE},
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
            deserializer.deserialize_newtype_struct(RAW_VALUE, Raw { is_genuine: true })
        } else {
            deserializer.deserialize_any(Raw { is_genuine: false })
        }
    }
}

/// Reads a whole [`RawJson`].
struct Raw {
    /// Whether a raw value can only be one that `serde_json` has just read, and so is JSON.
    is_genuine: bool,
}

impl Raw {
    /// Writes the JSON anew.
    fn rewrite<E: Error>(write: impl FnOnce(Json<'_>) -> Result<Written, E>) -> Result<RawJson, E> {
        let mut text = String::new();
        write(Json(&mut text))?;
        RawValue::from_string(text).map(RawJson).map_err(|_| not_json())
    }
}

macro_rules! rewrite {
    ($($method:ident($type:ty))+) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<RawJson, E> {
            Self::rewrite(|json| json.$method(value))
        }
    )+};
}

impl<'de> Visitor<'de> for Raw {
    type Value = RawJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RawJson, A::Error> {
        let first_key = access.next_key()?.map(|Key(key)| key);
        let is_raw = self.is_genuine && first_key.as_deref() == Some(RAW_VALUE);
        let access = Begun { first_key, access };
        if is_raw {
            return Box::deserialize(MapAccessDeserializer::new(access)).map(RawJson);
        }
        Self::rewrite(|json| json.visit_map(access))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawJson, D::Error> {
        deserializer.deserialize_any(Self { is_genuine: false })
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawJson, D::Error> {
        deserializer.deserialize_any(Self { is_genuine: false })
    }

    fn visit_none<E: Error>(self) -> Result<RawJson, E> {
        Self::rewrite(|json| json.visit_unit())
    }

    fn visit_unit<E: Error>(self) -> Result<RawJson, E> {
        Self::rewrite(|json| json.visit_unit())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<RawJson, A::Error> {
        Self::rewrite(|json| json.visit_seq(access))
    }

    rewrite! {
        visit_bool(bool) visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64)
        visit_str(&str)
    }
}

/// Writes JSON from whatever `serde` hands out.
struct Json<'t>(&'t mut String);

/// What was written.
#[derive(PartialEq)]
enum Written {
    Value,
    /// The text of a [`RawJson`], which other formats have as bytes.
    Raw,
}

impl Json<'_> {
    fn value<E: Error>(self, value: impl Serialize) -> Result<Written, E> {
        self.0.push_str(&serde_json::to_string(&value).map_err(|_| not_json())?);
        Ok(Written::Value)
    }

    fn raw<E: Error>(self, text: &str) -> Result<Written, E> {
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| not_json())?;
        self.0.push_str(text);
        Ok(Written::Raw)
    }
}

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = Written;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! write_value {
    ($($method:ident($type:ty))+) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<Written, E> {
            self.value(value)
        }
    )+};
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    write_value! {
        visit_bool(bool) visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_str(&str)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Written, E> {
        // `serde_json` would write `null`.
        if number.is_finite() { self.value(number) } else { Err(not_json()) }
    }

    fn visit_none<E: Error>(self) -> Result<Written, E> {
        self.value(())
    }

    fn visit_unit<E: Error>(self) -> Result<Written, E> {
        self.value(())
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Written, E> {
        self.raw(std::str::from_utf8(text).map_err(|_| not_json())?)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Written, A::Error> {
        let Self(text) = self;
        let start = text.len();
        let mut separator = '[';
        loop {
            text.push(separator);
            match access.next_element_seed(Json(&mut *text))? {
                Some(Written::Value) => separator = ',',
                // A `RawJson` in a format where structs are arrays of their values, such as compact MessagePack.
                Some(Written::Raw) if separator == '[' && access.next_element::<IgnoredAny>()?.is_none() => {
                    text.remove(start);
                    return Ok(Written::Value);
                }
                Some(Written::Raw) => return Err(not_json()),
                None => break,
            }
        }
        if separator == ',' {
            text.pop();
        }
        text.push(']');
        Ok(Written::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Written, A::Error> {
        let Self(text) = self;
        let start = text.len();
        let mut separator = '{';
        while let Some(Key(key)) = access.next_key()? {
            if separator == '{' && key == NUMBER && has_arbitrary_precision() {
                let Key(number) = access.next_value()?;
                return Json(text).value(number.parse::<serde_json::Number>().map_err(|_| not_json())?);
            }
            text.push(separator);
            Json(&mut *text).visit_str(&key)?;
            text.push(':');
            let value = text.len();
            match access.next_value_seed(Json(&mut *text))? {
                Written::Value => separator = ',',
                // A `RawJson` in a format where structs are maps, such as CBOR.
                Written::Raw if separator == '{' && key == RAW_VALUE => {
                    text.replace_range(start..value, "");
                    return Ok(Written::Value);
                }
                Written::Raw => return Err(not_json()),
            }
        }
        if separator == '{' {
            text.push('{');
        }
        text.push('}');
        Ok(Written::Value)
    }
}

fn not_json<E: Error>() -> E {
    E::custom("a value that is not JSON")
}

/// An object whose first key has been read.
struct Begun<'de, A> {
    first_key: Option<Cow<'de, str>>,
    access: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Begun<'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        match self.first_key.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.access.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.access.next_value_seed(seed)
    }
}
