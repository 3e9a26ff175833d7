//! Who and what the payloads are about.

use serde::Serialize;

use super::ConsultationType;
use crate::{
    json::{DateTime, Id, SecretString, parts::parts},
    provider::{lenient::null_as_default, shows::shows},
};

parts! {
    /// A medical speciality.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Speciality {
        /// The id.
        pub id: Option<Id>,
        /// The name.
        pub name: Option<String>,
    }

    /// A patient. Events about a whole consultation have the medical history too.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Patient {
        /// The patient's code.
        pub code: Option<String>,
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
        pub id: Option<Id>,
        /// The name.
        pub name: Option<String>,
        /// The description.
        pub description: Option<String>,
    }

    /// A disease.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Disease {
        /// The id.
        pub id: Option<Id>,
        /// The name.
        pub name: Option<String>,
        /// The description.
        pub description: Option<String>,
    }

    /// A medication.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Medication {
        /// The id.
        pub id: Option<Id>,
        /// The name.
        pub name: Option<String>,
        /// The description.
        pub description: Option<String>,
        /// The dosage.
        pub posology: Option<String>,
    }

    /// A professional.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Professional {
        /// The id.
        pub id: Option<String>,
        /// What blocks have instead of the id.
        pub hash: Option<String>,
        /// The name.
        pub name: Option<String>,
        /// The address of a picture.
        pub avatar: Option<String>,
        /// The name of the speciality. Only blocks have it.
        pub speciality: Option<String>,
    }

    /// A prescription. Those of a consultation have the first two fields.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Prescription {
        /// The id.
        pub id: Option<String>,
        /// What is prescribed.
        #[serde(default, deserialize_with = "null_as_default")]
        pub active_substances: Vec<String>,
        /// The code for the pharmacy.
        pub short_code: Option<String>,
        /// When it was prescribed.
        pub prescribed_at: Option<DateTime>,
        /// A link that opens the PDF without a login.
        pub pdf_url: Option<SecretString>,
        /// How the consultation is organised.
        pub consultation_type: Option<ConsultationType>,
        /// The id of the consultation.
        pub consultation_id: Option<String>,
    }
}

impl Patient {
    /// A patient of this code. `Patient::default()` has none.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..Self::default() }
    }
}

shows! {
    Speciality {}
    Patient { allergies.len diseases.len medications.len }
    Allergy {}
    Disease {}
    Medication {}
    Professional {}
    Prescription {}
}
