//! The members of a body that may be an endpoint verification.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer as _, Error, MapAccess, Visitor};
use serde_json::{Deserializer, value::RawValue};

use crate::json::{Str, members::Path};

/// What a body may contain besides the members that are looked for.
#[derive(Clone, Debug)]
pub(super) enum Others {
    /// The members at these paths.
    Only(Vec<Box<Path>>),
    /// Everything but these members of the root, which may be null.
    AnyBut(Vec<Box<str>>),
}

/// The values at these paths, in their order, if the body contains nothing that `others` forbids.
///
/// A member that occurs twice is forbidden: two readers could take two different ones.
pub(super) fn read<'a>(body: &'a [u8], paths: &[&Path], others: &Others) -> Option<Vec<Option<&'a RawValue>>> {
    let json = std::str::from_utf8(body).ok()?;
    match others {
        Others::Only(more) => {
            let listed: Vec<&Path> = paths.iter().copied().chain(more.iter().map(|path| &**path)).collect();
            let mut values = below(json, &listed, &|name, _| is_listed(&listed, name), true)?;
            values.truncate(paths.len());
            Some(values)
        }
        Others::AnyBut(names) => {
            let is_allowed = |name: &str, value: &RawValue| {
                value.get() == "null" || !names.iter().any(|forbidden| **forbidden == *name)
            };
            below(json, paths, &is_allowed, false)
        }
    }
}

fn is_listed(paths: &[&Path], name: &str) -> bool {
    paths.iter().any(|path| path.first().is_some_and(|first| **first == *name))
}

type IsAllowed<'f> = dyn Fn(&str, &RawValue) -> bool + 'f;

/// The values at these paths of an object with allowed members. If it `is_strict`, the objects on the way to a path have
/// no members that are not listed.
fn below<'a>(
    json: &'a str,
    paths: &[&Path],
    is_allowed: &IsAllowed<'_>,
    is_strict: bool,
) -> Option<Vec<Option<&'a RawValue>>> {
    let mut json = Deserializer::from_str(json);
    let members = json.deserialize_map(Members(is_allowed)).ok()?;
    json.end().ok()?;
    let mut values = vec![None; paths.len()];
    for (name, value) in members {
        let (mut indexes, mut rests) = (Vec::new(), Vec::new());
        let mut is_whole = false;
        for ((index, path), slot) in paths.iter().enumerate().zip(&mut values) {
            match path.split_first() {
                Some((first, [])) if **first == *name => {
                    *slot = Some(value);
                    is_whole = true;
                }
                Some((first, rest)) if **first == *name => {
                    indexes.push(index);
                    rests.push(rest);
                }
                _ => {}
            }
        }
        if rests.is_empty() {
            continue;
        }
        let is_strict = is_strict && !is_whole;
        let found = below(value.get(), &rests, &|name, _| !is_strict || is_listed(&rests, name), is_strict)?;
        for (index, found) in indexes.into_iter().zip(found) {
            if let Some(slot) = values.get_mut(index) {
                *slot = found;
            }
        }
    }
    Some(values)
}

/// Reads an object, and stops at the first member that is not allowed.
struct Members<'f>(&'f IsAllowed<'f>);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Self::Value::new();
        while let Some(Str(name)) = access.next_key()? {
            let value = access.next_value()?;
            if !(self.0)(&name, value) || members.iter().any(|(other, _)| *other == name) {
                return Err(A::Error::custom("not an endpoint verification"));
            }
            members.push((name, value));
        }
        Ok(members)
    }
}
