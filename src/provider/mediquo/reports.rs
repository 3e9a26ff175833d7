//! The reports of a consultation: the page's table says an object, and its sample shows an array.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use super::Report;
use crate::json::{RawJson, macros::refuse};

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
        let one = if members.iter().any(|(name, _)| is_field(name)) { one(&members) } else { None };
        // A report can have the name of a field.
        let reports = one.map(|report| vec![report]).or_else(|| by_name(members));
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

    refuse! {
        visit_bool(bool) = "a boolean"
        visit_i64(i64) = "a number"
        visit_i128(i128) = "a number"
        visit_u64(u64) = "a number"
        visit_u128(u128) = "a number"
        visit_f64(f64) = "a number"
        visit_str(&str) = "a string"
    }
}

fn is_field(name: &str) -> bool {
    matches!(name, "id" | "type" | "content")
}

fn by_name(members: Vec<(String, RawJson)>) -> Option<Vec<Report>> {
    let members = members.into_iter().filter(|(_, json)| json.get() != "null");
    members.map(|(name, json)| Some(Report { name: Some(name), ..json.decode().ok()? })).collect()
}

/// The report that has these members.
fn one(members: &[(String, RawJson)]) -> Option<Report> {
    let members = members.iter().filter(|(name, _)| is_field(name) || name == "name");
    let members: Vec<_> = members.map(|(name, json)| format!("\"{name}\":{}", json.get())).collect();
    RawJson::new(&format!("{{{}}}", members.join(","))).ok()?.decode().ok()
}
