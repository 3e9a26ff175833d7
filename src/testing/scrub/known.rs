//! What stays: what the pages of this crate's own providers list, and nothing else that was sent.

use super::place::{Step, leads};

/// A place, and whether a text is one of the values that are listed for it.
type Rule = (&'static str, fn(&str) -> bool);

#[cfg(any(feature = "mediquo", feature = "truemed"))]
macro_rules! listed {
    ($($name:ident)+) => { |text| false $(|| !matches!($name::from(text), $name::Other(_)))+ };
}

#[cfg(feature = "truemed")]
mod truemed {
    use super::{Rule, is_event_type};
    use crate::provider::truemed::{Eligibility, Event, PaymentStatus, Status};

    pub(super) const RULES: &[Rule] = &[
        ("event_type", is_event_type::<Event>),
        ("status", listed!(Status PaymentStatus)),
        ("data.object.eligibility", listed!(Eligibility)),
    ];
}

#[cfg(feature = "mediquo")]
mod mediquo {
    use super::{Rule, is_event_type};
    use crate::provider::mediquo::{Channel, ConsultationType, Event, ReportType, ServiceType};

    pub(super) const RULES: &[Rule] = &[
        ("type", is_event_type::<Event>),
        ("payload.type", listed!(ReportType)),
        ("payload.reports.type", listed!(ReportType)),
        ("payload.reports.*.type", listed!(ReportType)),
        ("payload.consultation.type", listed!(ConsultationType)),
        ("payload.consultation.channel", listed!(Channel)),
        ("payload.consultation.service_type", listed!(ServiceType)),
        ("payload.prescription.consultation_type", listed!(ConsultationType)),
        ("payload.prescriptions.consultation_type", listed!(ConsultationType)),
    ];
}

#[cfg(any(feature = "mediquo", feature = "truemed"))]
fn is_event_type<E: crate::json::Tagged>(text: &str) -> bool {
    use serde::de::value::{Error, UnitDeserializer};
    E::read(text, UnitDeserializer::<Error>::new()).is_some()
}

pub(super) fn is_value(path: &[Step<'_>], text: &str) -> bool {
    let rules: [&[Rule]; 2] = [
        #[cfg(feature = "truemed")]
        truemed::RULES,
        #[cfg(not(feature = "truemed"))]
        &[],
        #[cfg(feature = "mediquo")]
        mediquo::RULES,
        #[cfg(not(feature = "mediquo"))]
        &[],
    ];
    rules.iter().copied().flatten().any(|(place, is_listed)| leads(Some(place), path) && is_listed(text))
}

/// Whether the last name of this path is one that a program has given, and not a person, a person's name or an id.
pub(super) fn is_name(path: &[Step<'_>]) -> bool {
    let Some(Step::Name(name)) = path.last() else { return false };
    if leads(Some("payload.reports.*"), path) && !path.iter().any(|step| matches!(step, Step::At(_))) {
        // An object of reports by name, or one report.
        return matches!(*name, "id" | "type" | "content" | "name");
    }
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    is_word && begins_well && digits <= 2 && name.len() <= 40
}
