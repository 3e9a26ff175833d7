//! One pass over an object, into the variant that its tag names.

use std::{borrow::Cow, cell::Cell, fmt, marker::PhantomData};

use serde::{
    de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};

use super::Tagged;
use crate::json::schema::{Entries, Fields, Key, Notes};

/// How far a pass came.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Progress {
    /// The first field is not the tag: the object was read as an event that has none.
    Untagged,
    /// The tag is known.
    Tagged,
    /// The tag is not known, and nothing more was read.
    Unknown,
}

/// Reads the object as an event of type `known`, or of the type that its first field tells.
#[inline]
pub(super) fn pass<E: Tagged>(
    text: &str,
    known: Option<&str>,
    notes: impl Notes,
    progress: &Cell<Progress>,
) -> serde_json::Result<E> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let event = deserializer.deserialize_map(Object { known, progress, notes, event: PhantomData })?;
    deserializer.end()?;
    Ok(event)
}

struct Object<'p, E, N> {
    known: Option<&'p str>,
    progress: &'p Cell<Progress>,
    notes: N,
    event: PhantomData<fn() -> E>,
}

impl<'de, E: Tagged, N: Notes> Visitor<'de> for Object<'_, E, N> {
    type Value = E;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<E, A::Error> {
        let Self { known, progress, notes, .. } = self;
        let mut members = Members { access, tag: E::TAG, notes, first_key: None, tag_seen: false, tag_ends: false };
        let event_type = match known {
            Some(event_type) => Cow::Borrowed(event_type),
            None => match members.leading_tag()? {
                Some(event_type) => event_type,
                None => {
                    members.tag_ends = true;
                    return E::read_untagged(Whole { members }).inspect_err(|error| notes.missing(&[E::TAG], error));
                }
            },
        };
        progress.set(Progress::Tagged);
        E::read(&event_type, Whole { members }).unwrap_or_else(|| {
            progress.set(Progress::Unknown);
            Err(A::Error::custom("a type that is not known"))
        })
    }
}

/// The members of the object but for the tag.
struct Members<'de, A, N> {
    access: A,
    tag: &'static str,
    notes: N,
    /// A key that was read to see whether it is the tag, and is not.
    first_key: Option<Cow<'de, str>>,
    tag_seen: bool,
    /// Whether a tag ends the pass: the object is being read as an event that has none.
    tag_ends: bool,
}

impl<'de, A: MapAccess<'de>, N: Notes> Members<'de, A, N> {
    /// The tag, if it is the first member.
    #[inline]
    fn leading_tag(&mut self) -> Result<Option<Cow<'de, str>>, A::Error> {
        let Some(Key(key)) = self.access.next_key()? else { return Ok(None) };
        if key == self.tag {
            return self.read_tag();
        }
        self.first_key = Some(key);
        Ok(None)
    }

    #[inline]
    fn read_tag(&mut self) -> Result<Option<Cow<'de, str>>, A::Error> {
        if std::mem::replace(&mut self.tag_seen, true) {
            return Err(A::Error::duplicate_field(self.tag));
        }
        let tag: Option<Key<'de>> = self.access.next_value().inspect_err(|_| self.notes.key(&[self.tag], self.tag))?;
        Ok(tag.map(|Key(tag)| tag))
    }
}

impl<'de, A: MapAccess<'de>, N: Notes> MapAccess<'de> for Members<'de, A, N> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        loop {
            let key = match self.first_key.take() {
                Some(key) => key,
                None => match self.access.next_key()? {
                    Some(Key(key)) => key,
                    None => return Ok(None),
                },
            };
            if key != self.tag {
                return match key {
                    Cow::Borrowed(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
                    Cow::Owned(key) => seed.deserialize(key.into_deserializer()),
                }
                .map(Some);
            }
            if self.read_tag()?.is_some() && self.tag_ends {
                return Err(A::Error::custom("a tag after other members"));
            }
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.access.next_value_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

/// The object as what a variant is read from.
struct Whole<'de, A, N> {
    members: Members<'de, A, N>,
}

impl<'de, A: MapAccess<'de>, N: Notes> Whole<'de, A, N> {
    #[inline]
    fn entries(self, fields: Option<Fields>) -> Entries<'de, Members<'de, A, N>, N> {
        let notes = self.members.notes;
        Entries::new(self.members, notes, fields)
    }
}

impl<'de, A: MapAccess<'de>, N: Notes> Deserializer<'de> for Whole<'de, A, N> {
    type Error = A::Error;

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let notes = self.members.notes;
        let value = visitor.visit_map(self.entries(Some(fields)));
        value.inspect_err(|error| notes.missing(fields, error))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.entries(None))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}
