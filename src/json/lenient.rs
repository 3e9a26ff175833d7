use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
        value::MapAccessDeserializer,
    },
};

/// Reads `null` as the default of the type: for fields that a provider sends as `null` where it
/// means an empty array.
///
/// # Examples
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Patient {
///     #[serde(default, deserialize_with = "tower_webhook::json::null_as_default")]
///     allergies: Vec<String>,
/// }
///
/// let patient: Patient = serde_json::from_str(r#"{"allergies": null}"#)?;
/// assert!(patient.allergies.is_empty());
/// # Ok::<_, serde_json::Error>(())
/// ```
///
/// # Errors
///
/// The value is neither `null` nor a `T`.
pub fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads an array, or a single object as an array of one, or `null` or an empty object as an empty
/// array: for fields that a provider's page describes in more than one way.
///
/// # Examples
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Report { id: u32 }
///
/// #[derive(serde::Deserialize)]
/// struct Consultation {
///     #[serde(default, deserialize_with = "tower_webhook::json::one_or_many")]
///     reports: Vec<Report>,
/// }
///
/// let consultation: Consultation = serde_json::from_str(r#"{"reports": {"id": 1}}"#)?;
/// assert_eq!(consultation.reports[0].id, 1);
/// # Ok::<_, serde_json::Error>(())
/// ```
///
/// # Errors
///
/// The value is none of these, or an element is not a `T`.
pub fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
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
            Some(key) if key == "$serde_json::private::Number" => {
                Err(A::Error::invalid_type(Unexpected::Other("number"), &self))
            }
            first_key => T::deserialize(MapAccessDeserializer::new(Begun { first_key, access })).map(|one| vec![one]),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<T>, A::Error> {
        let mut many = Vec::new();
        while let Some(one) = access.next_element()? {
            many.push(one);
        }
        Ok(many)
    }
}

/// An object whose first key has been read.
struct Begun<A> {
    first_key: Option<String>,
    access: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Begun<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        match self.first_key.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.access.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.access.next_value_seed(seed)
    }
}
