//! Keys of JSON objects, and other strings, as text.

use std::{borrow::Cow, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor, value::CowStrDeserializer},
    forward_to_deserialize_any,
};

/// A key or another string, borrowed where it holds no escape.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Str<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// A key that was read as text. As in `serde_json`, the key of a map can be a number or a boolean.
pub(super) struct KeyText<'de, E>(Cow<'de, str>, PhantomData<E>);

impl<'de, E> KeyText<'de, E> {
    pub(super) fn new(key: Cow<'de, str>) -> Self {
        Self(key, PhantomData)
    }
}

/// Hands the text over if it is no such value, which is then an error.
macro_rules! parse_key {
    ($($method:ident => $visit:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
            match serde_json::from_str(&self.0) {
                Ok(value) if self.0.trim_ascii().len() == self.0.len() => visitor.$visit(value),
                _ => self.deserialize_any(visitor),
            }
        }
    )+};
}

impl<'de, E: Error> Deserializer<'de> for KeyText<'de, E> {
    type Error = E;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.0 {
            Cow::Borrowed(key) => visitor.visit_borrowed_str(key),
            Cow::Owned(key) => visitor.visit_string(key),
        }
    }

    parse_key! {
        deserialize_bool => visit_bool
        deserialize_i8 => visit_i8
        deserialize_i16 => visit_i16
        deserialize_i32 => visit_i32
        deserialize_i64 => visit_i64
        deserialize_i128 => visit_i128
        deserialize_u8 => visit_u8
        deserialize_u16 => visit_u16
        deserialize_u32 => visit_u32
        deserialize_u64 => visit_u64
        deserialize_u128 => visit_u128
        deserialize_f32 => visit_f32
        deserialize_f64 => visit_f64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        CowStrDeserializer::new(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
