use super::Event;
use crate::{delivery::IdentityBuilder, json::DateTime};

impl Event {
    /// Adds what all retries of this event repeat.
    pub(super) fn identity<'a>(&self, identity: IdentityBuilder<'a>) -> IdentityBuilder<'a> {
        match self {
            Self::QualificationSessionComplete(session) => {
                identity.part(self.event_type()).part(&session.qualification_session_id).part(session.status.as_str())
            }
            Self::ItemEligibilityUpdated(update) => match &update.timestamp {
                DateTime::Instant(instant) => identity
                    .part(self.event_type())
                    .part(&update.data.object.sku)
                    .part(instant.as_nanosecond().to_be_bytes()),
                // A day, or the literal "string", may be that of several updates.
                _ => identity,
            },
            Self::Unknown(_) => identity,
        }
    }
}
