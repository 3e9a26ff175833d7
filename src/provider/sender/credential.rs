use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        ApiKey, ApiKeyBuilder, KeySettings, Scheme, SignatureBuilder, SignatureSettings, StandardWebhooks,
        StandardWebhooksBuilder, Twilio, TwilioBuilder,
    },
    json::described::{is_default, seconds},
};

/// How a sender proves who it is, without the keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Credential {
    ApiKey(KeyPlace),
    Signature(Box<SignatureSettings>),
    StandardWebhooks(StandardWebhooksSettings),
    Twilio(TwilioSettings),
}

/// Where a fixed key is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum KeyPlace {
    Header(String),
    Basic { user: String },
    Bearer {},
    Query(String),
    PathSegment(usize),
    Body(String),
    FormField(String),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StandardWebhooksSettings {
    /// Whether the headers are those of Svix.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) svix: bool,
    #[serde(skip_serializing_if = "is_default", with = "seconds")]
    past_tolerance: Option<Duration>,
    #[serde(skip_serializing_if = "is_default", with = "seconds")]
    future_tolerance: Option<Duration>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TwilioSettings {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) sha256: bool,
}

/// What the user of a preset adds.
#[derive(Clone, Default)]
pub(in crate::provider) struct Own {
    pub(in crate::provider) noun: Option<String>,
    pub(in crate::provider) keys: KeySettings,
    pub(in crate::provider) tolerance: Option<Duration>,
    pub(in crate::provider) public_url: Option<String>,
}

/// No path of a webhook is longer.
const MAX_SEGMENT: usize = 64;

impl Credential {
    pub(in crate::provider) fn build(&self, own: Own) -> Result<Arc<dyn Scheme>, ConfigError> {
        let Own { noun, keys, tolerance, public_url } = own;
        Ok(match self {
            Self::ApiKey(place) => {
                no_tolerance(tolerance)?;
                no_public_url(public_url)?;
                let builder = noun.into_iter().fold(place.builder(), ApiKeyBuilder::noun);
                Arc::new(builder.with_keys(keys).build()?)
            }
            Self::Signature(settings) => {
                let builder = SignatureBuilder::from((**settings).clone()).with_keys(keys);
                let builder = noun.into_iter().fold(builder, SignatureBuilder::noun);
                let builder = tolerance.into_iter().fold(builder, SignatureBuilder::tolerance);
                Arc::new(public_url.into_iter().fold(builder, SignatureBuilder::public_url).build()?)
            }
            Self::StandardWebhooks(settings) => {
                no_public_url(public_url)?;
                let builder = settings.builder().with_keys(keys);
                Arc::new(tolerance.into_iter().fold(builder, StandardWebhooksBuilder::tolerance).build()?)
            }
            Self::Twilio(settings) => {
                no_tolerance(tolerance)?;
                let builder = Twilio::builder().with_keys(keys);
                let builder = if settings.sha256 { builder.sha256() } else { builder };
                Arc::new(public_url.into_iter().fold(builder, TwilioBuilder::public_url).build()?)
            }
        })
    }

    /// Checks all but the keys.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::ApiKey(KeyPlace::PathSegment(index)) if *index > MAX_SEGMENT => {
                Err(ConfigError::new(ConfigErrorKind::OutOfRange, "the number of the segment"))
            }
            Self::ApiKey(place) => place.builder().check(),
            Self::Signature(settings) => settings.check(),
            Self::StandardWebhooks(settings) => settings.builder().check(),
            Self::Twilio(_) => Ok(()),
        }
    }
}

impl KeyPlace {
    fn builder(&self) -> ApiKeyBuilder {
        match self {
            Self::Header(name) => ApiKey::header(name),
            Self::Basic { user } => ApiKey::basic(user),
            Self::Bearer {} => ApiKey::bearer(),
            Self::Query(name) => ApiKey::query(name),
            Self::PathSegment(index) => ApiKey::path_segment(*index),
            Self::Body(path) => ApiKey::body(path),
            Self::FormField(name) => ApiKey::form_field(name),
        }
    }
}

impl StandardWebhooksSettings {
    /// How the names of the headers begin.
    #[cfg(feature = "testing")]
    pub(crate) fn family(&self) -> &'static str {
        if self.svix { "svix" } else { "webhook" }
    }

    fn builder(&self) -> StandardWebhooksBuilder {
        let builder = StandardWebhooks::builder();
        let builder = self.past_tolerance.into_iter().fold(builder, StandardWebhooksBuilder::past_tolerance);
        self.future_tolerance.into_iter().fold(builder, StandardWebhooksBuilder::future_tolerance)
    }
}

fn no_tolerance(tolerance: Option<Duration>) -> Result<(), ConfigError> {
    let missing = || ConfigError::new(ConfigErrorKind::Missing, "the time that the tolerance is for");
    tolerance.map_or(Ok(()), |_| Err(missing()))
}

fn no_public_url(url: Option<String>) -> Result<(), ConfigError> {
    let unsigned = || ConfigError::new(ConfigErrorKind::Unsigned, "the public URL");
    url.map_or(Ok(()), |_| Err(unsigned()))
}
