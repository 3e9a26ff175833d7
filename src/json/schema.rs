//! A view of a deserializer that reads structs from objects only and notes where an error was met.
//!
//! The path names only what the decoded types name: the fields that `serde` announces for a struct.
//! Keys of maps and of unknown fields come from the sender and never enter it.

use std::{borrow::Cow, cell::RefCell, fmt};

use serde::{
    Deserialize,
    de::{
        DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor,
    },
};

/// The steps from the place of an error up to the root, noted while the error travels up.
#[derive(Default)]
pub(super) struct Trail(RefCell<Vec<Step>>);

enum Step {
    Field(&'static str),
    Index(usize),
    UnknownKey,
}

impl Trail {
    fn push(&self, step: Step) {
        self.0.borrow_mut().push(step);
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.borrow().iter().rev().enumerate() {
            match step {
                Step::Field(_) | Step::UnknownKey if depth > 0 => f.write_str(".")?,
                _ => {}
            }
            match step {
                Step::Field(name) => f.write_str(name)?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::UnknownKey => f.write_str("*")?,
            }
        }
        Ok(())
    }
}

type Fields = &'static [&'static str];

/// Whatever `serde` passes along, with the trail that its errors leave.
pub(super) struct Schema<'t, T> {
    inner: T,
    trail: &'t Trail,
    /// The fields of the struct that is being read, if it is one.
    fields: Option<Fields>,
}

impl<'t, T> Schema<'t, T> {
    pub(super) fn new(inner: T, trail: &'t Trail) -> Self {
        Self { inner, trail, fields: None }
    }
}

macro_rules! forward {
    ($($method:ident)+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.inner.$method(visitor)
        }
    )+};
}

macro_rules! forward_wrapped {
    ($($method:ident($($argument:ident: $type:ty),*))+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Self::Error> {
            self.inner.$method($($argument,)* Schema::new(visitor, self.trail))
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Schema<'_, D> {
    type Error = D::Error;

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let visitor = Schema { inner: visitor, trail: self.trail, fields: Some(fields) };
        let value = self.inner.deserialize_struct(name, fields, visitor);
        value.inspect_err(|error| note_missing_field(error, fields, self.trail))
    }

    forward! {
        deserialize_bool deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    forward_wrapped! {
        deserialize_any()
        deserialize_enum(name: &'static str, variants: Fields)
        deserialize_map()
        deserialize_newtype_struct(name: &'static str)
        deserialize_option()
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_unit_struct(name: &'static str)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Adds the name of a missing field, which only `serde`'s message tells. The message is matched
/// against the names that the type announced, so that nothing else can come out of it.
#[cold]
fn note_missing_field(error: &impl Error, fields: Fields, trail: &Trail) {
    if trail.0.borrow().is_empty() {
        let message = error.to_string();
        let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        if let Some(field) = fields.iter().find(|field| Some(**field) == missing) {
            trail.push(Step::Field(field));
        }
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

impl<'de, V: Visitor<'de>> Visitor<'de> for Schema<'_, V> {
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
        self.inner.visit_some(Schema::new(deserializer, self.trail))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Schema::new(deserializer, self.trail))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Schema::new(access, self.trail))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        if self.fields.is_some() {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self.inner));
        }
        self.inner.visit_seq(Elements { access, trail: self.trail, index: 0 })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Entries { access, trail: self.trail, fields: self.fields, key: Cow::Borrowed("") })
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Schema<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Schema::new(deserializer, self.trail))
    }
}

struct Elements<'t, A> {
    access: A,
    trail: &'t Trail,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self.access.next_element_seed(Schema::new(seed, self.trail));
        let element = element.inspect_err(|_| self.trail.push(Step::Index(self.index)));
        self.index += 1;
        element
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

struct Entries<'t, 'de, A> {
    access: A,
    trail: &'t Trail,
    fields: Option<Fields>,
    /// The key of the value that is read next, if a struct is being read.
    key: Cow<'de, str>,
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<A> Entries<'_, '_, A> {
    #[cold]
    fn note(&self) {
        let field = self.fields.unwrap_or_default().iter().find(|field| **field == self.key);
        self.trail.push(field.map_or(Step::UnknownKey, |field| Step::Field(field)));
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, 'de, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        if self.fields.is_none() {
            return self.access.next_key_seed(seed);
        }
        let Some(Key(key)) = self.access.next_key()? else { return Ok(None) };
        self.key = key;
        seed.deserialize((&*self.key).into_deserializer()).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let value = self.access.next_value_seed(Schema::new(seed, self.trail));
        value.inspect_err(|_| self.note())
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

impl<'t, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Schema<'t, A> {
    type Error = A::Error;
    type Variant = Schema<'t, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Schema::new(variant, self.trail)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Schema<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Schema::new(seed, self.trail))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, Schema::new(visitor, self.trail))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: Fields, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = Schema { inner: visitor, trail: self.trail, fields: Some(fields) };
        self.inner.struct_variant(fields, visitor)
    }
}
