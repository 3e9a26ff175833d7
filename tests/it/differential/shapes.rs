//! What the documents and the reference are made from: the members of each event, as the pages describe them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_webhook::{json::RawJson, tagged_enum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Truemed,
    MediQuo,
    Tagged,
    Strict,
}

/// What a member may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text,
    Bool,
    /// An integer within this range.
    Integer(i128, i128),
    Float,
    /// A string or a number, kept to the digit.
    Exact,
    Time,
    /// Seconds since 1970.
    UnixTime,
    Any,
    Raw,
    Object(&'static [Member]),
    List(&'static Shape),
    /// An object with any names.
    Map(&'static Shape),
    Report,
    Reports,
    ReportSent,
}

pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) absent: Absent,
}

/// What it means that a member is not there, or `null`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Absent {
    Refused,
    Null,
    /// The same as an empty array.
    Empty,
}

use Absent::{Empty, Null, Refused};
use Shape::{Any, Bool, Exact, Float, Integer, List, Map, Object, Raw, Reports, Text, Time, UnixTime};

const fn required(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, absent: Refused }
}

const fn optional(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, absent: Null }
}

const fn list(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape: List(shape), absent: Empty }
}

pub(super) const QUALIFICATION: &[Member] = &[
    required("qualification_session_id", Text),
    required("status", Text),
    optional("email", Text),
    optional("expires_at", Time),
    optional("source", Text),
    optional("user_id", Text),
];

/// With either name for its id: see the reference.
pub(super) const PAYMENT: &[Member] = &[
    optional("payment_session_id", Text),
    required("status", Text),
    optional("created_at", Time),
    list(
        "order_items",
        &Object(&[
            optional("item_id", Exact),
            optional("name", Text),
            optional("price", Exact),
            optional("quantity", Exact),
            optional("sku", Text),
            optional("total_refundable", Exact),
            optional("quantity_refundable", Exact),
            optional("total_capturable", Exact),
            optional("quantity_capturable", Exact),
        ]),
    ),
    optional("capture_amount", Exact),
    optional("metadata", Raw),
    optional("payment_token", Text),
    optional("id", Exact),
];

pub(super) const TOKEN: &[Member] = &[
    required("payment_token", Text),
    optional("payment_session_id", Text),
    optional("failed_payment_session_id", Text),
    optional("provision_token_request_id", Text),
    optional("expires_at", Time),
    optional("lmn_expires_at", Time),
];

pub(super) const ELIGIBILITY: &[Member] = &[
    required("timestamp", Time),
    required(
        "data",
        Object(&[required(
            "object",
            Object(&[
                required("sku", Text),
                optional("name", Text),
                optional("eligibility", Text),
                optional("reviewed_at", Time),
                optional("created_at", Time),
            ]),
        )]),
    ),
];

const SPECIALITY: Shape = Object(&[optional("id", Exact), optional("name", Text)]);
const DESCRIBED: Shape = Object(&[optional("id", Exact), optional("name", Text), optional("description", Text)]);
const MEDICATION: Shape =
    Object(&[optional("id", Exact), optional("name", Text), optional("description", Text), optional("posology", Text)]);
pub(super) const PATIENT: Shape = Object(&[
    optional("code", Text),
    list("allergies", &DESCRIBED),
    list("diseases", &DESCRIBED),
    list("medications", &MEDICATION),
]);
const PROFESSIONAL: Shape = Object(&[
    optional("id", Text),
    optional("hash", Text),
    optional("name", Text),
    optional("avatar", Text),
    optional("speciality", Text),
]);
const PRESCRIPTION: Shape = Object(&[
    optional("id", Text),
    list("active_substances", &Text),
    optional("short_code", Text),
    optional("prescribed_at", Time),
    optional("pdf_url", Text),
    optional("consultation_type", Text),
    optional("consultation_id", Text),
]);
const CONSULTATION: &[Member] = &[
    required(
        "consultation",
        Object(&[
            required("id", Text),
            optional("type", Text),
            optional("channel", Text),
            optional("service_type", Text),
            optional("consultation_url", Text),
            optional("scheduled_start_date", Time),
            optional("scheduled_end_date", Time),
            optional("previous_scheduled_start_date", Time),
            optional("previous_scheduled_end_date", Time),
            optional("start_date", Time),
            optional("end_date", Time),
            optional("created_at", Time),
            optional("speciality", SPECIALITY),
        ]),
    ),
    Member { name: "reports", shape: Reports, absent: Empty },
    required("patient", PATIENT),
    optional("professional", PROFESSIONAL),
    list("prescriptions", &PRESCRIPTION),
    optional("derivation", Object(&[optional("id", Exact), optional("description", Text)])),
    optional(
        "preconsultation",
        Object(&[
            optional("reason", Text),
            list("documents", &Object(&[optional("id", Exact), optional("file_name", Text), optional("url", Text)])),
        ]),
    ),
];
const MESSAGE: &[Member] = &[
    optional("professional", PROFESSIONAL),
    required("patient", PATIENT),
    optional("message", Object(&[optional("is_read", Bool)])),
];
const CALL: &[Member] = &[
    required(
        "consultation",
        Object(&[required("id", Text), optional("speciality", SPECIALITY), optional("url", Text)]),
    ),
    required("patient", PATIENT),
    optional("professional", PROFESSIONAL),
];
const BLOCK: &[Member] = &[
    required("id", Exact),
    optional("name", Text),
    optional("starts_at", Time),
    optional("finishes_at", Time),
    optional("professional", PROFESSIONAL),
];
const PRESCRIBED: &[Member] =
    &[required("prescription", PRESCRIPTION), required("patient", PATIENT), optional("professional", PROFESSIONAL)];
const WAITING: &[Member] = &[
    required(
        "consultation",
        Object(&[
            optional("speciality", SPECIALITY),
            required("position", Integer(i64::MIN as i128, i64::MAX as i128)),
            optional("url", Text),
        ]),
    ),
    required("patient", PATIENT),
];

/// The content of a report of this type.
pub(super) const SOAP: Shape = Object(&[
    optional("subjective", Text),
    optional("objective", Text),
    optional("assessment", Text),
    optional("plan", Text),
]);

macro_rules! notifications {
    ($($name:literal: $payload:expr,)+) => {
        /// The types of MediQuo, with their members.
        pub(super) const NOTIFICATIONS: &[(&str, &[Member])] =
            &[$(($name, &[required("occurred_on", UnixTime), required("payload", $payload)]),)+];
    };
}

notifications! {
    "patient_consultation_created": Object(CONSULTATION),
    "patient_consultation_cancelled": Object(CONSULTATION),
    "patient_consultation_rescheduled": Object(CONSULTATION),
    "patient_consultation_finished": Object(CONSULTATION),
    "patient_consultation_no_show": Object(CONSULTATION),
    "patient_message_received": Object(MESSAGE),
    "patient_immediate_video_call_assigned": Object(CALL),
    "professional_block_created": Object(BLOCK),
    "professional_block_updated": Object(BLOCK),
    "professional_block_deleted": Object(BLOCK),
    "prescription_created": Object(PRESCRIBED),
    "patient_report_sent": Shape::ReportSent,
    "patient_waiting_room_position_update": Object(WAITING),
}

tagged_enum! {
    #[derive(Clone, Debug)]
    pub(super) enum Event {
        Paid(Paid) = "order.paid",
        Counted(BTreeMap<String, RawJson>) = "order.counted",
        Ping = "ping",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Paid {
    order: Order,
    note: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    id: String,
    lines: Vec<Line>,
    small: u8,
    large: u64,
    signed: i64,
    fraction: f64,
    flag: Option<bool>,
    counts: Option<BTreeMap<String, i32>>,
    any: Option<Value>,
    raw: Option<RawJson>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    sku: String,
    quantity: Option<u32>,
}

pub(super) const ORDER: &[Member] = &[
    required("id", Text),
    required("lines", List(&Object(&[required("sku", Text), optional("quantity", Integer(0, u32::MAX as i128))]))),
    required("small", Integer(0, u8::MAX as i128)),
    required("large", Integer(0, u64::MAX as i128)),
    required("signed", Integer(i64::MIN as i128, i64::MAX as i128)),
    required("fraction", Float),
    optional("flag", Bool),
    optional("counts", Map(&Integer(i32::MIN as i128, i32::MAX as i128))),
    optional("any", Any),
    optional("raw", Raw),
];

/// The types of `Event`, with the shape of the whole body.
pub(super) const EVENTS: &[(&str, Option<Shape>)] = &[
    ("order.paid", Some(Object(&[required("order", Object(ORDER)), optional("note", Text)]))),
    ("order.counted", Some(Map(&Raw))),
    ("ping", None),
];

/// The members of a report of MediQuo.
pub(super) const REPORT: &[Member] =
    &[optional("id", Text), optional("type", Text), optional("content", Raw), optional("name", Text)];

/// Those of a report that was sent.
pub(super) const REPORT_SENT: &[Member] =
    &[optional("type", Text), optional("content", Raw), required("patient", PATIENT)];
