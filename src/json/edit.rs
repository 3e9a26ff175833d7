//! Changes one member of a JSON text, and leaves the order and the numbers of all others as they are.

use serde_json::value::RawValue;

use super::{members::place, raw_text::Members};

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
    let mut object: Members<'_> = serde_json::from_str(json.get()).ok()?;
    let empty = RawValue::from_string("{}".to_owned()).ok()?;
    let before = object.members.iter().find(|(own, _)| own == name).map_or(&*empty, |(_, before)| before);
    let after = with(before, rest, value)?;
    match object.members.iter_mut().find(|(own, _)| own == name) {
        Some((_, member)) => *member = &after,
        None => object.members.push(((*name).into(), &after)),
    }
    serde_json::value::to_raw_value(&object).ok()
}
