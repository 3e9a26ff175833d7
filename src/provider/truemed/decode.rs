use serde::{Deserialize, de::IgnoredAny};

use super::Event;
use crate::{
    json::{self, Category, DecodeError},
    provider::Unknown,
};

pub(super) const ELIGIBILITY_UPDATED: &str = "product_catalog.item.eligibility_updated";

/// What tells the two shapes apart.
#[derive(Deserialize)]
struct Shape {
    event_type: Option<String>,
    qualification_session_id: Option<IgnoredAny>,
}

pub(super) fn event(body: &[u8]) -> Result<Event, DecodeError> {
    let shape: Shape = json::decode(body)?;
    match shape.event_type {
        Some(event_type) if event_type == ELIGIBILITY_UPDATED => json::decode(body).map(Event::ItemEligibilityUpdated),
        Some(event_type) => Ok(Event::Unknown(Unknown { event_type, json: json::decode(body)? })),
        None if shape.qualification_session_id.is_some() => json::decode(body).map(Event::QualificationSessionComplete),
        None => Err(DecodeError::whole(Category::Data)),
    }
}
