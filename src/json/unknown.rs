use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{RawJson, Tagged, stored};

/// An event of a type that your enum does not list.
///
/// `Debug` shows the type and the length. Alone it is serialised as `{"type": "..", "data": ..}`, with the JSON as it was
/// sent.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::{RawJson, Unknown};
///
/// let unknown = Unknown::new("patient_moved", RawJson::new(r#"{"type":"patient_moved","to":"Vigo"}"#)?);
/// assert_eq!(format!("{unknown:?}"), r#"Unknown { event_type: "patient_moved", json: RawJson(36 bytes) }"#);
/// # Ok::<_, tower_webhook::json::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown {
    /// The type, as it was sent.
    pub event_type: String,
    /// The whole event, as it was sent.
    pub json: RawJson,
}

impl Unknown {
    /// An unknown event, for tests.
    pub fn new(event_type: impl Into<String>, json: RawJson) -> Self {
        Self { event_type: event_type.into(), json }
    }
}

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unknown").field("event_type", &self.event_type).field("json", &self.json).finish()
    }
}

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stored::serialize(serializer, &self.event_type, Some(&self.json))
    }
}

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stored::deserialize(deserializer)
    }
}

/// An enum of events that lists none.
impl Tagged for Unknown {
    fn read<'de, D: Deserializer<'de>>(_: &str, _: D) -> Option<Result<Self, D::Error>> {
        None
    }

    fn unknown(unknown: Unknown) -> Self {
        unknown
    }
}
