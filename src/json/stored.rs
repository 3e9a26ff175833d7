//! How enums of events are serialised, to wait in a queue, and read again from any self-describing format.

use std::{fmt, marker::PhantomData};

use super::{
    DecodeErrorKind, RawJson, Tagged, Unknown,
    number::has_arbitrary_precision,
    quiet,
    strict::{Context, Key, Strict},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
    ser::SerializeStruct,
};

const TYPE: &str = "type";
const DATA: &str = "data";

/// Serialises an event as `{"type": .., "data": ..}`.
///
/// # Errors
///
/// The serializer's own.
pub fn serialize<S: Serializer, T: Serialize>(
    serializer: S,
    event_type: &str,
    data: Option<&T>,
) -> Result<S::Ok, S::Error> {
    let mut event = serializer.serialize_struct("Event", 1 + usize::from(data.is_some()))?;
    event.serialize_field(TYPE, event_type)?;
    match data {
        Some(data) => event.serialize_field(DATA, data)?,
        None => event.skip_field(DATA)?,
    }
    event.end()
}

/// Reads what [`serialize`] wrote, in any order.
///
/// # Errors
///
/// It is not such an event. The error says where, and quotes nothing.
pub fn deserialize<'de, E: Tagged, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    deserializer.deserialize_struct("Event", &[TYPE, DATA], Event(PhantomData)).map_err(quiet)
}

struct Event<E>(PhantomData<fn() -> E>);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Type,
    Data,
    #[serde(other)]
    Other,
}

impl<'de, E: Tagged> Visitor<'de> for Event<E> {
    type Value = E;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event with its type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<E, A::Error> {
        let mut event_type: Option<Key<'de>> = None;
        let mut event = None;
        let mut early = None::<RawJson>;
        while let Some(field) = access.next_key()? {
            match (field, &event_type) {
                (Field::Type, Some(_)) => return Err(A::Error::duplicate_field(TYPE)),
                (Field::Type, None) => event_type = Some(access.next_value().map_err(|_| not_a_type())?),
                (Field::Data, _) if event.is_some() || early.is_some() => return Err(A::Error::duplicate_field(DATA)),
                (Field::Data, Some(Key(event_type))) => event = Some(access.next_value_seed(Data::new(event_type))?),
                (Field::Data, None) => early = Some(access.next_value()?),
                (Field::Other, _) => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        let Key(event_type) = event_type.ok_or_else(|| A::Error::missing_field(TYPE))?;
        match (event, early) {
            (Some(event), _) => Ok(event),
            (None, Some(data)) if is_known::<E>(&event_type) => read_late(&event_type, &data),
            (None, Some(data)) => Ok(E::unknown(Unknown::new(event_type, data))),
            (None, None) => without_data(&event_type),
        }
    }

    /// In compact MessagePack, a struct is an array of its values.
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<E, A::Error> {
        let event_type: Option<Key<'de>> = access.next_element().map_err(|_| not_a_type())?;
        let Key(event_type) = event_type.ok_or_else(|| A::Error::missing_field(TYPE))?;
        match access.next_element_seed(Data::new(&event_type))? {
            Some(event) => Ok(event),
            None => without_data(&event_type),
        }
    }
}

fn not_a_type<E: Error>() -> E {
    E::custom("a type that is not a string")
}

/// Reads the data of an event of this type.
struct Data<'t, E> {
    event_type: &'t str,
    event: PhantomData<fn() -> E>,
}

impl<'t, E> Data<'t, E> {
    fn new(event_type: &'t str) -> Self {
        Self { event_type, event: PhantomData }
    }
}

impl<'de, E: Tagged> DeserializeSeed<'de> for Data<'_, E> {
    type Value = E;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<E, D::Error> {
        match is_known::<E>(self.event_type) {
            // In a buffer the numbers may be maps, which no number is read from.
            true if has_arbitrary_precision() && deserializer.is_human_readable() => {
                read_late(self.event_type, &RawJson::deserialize(deserializer)?)
            }
            true => read(self.event_type, deserializer),
            false => RawJson::deserialize(deserializer).map(|json| E::unknown(Unknown::new(self.event_type, json))),
        }
    }
}

fn read<'de, E: Tagged, D: Deserializer<'de>>(event_type: &str, data: D) -> Result<E, D::Error> {
    let context = Context::stored();
    match E::read(event_type, Strict::new(data, &context)) {
        Some(event) => event.map_err(|error| located(&error, &context)),
        None => Err(D::Error::custom("a type that is not known")),
    }
}

/// Reads data that had to be kept as it was written at first.
fn read_late<E: Tagged, F: Error>(event_type: &str, data: &RawJson) -> Result<E, F> {
    read(event_type, &mut serde_json::Deserializer::from_str(data.get())).map_err(F::custom)
}

/// Says what is wrong, and where, without the values that the message of `serde` quotes.
fn located<E: Error>(error: &E, context: &Context) -> E {
    let path = context.to_string();
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    E::custom(format_args!("{} in field `{DATA}{dot}{path}`", DecodeErrorKind::of_data(error)))
}

fn is_known<E: Tagged>(event_type: &str) -> bool {
    E::read(event_type, Absent::<serde::de::value::Error>(PhantomData)).is_some()
}

fn without_data<T: Tagged, E: Error>(event_type: &str) -> Result<T, E> {
    T::read(event_type, Absent(PhantomData)).unwrap_or_else(|| Err(E::missing_field(DATA)))
}

/// The data that an event does not have.
struct Absent<E>(PhantomData<fn() -> E>);

impl<'de, E: Error> Deserializer<'de> for Absent<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(DATA))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}
