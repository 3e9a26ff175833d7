use super::Event;
use crate::delivery::IdentityBuilder;

impl Event {
    /// Adds what all retries of this event repeat.
    pub(super) fn identity<'a>(&self, identity: IdentityBuilder<'a>) -> IdentityBuilder<'a> {
        match self {
            Self::ConsultationFinished(finished) => identity
                .part(self.event_type())
                .part(finished.occurred_on.as_nanosecond().to_be_bytes())
                .part(&finished.payload.consultation.id),
            Self::ReportSent(sent) => {
                identity.part(self.event_type()).part(sent.occurred_on.as_nanosecond().to_be_bytes()).content()
            }
            Self::Unknown(_) => identity,
        }
    }
}
