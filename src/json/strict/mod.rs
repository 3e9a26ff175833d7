//! A view of a deserializer that reads structs from objects only, and notes where an error was met
//! and which type was wanted there.
//!
//! The path names only what the decoded types name: the fields that `serde` announces for a struct.
//! Keys of maps and of unknown fields come from the sender and never enter it.
//!
//! The methods that pass values on are marked `#[inline]`: without it, the view costs 9 % more
//! instructions.

mod access;
mod path;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use self::access::{Elements, Entries, Variants};
pub(super) use self::path::{Context, Notes, Silent};

pub(super) type Fields = &'static [&'static str];

/// The name under which a `RawValue` passes through `serde`, refused as the key of a map.
///
/// `serde_json::Value` takes a sender's object with this one key for a `RawValue` too, and decodes
/// the string in it with a new depth limit, so that nested objects of this kind overflow the stack.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A struct or an enum that is being read, as `serde` announces it.
#[derive(Clone, Copy)]
struct Part {
    name: &'static str,
    /// Of its fields or variants.
    names: Fields,
}

/// Whatever `serde` passes along, and where its errors are noted.
pub(super) struct Strict<T, N> {
    inner: T,
    notes: N,
    /// The struct or enum that is being read, if it is one.
    part: Option<Part>,
}

impl<T, N: Notes> Strict<T, N> {
    pub(super) fn new(inner: T, notes: N) -> Self {
        Self { inner, notes, part: None }
    }
}

macro_rules! forward {
    ($($method:ident)+ => $expected:literal) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            let value = self.inner.$method(visitor);
            if value.is_err() {
                self.notes.note(|context| context.expected($expected));
            }
            value
        }
    )+};
}

macro_rules! forward_wrapped {
    ($($method:ident($($argument:ident: $type:ty),*) $(=> $expected:literal)?;)+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Self::Error> {
            let value = self.inner.$method($($argument,)* Strict::new(visitor, self.notes));
            $(if value.is_err() {
                self.notes.note(|context| context.expected($expected));
            })?
            value
        }
    )+};
}

impl<'de, D: Deserializer<'de>, N: Notes> Deserializer<'de> for Strict<D, N> {
    type Error = D::Error;

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let visitor = Strict { inner: visitor, notes: self.notes, part: Some(Part { name, names: fields }) };
        let value = self.inner.deserialize_struct(name, fields, visitor);
        if let Err(error) = &value {
            self.notes.note(|context| context.of_struct(fields, error));
        }
        value
    }

    forward! { deserialize_bool => "a boolean" }
    forward! { deserialize_char deserialize_str deserialize_string deserialize_identifier => "a string" }
    forward! { deserialize_bytes deserialize_byte_buf => "a string or an array" }
    forward! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 => "an integer" }
    forward! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 => "an integer" }
    forward! { deserialize_f32 deserialize_f64 => "a number" }
    forward! { deserialize_unit => "null" }

    forward_wrapped! {
        deserialize_any();
        deserialize_map() => "an object";
        deserialize_option();
        deserialize_seq() => "an array";
        deserialize_tuple(len: usize) => "an array";
        deserialize_tuple_struct(name: &'static str, len: usize) => "an array";
        deserialize_unit_struct(name: &'static str) => "null";
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: Fields,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let visitor = Strict { inner: visitor, notes: self.notes, part: Some(Part { name, names: variants }) };
        let value = self.inner.deserialize_enum(name, variants, visitor);
        if value.is_err() {
            self.notes.note(|context| context.expected("a string or an object"));
        }
        value
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if name == RAW_VALUE {
            // The genuine one, which `serde_json` hands out as a map with that key.
            return self.inner.deserialize_newtype_struct(name, visitor);
        }
        self.inner.deserialize_newtype_struct(name, Strict::new(visitor, self.notes))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($type:ty))+) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )+};
}

impl<'de, V: Visitor<'de>, N: Notes> Visitor<'de> for Strict<V, N> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool(bool) visit_char(char) visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
        visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Strict::new(deserializer, self.notes))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Strict::new(deserializer, self.notes))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let names = self.part.map(|part| part.names).unwrap_or_default();
        self.inner.visit_enum(Variants::new(access, self.notes.below(), names))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        if self.part.is_some() {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self.inner));
        }
        self.inner.visit_seq(Elements::new(access, self.notes.below()))
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Entries::new(access, self.notes, self.part))
    }
}

impl<'de, S: DeserializeSeed<'de>, N: Notes> DeserializeSeed<'de> for Strict<S, N> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Strict::new(deserializer, self.notes))
    }
}
