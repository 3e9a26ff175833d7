//! Changes one member of a JSON text, and leaves the order and the numbers of all others as they are.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::members::place;

/// Sets the member at this path to a JSON text, and adds objects on the way. In an array, a number is a position. `None`
/// if the text is no JSON, or a value on the way is neither an object nor an array that has the position.
pub(crate) fn set(body: &[u8], path: &str, json: &str) -> Option<Vec<u8>> {
    let names: Vec<&str> = path.split('.').collect();
    let whole: Box<RawValue> = serde_json::from_slice(body).ok()?;
    let value = RawValue::from_string(json.to_owned()).ok()?;
    Some(with(&whole, &names, value)?.get().as_bytes().to_vec())
}

fn with(json: &RawValue, path: &[&str], value: Box<RawValue>) -> Option<Box<RawValue>> {
    let Some((name, rest)) = path.split_first() else { return Some(value) };
    if json.get().starts_with('[') {
        let mut items: Vec<Box<RawValue>> = serde_json::from_str(json.get()).ok()?;
        let item = items.get_mut(place(name)?)?;
        *item = with(item, rest, value)?;
        return serde_json::value::to_raw_value(&items).ok();
    }
    let Members(mut members) = serde_json::from_str(json.get()).ok()?;
    match members.iter_mut().find(|(own, _)| own == name) {
        Some((_, member)) => *member = with(member, rest, value)?,
        None => {
            let empty = RawValue::from_string("{}".to_owned()).ok()?;
            members.push(((*name).to_owned(), with(&empty, rest, value)?));
        }
    }
    serde_json::value::to_raw_value(&Members(members)).ok()
}

struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
