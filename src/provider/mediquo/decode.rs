use serde::Deserialize;

use super::Event;
use crate::{
    json::{self, DecodeError},
    provider::Unknown,
};

pub(super) const CONSULTATION_FINISHED: &str = "patient_consultation_finished";
pub(super) const REPORT_SENT: &str = "patient_report_sent";

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    event_type: String,
}

pub(super) fn event(body: &[u8]) -> Result<Event, DecodeError> {
    let Kind { event_type } = json::decode(body)?;
    match event_type.as_str() {
        CONSULTATION_FINISHED => json::decode(body).map(Event::ConsultationFinished),
        REPORT_SENT => json::decode(body).map(Event::ReportSent),
        _ => Ok(Event::Unknown(Unknown { event_type, json: json::decode(body)? })),
    }
}
