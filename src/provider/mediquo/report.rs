use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{
    json::{RawJson, Str, parts::parts, quiet},
    provider::shows::shows,
};

/// A report made in a consultation.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The id.
    pub id: Option<String>,
    /// The type.
    #[serde(rename = "type")]
    pub report_type: Option<ReportType>,
    /// The content.
    #[serde(serialize_with = "as_sent")]
    pub content: Option<ReportContent>,
    /// The name of the report, if it was sent in an object of reports by name.
    pub name: Option<String>,
}

crate::open_enum! {
    /// The type of a report.
    pub enum ReportType {
        /// Subjective, objective, assessment, plan: [`Soap`].
        Soap = "soap",
    }
}

/// The content of a report. The page says that its structure depends on the report's type, and shows one.
///
/// Within its report it is serialised as it was sent. Alone, where no type stands beside it, it is serialised as
/// `{"soap": ..}` or `{"other": ..}`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReportContent {
    /// The content of a report of type [`ReportType::Soap`].
    Soap(Soap),
    /// The content of a report of any other type, or of none, as it was sent.
    Other(RawJson),
}

parts! {
    /// The four parts of a SOAP note.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Soap {
        /// What the patient reports.
        #[serde(default)]
        pub subjective: Option<String>,
        /// What was observed and measured.
        #[serde(default)]
        pub objective: Option<String>,
        /// The diagnosis.
        #[serde(default)]
        pub assessment: Option<String>,
        /// What is to be done.
        #[serde(default)]
        pub plan: Option<String>,
    }
}

shows! {
    Report { report_type content }
    Soap {}
}

impl Report {
    /// A report, for tests.
    #[must_use]
    pub fn new(report_type: ReportType, content: ReportContent) -> Self {
        Self { id: None, report_type: Some(report_type), content: Some(content), name: None }
    }
}

impl fmt::Debug for ReportContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Soap(_) => "Soap(..)",
            Self::Other(_) => "Other(..)",
        })
    }
}

/// Serialises a content beside its type.
pub(super) fn as_sent<S: Serializer>(content: &Option<ReportContent>, serializer: S) -> Result<S::Ok, S::Error> {
    match content {
        Some(ReportContent::Soap(soap)) => serializer.serialize_some(soap),
        Some(ReportContent::Other(json)) => serializer.serialize_some(json),
        None => serializer.serialize_none(),
    }
}

impl<'de> Deserialize<'de> for ReportContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(remote = "ReportContent", rename_all = "snake_case")]
        enum Content {
            Soap(Soap),
            Other(RawJson),
        }

        Content::deserialize(deserializer).map_err(quiet)
    }
}

/// Reads a content whose shape depends on the type beside it, in whichever order they come.
#[derive(Default)]
pub(super) struct TypedContent {
    report_type: Option<Option<ReportType>>,
    content: Option<Option<ReportContent>>,
}

impl TypedContent {
    pub(super) fn read_type<'de, A: MapAccess<'de>>(&mut self, access: &mut A) -> Result<(), A::Error> {
        once(&mut self.report_type, access, "type")
    }

    pub(super) fn read_content<'de, A: MapAccess<'de>>(&mut self, access: &mut A) -> Result<(), A::Error> {
        let content = if let Some(Some(ReportType::Soap)) = self.report_type {
            access.next_value::<Option<_>>()?.map(ReportContent::Soap)
        } else {
            access.next_value::<Option<_>>()?.map(ReportContent::Other)
        };
        match self.content.replace(content) {
            None => Ok(()),
            Some(_) => Err(A::Error::duplicate_field("content")),
        }
    }

    /// Reads both from an array, where the type comes first.
    pub(super) fn read_elements<'de, A: SeqAccess<'de>>(access: &mut A) -> Result<Self, A::Error> {
        let report_type: Option<ReportType> = access.next_element()?.flatten();
        let content = if let Some(ReportType::Soap) = report_type {
            access.next_element::<Option<_>>()?.flatten().map(ReportContent::Soap)
        } else {
            access.next_element::<Option<_>>()?.flatten().map(ReportContent::Other)
        };
        Ok(Self { report_type: Some(report_type), content: Some(content) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.report_type.is_none() && self.content.is_none()
    }

    pub(super) fn finish<E: Error>(self) -> Result<(Option<ReportType>, Option<ReportContent>), E> {
        match (self.report_type.flatten(), self.content.flatten()) {
            (Some(ReportType::Soap), Some(ReportContent::Other(early))) => {
                // Drop its message: `serde_json` would take the place in the fragment for one in the body.
                let soap = early.decode().map_err(|_| E::custom("a content that does not fit its type"))?;
                Ok((Some(ReportType::Soap), Some(ReportContent::Soap(soap))))
            }
            typed => Ok(typed),
        }
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Report", &["id", "type", "content", "name"], ReportVisitor).map_err(quiet)
    }
}

/// Reads a field that may occur once.
pub(super) fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    field: &mut Option<T>,
    access: &mut A,
    name: &'static str,
) -> Result<(), A::Error> {
    match field.replace(access.next_value()?) {
        None => Ok(()),
        Some(_) => Err(A::Error::duplicate_field(name)),
    }
}

struct ReportVisitor;

impl<'de> Visitor<'de> for ReportVisitor {
    type Value = Report;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Report, A::Error> {
        let mut id: Option<Option<String>> = None;
        let mut name: Option<Option<String>> = None;
        let mut typed = TypedContent::default();
        let mut foreign = false;
        while let Some(Str(field)) = access.next_key()? {
            match &*field {
                "id" => once(&mut id, &mut access, "id")?,
                "type" => typed.read_type(&mut access)?,
                "content" => typed.read_content(&mut access)?,
                "name" => once(&mut name, &mut access, "name")?,
                _ => {
                    foreign = true;
                    access.next_value::<IgnoredAny>()?;
                }
            }
        }
        if (foreign || name.is_some()) && id.is_none() && typed.is_empty() {
            // Something else, which must not be lost.
            return Err(A::Error::missing_field("content"));
        }
        let (report_type, content) = typed.finish()?;
        Ok(Report { id: id.flatten(), report_type, content, name: name.flatten() })
    }

    /// In compact MessagePack, a struct is an array of its values.
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Report, A::Error> {
        let id = access.next_element()?.flatten();
        let (report_type, content) = TypedContent::read_elements(&mut access)?.finish()?;
        let name = access.next_element()?.flatten();
        Ok(Report { id, report_type, content, name })
    }
}
