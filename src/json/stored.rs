//! How enums of events are serialised, to wait in a queue, and read again from any self-describing format.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, value::UnitDeserializer},
    ser::Error as _,
};

use super::{
    DecodeErrorKind, RawJson, Tagged, Unknown, quiet,
    raw_text::RawText,
    strict::{Context, Strict},
};

const DATA: &str = "data";

#[derive(Serialize)]
#[serde(rename = "Event")]
struct Written<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<RawText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename = "Event", expecting = "an event with its type")]
struct Stored {
    r#type: String,
    #[serde(default, deserialize_with = "present")]
    data: Option<RawJson>,
}

/// Tells `null` from what is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

/// Serialises an event as `{"type": .., "data": ..}`, with the data as a [`RawJson`].
///
/// # Errors
///
/// The serializer's own, or the data cannot be JSON.
pub fn serialize<S: Serializer, T: Serialize>(
    serializer: S,
    event_type: &str,
    data: Option<&T>,
) -> Result<S::Ok, S::Error> {
    let data = data.map(serde_json::to_string).transpose().map_err(S::Error::custom)?;
    Written { r#type: event_type, data: data.as_deref().map(RawText) }.serialize(serializer)
}

/// Reads what [`serialize`] wrote, in any order.
///
/// # Errors
///
/// It is not such an event. The error says where, and quotes nothing.
pub fn deserialize<'de, E: Tagged, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    let Stored { r#type, data } = Stored::deserialize(deserializer).map_err(quiet)?;
    let Some(data) = data else {
        let event = E::read(&r#type, UnitDeserializer::<D::Error>::new());
        return event.and_then(Result::ok).ok_or_else(|| D::Error::missing_field(DATA));
    };
    let context = Context::default();
    let event = E::read(&r#type, Strict::new(&mut serde_json::Deserializer::from_str(data.get()), &context));
    match event {
        Some(event) => event.map_err(|error| located(&error, &context)),
        None => Ok(E::unknown(Unknown::new(r#type, data))),
    }
}

/// Says what is wrong, and where, without the values that the message of `serde` quotes.
fn located<E: Error>(error: &serde_json::Error, context: &Context) -> E {
    let path = context.to_string();
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    E::custom(format_args!("{} in field `{DATA}{dot}{path}`", DecodeErrorKind::of_data(error)))
}
