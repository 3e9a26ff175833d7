//! What a view hands out: elements of arrays, entries of objects, variants of enums.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::BorrowedStrDeserializer,
    },
};

use super::{Fields, Notes, Schema, key::MapKey};

pub(super) struct Elements<A, N> {
    access: A,
    notes: N,
    index: usize,
}

impl<A, N> Elements<A, N> {
    pub(super) fn new(access: A, notes: N) -> Self {
        Self { access, notes, index: 0 }
    }
}

impl<'de, A: SeqAccess<'de>, N: Notes> SeqAccess<'de> for Elements<A, N> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let noted = self.notes.len();
        let element = self.access.next_element_seed(Schema::new(seed, self.notes));
        match &element {
            Ok(_) => self.notes.forget(noted),
            Err(_) => self.notes.index(self.index),
        }
        self.index += 1;
        element
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

pub(in crate::json) struct Entries<'de, A, N> {
    access: A,
    notes: N,
    fields: Option<Fields>,
    /// The key of the value that is read next, if a struct is being read.
    key: Cow<'de, str>,
}

impl<A, N> Entries<'_, A, N> {
    pub(in crate::json) fn new(access: A, notes: N, fields: Option<Fields>) -> Self {
        Self { access, notes, fields, key: Cow::Borrowed("") }
    }
}

/// A key or another string, borrowed where it holds no escape.
#[derive(Deserialize)]
#[serde(transparent)]
pub(in crate::json) struct Key<'a>(#[serde(borrow)] pub(in crate::json) Cow<'a, str>);

impl<'de, A: MapAccess<'de>, N: Notes> MapAccess<'de> for Entries<'de, A, N> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        if self.fields.is_none() {
            return self.access.next_key_seed(MapKey(seed));
        }
        if !N::NAMES_KEYS {
            return self.access.next_key_seed(seed);
        }
        let Some(Key(key)) = self.access.next_key()? else { return Ok(None) };
        self.key = key;
        match &self.key {
            Cow::Borrowed(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
            Cow::Owned(key) => seed.deserialize(key.as_str().into_deserializer()),
        }
        .map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let noted = self.notes.len();
        let value = self.access.next_value_seed(Schema::new(seed, self.notes));
        match &value {
            Ok(_) => self.notes.forget(noted),
            Err(_) => self.notes.key(self.fields.unwrap_or_default(), &self.key),
        }
        value
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>, N: Notes> EnumAccess<'de> for Schema<A, N> {
    type Error = A::Error;
    type Variant = Schema<A::Variant, N>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Schema::new(variant, self.notes)))
    }
}

impl<'de, A: VariantAccess<'de>, N: Notes> VariantAccess<'de> for Schema<A, N> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Schema::new(seed, self.notes))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, Schema::new(visitor, self.notes))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: Fields, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = Schema { inner: visitor, notes: self.notes, fields: Some(fields) };
        let value = self.inner.struct_variant(fields, visitor);
        value.inspect_err(|error| self.notes.missing(fields, error))
    }
}
