use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{Consultation, Patient, Prescription, Professional, Report, ReportSent, unix_time};
use crate::json::{RawJson, Tagged, Unknown, decode_tagged, null_as_default, one_or_many};

const CONSULTATION_FINISHED: &str = "patient_consultation_finished";
const REPORT_SENT: &str = "patient_report_sent";

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "the extensions box the event, and a match on a box is no fun")]
pub enum Event {
    /// A professional finished a consultation.
    #[serde(rename = "patient_consultation_finished")]
    ConsultationFinished(ConsultationFinished),
    /// A professional sent a report to a patient.
    #[serde(rename = "patient_report_sent")]
    ReportSent(ReportSent),
    /// An event of a type that MediQuo's page does not describe.
    #[serde(untagged)]
    Unknown(Unknown),
}

impl Event {
    /// The `type` of the event.
    #[must_use]
    pub fn event_type(&self) -> &str {
        match self {
            Self::ConsultationFinished(_) => CONSULTATION_FINISHED,
            Self::ReportSent(_) => REPORT_SENT,
            Self::Unknown(unknown) => &unknown.event_type,
        }
    }
}

impl Tagged for Event {
    const TAG: &'static str = "type";

    fn read<'de, D: Deserializer<'de>>(event_type: &str, object: D) -> Option<Result<Self, D::Error>> {
        Some(match event_type {
            CONSULTATION_FINISHED => ConsultationFinished::deserialize(object).map(Self::ConsultationFinished),
            REPORT_SENT => ReportSent::deserialize(object).map(Self::ReportSent),
            _ => return None,
        })
    }

    fn unknown(unknown: Unknown) -> Self {
        Self::Unknown(unknown)
    }
}

/// Reads JSON only, as an unknown event is kept as the JSON that was sent; so not below `flatten`,
/// or in an untagged or internally tagged enum. An error quotes nothing.
impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RawJson::deserialize(deserializer).map_err(|_| D::Error::custom("not JSON"))?;
        decode_tagged(json.get().as_bytes())
            .map_err(|error| D::Error::custom(format_args!("{} in field `{}`", error.category(), error.path())))
    }
}

/// A professional finished a consultation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConsultationFinished {
    /// When it happened. Sent as a Unix timestamp, whole or with a fraction.
    #[serde(with = "unix_time")]
    pub occurred_on: Timestamp,
    /// What happened.
    pub payload: ConsultationFinishedPayload,
}

/// The payload of [`ConsultationFinished`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
