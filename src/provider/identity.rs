//! The identity of the events that this crate decodes itself.

use serde::Serialize;

use crate::{
    delivery::Identity,
    json::{RawJson, canonical::canonical},
};

/// Identifies an event by its type and all its decoded fields: neither the way in which its JSON is written nor a field that
/// is not decoded makes two events of one. An unknown event is identified by all of its JSON.
pub(super) fn of_fields(provider: &str, event: &impl Serialize, body: &[u8]) -> Identity {
    let identity = Identity::builder(provider, body);
    match serde_json::to_string(event).ok().and_then(|text| RawJson::new(&text).ok()) {
        // Stores find what they remember by the number: change it together with the text that follows.
        Some(fields) => identity.part("fields 1").part(canonical(&fields)).build(),
        None => identity.build(),
    }
}
