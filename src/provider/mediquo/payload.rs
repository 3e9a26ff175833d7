//! The payloads of events that are not about a whole consultation.

use serde::Serialize;

use super::{Patient, Prescription, Professional, Speciality};
use crate::{
    json::{DateTime, Id, SecretString, parts::parts},
    provider::shows::shows,
};

parts! {
    /// The payload of [`MessageReceived`](super::Event::MessageReceived).
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct MessageReceivedPayload {
        /// The professional who wrote.
        pub professional: Option<Professional>,
        /// The patient.
        pub patient: Patient,
        /// The message. An older form of the event does not have it, and is sent while the message is unread.
        pub message: Option<Message>,
    }

    /// A message to a patient.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Message {
        /// Whether the patient has read it.
        pub is_read: Option<bool>,
    }

    /// The payload of [`ImmediateVideoCallAssigned`](super::Event::ImmediateVideoCallAssigned).
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ImmediateVideoCallPayload {
        /// The call.
        pub consultation: ImmediateVideoCall,
        /// The patient.
        pub patient: Patient,
        /// The professional.
        pub professional: Option<Professional>,
    }

    /// An immediate video call.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ImmediateVideoCall {
        /// The id of the consultation.
        pub id: String,
        /// The professional's speciality.
        pub speciality: Option<Speciality>,
        /// A link that opens the room without a login.
        pub url: Option<SecretString>,
    }

    /// A time when a professional is unavailable.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ProfessionalBlock {
        /// The id.
        pub id: Id,
        /// The name.
        pub name: Option<String>,
        /// When it begins.
        pub starts_at: Option<DateTime>,
        /// When it ends.
        pub finishes_at: Option<DateTime>,
        /// The professional, with `hash` instead of `id`.
        pub professional: Option<Professional>,
    }

    /// The payload of [`PrescriptionCreated`](super::Event::PrescriptionCreated).
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct PrescriptionCreatedPayload {
        /// The prescription.
        pub prescription: Prescription,
        /// The patient.
        pub patient: Patient,
        /// The professional.
        pub professional: Option<Professional>,
    }

    /// The payload of [`WaitingRoomPositionUpdate`](super::Event::WaitingRoomPositionUpdate).
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct WaitingRoomPayload {
        /// The queue.
        pub consultation: WaitingRoom,
        /// The patient.
        pub patient: Patient,
    }

    /// A place in the queue for a consultation.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct WaitingRoom {
        /// The speciality that the patient waits for.
        pub speciality: Option<Speciality>,
        /// The patient's position.
        pub position: i64,
        /// A link that opens the room without a login.
        pub url: Option<SecretString>,
    }
}

impl MessageReceivedPayload {
    /// A message to this patient.
    #[must_use]
    pub fn new(patient: Patient) -> Self {
        Self { professional: None, patient, message: None }
    }
}

impl ImmediateVideoCallPayload {
    /// The call of this consultation, for this patient.
    pub fn new(consultation_id: impl Into<String>, patient: Patient) -> Self {
        let consultation = ImmediateVideoCall { id: consultation_id.into(), speciality: None, url: None };
        Self { consultation, patient, professional: None }
    }
}

impl ProfessionalBlock {
    /// A block with the one field that is required.
    pub fn new(id: impl Into<Id>) -> Self {
        Self { id: id.into(), name: None, starts_at: None, finishes_at: None, professional: None }
    }
}

impl PrescriptionCreatedPayload {
    /// A prescription for this patient.
    #[must_use]
    pub fn new(prescription: Prescription, patient: Patient) -> Self {
        Self { prescription, patient, professional: None }
    }
}

impl WaitingRoomPayload {
    /// This patient's position.
    #[must_use]
    pub fn new(position: i64, patient: Patient) -> Self {
        Self { consultation: WaitingRoom { speciality: None, position, url: None }, patient }
    }
}

shows! {
    MessageReceivedPayload {}
    Message {}
    ImmediateVideoCallPayload { consultation }
    ImmediateVideoCall { id }
    ProfessionalBlock {}
    PrescriptionCreatedPayload {}
    WaitingRoomPayload { consultation }
    WaitingRoom { position }
}
