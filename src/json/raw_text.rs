//! How JSON that is kept as it was sent is written, as a part of its document or of another format.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::{Error, SerializeMap, SerializeStruct},
};
use serde_json::value::RawValue;

use super::{Str, strict::RAW_VALUE};

/// The text of a JSON document, serialised as that document.
///
/// `serde_json` takes it as it is, under the name of `RawValue`. In binary formats it is bytes, which nothing that comes
/// from JSON can be. All others get what the text says.
pub(super) struct RawText<'a>(pub(super) &'a str);

impl Serialize for RawText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // What `serde` puts before a serializer, for `flatten` and internally tagged enums, adds members of its
        // own, and says that any format is for humans. So only `serde_json` itself gets a raw value.
        let is_json = std::any::type_name::<S>().trim_start_matches("&mut ").starts_with("serde_json::");
        if is_json {
            let mut raw = serializer.serialize_struct(RAW_VALUE, 1)?;
            raw.serialize_field(RAW_VALUE, self.0)?;
            return raw.end();
        }
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(self.0.as_bytes());
        }
        match self.0.as_bytes().first() {
            Some(b'{') => parse::<Members<'_>, _>(self.0)?.serialize(serializer),
            Some(b'[') => {
                let elements: Elements<'_> = parse(self.0)?;
                serializer.collect_seq(elements.into_iter().map(|element| RawText(element.get())))
            }
            Some(b'-' | b'0'..=b'9') => serialize_number(&parse(self.0)?, serializer),
            _ => parse::<serde_json::Value, _>(self.0)?.serialize(serializer),
        }
    }
}

/// Serialises a number as one, whatever `serde_json` has it as.
fn serialize_number<S: Serializer>(number: &serde_json::Number, serializer: S) -> Result<S::Ok, S::Error> {
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => serializer.serialize_u64(number),
        (None, Some(number)) => serializer.serialize_i64(number),
        (None, None) => {
            serializer.serialize_f64(number.as_f64().ok_or_else(|| S::Error::custom("a number out of range"))?)
        }
    }
}

fn parse<'a, T: Deserialize<'a>, E: Error>(text: &'a str) -> Result<T, E> {
    serde_json::from_str(text).map_err(E::custom)
}

/// The elements of an array.
pub(super) type Elements<'a> = Vec<&'a RawValue>;

/// The members of an object, after one that says the type.
pub(super) struct Members<'a> {
    pub(super) tag: Option<(&'a str, &'a str)>,
    pub(super) members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len() + usize::from(self.tag.is_some())))?;
        if let Some((tag, event_type)) = self.tag {
            map.serialize_entry(tag, event_type)?;
        }
        for (name, value) in &self.members {
            map.serialize_entry(name, &RawText(value.get()))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((Str(name), value)) = access.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members { tag: None, members })
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}
