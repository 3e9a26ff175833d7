use std::fmt;

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    ReportContent, ReportType,
    model::redacted,
    report::{TypedContent, as_sent},
    unix_time,
};
use crate::json::{parts::parts, quiet};

parts! {
    /// A professional sent a report to a patient.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ReportSent {
        /// When it happened. Sent as a Unix timestamp, whole or with a fraction.
        #[serde(with = "unix_time")]
        pub occurred_on: Timestamp,
        /// What happened.
        pub payload: ReportSentPayload,
    }
}

/// The payload of [`ReportSent`].
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportSentPayload {
    /// The type of the report.
    #[serde(rename = "type")]
    pub report_type: Option<ReportType>,
    /// The report.
    #[serde(serialize_with = "as_sent")]
    pub content: Option<ReportContent>,
    /// The patient.
    pub patient: ReportPatient,
}

parts! {
    /// Whom a report was sent to.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ReportPatient {
        /// The patient's code.
        pub code: String,
    }
}

redacted! { ReportPatient }

impl ReportSent {
    /// An event, for tests.
    #[must_use]
    pub fn new(occurred_on: Timestamp, payload: ReportSentPayload) -> Self {
        Self { occurred_on, payload }
    }
}

impl ReportSentPayload {
    /// A payload with the field that MediQuo always sends.
    #[must_use]
    pub fn new(patient: ReportPatient) -> Self {
        Self { report_type: None, content: None, patient }
    }
}

impl ReportPatient {
    /// A patient of this code.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into() }
    }
}

impl fmt::Debug for ReportSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportSent").field("payload", &self.payload).finish_non_exhaustive()
    }
}

impl fmt::Debug for ReportSentPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportSentPayload")
            .field("report_type", &self.report_type)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for ReportSentPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_struct("ReportSentPayload", &["type", "content", "patient"], PayloadVisitor)
            .map_err(quiet)
    }
}

struct PayloadVisitor;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Type,
    Content,
    Patient,
    #[serde(other)]
    Unknown,
}

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = ReportSentPayload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payload of a sent report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<ReportSentPayload, A::Error> {
        let mut patient = None;
        let mut typed = TypedContent::default();
        while let Some(field) = access.next_key()? {
            match field {
                Field::Type => typed.read_type(&mut access)?,
                Field::Content => typed.read_content(&mut access)?,
                Field::Patient if patient.is_some() => return Err(A::Error::duplicate_field("patient")),
                Field::Patient => patient = Some(access.next_value()?),
                Field::Unknown => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        let (report_type, content) = typed.finish()?;
        let patient = patient.ok_or_else(|| A::Error::missing_field("patient"))?;
        Ok(ReportSentPayload { report_type, content, patient })
    }

    /// In compact MessagePack, a struct is an array of its values.
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<ReportSentPayload, A::Error> {
        let (report_type, content) = TypedContent::read_elements(&mut access)?.finish()?;
        let patient = access.next_element()?.ok_or_else(|| A::Error::missing_field("patient"))?;
        Ok(ReportSentPayload { report_type, content, patient })
    }
}
