use std::collections::BTreeMap;

#[cfg(feature = "testing")]
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::{
    ConfigError, ConfigErrorKind, headers,
    json::{RawJson, described::is_default},
};

/// An event that a sender documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sample {
    pub(crate) name: String,
    /// Those that the signer cannot know, such as the type of the event.
    #[serde(default, skip_serializing_if = "is_default")]
    headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "is_default")]
    body: Option<RawJson>,
    #[serde(default, skip_serializing_if = "is_default")]
    form: Option<String>,
    /// The member whose value comes from a list that may grow.
    #[serde(default, skip_serializing_if = "is_default")]
    open_value: Option<String>,
}

impl Sample {
    pub(crate) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, ConfigError> {
        let header = |(name, value): (&String, &String)| {
            let value = HeaderValue::from_str(value);
            let value = value.map_err(|_| ConfigError::new(ConfigErrorKind::Malformed, "a header of a sample"))?;
            Ok((headers::parse_name(name, "a header of a sample")?, value))
        };
        self.headers.iter().map(header).collect()
    }

    /// The body, and whether it is a form.
    #[cfg(feature = "testing")]
    pub(crate) fn body(&self) -> (Bytes, bool) {
        match (&self.body, &self.form) {
            (Some(json), _) => (Bytes::copy_from_slice(json.get().as_bytes()), false),
            (None, form) => (form.clone().unwrap_or_default().into(), true),
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn open_value(&self) -> Option<&str> {
        self.open_value.as_deref()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.body.is_some() == self.form.is_some() {
            let error = ConfigError::new(ConfigErrorKind::Missing, format!("the body of the sample `{}`", self.name));
            return Err(error.expected("either `body` or `form`"));
        }
        self.headers().map(drop)
    }
}
