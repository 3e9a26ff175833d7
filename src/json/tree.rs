//! A whole document, with every digit of its numbers and every repeated member.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny},
};
use serde_json::{Value, value::RawValue};

use super::{DecodeError, Str, decode, raw_text::Members};

/// A value as it was sent.
pub(crate) enum Tree<'a> {
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
    Array(Vec<Tree<'a>>),
    Text(Cow<'a, str>),
    Number(&'a str),
    /// `null`, `true` or `false`.
    Word(&'a str),
}

impl<'a> Tree<'a> {
    /// Reads a body that `serde_json::Value` can be read from: with strings of Unicode, numbers within the range of `f64`,
    /// and at most 127 levels.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        // First, as raw JSON knows no limit to the levels.
        decode::<Value>(body)?;
        decode(body)
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        of(json).map_err(|_| D::Error::custom("not JSON"))
    }
}

fn of(json: &str) -> serde_json::Result<Tree<'_>> {
    Ok(match json.as_bytes().first() {
        Some(b'{') => {
            let Members { members, .. } = serde_json::from_str(json)?;
            let members = members.into_iter().map(|(name, value)| Ok((name, of(value.get())?)));
            Tree::Object(members.collect::<serde_json::Result<_>>()?)
        }
        Some(b'[') => Tree::Array(serde_json::from_str(json)?),
        Some(b'"') => {
            let Str(text) = serde_json::from_str(json)?;
            Tree::Text(text)
        }
        Some(b'-' | b'0'..=b'9') => {
            // `Value` takes larger ones where a crate has turned on that it keeps numbers as texts.
            let finite = json.parse().ok().filter(|number: &f64| number.is_finite());
            finite.ok_or_else(|| serde_json::Error::custom("a number beyond the range of `f64`"))?;
            Tree::Number(json)
        }
        _ => {
            let IgnoredAny = serde_json::from_str(json)?;
            Tree::Word(json)
        }
    })
}
