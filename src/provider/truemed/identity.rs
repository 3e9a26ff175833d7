use super::Event;
use crate::{DateTime, idempotency::IdentityBuilder};

impl Event {
    /// What a retry repeats, by Truemed's pages.
    pub(super) fn identity<'a>(&self, identity: IdentityBuilder<'a>) -> IdentityBuilder<'a> {
        match self {
            Self::QualificationSessionComplete(session) => identity
                .part("qualification_session_complete")
                .part(&session.qualification_session_id)
                .part(session.status.as_str()),
            Self::ItemEligibilityUpdated(update) => {
                let identity = identity.part(self.event_type().unwrap_or_default()).part(&update.data.object.sku);
                match &update.timestamp {
                    DateTime::Instant(instant) => identity.part(instant.as_nanosecond().to_be_bytes()),
                    // A day, or the literal "string", may be that of several updates.
                    _ => identity.content(),
                }
            }
            Self::Unknown(_) => identity.content(),
        }
    }
}
