//! What a view hands out: elements of arrays, entries of objects, variants of enums.

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::{Fields, Notes, Part, RAW_VALUE, Strict};
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
    part: Option<Part>,
    /// The field whose value is read next, if it is noted.
    field: Option<&'static str>,
}

impl<A, N> Entries<A, N> {
    pub(super) fn new(access: A, notes: N, part: Option<Part>) -> Self {
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
            if self.notes.passes_over(&key, self.part.map(|part| part.names))? {
                self.access.next_value::<IgnoredAny>()?;
                continue;
            }
            if self.part.is_none() && key == RAW_VALUE {
                return Err(A::Error::custom("a reserved key"));
            }
            if N::ON {
                let find = |part: Part| part.names.iter().find(|field| **field == key).copied();
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

/// An enum that is being read, whose variants have these names.
pub(super) struct Variants<A, N> {
    access: A,
    notes: N,
    names: Fields,
}

impl<A, N> Variants<A, N> {
    pub(super) fn new(access: A, notes: N, names: Fields) -> Self {
        Self { access, notes, names }
    }
}

impl<'de, A: EnumAccess<'de>, N: Notes> EnumAccess<'de> for Variants<A, N> {
    type Error = A::Error;
    type Variant = Variant<A::Variant, N>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let mut name = None;
        let (value, access) = self.access.variant_seed(Name { seed, names: self.names, name: &mut name })?;
        Ok((value, Variant { access, notes: self.notes, name }))
    }
}

/// Reads the name of a variant, and notes which one of the type's it is.
struct Name<'n, S> {
    seed: S,
    names: Fields,
    name: &'n mut Option<&'static str>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Name<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let Str(text) = Str::deserialize(deserializer)?;
        *self.name = self.names.iter().find(|name| **name == text).copied();
        self.seed.deserialize(KeyText::new(text))
    }
}

/// The content of a variant.
pub(super) struct Variant<A, N> {
    access: A,
    notes: N,
    /// The name of the variant, if its type lists it.
    name: Option<&'static str>,
}

impl<'de, A: VariantAccess<'de>, N: Notes> VariantAccess<'de> for Variant<A, N> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.access.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let Self { access, notes, name } = self;
        noted(notes, name, access.newtype_variant_seed(Strict::new(seed, notes)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let Self { access, notes, name } = self;
        let value = access.tuple_variant(len, Strict::new(visitor, notes));
        noted(notes, name, value.inspect_err(|_| notes.note(|context| context.expected("an array"))))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: Fields, visitor: V) -> Result<V::Value, A::Error> {
        let Self { access, notes, name } = self;
        let visitor = Strict { inner: visitor, notes, part: Some(Part { name: "", names: fields }) };
        let value = access.struct_variant(fields, visitor);
        noted(notes, name, value.inspect_err(|error| notes.note(|context| context.of_struct(fields, error))))
    }
}

/// Notes that an error is in the content of this variant.
fn noted<T, E>(notes: impl Notes, name: Option<&'static str>, value: Result<T, E>) -> Result<T, E> {
    value.inspect_err(|_| notes.note(|context| context.field(name)))
}
