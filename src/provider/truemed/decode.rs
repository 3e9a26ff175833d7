use serde::Deserialize;

use super::Event;
use crate::{
    json::{self, DecodeError},
    provider::Unknown,
};

pub(super) const ELIGIBILITY_UPDATED: &str = "product_catalog.item.eligibility_updated";

/// What tells the two shapes apart: the qualification session has no type.
#[derive(Deserialize)]
struct Shape {
    event_type: Option<String>,
}

pub(super) fn event(body: &[u8]) -> Result<Event, DecodeError> {
    let Shape { event_type } = json::decode(body)?;
    match event_type {
        None => json::decode(body).map(Event::QualificationSessionComplete),
        Some(event_type) if event_type == ELIGIBILITY_UPDATED => json::decode(body).map(Event::ItemEligibilityUpdated),
        Some(event_type) => Ok(Event::Unknown(Unknown { event_type, json: json::decode(body)? })),
    }
}
