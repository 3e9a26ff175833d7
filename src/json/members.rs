//! Single members of an object, without reading the rest of it into anything.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Deserializer, de::Read, value::RawValue};

use super::Str;
use crate::{ConfigError, ConfigErrorKind};

/// The names that lead to a member, from the root. In an array, a number is a position: the first element is `0`.
pub(crate) type Path = [Box<str>];

/// Splits names with dots between them into a path. The error for an empty name calls the path `setting`.
pub(crate) fn checked_path(names: &str, setting: &'static str) -> Result<Box<Path>, ConfigError> {
    let path = names.split('.').map(|name| (!name.is_empty()).then(|| Box::from(name))).collect::<Option<_>>();
    path.ok_or_else(|| {
        let error = ConfigError::new(ConfigErrorKind::Malformed, setting);
        error.expected("names with dots between them, such as `data.id`")
    })
}

/// Reads several members in one pass. A member that occurs twice, or below an object that does, is not found: one
/// reader could take the first, and another the second. If the body is not JSON, none is found.
pub(crate) fn find<'de, const N: usize>(body: &'de [u8], paths: [Option<&Path>; N]) -> [Option<Scalar<'de>>; N] {
    below(&mut Deserializer::from_slice(body), is_array(body), paths)
}

fn is_array(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"[")
}

/// The position in an array that a name stands for: a number without leading zeros.
pub(super) fn place(name: &str) -> Option<usize> {
    let is_canonical = name == "0" || !name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit());
    name.parse().ok().filter(|_| is_canonical)
}

/// A value as it was sent.
#[derive(Clone, Copy)]
pub(crate) struct Scalar<'de>(&'de str);

impl<'de> Scalar<'de> {
    /// A string's text, or a whole number's digits.
    pub(crate) fn text(self) -> Option<Cow<'de, str>> {
        if self.0.starts_with('"') {
            return serde_json::from_str::<Str<'de>>(self.0).ok().map(|Str(text)| text);
        }
        let digits = self.0.strip_prefix('-').unwrap_or(self.0);
        digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(Cow::Borrowed(self.0))
    }

    /// A number without fraction and exponent.
    #[cfg(feature = "signatures")]
    pub(crate) fn whole_number(self) -> Option<i64> {
        self.0.parse().ok()
    }
}

/// The members at these paths below an object or an array. Those between are passed over as they are and
/// then read for each path alone, so that none is in the way of another.
fn below<'de, const N: usize>(
    json: &mut Deserializer<impl Read<'de>>,
    in_array: bool,
    paths: [Option<&Path>; N],
) -> [Option<Scalar<'de>>; N] {
    let names = paths.map(|path| path.and_then(<[_]>::first).map(|name| &**name));
    let mut occurrences = [Occurrence::None; N];
    let members = Members { names, occurrences: &mut occurrences };
    let read = if in_array { json.deserialize_seq(members) } else { json.deserialize_map(members) };
    if read.and_then(|()| json.end()).is_err() {
        return [None; N];
    }
    let mut paths = paths.into_iter();
    occurrences.map(|occurrence| match (occurrence, paths.next()??) {
        (Occurrence::Once(raw), [_]) => Some(Scalar(raw.get())),
        (Occurrence::Once(raw), [_, rest @ ..]) => {
            let json = raw.get();
            let [found] = below(&mut Deserializer::from_str(json), is_array(json.as_bytes()), [Some(rest)]);
            found
        }
        _ => None,
    })
}

#[derive(Clone, Copy)]
enum Occurrence<'de> {
    None,
    Once(&'de RawValue),
    Twice,
}

struct Members<'m, 'de, const N: usize> {
    names: [Option<&'m str>; N],
    occurrences: &'m mut [Occurrence<'de>; N],
}

impl<'de, const N: usize> Visitor<'de> for Members<'_, 'de, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let places = self.names.map(|name| name.and_then(place));
        for at in 0.. {
            if !places.contains(&Some(at)) {
                if access.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                continue;
            }
            let Some(raw) = access.next_element()? else { break };
            for (_, occurrence) in places.iter().zip(&mut *self.occurrences).filter(|(place, _)| **place == Some(at)) {
                *occurrence = Occurrence::Once(raw);
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while let Some(AnyKey(key)) = access.next_key()? {
            let is_key = |name: &Option<&str>| name.is_some_and(|name| name.as_bytes() == &*key);
            if !self.names.iter().any(is_key) {
                access.next_value::<IgnoredAny>()?;
                continue;
            }
            let raw = access.next_value()?;
            for (_, occurrence) in self.names.iter().zip(&mut *self.occurrences).filter(|(name, _)| is_key(name)) {
                *occurrence = match occurrence {
                    Occurrence::None => Occurrence::Once(raw),
                    _ => Occurrence::Twice,
                };
            }
        }
        Ok(())
    }
}

/// A key as bytes. So half of a surrogate pair, which no `str` can hold, is not an error that hides all other members.
#[derive(Deserialize)]
#[serde(transparent)]
struct AnyKey<'a>(#[serde(borrow)] Cow<'a, [u8]>);
