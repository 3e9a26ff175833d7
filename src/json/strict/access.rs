//! What a view hands out: elements of arrays, entries of objects, variants of enums.

use serde::de::{DeserializeSeed, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::{Fields, Notes, RAW_VALUE, Strict, Struct};
use crate::json::{
    Str,
    drift::{Drift, note},
    key_text::KeyText,
};

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

pub(super) struct Entries<A, N> {
    access: A,
    notes: N,
    part: Option<Struct>,
    /// The field whose value is read next, if it is noted.
    field: Option<&'static str>,
}

impl<A, N> Entries<A, N> {
    pub(super) fn new(access: A, notes: N, part: Option<Struct>) -> Self {
        Self { access, notes, part, field: None }
    }
}

impl<'de, A: MapAccess<'de>, N: Notes> MapAccess<'de> for Entries<A, N> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        if self.part.is_some() && !N::ON && !self.notes.looks_at_keys() {
            return self.access.next_key_seed(seed);
        }
        while let Some(Str(key)) = self.access.next_key()? {
            if self.notes.passes_over(&key, self.part.map(|part| part.fields))? {
                self.access.next_value::<IgnoredAny>()?;
                continue;
            }
            if self.part.is_none() && key == RAW_VALUE {
                return Err(A::Error::custom("a reserved key"));
            }
            if N::ON {
                let find = |part: Struct| part.fields.iter().find(|field| **field == key).copied();
                self.field = self.part.and_then(find);
                if let (Some(part), None) = (self.part, self.field) {
                    note(Drift::Member(part.name));
                }
            }
            return seed.deserialize(KeyText::new(key)).map(Some);
        }
        Ok(None)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let value = self.access.next_value_seed(Strict::new(seed, self.notes.below()));
        match &value {
            Ok(_) => self.notes.forget(),
            Err(_) => self.notes.note(|context| context.field(self.field)),
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
