use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    ConsultationPayload, ImmediateVideoCallPayload, MessageReceivedPayload, PrescriptionCreatedPayload,
    ProfessionalBlock, ReportSentPayload, WaitingRoomPayload, unix_time,
};
use crate::json::{provider_events::provider_events, quiet};

provider_events! {
    /// What MediQuo sends.
    ///
    /// `Debug` shows kinds, ids of consultations and counts, never personal fields. An event can wait in
    /// a queue: it is serialised to equivalent JSON (an instant in UTC, an absent field as `null`), and
    /// read from it again.
    ///
    /// # Examples
    ///
    /// Build an event in a test of your handler. The module `mediquo::testing` (feature `testing`) has complete ones.
    ///
    /// ```
    /// use tower_webhook::{jiff::Timestamp, provider::mediquo::{
    ///     Consultation, ConsultationPayload, Event, Notification, Patient,
    /// }};
    ///
    /// let payload = ConsultationPayload::new(Consultation::new("c-1"), Patient::new("jane"));
    /// let event = Event::ConsultationFinished(Notification::new(Timestamp::UNIX_EPOCH, payload));
    ///
    /// let debug = format!("{event:?}");
    /// assert!(debug.contains("c-1") && !debug.contains("jane"));
    ///
    /// let json = serde_json::to_string(&event)?;
    /// assert_eq!(serde_json::from_str::<Event>(&json)?, event);
    /// # Ok::<_, serde_json::Error>(())
    /// ```
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Event by "type" {
        /// A consultation was booked.
        ConsultationCreated(Notification<ConsultationPayload>) = "patient_consultation_created",
        /// A consultation was cancelled.
        ConsultationCancelled(Notification<ConsultationPayload>) = "patient_consultation_cancelled",
        /// The date or the professional of a consultation has changed.
        ConsultationRescheduled(Notification<ConsultationPayload>) = "patient_consultation_rescheduled",
        /// A professional finished a consultation.
        ConsultationFinished(Notification<ConsultationPayload>) = "patient_consultation_finished",
        /// The patient did not come to a consultation.
        ConsultationNoShow(Notification<ConsultationPayload>) = "patient_consultation_no_show",
        /// A professional wrote to a patient, who may not have read it yet.
        MessageReceived(Notification<MessageReceivedPayload>) = "patient_message_received",
        /// A professional was assigned to an immediate video call.
        ImmediateVideoCallAssigned(Notification<ImmediateVideoCallPayload>) = "patient_immediate_video_call_assigned",
        /// A professional will be unavailable.
        ProfessionalBlockCreated(Notification<ProfessionalBlock>) = "professional_block_created",
        /// The time when a professional is unavailable has changed.
        ProfessionalBlockUpdated(Notification<ProfessionalBlock>) = "professional_block_updated",
        /// A professional is available after all.
        ProfessionalBlockDeleted(Notification<ProfessionalBlock>) = "professional_block_deleted",
        /// The PDF of a prescription is ready.
        PrescriptionCreated(Notification<PrescriptionCreatedPayload>) = "prescription_created",
        /// A professional sent a report to a patient.
        ReportSent(Notification<ReportSentPayload>) = "patient_report_sent",
        /// A patient has another position in the queue.
        WaitingRoomPositionUpdate(Notification<WaitingRoomPayload>) = "patient_waiting_room_position_update",
    }
}

/// What happened, and when.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Notification<P> {
    /// When it happened. Sent as a Unix timestamp, whole or with a fraction.
    #[serde(with = "unix_time")]
    pub occurred_on: Timestamp,
    /// What happened.
    pub payload: P,
}

impl<P> Notification<P> {
    /// A notification, for tests.
    #[must_use]
    pub fn new(occurred_on: Timestamp, payload: P) -> Self {
        Self { occurred_on, payload }
    }
}

// `parts!` has no type parameters.
impl<'de, P: Deserialize<'de>> Deserialize<'de> for Notification<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(remote = "Notification", rename = "Notification", expecting = "an object")]
        struct Part<P> {
            #[serde(with = "unix_time")]
            occurred_on: Timestamp,
            payload: P,
        }

        Part::deserialize(deserializer).map_err(quiet)
    }
}

impl<P: fmt::Debug> fmt::Debug for Notification<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification").field("payload", &self.payload).finish_non_exhaustive()
    }
}
