//! The reports of a consultation: the page's table says an object, and its sample shows an array.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use super::Report;
use crate::json::RawJson;

/// Reads an array of reports, one report, an object of reports by name, or `null` for none.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Report>, D::Error> {
    deserializer.deserialize_any(OneOrMany)
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Vec<Report>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<Report>, E> {
        Ok(Vec::new())
    }

    /// The members tell one report from several, in whichever order they come.
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Vec<Report>, A::Error> {
        let mut members = Vec::<(String, RawJson)>::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        let reports = if has_reports_by_name(&members) { by_name(&members) } else { None };
        let reports = reports.or_else(|| one(&members).map(|report| vec![report])).or_else(|| by_name(&members));
        // Not the message of the error: `serde_json` would take its place in the fragment for one in the body.
        reports.ok_or_else(|| A::Error::custom("an object that is neither a report nor reports by name"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<Report>, A::Error> {
        let mut many = Vec::new();
        while let Some(one) = access.next_element()? {
            many.push(one);
        }
        Ok(many)
    }
}

fn is_field(name: &str) -> bool {
    matches!(name, "id" | "type" | "content")
}

/// Whether a report is below a name that no field of a report has. A report can have the name of a field, too.
fn has_reports_by_name(members: &[(String, RawJson)]) -> bool {
    members.iter().any(|(name, json)| !is_field(name) && name != "name" && json.get().starts_with('{'))
}

/// In the order of the names, as the order of members means nothing.
fn by_name(members: &[(String, RawJson)]) -> Option<Vec<Report>> {
    let members = members.iter().filter(|(_, json)| json.get() != "null");
    let named = members.map(|(name, json)| Some(Report { name: Some(name.clone()), ..json.decode().ok()? }));
    let mut reports: Vec<_> = named.collect::<Option<_>>()?;
    reports.sort_by(|a, b| a.name.cmp(&b.name));
    Some(reports)
}

/// The report that has these members.
fn one(members: &[(String, RawJson)]) -> Option<Report> {
    members.iter().find(|(name, _)| is_field(name))?;
    let members = members.iter().filter(|(name, _)| is_field(name) || name == "name");
    let members: Vec<_> = members.map(|(name, json)| format!("\"{name}\":{}", json.get())).collect();
    RawJson::new(&format!("{{{}}}", members.join(","))).ok()?.decode().ok()
}
