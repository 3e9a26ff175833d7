//! What a view hands out: elements of arrays, entries of objects, variants of enums.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::{Fields, Notes, Strict, Struct, key::NotedKey};

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
        let element = self.access.next_element_seed(Strict::new(seed, self.notes));
        match &element {
            Ok(_) => self.notes.forget(),
            Err(_) => self.notes.note(|context| context.index(self.index)),
        }
        self.index += 1;
        element
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

pub(super) struct Entries<'de, A, N> {
    access: A,
    notes: N,
    part: Option<Struct>,
    /// The key of the value that is read next, if a struct is being read.
    key: &'de str,
}

impl<A, N> Entries<'_, A, N> {
    pub(super) fn new(access: A, notes: N, part: Option<Struct>) -> Self {
        Self { access, notes, part, key: "" }
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
        let is_noted = if self.part.is_some() { N::ON } else { !self.notes.is_stored() };
        if !is_noted {
            return self.access.next_key_seed(seed);
        }
        let note = self.part.map(|part| (part.fields, &mut self.key));
        self.access.next_key_seed(NotedKey { inner: seed, note })
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        if let Some(part) = self.part {
            self.notes.note(|context| context.meet(part, self.key));
        }
        let value = self.access.next_value_seed(Strict::new(seed, self.notes));
        match &value {
            Ok(_) => self.notes.forget(),
            Err(_) => self.notes.note(|context| {
                context.key(self.part.map_or(&[], |part| part.fields), self.key);
            }),
        }
        value
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>, N: Notes> EnumAccess<'de> for Strict<A, N> {
    type Error = A::Error;
    type Variant = Strict<A::Variant, N>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Strict::new(variant, self.notes)))
    }
}

impl<'de, A: VariantAccess<'de>, N: Notes> VariantAccess<'de> for Strict<A, N> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Strict::new(seed, self.notes))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let value = self.inner.tuple_variant(len, Strict::new(visitor, self.notes));
        value.inspect_err(|_| self.notes.note(|context| context.expected("an array")))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: Fields, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = Strict { inner: visitor, notes: self.notes, part: Some(Struct { name: "", fields }) };
        let value = self.inner.struct_variant(fields, visitor);
        value.inspect_err(|error| self.notes.note(|context| context.of_struct(fields, error)))
    }
}
