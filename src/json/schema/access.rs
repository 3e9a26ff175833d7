//! What a view hands out: elements of arrays, entries of objects, variants of enums.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::{Fields, Schema, Trail};

pub(super) struct Elements<'t, A> {
    access: A,
    trail: &'t Trail,
    index: usize,
}

impl<'t, A> Elements<'t, A> {
    pub(super) fn new(access: A, trail: &'t Trail) -> Self {
        Self { access, trail, index: 0 }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self.access.next_element_seed(Schema::new(seed, self.trail));
        let element = element.inspect_err(|_| self.trail.note_index(self.index));
        self.index += 1;
        element
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

pub(super) struct Entries<'t, 'de, A> {
    access: A,
    trail: &'t Trail,
    fields: Option<Fields>,
    /// The key of the value that is read next, if a struct is being read.
    key: Cow<'de, str>,
}

impl<'t, A> Entries<'t, '_, A> {
    pub(super) fn new(access: A, trail: &'t Trail, fields: Option<Fields>) -> Self {
        Self { access, trail, fields, key: Cow::Borrowed("") }
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

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
        value.inspect_err(|_| self.trail.note_key(self.fields.unwrap_or_default(), &self.key))
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
