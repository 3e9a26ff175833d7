//! Every public type that is written can be read again, from every job of a user's and in every format; and what
//! cannot be read is told without a value. A new type is one row.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tower_webhook::{
    json::{self, Amount, DateTime, Id, RawJson, SecretString, Unknown},
    provider::{mediquo, truemed},
};

use crate::support::{
    fixture,
    jobs::{TextsAndValues, errors_quote_nothing, object_survives_in_every_job, survives_in_every_job},
};

macro_rules! rows {
    ($(
        $check:ident { $($name:ident: $type:ty = $($samples:expr),+;)+ }
    )+) => {
        mod survives {
            use super::*;
            $($(
                #[test]
                fn $name() {
                    let samples: Vec<$type> = [$($samples),+].into_iter().flatten().collect();
                    assert!(!samples.is_empty());
                    for sample in samples {
                        $check(&sample, TextsAndValues);
                    }
                }
            )+)+
        }
        mod quotes_nothing {
            use super::*;
            $($(
                #[test]
                fn $name() {
                    let samples: Vec<$type> = [$($samples),+].into_iter().flatten().collect();
                    samples.iter().for_each(errors_quote_nothing);
                }
            )+)+
        }
    };
}

/// What these texts say.
fn texts<T: DeserializeOwned>(texts: &[&str]) -> Vec<T> {
    let read = |text: &&str| json::decode(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    texts.iter().map(read).collect()
}

/// What the provider's sample says at this place.
fn at<T: DeserializeOwned>(sample: &str, pointer: &str) -> Vec<T> {
    let whole: Value = serde_json::from_slice(&fixture(sample)).unwrap();
    texts(&[&whole.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {sample}")).to_string()])
}

const SESSION: &str = "truemed/qualification_session_complete.json";
const UPDATE: &str = "truemed/item_eligibility_updated.json";
const TEMPLATE: &str = "truemed/item_eligibility_updated_sample.json";
const CONSULTATION: &str = "mediquo/patient_consultation_finished.json";
const REPORT: &str = "mediquo/patient_report_sent.json";
const PAYMENT: &str = "truemed/payment_session_complete.json";
const TOKEN: &str = "truemed/payment_token_updated.json";
const NEWER: &str = "mediquo/patient_consultation_finished_newer.json";
const MESSAGE: &str = "mediquo/patient_message_received.json";
const CALL: &str = "mediquo/patient_immediate_video_call_assigned.json";
const BLOCK: &str = "mediquo/professional_block_created.json";
const PRESCRIPTION: &str = "mediquo/prescription_created.json";
const QUEUE: &str = "mediquo/patient_waiting_room_position_update.json";

rows! {
    object_survives_in_every_job {
        truemed_event: truemed::Event =
            at(SESSION, ""),
            at(UPDATE, ""),
            at(TEMPLATE, ""),
            at(PAYMENT, ""),
            at(TOKEN, ""),
            texts(&[
                r#"{"qualification_session_id":"q","status":"new","event_type":null}"#,
                r#"{"a":[1,-1,1.5,"é",null,true,{"b":{}}],"event_type":"new"}"#,
            ]);
        truemed_session: truemed::QualificationSessionComplete = at(SESSION, ""), texts(&[MINIMAL_SESSION]);
        truemed_update: truemed::ItemEligibilityUpdated = at(UPDATE, ""), at(TEMPLATE, "");
        truemed_data: truemed::EligibilityData = at(UPDATE, "/data"), at(TEMPLATE, "/data");
        truemed_item: truemed::Item = at(UPDATE, "/data/object"), at(TEMPLATE, "/data/object"), texts(&[r#"{"sku":""}"#]);

        truemed_payment: truemed::PaymentSessionComplete = at(PAYMENT, ""), texts(&[r#"{"payment_session_id":"","status":"x"}"#]);
        truemed_order_item: truemed::OrderItem = at(PAYMENT, "/order_items/0"), at(PAYMENT, "/order_items/1"), texts(&["{}"]);
        truemed_token: truemed::PaymentTokenUpdated = at(TOKEN, ""), texts(&[r#"{"payment_token":""}"#]);

        mediquo_event: mediquo::Event =
            at(CONSULTATION, ""),
            at(NEWER, ""),
            at(MESSAGE, ""),
            at(CALL, ""),
            at(BLOCK, ""),
            at(PRESCRIPTION, ""),
            at(QUEUE, ""),
            at(REPORT, ""),
            texts(&[
                r#"{"type":"patient_report_sent","occurred_on":1704063600.25,"payload":{"type":"x-ray","content":{"a":[1.5]},"patient":{"code":"p"}}}"#,
                r#"{"type":"patient_report_sent","occurred_on":-0.5,"payload":{"content":["{}"],"patient":{"code":"p"}}}"#,
                r#"{"a":[1,{"b":"c"}],"type":"patient_moved"}"#,
            ]);
        mediquo_notification: mediquo::Notification<mediquo::ConsultationPayload> = at(CONSULTATION, ""), at(NEWER, "");
        mediquo_payload: mediquo::ConsultationPayload = at(CONSULTATION, "/payload"), at(NEWER, "/payload"), texts(&[
            r#"{"consultation":{"id":"c"},"patient":{"code":"p"}}"#,
        ]);
        mediquo_consultation: mediquo::Consultation =
            at(CONSULTATION, "/payload/consultation"),
            at(NEWER, "/payload/consultation"),
            texts(&[r#"{"id":"c"}"#]);
        mediquo_derivation: mediquo::Derivation = at(NEWER, "/payload/derivation"), texts(&["{}"]);
        mediquo_preconsultation: mediquo::Preconsultation = at(NEWER, "/payload/preconsultation"), texts(&["{}"]);
        mediquo_document: mediquo::Document = at(NEWER, "/payload/preconsultation/documents/0"), texts(&["{}"]);
        mediquo_message_payload: mediquo::MessageReceivedPayload = at(MESSAGE, "/payload");
        mediquo_message: mediquo::Message = at(MESSAGE, "/payload/message"), texts(&["{}"]);
        mediquo_call_payload: mediquo::ImmediateVideoCallPayload = at(CALL, "/payload");
        mediquo_call: mediquo::ImmediateVideoCall = at(CALL, "/payload/consultation");
        mediquo_block: mediquo::ProfessionalBlock = at(BLOCK, "/payload"), texts(&[r#"{"id":7}"#]);
        mediquo_prescription_payload: mediquo::PrescriptionCreatedPayload = at(PRESCRIPTION, "/payload");
        mediquo_waiting_room_payload: mediquo::WaitingRoomPayload = at(QUEUE, "/payload");
        mediquo_waiting_room: mediquo::WaitingRoom = at(QUEUE, "/payload/consultation");
        mediquo_speciality: mediquo::Speciality = at(CONSULTATION, "/payload/consultation/speciality"), texts(&[
            r#"{"id":"gp"}"#, r#"{"id":18446744073709551615}"#, "{}",
        ]);
        mediquo_patient: mediquo::Patient = at(CONSULTATION, "/payload/patient"), at(NEWER, "/payload/patient"), texts(&[
            r#"{"code":""}"#, "{}",
        ]);
        mediquo_allergy: mediquo::Allergy = at(CONSULTATION, "/payload/patient/allergies/0"), texts(&["{}"]);
        mediquo_disease: mediquo::Disease = at(CONSULTATION, "/payload/patient/diseases/0"), texts(&["{}"]);
        mediquo_medication: mediquo::Medication = at(CONSULTATION, "/payload/patient/medications/0"), texts(&["{}"]);
        mediquo_professional: mediquo::Professional = at(CONSULTATION, "/payload/professional"), texts(&["{}"]);
        mediquo_prescription: mediquo::Prescription = at(CONSULTATION, "/payload/prescriptions/0"), at(PRESCRIPTION, "/payload/prescription"), texts(&["{}"]);
        mediquo_report: mediquo::Report = at(CONSULTATION, "/payload/reports/0"), texts(&[
            r#"{"id":"r"}"#,
            r#"{"type":"soap","content":null}"#,
            r#"{"content":{"plan":"x"},"type":"soap"}"#,
            r#"{"type":"x-ray","content":{"plan":[1.5,{"x":null}]}}"#,
            r#"{"type":"x-ray","content":["{}"]}"#,
            r#"{"content":"x"}"#,
            r#"{"content":-7}"#,
        ]);
        mediquo_soap: mediquo::Soap = at(CONSULTATION, "/payload/reports/0/content"), texts(&["{}"]);
        mediquo_report_content: mediquo::ReportContent = at(CONSULTATION, "/payload/reports/0")
            .into_iter()
            .chain(texts(&[
                r#"{"type":"soap","content":{}}"#,
                r#"{"type":"x-ray","content":{"plan":"x"}}"#,
                r#"{"content":[1.5,"{}"]}"#,
                r#"{"content":-7}"#,
            ]))
            .map(|report: mediquo::Report| report.content.unwrap())
            .collect::<Vec<_>>();
        mediquo_report_sent: mediquo::Notification<mediquo::ReportSentPayload> = at(REPORT, ""), texts(&[
            r#"{"occurred_on":1704063600.123456,"payload":{"type":"x-ray","content":7,"patient":{"code":"p"}}}"#,
        ]);
        mediquo_report_sent_payload: mediquo::ReportSentPayload = at(REPORT, "/payload"), texts(&[
            r#"{"patient":{"code":"p"}}"#,
            r#"{"type":"x-ray","content":{"a":1},"patient":{"code":"p"}}"#,
        ]);

        unknown_event: Unknown = ["{}", r#"{"a":[1,{"b":"c"}],"type":"lost"}"#, "[]", "7", "null", r#""x""#]
            .map(|json| Unknown::new("lost", RawJson::new(json).unwrap()))
            .to_vec();
        raw_object: RawJson = texts(&["{}", r#"{"a":{"b":[1,{"c":null}]},"d":"e"}"#]);
        own_event: Event = texts(&[
            r#"{"type":"paid","data":{"id":"7","at":"2024-01-15T09:30:00.25Z","more":{"a":[1.5]},"carrier":"rail"}}"#,
            r#"{"type":"paid","data":{"id":"7","at":"soon","more":null,"carrier":null}}"#,
            r#"{"type":"own","data":{"type":"own","data":"x"}}"#,
            r#"{"type":"sent","data":["x"]}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"lost","data":{"a":1}}"#,
            r#"{"type":"lost","data":[{}]}"#,
        ]);
    }
    survives_in_every_job {
        truemed_status: truemed::Status = texts(&[r#""approved""#, r#""new""#, r#""""#]);
        truemed_eligibility: truemed::Eligibility = texts(&[r#""eligible""#, r#""new""#]);
        mediquo_consultation_type: mediquo::ConsultationType = texts(&[r#""chat""#, r#""new""#]);
        mediquo_report_type: mediquo::ReportType = texts(&[r#""soap""#, r#""new""#]);
        truemed_payment_status: truemed::PaymentStatus = texts(&[r#""captured""#, r#""new""#]);
        mediquo_channel: mediquo::Channel = texts(&[r#""video""#, r#""new""#]);
        mediquo_service_type: mediquo::ServiceType = texts(&[r#""scheduled""#, r#""new""#]);
        id: Id = texts(&["7", "-7", r#""7""#, r#""gp""#, "18446744073709551615", "123456789012345678901234567890"]);
        amount: Amount = texts(&["7", "0.1", r#""1249.50""#, "18446744073709551616"]);
        secret: SecretString = texts(&[r#""https://x""#, r#""""#]);

        date_time: DateTime = texts(&[
            r#""2024-01-15T09:30:00Z""#,
            r#""2024-01-15T10:30:00.123456789+01:00""#,
            r#""2024-01-15T09:30:00""#,
            r#""9999-12-31T23:59:59Z""#,
            r#""-009999-01-02T01:59:59Z""#,
            r#""9999-12-31T23:59:59.999999999""#,
            r#""soon""#,
            r#""""#,
        ]);
        raw_json: RawJson = texts(&[
            "null", "true", "-7", "1.5", r#""""#, "[]", r#"[null,[],{},[[]],"]"]"#, r#"["[1]"]"#,
        ]);
        own_value: Carrier = texts(&[r#""air""#, r#""rail""#]);
    }
}

const MINIMAL_SESSION: &str = r#"{"qualification_session_id":"","status":"pending"}"#;

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Paid(Paid) = "paid",
        Own(Own) = "own",
        Sent(Vec<String>) = "sent",
        Ping = "ping",
    }
}

tower_webhook::open_enum! {
    enum Carrier {
        Air = "air",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Paid {
    id: String,
    at: DateTime,
    more: RawJson,
    carrier: Option<Carrier>,
}

/// A struct with fields named as those of a stored event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Own {
    r#type: String,
    data: String,
}
