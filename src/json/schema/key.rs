//! Keys of maps, but for one that `serde_json` takes for a sign.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// The name under which a `RawValue` passes through `serde`.
///
/// `serde_json::Value` takes a sender's object with this one key for a `RawValue` too, and decodes
/// the string beside it: JSON that was never sent as such, with a limit of depth of its own, so that
/// a nest of them overflows the stack.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A seed, deserializer or visitor of a key that refuses that one.
pub(super) struct MapKey<T>(pub(super) T);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for MapKey<S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(MapKey(deserializer))
    }
}

macro_rules! read_as {
    ($($method:ident => $visitor:ident $(($argument:ident: $type:ty))?,)+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)? visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)? $visitor(visitor))
        }
    )+};
}

/// A visitor of a key that is no text is left alone.
fn other<V>(visitor: V) -> V {
    visitor
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for MapKey<D> {
    type Error = D::Error;

    read_as! {
        deserialize_any => MapKey,
        deserialize_identifier => MapKey,
        deserialize_str => MapKey,
        deserialize_string => MapKey,
        deserialize_bool => other,
        deserialize_byte_buf => other,
        deserialize_bytes => other,
        deserialize_char => other,
        deserialize_f32 => other,
        deserialize_f64 => other,
        deserialize_i8 => other,
        deserialize_i16 => other,
        deserialize_i32 => other,
        deserialize_i64 => other,
        deserialize_i128 => other,
        deserialize_ignored_any => other,
        deserialize_map => other,
        deserialize_newtype_struct => other(name: &'static str),
        deserialize_option => other,
        deserialize_seq => other,
        deserialize_tuple => other(len: usize),
        deserialize_u8 => other,
        deserialize_u16 => other,
        deserialize_u32 => other,
        deserialize_u64 => other,
        deserialize_u128 => other,
        deserialize_unit => other,
        deserialize_unit_struct => other(name: &'static str),
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: super::Fields,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: super::Fields,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MapKey<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    #[inline]
    fn visit_str<E: Error>(self, key: &str) -> Result<V::Value, E> {
        if key == RAW_VALUE { Err(E::custom("a reserved key")) } else { self.0.visit_str(key) }
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<V::Value, E> {
        if key == RAW_VALUE { Err(E::custom("a reserved key")) } else { self.0.visit_borrowed_str(key) }
    }
}
