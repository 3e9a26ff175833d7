//! What the events have by default. Nobody is meant. Every struct is written out, so that a new field is filled here too.

use jiff::Timestamp;

use super::super::{
    Allergy, Channel, Consultation, ConsultationPayload, ConsultationType, Derivation, Disease, Document,
    ImmediateVideoCall, ImmediateVideoCallPayload, Medication, Message, MessageReceivedPayload, Notification, Patient,
    Preconsultation, Prescription, PrescriptionCreatedPayload, Professional, ProfessionalBlock, Report, ReportContent,
    ReportSentPayload, ReportType, ServiceType, Soap, Speciality, WaitingRoom, WaitingRoomPayload,
};

/// 2026-05-01T08:00:00Z
const BOOKED: Timestamp = Timestamp::constant(1_777_622_400, 0);
/// 2026-05-02T08:00:00Z
const CHANGED: Timestamp = Timestamp::constant(1_777_708_800, 0);
/// 2026-05-04T08:00:00Z
const BEGUN: Timestamp = Timestamp::constant(1_777_881_600, 0);
/// 2026-05-04T08:15:00Z
const MISSED: Timestamp = Timestamp::constant(1_777_882_500, 0);
/// 2026-05-04T08:24:00Z
const FINISHED: Timestamp = Timestamp::constant(1_777_883_040, 0);

pub(super) fn created() -> Notification<ConsultationPayload> {
    Notification { occurred_on: BOOKED, payload: booked() }
}

pub(super) fn cancelled() -> Notification<ConsultationPayload> {
    Notification { occurred_on: CHANGED, payload: booked() }
}

pub(super) fn rescheduled() -> Notification<ConsultationPayload> {
    let mut payload = booked();
    payload.consultation.previous_scheduled_start_date = Some("2026-05-03T10:00:00+02:00".into());
    payload.consultation.previous_scheduled_end_date = Some("2026-05-03T10:30:00+02:00".into());
    Notification { occurred_on: CHANGED, payload }
}

pub(super) fn finished() -> Notification<ConsultationPayload> {
    let mut payload = booked();
    payload.consultation.start_date = Some("2026-05-04T10:01:00+02:00".into());
    payload.consultation.end_date = Some("2026-05-04T10:24:00+02:00".into());
    payload.reports = vec![Report {
        id: Some("report-7".into()),
        report_type: Some(ReportType::Soap),
        content: Some(ReportContent::Soap(soap())),
        name: None,
    }];
    payload.prescriptions = vec![Prescription {
        id: Some("prescription-7".into()),
        active_substances: vec!["salbutamol".into()],
        short_code: None,
        prescribed_at: None,
        pdf_url: None,
        consultation_type: None,
        consultation_id: None,
    }];
    payload.derivation = Some(Derivation { id: Some(4_i64.into()), description: Some("Pneumology".into()) });
    Notification { occurred_on: FINISHED, payload }
}

pub(super) fn no_show() -> Notification<ConsultationPayload> {
    Notification { occurred_on: MISSED, payload: booked() }
}

pub(super) fn message() -> Notification<MessageReceivedPayload> {
    let payload = MessageReceivedPayload {
        professional: Some(professional()),
        patient: patient(),
        message: Some(Message { is_read: Some(false) }),
    };
    Notification { occurred_on: CHANGED, payload }
}

pub(super) fn call() -> Notification<ImmediateVideoCallPayload> {
    let consultation = ImmediateVideoCall {
        id: "c-7".into(),
        speciality: Some(speciality()),
        url: Some("https://rooms.example.com/c-7?signature=made-up".into()),
    };
    let payload = ImmediateVideoCallPayload { consultation, patient: patient(), professional: Some(professional()) };
    Notification { occurred_on: BEGUN, payload }
}

pub(super) fn block() -> Notification<ProfessionalBlock> {
    let professional = Professional {
        id: None,
        hash: Some("prof-hash-7".into()),
        name: Some("Dr. Example".into()),
        avatar: None,
        speciality: Some("General medicine".into()),
    };
    let payload = ProfessionalBlock {
        id: "block-7".into(),
        name: Some("Holidays".into()),
        starts_at: Some("2026-08-01T00:00:00+02:00".into()),
        finishes_at: Some("2026-08-15T00:00:00+02:00".into()),
        professional: Some(professional),
    };
    Notification { occurred_on: CHANGED, payload }
}

pub(super) fn prescribed() -> Notification<PrescriptionCreatedPayload> {
    let prescription = Prescription {
        id: Some("prescription-7".into()),
        active_substances: vec!["salbutamol".into()],
        short_code: Some("K7-P2".into()),
        prescribed_at: Some("2026-05-04T10:22:00+02:00".into()),
        pdf_url: Some("https://files.example.com/prescription-7.pdf?signature=made-up".into()),
        consultation_type: Some(ConsultationType::Appointment),
        consultation_id: Some("c-7".into()),
    };
    let payload = PrescriptionCreatedPayload { prescription, patient: patient(), professional: Some(professional()) };
    Notification { occurred_on: FINISHED, payload }
}

pub(super) fn report_sent() -> Notification<ReportSentPayload> {
    let payload = ReportSentPayload {
        report_type: Some(ReportType::Soap),
        content: Some(ReportContent::Soap(soap())),
        patient: patient(),
    };
    Notification { occurred_on: FINISHED, payload }
}

pub(super) fn waiting() -> Notification<WaitingRoomPayload> {
    let consultation = WaitingRoom {
        speciality: Some(speciality()),
        position: 3,
        url: Some("https://rooms.example.com/waiting?signature=made-up".into()),
    };
    Notification { occurred_on: BEGUN, payload: WaitingRoomPayload { consultation, patient: patient() } }
}

/// A consultation before it begins.
fn booked() -> ConsultationPayload {
    let consultation = Consultation {
        id: "c-7".into(),
        consultation_type: Some(ConsultationType::Appointment),
        channel: Some(Channel::Video),
        service_type: Some(ServiceType::Scheduled),
        consultation_url: Some("https://rooms.example.com/c-7?signature=made-up".into()),
        scheduled_start_date: Some("2026-05-04T10:00:00+02:00".into()),
        scheduled_end_date: Some("2026-05-04T10:30:00+02:00".into()),
        previous_scheduled_start_date: None,
        previous_scheduled_end_date: None,
        start_date: None,
        end_date: None,
        created_at: Some("2026-05-01T10:00:00+02:00".into()),
        speciality: Some(speciality()),
    };
    let document = Document {
        id: Some(55_i64.into()),
        file_name: Some("x-ray.pdf".into()),
        url: Some("https://files.example.com/55?signature=made-up".into()),
    };
    ConsultationPayload {
        consultation,
        reports: Vec::new(),
        patient: patient_with_history(),
        professional: Some(professional()),
        prescriptions: Vec::new(),
        derivation: None,
        preconsultation: Some(Preconsultation { reason: Some("Cough at night".into()), documents: vec![document] }),
    }
}

/// The patient in events that are not about a whole consultation.
fn patient() -> Patient {
    Patient { code: Some("p-7".into()), allergies: Vec::new(), diseases: Vec::new(), medications: Vec::new() }
}

fn patient_with_history() -> Patient {
    Patient {
        allergies: vec![Allergy {
            id: Some(12_i64.into()),
            name: Some("Pollen".into()),
            description: Some("in spring".into()),
        }],
        diseases: vec![Disease {
            id: Some(34_i64.into()),
            name: Some("Asthma".into()),
            description: Some("since childhood".into()),
        }],
        medications: vec![Medication {
            id: Some(56_i64.into()),
            name: Some("Salbutamol".into()),
            description: Some("an inhaler".into()),
            posology: Some("as needed".into()),
        }],
        ..patient()
    }
}

fn professional() -> Professional {
    Professional {
        id: Some("prof-7".into()),
        hash: None,
        name: Some("Dr. Example".into()),
        avatar: Some("https://cdn.example.com/prof-7.png".into()),
        speciality: None,
    }
}

fn speciality() -> Speciality {
    Speciality { id: Some(7_i64.into()), name: Some("General medicine".into()) }
}

fn soap() -> Soap {
    Soap {
        subjective: Some("Coughs at night.".into()),
        objective: Some("Clear lungs.".into()),
        assessment: Some("Asthma, well controlled.".into()),
        plan: Some("Inhale before sleep.".into()),
    }
}
