//! The tag alone, for objects in which it does not come first.

use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::json::{
    DecodeError,
    schema::{Key, Notes, Trail},
};

/// Looks for the tag, and no further.
pub(super) fn tag(text: &str, tag: &'static str) -> Result<Option<String>, DecodeError> {
    scan(text, tag, false)
}

/// Makes sure that the tag occurs once.
pub(super) fn single_tag(text: &str, tag: &'static str) -> Result<(), DecodeError> {
    scan(text, tag, true).map(drop)
}

fn scan(text: &str, tag: &'static str, to_the_end: bool) -> Result<Option<String>, DecodeError> {
    let trail = Trail::default();
    let mut found = None;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let scanned = deserializer.deserialize_map(Scan { tag, to_the_end, trail: &trail, found: &mut found });
    match scanned {
        // Whoever leaves an object half read is told so.
        Err(error) if to_the_end || found.is_none() => Err(DecodeError::json(&error, &trail)),
        _ => Ok(found),
    }
}

struct Scan<'s> {
    tag: &'static str,
    to_the_end: bool,
    trail: &'s Trail,
    found: &'s mut Option<String>,
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let mut seen = false;
        while let Some(Key(key)) = access.next_key()? {
            if key != self.tag {
                access.next_value::<IgnoredAny>()?;
                continue;
            }
            if std::mem::replace(&mut seen, true) {
                return Err(A::Error::duplicate_field(self.tag));
            }
            *self.found = access.next_value().inspect_err(|_| self.trail.key(&[self.tag], self.tag))?;
            if self.found.is_some() && !self.to_the_end {
                return Ok(());
            }
        }
        Ok(())
    }
}
