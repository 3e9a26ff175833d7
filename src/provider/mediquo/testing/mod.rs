//! MediQuo's events for your own tests (feature `testing`), with made-up data in every field that such an event has.
//!
//! The key of [`TestEvent::request`](crate::testing::TestEvent::request) is the
//! [`signature`](super::MediQuoBuilder::signature).
//!
//! # Examples
//!
//! A function that takes an event, and a whole route:
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_webhook::{BoxError, WebhookBody, provider::mediquo::{ConsultationType, Event, MediQuo, testing}};
//!
//! fn finished(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::ConsultationFinished(finished) => Some(&finished.payload.consultation.id),
//!         _ => None,
//!     }
//! }
//!
//! async fn handle(request: Request<WebhookBody>) -> Result<Response<Full<Bytes>>, BoxError> {
//!     let event = request.extensions().get::<Event>().ok_or("no event")?;
//!     finished(event).ok_or("not finished")?;
//!     Ok(Response::default())
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), BoxError> {
//! let chat = testing::consultation_finished()
//!     .consultation_id("c-8")
//!     .consultation_type(ConsultationType::Chat)
//!     .patient_code("p-8")
//!     .with(|finished| finished.payload.reports.clear());
//! assert_eq!(finished(&chat.event()), Some("c-8"));
//! assert_eq!(finished(&testing::consultation_no_show().event()), None);
//!
//! let signature = "a-signature-for-tests";
//! let layer = MediQuo::builder().signature(signature).build()?.into_layer();
//! let service = ServiceBuilder::new().layer(layer).service_fn(handle);
//! assert_eq!(service.oneshot(chat.request::<Full<Bytes>>(signature)).await?.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```

mod data;

use jiff::Timestamp;

use super::{
    Channel, Consultation, ConsultationPayload, ConsultationType, Derivation, Event, ImmediateVideoCallPayload,
    Message, MessageReceivedPayload, Notification, Patient, Preconsultation, Prescription, PrescriptionCreatedPayload,
    Professional, ProfessionalBlock, Report, ReportContent, ReportSentPayload, ReportType, SIGNATURE_HEADER,
    ServiceType, Speciality, WaitingRoomPayload,
};
use crate::{
    json::{DateTime, Id, SecretString},
    testing::event::{setters, test_events},
};

test_events! {
    Event with its key in SIGNATURE_HEADER;
    /// An appointment by video was booked.
    consultation_created: ConsultationCreated(Notification<ConsultationPayload>) = data::created();
    /// An appointment was cancelled.
    consultation_cancelled: ConsultationCancelled(Notification<ConsultationPayload>) = data::cancelled();
    /// An appointment has another date.
    consultation_rescheduled: ConsultationRescheduled(Notification<ConsultationPayload>) = data::rescheduled();
    /// An appointment was finished, with a report, a prescription and a referral.
    consultation_finished: ConsultationFinished(Notification<ConsultationPayload>) = data::finished();
    /// The patient did not come to an appointment.
    consultation_no_show: ConsultationNoShow(Notification<ConsultationPayload>) = data::no_show();
    /// A professional wrote a message, which is unread.
    message_received: MessageReceived(Notification<MessageReceivedPayload>) = data::message();
    /// A professional was assigned to an immediate video call.
    immediate_video_call_assigned: ImmediateVideoCallAssigned(Notification<ImmediateVideoCallPayload>) = data::call();
    /// A professional will be on holidays.
    professional_block_created: ProfessionalBlockCreated(Notification<ProfessionalBlock>) = data::block();
    /// A professional's holidays have another date.
    professional_block_updated: ProfessionalBlockUpdated(Notification<ProfessionalBlock>) = data::block();
    /// A professional will not be on holidays.
    professional_block_deleted: ProfessionalBlockDeleted(Notification<ProfessionalBlock>) = data::block();
    /// The PDF of a prescription is ready.
    prescription_created: PrescriptionCreated(Notification<PrescriptionCreatedPayload>) = data::prescribed();
    /// A SOAP note was sent to a patient.
    report_sent: ReportSent(Notification<ReportSentPayload>) = data::report_sent();
    /// A patient is third in the queue.
    waiting_room_position_update: WaitingRoomPositionUpdate(Notification<WaitingRoomPayload>) = data::waiting();
}

setters! {
    Event(
        Notification<ConsultationPayload>, Notification<MessageReceivedPayload>, Notification<ImmediateVideoCallPayload>,
        Notification<ProfessionalBlock>, Notification<PrescriptionCreatedPayload>, Notification<ReportSentPayload>,
        Notification<WaitingRoomPayload>
    ) {
        occurred_on: Timestamp = occurred_on,
    }
    Event(
        Notification<ConsultationPayload>, Notification<MessageReceivedPayload>, Notification<ImmediateVideoCallPayload>,
        Notification<PrescriptionCreatedPayload>, Notification<ReportSentPayload>, Notification<WaitingRoomPayload>
    ) {
        patient: Patient = payload.patient,
        patient_code: String = payload.patient.code,
    }
    Event(
        Notification<ConsultationPayload>, Notification<MessageReceivedPayload>, Notification<ImmediateVideoCallPayload>,
        Notification<ProfessionalBlock>, Notification<PrescriptionCreatedPayload>
    ) {
        professional: Professional = payload.professional,
    }
    Event(Notification<ConsultationPayload>) {
        consultation: Consultation = payload.consultation,
        consultation_id: String = payload.consultation.id,
        consultation_type: ConsultationType = payload.consultation.consultation_type,
        channel: Channel = payload.consultation.channel,
        service_type: ServiceType = payload.consultation.service_type,
        consultation_url: SecretString = payload.consultation.consultation_url,
        scheduled_start_date: DateTime = payload.consultation.scheduled_start_date,
        scheduled_end_date: DateTime = payload.consultation.scheduled_end_date,
        previous_scheduled_start_date: DateTime = payload.consultation.previous_scheduled_start_date,
        previous_scheduled_end_date: DateTime = payload.consultation.previous_scheduled_end_date,
        start_date: DateTime = payload.consultation.start_date,
        end_date: DateTime = payload.consultation.end_date,
        created_at: DateTime = payload.consultation.created_at,
        speciality: Speciality = payload.consultation.speciality,
        reports: Vec<Report> = payload.reports,
        prescriptions: Vec<Prescription> = payload.prescriptions,
        derivation: Derivation = payload.derivation,
        preconsultation: Preconsultation = payload.preconsultation,
    }
    Event(Notification<MessageReceivedPayload>) {
        message: Message = payload.message,
    }
    Event(Notification<ImmediateVideoCallPayload>) {
        consultation_id: String = payload.consultation.id,
        speciality: Speciality = payload.consultation.speciality,
        url: SecretString = payload.consultation.url,
    }
    Event(Notification<ProfessionalBlock>) {
        id: Id = payload.id,
        name: String = payload.name,
        starts_at: DateTime = payload.starts_at,
        finishes_at: DateTime = payload.finishes_at,
    }
    Event(Notification<PrescriptionCreatedPayload>) {
        prescription: Prescription = payload.prescription,
    }
    Event(Notification<ReportSentPayload>) {
        report_type: ReportType = payload.report_type,
        content: ReportContent = payload.content,
    }
    Event(Notification<WaitingRoomPayload>) {
        speciality: Speciality = payload.consultation.speciality,
        position: i64 = payload.consultation.position,
        url: SecretString = payload.consultation.url,
    }
}
