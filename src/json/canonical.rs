//! One text for all ways to write the same JSON.

use super::{
    RawJson,
    decimal::plain,
    raw::{Elements, Members},
    strict::Key,
};

/// What is nested deeper than this is taken as it was written: each level reads what is below it once more.
const MOST_LEVELS: usize = 32;

/// Writes JSON without white space, with the members of objects in the order of their names, and with numbers and strings
/// in one notation. No digit and no doubled member is lost. The text is for comparing, and is not JSON.
pub(crate) fn canonical(json: &RawJson) -> String {
    let mut text = String::with_capacity(json.get().len());
    write(json.get(), MOST_LEVELS, &mut text);
    text
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
            let Key(text) = serde_json::from_str(json).ok()?;
            write_string(&text, to);
        }
        _ => to.push_str(&plain(json)?),
    }
    Some(())
}

fn write_string(text: &str, to: &mut String) {
    to.push_str(&serde_json::Value::from(text).to_string());
}
