use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};

use super::lenient::null_as_default;
use crate::json::{DateTime, macros::refuse, number, parts::parts, quiet};

/// `Debug` for types that hold nothing but personal fields: their name alone.
macro_rules! redacted {
    ($($name:ident)+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

pub(super) use redacted;

parts! {
    /// A consultation.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Consultation {
        /// The id.
        pub id: String,
        /// How it was held.
        #[serde(default, rename = "type")]
        pub consultation_type: Option<ConsultationType>,
        /// When it began. The page's sample has no offset, and does not say which zone is meant.
        #[serde(default)]
        pub start_date: Option<DateTime>,
        /// When it ended.
        #[serde(default)]
        pub end_date: Option<DateTime>,
        /// The professional's speciality.
        #[serde(default)]
        pub speciality: Option<Speciality>,
    }
}

crate::open_enum! {
    /// How a consultation was held.
    pub enum ConsultationType {
        /// By appointment.
        Appointment = "appointment",
        /// By chat.
        Chat = "chat",
    }
}

parts! {
    /// A medical speciality. The page says "object" and shows these fields in its sample.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Speciality {
        /// The id.
        #[serde(default)]
        pub id: Option<SpecialityId>,
        /// The name.
        #[serde(default)]
        pub name: Option<String>,
    }
}

/// The id of a speciality: a number in the page's sample, where all other ids are strings.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum SpecialityId {
    /// A whole number.
    Number(i64),
    /// A string, or a number that is no `i64` as its text.
    Text(String),
}

parts! {
    /// The patient of a consultation.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Patient {
        /// The patient's code.
        pub code: String,
        /// Allergies in the medical history.
        #[serde(default, deserialize_with = "null_as_default")]
        pub allergies: Vec<Allergy>,
        /// Diseases in the medical history.
        #[serde(default, deserialize_with = "null_as_default")]
        pub diseases: Vec<Disease>,
        /// Medications in the medical history.
        #[serde(default, deserialize_with = "null_as_default")]
        pub medications: Vec<Medication>,
    }

    /// An allergy.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Allergy {
        /// The id.
        #[serde(default)]
        pub id: Option<String>,
        /// The name.
        #[serde(default)]
        pub name: Option<String>,
        /// The description.
        #[serde(default)]
        pub description: Option<String>,
    }

    /// A disease.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Disease {
        /// The id.
        #[serde(default)]
        pub id: Option<String>,
        /// The name.
        #[serde(default)]
        pub name: Option<String>,
        /// The description.
        #[serde(default)]
        pub description: Option<String>,
    }

    /// A medication.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Medication {
        /// The id.
        #[serde(default)]
        pub id: Option<String>,
        /// The name.
        #[serde(default)]
        pub name: Option<String>,
        /// The description.
        #[serde(default)]
        pub description: Option<String>,
        /// The dosage.
        #[serde(default)]
        pub posology: Option<String>,
    }

    /// The professional of a consultation.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Professional {
        /// The id.
        #[serde(default)]
        pub id: Option<String>,
        /// The name.
        #[serde(default)]
        pub name: Option<String>,
        /// The address of a picture.
        #[serde(default)]
        pub avatar: Option<String>,
    }

    /// A prescription.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Prescription {
        /// The id.
        #[serde(default)]
        pub id: Option<String>,
        /// What is prescribed.
        #[serde(default, deserialize_with = "null_as_default")]
        pub active_substances: Vec<String>,
    }
}

redacted! { Allergy Disease Medication Prescription Professional Speciality SpecialityId }

impl Consultation {
    /// A consultation with the one field that is required.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), consultation_type: None, start_date: None, end_date: None, speciality: None }
    }
}

impl Patient {
    /// A patient with the one field that is required.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), allergies: Vec::new(), diseases: Vec::new(), medications: Vec::new() }
    }
}

impl fmt::Debug for Consultation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consultation")
            .field("id", &self.id)
            .field("consultation_type", &self.consultation_type)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patient")
            .field("allergies", &self.allergies.len())
            .field("diseases", &self.diseases.len())
            .field("medications", &self.medications.len())
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for SpecialityId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText).map_err(quiet)
    }
}

struct NumberOrText;

impl<'de> Visitor<'de> for NumberOrText {
    type Value = SpecialityId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a string")
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<SpecialityId, E> {
        Ok(SpecialityId::Number(id))
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<SpecialityId, E> {
        Ok(i64::try_from(id).map_or_else(|_| SpecialityId::Text(id.to_string()), SpecialityId::Number))
    }

    fn visit_f64<E: Error>(self, id: f64) -> Result<SpecialityId, E> {
        Ok(SpecialityId::Text(id.to_string()))
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<SpecialityId, E> {
        Ok(SpecialityId::Text(id.to_owned()))
    }

    /// With serde_json's `arbitrary_precision`, which any crate may turn on, some numbers come as maps.
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<SpecialityId, A::Error> {
        number::read_map(access).map(|number| {
            let text = number.to_string();
            number.as_i64().map_or(SpecialityId::Text(text), SpecialityId::Number)
        })
    }

    refuse! { visit_bool(bool) = "a boolean" }
}
