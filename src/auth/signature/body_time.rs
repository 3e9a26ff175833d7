use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::Rejection;

/// The whole number in a field of the JSON object that a body is; the field must occur once.
pub(super) fn number(body: &[u8], field: &str) -> Result<i64, Rejection> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let number = Field(field).deserialize(&mut json).ok().flatten();
    json.end().ok().and(number).ok_or_else(Rejection::unauthenticated)
}

struct Field<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<i64>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<i64>, A::Error> {
        let mut number = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key != self.0 {
                map.next_value::<IgnoredAny>()?;
            } else if number.replace(map.next_value()?).is_some() {
                return Err(A::Error::custom("a doubled field"));
            }
        }
        Ok(number)
    }
}
