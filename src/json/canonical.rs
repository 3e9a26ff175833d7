//! One text for all ways to write the same event.

use std::io;

use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

use super::{
    Str,
    decimal::plain,
    raw_text::{Elements, Members},
};

/// What is nested deeper than this is taken as it was written: each level reads what is below it once more.
const MOST_LEVELS: usize = 32;

/// Serialises an event. What is decoded has one form only; in raw JSON, white space goes, the members of objects come in the
/// order of their names, and numbers and strings have one notation. No digit and no doubled member is lost.
pub(crate) fn canonical(event: &impl Serialize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    event.serialize(&mut Serializer::with_formatter(&mut bytes, Canonical)).ok()?;
    Some(bytes)
}

struct Canonical;

impl Formatter for Canonical {
    fn write_raw_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, json: &str) -> io::Result<()> {
        let mut text = String::with_capacity(json.len());
        write(json, MOST_LEVELS, &mut text);
        writer.write_all(text.as_bytes())
    }
}

fn write(json: &str, levels: usize, to: &mut String) {
    if write_parsed(json, levels, to).is_none() {
        to.push_str(json);
    }
}

/// `None`, and nothing written, if it stays as it is.
fn write_parsed(json: &str, levels: usize, to: &mut String) -> Option<()> {
    match json.as_bytes().first()? {
        b'{' => {
            let below = levels.checked_sub(1)?;
            let Members { mut members, .. } = serde_json::from_str(json).ok()?;
            members.sort_by(|(name, _), (other, _)| name.cmp(other));
            to.push('{');
            for (name, value) in members {
                write_string(&name, to);
                write(value.get(), below, to);
            }
            to.push('}');
        }
        b'[' => {
            let below = levels.checked_sub(1)?;
            let elements: Elements<'_> = serde_json::from_str(json).ok()?;
            to.push('[');
            for element in elements {
                write(element.get(), below, to);
                to.push(',');
            }
            to.push(']');
        }
        b'"' => {
            let Str(text) = serde_json::from_str(json).ok()?;
            write_string(&text, to);
        }
        _ => to.push_str(&plain(json)?),
    }
    Some(())
}

fn write_string(text: &str, to: &mut String) {
    to.push_str(&serde_json::Value::from(text).to_string());
}
