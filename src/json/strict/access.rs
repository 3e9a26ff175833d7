//! What a view hands out: elements of arrays, entries of objects, variants of enums.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::{Context, Fields, Strict, key::NotedKey};

pub(super) struct Elements<'c, A> {
    access: A,
    context: &'c Context,
    index: usize,
}

impl<'c, A> Elements<'c, A> {
    pub(super) fn new(access: A, context: &'c Context) -> Self {
        Self { access, context, index: 0 }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self.access.next_element_seed(Strict::new(seed, self.context));
        match &element {
            Ok(_) => self.context.forget(),
            Err(_) => self.context.index(self.index),
        }
        self.index += 1;
        element
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

pub(super) struct Entries<'c, 'de, A> {
    access: A,
    context: &'c Context,
    fields: Option<Fields>,
    /// The key of the value that is read next, if a struct is being read.
    key: Cow<'de, str>,
}

impl<'c, A> Entries<'c, '_, A> {
    pub(super) fn new(access: A, context: &'c Context, fields: Option<Fields>) -> Self {
        Self { access, context, fields, key: Cow::Borrowed("") }
    }
}

/// A key or another string, borrowed where it holds no escape.
#[derive(Deserialize)]
#[serde(transparent)]
pub(in crate::json) struct Key<'a>(#[serde(borrow)] pub(in crate::json) Cow<'a, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, 'de, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        if self.fields.is_none() && self.context.is_stored() {
            return self.access.next_key_seed(seed);
        }
        let note = self.fields.is_some().then_some(&mut self.key);
        self.access.next_key_seed(NotedKey { inner: seed, note })
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let value = self.access.next_value_seed(Strict::new(seed, self.context));
        match &value {
            Ok(_) => self.context.forget(),
            Err(_) => self.context.key(self.fields.unwrap_or_default(), &self.key),
        }
        value
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

impl<'c, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Strict<'c, A> {
    type Error = A::Error;
    type Variant = Strict<'c, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Strict::new(variant, self.context)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Strict<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Strict::new(seed, self.context))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let value = self.inner.tuple_variant(len, Strict::new(visitor, self.context));
        value.inspect_err(|_| self.context.expected("an array"))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: Fields, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = Strict { inner: visitor, context: self.context, fields: Some(fields) };
        let value = self.inner.struct_variant(fields, visitor);
        value.inspect_err(|error| self.context.of_struct(fields, error))
    }
}
