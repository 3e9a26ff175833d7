use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Consultation, Patient, Prescription, Professional, Report, ReportSent,
    lenient::{null_as_default, one_or_many},
    unix_time,
};
use crate::json::{parts::parts, provider_events::provider_events};

provider_events! {
    /// What MediQuo sends.
    ///
    /// `Debug` shows kinds, ids of consultations and counts, never personal fields. It is serialised
    /// to JSON that means the same (an instant is written in UTC, an absent field as `null`), and read
    /// from it again, so that an event can wait in a queue.
    ///
    /// # Examples
    ///
    /// For tests of your handler:
    ///
    /// ```
    /// use tower_webhook::{jiff::Timestamp, provider::mediquo::{
    ///     Consultation, ConsultationFinished, ConsultationFinishedPayload, Event, Patient,
    /// }};
    ///
    /// let payload = ConsultationFinishedPayload::new(Consultation::new("c-1"), Patient::new("jane"));
    /// let event = Event::ConsultationFinished(ConsultationFinished::new(Timestamp::UNIX_EPOCH, payload));
    ///
    /// let debug = format!("{event:?}");
    /// assert!(debug.contains("c-1") && !debug.contains("jane"));
    ///
    /// let json = serde_json::to_string(&event)?;
    /// assert_eq!(serde_json::from_str::<Event>(&json)?, event);
    /// # Ok::<_, serde_json::Error>(())
    /// ```
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[expect(clippy::large_enum_variant, reason = "the extensions of a request box the event already")]
    pub enum Event by "type" {
        /// A professional finished a consultation.
        ConsultationFinished(ConsultationFinished) = "patient_consultation_finished",
        /// A professional sent a report to a patient.
        ReportSent(ReportSent) = "patient_report_sent",
    }
}

parts! {
    /// A professional finished a consultation.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ConsultationFinished {
        /// When it happened. Sent as a Unix timestamp, whole or with a fraction.
        #[serde(with = "unix_time")]
        pub occurred_on: Timestamp,
        /// What happened.
        pub payload: ConsultationFinishedPayload,
    }

    /// The payload of [`ConsultationFinished`].
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ConsultationFinishedPayload {
        /// The consultation.
        pub consultation: Consultation,
        /// The reports made in it. The page's table says an object and its sample shows an array: a
        /// single object is read as an array of one.
        #[serde(default, deserialize_with = "one_or_many")]
        pub reports: Vec<Report>,
        /// The patient.
        pub patient: Patient,
        /// The professional.
        #[serde(default)]
        pub professional: Option<Professional>,
        /// The prescriptions made in it.
        #[serde(default, deserialize_with = "null_as_default")]
        pub prescriptions: Vec<Prescription>,
    }
}

impl ConsultationFinished {
    /// An event, for tests.
    #[must_use]
    pub fn new(occurred_on: Timestamp, payload: ConsultationFinishedPayload) -> Self {
        Self { occurred_on, payload }
    }
}

impl ConsultationFinishedPayload {
    /// A payload with the fields that MediQuo always sends.
    #[must_use]
    pub fn new(consultation: Consultation, patient: Patient) -> Self {
        Self { consultation, reports: Vec::new(), patient, professional: None, prescriptions: Vec::new() }
    }
}

impl fmt::Debug for ConsultationFinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsultationFinished").field("payload", &self.payload).finish_non_exhaustive()
    }
}

impl fmt::Debug for ConsultationFinishedPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsultationFinishedPayload")
            .field("consultation", &self.consultation)
            .field("reports", &self.reports.len())
            .field("patient", &self.patient)
            .field("prescriptions", &self.prescriptions.len())
            .finish_non_exhaustive()
    }
}
