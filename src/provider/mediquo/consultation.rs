use serde::Serialize;

use super::{Patient, Prescription, Professional, Report, Speciality, reports::one_or_many};
use crate::{
    json::{DateTime, Id, SecretString, parts::parts},
    provider::{lenient::null_as_default, shows::shows},
};

parts! {
    /// The payload of the events about a consultation.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ConsultationPayload {
        /// The consultation.
        pub consultation: Consultation,
        /// The reports made in it. They are sent as an array, as one report, or as an object of reports by name.
        #[serde(default, deserialize_with = "one_or_many")]
        pub reports: Vec<Report>,
        /// The patient.
        pub patient: Patient,
        /// The professional.
        pub professional: Option<Professional>,
        /// The prescriptions made in it.
        #[serde(default, deserialize_with = "null_as_default")]
        pub prescriptions: Vec<Prescription>,
        /// Where the patient is referred to, once an appointment is finished.
        pub derivation: Option<Derivation>,
        /// What the patient said before.
        pub preconsultation: Option<Preconsultation>,
    }

    /// A consultation.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Consultation {
        /// The id.
        pub id: String,
        /// How it is organised.
        #[serde(rename = "type")]
        pub consultation_type: Option<ConsultationType>,
        /// How it is held.
        pub channel: Option<Channel>,
        /// The kind of service.
        pub service_type: Option<ServiceType>,
        /// A link that opens the room without a login.
        pub consultation_url: Option<SecretString>,
        /// When it is to begin.
        pub scheduled_start_date: Option<DateTime>,
        /// When it is to end.
        pub scheduled_end_date: Option<DateTime>,
        /// When it was to begin before it was rescheduled.
        pub previous_scheduled_start_date: Option<DateTime>,
        /// When it was to end before it was rescheduled.
        pub previous_scheduled_end_date: Option<DateTime>,
        /// When it began. The first page's sample has no offset, and does not say which zone is meant.
        pub start_date: Option<DateTime>,
        /// When it ended.
        pub end_date: Option<DateTime>,
        /// When it was booked.
        pub created_at: Option<DateTime>,
        /// The professional's speciality.
        pub speciality: Option<Speciality>,
    }
}

crate::open_enum! {
    /// How a consultation is organised.
    pub enum ConsultationType {
        /// By appointment.
        Appointment = "appointment",
        /// By chat.
        Chat = "chat",
    }
}

crate::open_enum! {
    /// How a consultation is held.
    pub enum Channel {
        /// By chat.
        Chat = "chat",
        /// By phone.
        Phone = "phone",
        /// By video.
        Video = "video",
    }
}

crate::open_enum! {
    /// The kind of service of a consultation. MediQuo has more than these.
    pub enum ServiceType {
        /// At once.
        Immediate = "immediate",
        /// At a time that was agreed on.
        Scheduled = "scheduled",
    }
}

parts! {
    /// Where a patient is referred to.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Derivation {
        /// The id.
        pub id: Option<Id>,
        /// The description.
        pub description: Option<String>,
    }

    /// What a patient said before a consultation.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Preconsultation {
        /// Why the patient asks for a consultation.
        pub reason: Option<String>,
        /// What the patient has uploaded.
        #[serde(default, deserialize_with = "null_as_default")]
        pub documents: Vec<Document>,
    }

    /// A document that a patient has uploaded.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Document {
        /// The id.
        pub id: Option<Id>,
        /// The name of the file.
        pub file_name: Option<String>,
        /// A link that opens the document without a login.
        pub url: Option<SecretString>,
    }
}

impl ConsultationPayload {
    /// A payload with the fields that MediQuo always sends.
    #[must_use]
    pub fn new(consultation: Consultation, patient: Patient) -> Self {
        Self {
            consultation,
            reports: Vec::new(),
            patient,
            professional: None,
            prescriptions: Vec::new(),
            derivation: None,
            preconsultation: None,
        }
    }
}

impl Consultation {
    /// A consultation with the one field that is required.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            consultation_type: None,
            channel: None,
            service_type: None,
            consultation_url: None,
            scheduled_start_date: None,
            scheduled_end_date: None,
            previous_scheduled_start_date: None,
            previous_scheduled_end_date: None,
            start_date: None,
            end_date: None,
            created_at: None,
            speciality: None,
        }
    }
}

shows! {
    ConsultationPayload { consultation reports.len patient prescriptions.len }
    Consultation { id consultation_type channel service_type }
    Derivation {}
    Preconsultation {}
    Document {}
}
