//! The identity of the events that this crate decodes itself.

use crate::delivery::Identity;

/// Identifies an event by its type and all its decoded fields: neither the way in which its JSON is written nor a field that
/// is not decoded makes two events of one. An unknown event is identified by all of its JSON.
pub(super) fn of_fields(provider: &str, event_type: &str, fields: Option<Vec<u8>>, body: &[u8]) -> Identity {
    let identity = Identity::builder(provider, body);
    let Some(fields) = fields else { return identity.build() };
    // Stores find what they remember by the number: change it together with the form of the fields.
    identity.part(format!("fields 1 of {event_type}")).part(fields).build()
}
