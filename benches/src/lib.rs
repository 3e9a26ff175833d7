//! What the benchmarks share: the documented events, and the same types by other means.

pub mod count;
mod request;
mod routers;

use std::time::Duration;

use bytes::Bytes;
use criterion::Criterion;
use http_body_util::Full;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use tower_webhook::{
    WebhookLayer,
    provider::{
        mediquo::{ConsultationPayload, MediQuo, ReportSentPayload},
        truemed::{self, QualificationSessionComplete},
    },
};

pub use self::{
    request::{MEDIQUO, TRUEMED, WRONG_KEY, delivery, measure, unsigned},
    routers::routers,
};

/// The key of all benchmarks, in `x-webhook-signature` or `x-truemed-api-key`.
pub const KEY: &str = "mq_Yc6mZa1Kd0Fe7Rt4aN3s8Jq2vXw9Lr5tBq1k";

/// The layer that accepts MediQuo's deliveries with [`KEY`].
///
/// # Panics
///
/// Never.
#[expect(clippy::unwrap_used, reason = "the key is a good one")]
pub fn mediquo() -> WebhookLayer<MediQuo> {
    MediQuo::builder().signature(KEY).build().unwrap().into_layer()
}

/// MediQuo's sample of a finished consultation, as printed: 3.4 KB, of which white space is a third.
pub const CONSULTATION: &str = include_str!("../../tests/fixtures/mediquo/patient_consultation_finished.json");
/// MediQuo's sample of a sent report, as printed.
pub const REPORT: &str = include_str!("../../tests/fixtures/mediquo/patient_report_sent.json");
/// Truemed's qualification session, with all fields.
pub const SESSION: &str = include_str!("../../tests/fixtures/truemed/qualification_session_complete.json");
/// Truemed's eligibility update, with all fields.
pub const UPDATE: &str = include_str!("../../tests/fixtures/truemed/item_eligibility_updated.json");

/// Settings that give stable ratios in a bearable time.
#[must_use]
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1500))
        .sample_size(50)
        .nresamples(10_000)
        .configure_from_args()
}

/// The body as a server sends it on the wire: without the white space of a printed sample.
///
/// # Panics
///
/// The sample is not JSON.
#[must_use]
pub fn compact(sample: &str) -> String {
    // Not through `Value`, which would sort the keys and so put the tag last.
    let mut text = String::with_capacity(sample.len());
    let mut in_string = false;
    let mut escaped = false;
    for letter in sample.chars() {
        if in_string || !letter.is_ascii_whitespace() {
            text.push(letter);
        }
        in_string ^= letter == '"' && !escaped;
        escaped = in_string && letter == '\\' && !escaped;
    }
    text
}

/// The documented events by name, as they travel.
#[must_use]
pub fn samples() -> [(&'static str, Bytes); 4] {
    [("consultation", CONSULTATION), ("report", REPORT), ("session", SESSION), ("update", UPDATE)]
        .map(|(name, sample)| (name, compact(sample).into()))
}

/// Drives a future that never waits.
///
/// # Panics
///
/// It waits.
#[expect(clippy::panic, reason = "a benchmark must not go on with work that was not done")]
pub fn finish<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

/// MediQuo's events as `serde`'s derive reads them: a tag and a content, beside another field.
#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "of this package alone")]
pub struct Derived {
    /// A Unix timestamp.
    #[serde(deserialize_with = "unix_time")]
    pub occurred_on: Timestamp,
    /// The event.
    #[serde(flatten)]
    pub event: DerivedEvent,
}

/// The event of [`Derived`].
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", content = "payload")]
#[expect(clippy::exhaustive_enums, reason = "of this package alone")]
#[expect(clippy::large_enum_variant, reason = "as in the library")]
pub enum DerivedEvent {
    /// A professional finished a consultation.
    #[serde(rename = "patient_consultation_finished")]
    ConsultationFinished(ConsultationPayload),
    /// A professional sent a report.
    #[serde(rename = "patient_report_sent")]
    ReportSent(ReportSentPayload),
}

/// Truemed's events as `serde`'s derive reads them: one has no tag, so by trial.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "of this package alone")]
pub enum DerivedTruemed {
    /// A session was decided.
    Session(QualificationSessionComplete),
    /// An item has changed.
    Update(truemed::ItemEligibilityUpdated),
}

fn unix_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let seconds = i64::deserialize(deserializer)?;
    Timestamp::from_second(seconds).map_err(serde::de::Error::custom)
}

/// The tag alone.
#[derive(Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "of this package alone")]
pub struct Tag {
    /// MediQuo's.
    #[serde(rename = "type")]
    pub mediquo: Option<String>,
    /// Truemed's.
    #[serde(rename = "event_type")]
    pub truemed: Option<String>,
}

/// A delivery's body in one frame.
pub type Body = Full<Bytes>;
