//! Every event that the providers document: its fixture, and the name of its variant, with which its `Debug` begins.

pub(crate) const TRUEMED: [(&str, &str); 4] = [
    ("truemed/qualification_session_complete.json", "QualificationSessionComplete"),
    ("truemed/item_eligibility_updated.json", "ItemEligibilityUpdated"),
    ("truemed/payment_session_complete.json", "PaymentSessionComplete"),
    ("truemed/payment_token_updated.json", "PaymentTokenUpdated"),
];

/// The thirteen types, and the newer form of one of them.
pub(crate) const MEDIQUO: [(&str, &str); 14] = [
    ("mediquo/patient_consultation_created.json", "ConsultationCreated"),
    ("mediquo/patient_consultation_cancelled.json", "ConsultationCancelled"),
    ("mediquo/patient_consultation_rescheduled.json", "ConsultationRescheduled"),
    ("mediquo/patient_consultation_finished.json", "ConsultationFinished"),
    ("mediquo/patient_consultation_finished_newer.json", "ConsultationFinished"),
    ("mediquo/patient_consultation_no_show.json", "ConsultationNoShow"),
    ("mediquo/patient_message_received.json", "MessageReceived"),
    ("mediquo/patient_immediate_video_call_assigned.json", "ImmediateVideoCallAssigned"),
    ("mediquo/professional_block_created.json", "ProfessionalBlockCreated"),
    ("mediquo/professional_block_updated.json", "ProfessionalBlockUpdated"),
    ("mediquo/professional_block_deleted.json", "ProfessionalBlockDeleted"),
    ("mediquo/prescription_created.json", "PrescriptionCreated"),
    ("mediquo/patient_report_sent.json", "ReportSent"),
    ("mediquo/patient_waiting_room_position_update.json", "WaitingRoomPositionUpdate"),
];
