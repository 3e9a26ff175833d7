use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// The name under which a `RawValue` passes through `serde`.
///
/// `serde_json::Value` takes a sender's object with this one key for a `RawValue` too, and decodes
/// the string in it with a new depth limit, so that nested objects of this kind overflow the stack.
pub(in crate::json) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A seed, deserializer or visitor of a key. It notes the key of a struct, and refuses
/// [`RAW_VALUE`] as the key of anything else.
pub(super) struct NotedKey<'k, 'de, T> {
    pub(super) inner: T,
    /// The fields and where the key is noted, if a struct is read.
    pub(super) note: Option<(super::Fields, &'k mut &'de str)>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for NotedKey<'_, 'de, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(NotedKey { inner: deserializer, note: self.note })
    }
}

macro_rules! read_text {
    ($($method:ident)+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(NotedKey { inner: visitor, note: self.note })
        }
    )+};
}

/// Keys that are not text pass without a check.
macro_rules! read_other {
    ($($method:ident($($argument:ident: $type:ty),*))+) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* visitor)
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for NotedKey<'_, 'de, D> {
    type Error = D::Error;

    read_text! { deserialize_any deserialize_identifier deserialize_str deserialize_string }

    read_other! {
        deserialize_bool() deserialize_byte_buf() deserialize_bytes() deserialize_char()
        deserialize_f32() deserialize_f64()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_ignored_any() deserialize_map() deserialize_option() deserialize_seq() deserialize_unit()
        deserialize_newtype_struct(name: &'static str)
        deserialize_unit_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: super::Fields)
        deserialize_enum(name: &'static str, variants: super::Fields)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for NotedKey<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    #[inline]
    fn visit_str<E: Error>(self, key: &str) -> Result<V::Value, E> {
        match self.note {
            // A text that is not borrowed contains an escape.
            Some((fields, note)) => *note = fields.iter().find(|field| **field == key).unwrap_or(&""),
            None => refuse_reserved(key)?,
        }
        self.inner.visit_str(key)
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<V::Value, E> {
        match self.note {
            Some((_, note)) => *note = key,
            None => refuse_reserved(key)?,
        }
        self.inner.visit_borrowed_str(key)
    }

    // Other formats than JSON have keys of these kinds too.

    fn visit_u64<E: Error>(self, key: u64) -> Result<V::Value, E> {
        self.inner.visit_u64(key)
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<V::Value, E> {
        self.inner.visit_bytes(key)
    }
}

#[inline]
fn refuse_reserved<E: Error>(key: &str) -> Result<(), E> {
    if key == RAW_VALUE { Err(E::custom("a reserved key")) } else { Ok(()) }
}
