use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    Patient, ReportContent, ReportType,
    report::{TypedContent, as_sent},
};
use crate::{json::quiet, provider::shows::shows};

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
