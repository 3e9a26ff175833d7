//! The type of an event, wherever it is in the body.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{DecodeError, Str, members::place, strict::Context};

/// The type of an event, where it was looked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Tag<'a> {
    /// There is none, or it is `null`.
    Absent,
    Text(Cow<'a, str>),
    /// It occurs twice, is not a string, is below something that is not an object, or the body is not JSON.
    Unreadable,
}

/// Finds the type at this path, which is made of the names that lead to it from the root.
///
/// For a path of one name this stops at its first occurrence, because [`decode`](super::tagged::decode) refuses a second. For
/// a longer path it reads the whole body, and refuses repetition at every level of the path.
pub(crate) fn find_tag<'a>(body: &'a [u8], path: &[Box<str>]) -> Tag<'a> {
    if let Some(tag) = first_member(body, path) {
        return Tag::Text(Cow::Borrowed(tag));
    }
    let mut found = None;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    match Find::new(path, &Context::default(), &mut found).run(&mut deserializer) {
        // Leaving an object half read is an error, too.
        Err(_) if path.len() > 1 || found.is_none() => Tag::Unreadable,
        _ => found.flatten().map_or(Tag::Absent, Tag::Text),
    }
}

/// The text of the first member, if it is the one at this path and neither has an escape, as with most providers.
/// A parser would make an error when it leaves the object half read, which costs more than all of this. What is no JSON
/// after all is refused by [`decode`](super::tagged::decode).
fn first_member<'a>(body: &'a [u8], path: &[Box<str>]) -> Option<&'a str> {
    let [name] = path else { return None };
    let after = |json: &'a [u8], token: u8| json.trim_ascii_start().strip_prefix(&[token]);
    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\');
    let name = Some(name.as_bytes()).filter(|name| name.iter().all(is_plain))?;
    let rest = after(after(body, b'{')?, b'"')?.strip_prefix(name)?.strip_prefix(b"\"")?;
    let value = after(after(rest, b':')?, b'"')?;
    let (text, rest) = value.split_at(value.iter().position(|byte| !is_plain(byte))?);
    std::str::from_utf8(text).ok().filter(|_| rest.starts_with(b"\""))
}

/// Says why a tag could not be found.
#[cold]
pub(super) fn unreadable(text: &str, path: &[Box<str>]) -> DecodeError {
    let context = Context::default();
    let found = Find::new(path, &context, &mut None).run(&mut serde_json::Deserializer::from_str(text));
    let error = found.err().unwrap_or_else(|| serde_json::Error::custom("a type that cannot be read"));
    DecodeError::json(&error, &context, text)
}

/// Looks for a tag below an object or an array.
struct Find<'f, 'a> {
    names: &'f [Box<str>],
    context: &'f Context,
    stops_at_first: bool,
    /// `Some` as soon as it was met; `Some(None)` if it is `null`.
    found: &'f mut Option<Option<Cow<'a, str>>>,
}

impl<'f, 'de> Find<'f, 'de> {
    fn new(path: &'f [Box<str>], context: &'f Context, found: &'f mut Option<Option<Cow<'de, str>>>) -> Self {
        Self { names: path, context, stops_at_first: path.len() == 1, found }
    }

    /// What follows the document is refused by `decode`.
    fn run<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let context = self.context;
        let may_be_array = self.names.first().is_some_and(|name| place(name).is_some());
        let read = if may_be_array { json.deserialize_any(self) } else { json.deserialize_map(self) };
        read.inspect_err(|_| context.expected("an object"))
    }
}

impl<'de> DeserializeSeed<'de> for Find<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Find<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.run(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self { names: [name, rest @ ..], context, stops_at_first, found } = self else { return Ok(()) };
        for at in 0.. {
            let is_wanted = place(name) == Some(at);
            let is_there = if !is_wanted {
                access.next_element::<IgnoredAny>()?.is_some()
            } else if rest.is_empty() {
                let tag = access.next_element::<Option<Str<'de>>>().inspect_err(|_| {
                    context.expected("a string");
                    context.member(name);
                })?;
                *found = tag.map(|tag| tag.map(|Str(tag)| tag));
                found.is_some()
            } else {
                let below = Find { names: rest, context, stops_at_first, found: &mut *found };
                access.next_element_seed(below).inspect_err(|_| context.member(name))?.is_some()
            };
            if !is_there {
                break;
            }
        }
        Ok(())
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self { names: [name, rest @ ..], context, stops_at_first, found } = self else { return Ok(()) };
        let mut seen = false;
        while let Some(Str(key)) = access.next_key()? {
            if *key != **name {
                access.next_value::<IgnoredAny>()?;
                continue;
            }
            if std::mem::replace(&mut seen, true) {
                context.member(name);
                return Err(A::Error::duplicate_field("type"));
            }
            if rest.is_empty() {
                let tag: Option<Str<'de>> = access.next_value().inspect_err(|_| {
                    context.expected("a string");
                    context.member(name);
                })?;
                *found = Some(tag.map(|Str(tag)| tag));
                if stops_at_first {
                    return Ok(());
                }
            } else {
                let below = Find { names: rest, context, stops_at_first, found: &mut *found };
                access.next_value_seed(below).inspect_err(|_| context.member(name))?;
            }
        }
        Ok(())
    }
}
