//! Fields that MediQuo's page describes in more than one way.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

use crate::json::{Begun, macros::refuse, number::NUMBER};

/// Reads `null` as the default of the type.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads an array, or a single object as an array of one, or `null` or an empty object as an empty array.
pub(super) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(OneOrMany(PhantomData))
}

struct OneOrMany<T>(PhantomData<fn() -> T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Vec<T>, A::Error> {
        match access.next_key::<String>()? {
            None => Ok(Vec::new()),
            // With serde_json's `arbitrary_precision`, which any crate may turn on, some numbers come so.
            Some(key) if key == NUMBER => Err(A::Error::invalid_type(Unexpected::Other("number"), &self)),
            Some(key) => {
                let access = Begun { first_key: Some(key.into()), access };
                T::deserialize(MapAccessDeserializer::new(access)).map(|one| vec![one])
            }
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<T>, A::Error> {
        let mut many = Vec::new();
        while let Some(one) = access.next_element()? {
            many.push(one);
        }
        Ok(many)
    }

    refuse! {
        visit_bool(bool) = "a boolean"
        visit_i64(i64) = "a number"
        visit_i128(i128) = "a number"
        visit_u64(u64) = "a number"
        visit_u128(u128) = "a number"
        visit_f64(f64) = "a number"
        visit_str(&str) = "a string"
    }
}
