use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    Patient, ReportContent, ReportType,
    report::{TypedContent, as_sent, once},
};
use crate::{
    json::{Str, quiet},
    provider::shows::shows,
};

/// The payload of [`ReportSent`](super::Event::ReportSent).
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
    pub patient: Patient,
}

impl ReportSentPayload {
    /// A payload with the field that MediQuo always sends.
    #[must_use]
    pub fn new(patient: Patient) -> Self {
        Self { report_type: None, content: None, patient }
    }
}

shows! { ReportSentPayload { report_type content } }

impl<'de> Deserialize<'de> for ReportSentPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_struct("ReportSentPayload", &["type", "content", "patient"], PayloadVisitor)
            .map_err(quiet)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = ReportSentPayload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payload of a sent report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<ReportSentPayload, A::Error> {
        let mut patient = None;
        let mut typed = TypedContent::default();
        while let Some(Str(field)) = access.next_key()? {
            match &*field {
                "type" => typed.read_type(&mut access)?,
                "content" => typed.read_content(&mut access)?,
                "patient" => once(&mut patient, &mut access, "patient")?,
                _ => drop(access.next_value::<IgnoredAny>()?),
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
