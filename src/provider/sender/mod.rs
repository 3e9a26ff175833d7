//! A sender of webhooks as data.

mod credential;
mod envelope;
mod sample;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub(super) use self::credential::Own;
use self::envelope::Places;
#[cfg(not(feature = "testing"))]
use self::{credential::Credential, sample::Sample};
#[cfg(feature = "testing")]
pub(crate) use self::{
    credential::{Credential, KeyPlace},
    envelope::At,
    sample::Sample,
};
use super::{CustomBuilder, Envelope, preset::PresetBuilder};
use crate::{
    ConfigError, ConfigErrorKind, RejectionKind,
    auth::{DangerousAcceptAll, Key, Scheme},
    handshake::{Challenge, Verification},
    json::{
        RawJson,
        described::{self, is_default, seconds},
    },
};

/// The description of a sender: how it signs, where its events have their type and id, how it verifies an endpoint,
/// which statuses it expects, how it retries, and a few sample events.
///
/// The [presets](super::preset) are such descriptions. Write one, in JSON, for a sender that has no preset, or keep one
/// per row in a table of senders: [`from_json`](Self::from_json) checks it. docs/cookbook.md shows how to write one, and
/// `senders/schema.json` is the JSON Schema.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::Sender;
///
/// let acme = Sender::from_json(r#"{
///     "name": "acme",
///     "credential": {
///         "signature": {
///             "algorithm": "hmac_sha256",
///             "at": {"header": "x-acme-signature"},
///             "prefix": "v0=",
///             "signed": [{"literal": "v0:"}, "timestamp", {"literal": ":"}, "body"],
///             "timestamp_header": "x-acme-timestamp"
///         }
///     },
///     "envelope": {"event_type": {"body": "type"}, "event_id": {"body": "id"}}
/// }"#)?;
/// let layer = acme.preset().key("Zr41vw-new-and-random").build()?.into_layer();
///
/// let error = Sender::from_json("{\n \"name\": \"acme\",\n \"credential\": {\"api_key\": {\"heder\": \"x\"}}}").unwrap_err();
/// assert!(error.to_string().contains("(line 3"), "{error}");
/// assert!(error.to_string().contains("unknown variant `heder`"), "{error}");
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
// So that what is read through `serde` is checked too.
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Sender {
    /// For editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "is_default")]
    schema: String,
    name: String,
    #[serde(default, skip_serializing_if = "is_default")]
    title: String,
    #[serde(default, skip_serializing_if = "is_default")]
    page: String,
    #[serde(default, skip_serializing_if = "is_default")]
    secret: String,
    #[serde(default, skip_serializing_if = "is_default")]
    noun: String,
    credential: Credential,
    #[serde(default, skip_serializing_if = "is_default")]
    envelope: Places,
    #[serde(default, skip_serializing_if = "is_default")]
    json_in_form: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    success_status: Option<Status>,
    #[serde(default, skip_serializing_if = "is_default")]
    rejection_statuses: BTreeMap<String, Status>,
    #[serde(default, skip_serializing_if = "is_default")]
    retries: Option<Retries>,
    #[serde(default, skip_serializing_if = "is_default")]
    verification: Option<Verification>,
    #[serde(default, skip_serializing_if = "is_default")]
    notes: String,
    #[serde(default, skip_serializing_if = "is_default")]
    confirmed: String,
    #[serde(default, skip_serializing_if = "is_default")]
    samples: Vec<Sample>,
}

/// In bytes.
const MAX_LEN: usize = 1 << 20;
const MAX_NAME: usize = 64;

/// How a sender retries, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retries {
    #[serde(default, skip_serializing_if = "is_default")]
    delays: Option<Vec<u64>>,
    #[serde(default, skip_serializing_if = "is_default", with = "seconds")]
    period: Option<Duration>,
    #[serde(default, skip_serializing_if = "is_default", with = "seconds")]
    timeout: Option<Duration>,
}

impl Sender {
    /// Reads a description, and checks all of it but the keys.
    ///
    /// # Errors
    ///
    /// The text is not JSON, has a member that is not known, or lacks one; the error says in which line, and quotes what
    /// is wrong. Or the settings contradict each other, as in [`SignatureBuilder::build`](crate::auth::SignatureBuilder::build).
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        if text.len() > MAX_LEN {
            return Err(ConfigError::new(ConfigErrorKind::TooLong, "the description of the sender"));
        }
        let Unchecked(sender) = described::read_description(text, "the description of the sender")?;
        sender.checked()
    }

    /// The sender of this crate with this name: a [preset](super::preset::NAMES), `truemed` or `mediquo`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::from_json(super::preset::description(name)?).ok()
    }

    /// The name, of lower-case letters, digits and `_`. It becomes [`Delivery::provider`](crate::Delivery::provider).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name as people write it, or the [`name`](Self::name).
    #[must_use]
    pub fn title(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }

    /// The address of the page or code that the description was read from, or an empty text.
    #[must_use]
    pub fn page(&self) -> &str {
        &self.page
    }

    /// Where a person finds the secret, or an empty text.
    #[must_use]
    pub fn secret_location(&self) -> &str {
        &self.secret
    }

    /// The names of the sample events.
    pub fn samples(&self) -> impl Iterator<Item = &str> {
        self.samples.iter().map(|sample| &*sample.name)
    }

    /// The times between an attempt and the next one, if the page says them.
    #[must_use]
    pub fn retries(&self) -> Option<Vec<Duration>> {
        let delays = self.retries.as_ref()?.delays.as_ref()?;
        Some(delays.iter().copied().map(Duration::from_secs).collect())
    }

    /// How long after the first attempt the sender still retries, if the page says so. It is zero for a sender that does
    /// not retry.
    ///
    /// The time to live of the idempotency layer, 8 days by default, has to be longer.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_webhook::provider::Sender;
    ///
    /// let github = Sender::named("github").expect("it is one of the presets");
    /// assert_eq!(github.retry_period(), Some(Duration::ZERO));
    /// ```
    #[must_use]
    pub fn retry_period(&self) -> Option<Duration> {
        let stated = self.retries.as_ref()?.period;
        stated
            .or_else(|| self.retries().map(|delays| delays.into_iter().fold(Duration::ZERO, Duration::saturating_add)))
    }

    /// How long the sender waits for an answer, if the page says so.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.retries.as_ref()?.timeout
    }

    /// Returns a builder, like the functions of [`preset`](super::preset).
    pub fn preset(&self) -> PresetBuilder {
        PresetBuilder::from(self.clone())
    }

    /// The endpoint verification, for [`WebhookLayer::handshake`](crate::WebhookLayer::handshake). `token` is the one
    /// that you chose at the sender, if it asks for one.
    ///
    /// `None` if the sender verifies no endpoint.
    ///
    /// # Errors
    ///
    /// The token is missing or cannot be used; or the verification needs more of you than a token, as those of Notion,
    /// WebSub and CloudEvents: the error names the function of [`Challenge`](crate::handshake::Challenge) to call.
    pub fn challenge(&self, token: Option<Key>) -> Result<Option<Challenge>, ConfigError> {
        self.verification.as_ref().map(|verification| verification.challenge(token)).transpose()
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    #[cfg(feature = "testing")]
    pub(crate) fn sample(&self, name: &str) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.name == name)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn verification(&self) -> Option<&Verification> {
        self.verification.as_ref()
    }

    #[cfg(feature = "testing")]
    pub(crate) fn places(&self) -> &Places {
        &self.envelope
    }

    /// The provider's word for its keys.
    pub(super) fn noun(&self) -> Option<String> {
        (!self.noun.is_empty()).then(|| self.noun.clone())
    }

    pub(super) fn envelope(&self) -> Envelope {
        self.envelope.envelope()
    }

    /// Adds what is not about keys.
    pub(super) fn configure(&self, builder: CustomBuilder<RawJson>, in_forms: bool) -> CustomBuilder<RawJson> {
        let builder = self.success_status.iter().fold(builder, |it, Status(status)| it.success_status(*status));
        let statuses = self.rejection_statuses.clone();
        let builder = builder.rejection_status(move |kind| {
            statuses.get(kind.as_str()).map_or_else(|| kind.default_status(), |Status(status)| *status)
        });
        let field = self.json_in_form.iter().filter(|_| in_forms);
        field.fold(builder, |builder, field| builder.json_in_form(field.clone()))
    }

    fn checked(self) -> Result<Self, ConfigError> {
        self.check().map_err(|error| error.of(format_args!("the description of `{}`", self.name)))?;
        Ok(self)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.chars().all(is_name) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the name");
            return Err(error.expected("at most 64 lower-case letters, digits and `_`"));
        }
        self.credential.check()?;
        let scheme: Arc<dyn Scheme> = Arc::new(DangerousAcceptAll);
        let custom = CustomBuilder::with_scheme("checked".into(), Ok(scheme)).envelope(self.envelope());
        self.configure(custom, true).build().map(drop)?;
        if let Some(kind) = self.rejection_statuses.keys().find(|kind| !RejectionKind::is_word(kind)) {
            return Err(ConfigError::new(ConfigErrorKind::Malformed, format!("the kind of rejection `{kind}`")));
        }
        // Any other would acknowledge a forgery, or stop the sender for good.
        let is_refusal = |status: StatusCode| matches!(status.as_u16(), 400..=599) && status != StatusCode::GONE;
        if self.rejection_statuses.values().any(|Status(status)| !is_refusal(*status)) {
            let error = ConfigError::new(ConfigErrorKind::OutOfRange, "the status of a rejection");
            return Err(error.expected("400 to 599, but not 410"));
        }
        if self.retries.as_ref().is_some_and(|retries| retries.delays.is_some() && retries.period.is_some()) {
            return Err(
                ConfigError::new(ConfigErrorKind::Conflict, "the period of the retries").expected("no `delays`")
            );
        }
        self.samples.iter().try_for_each(Sample::check)?;
        let is_doubled = |(at, sample): (usize, &Sample)| self.samples.iter().take(at).any(|it| it.name == sample.name);
        if self.samples.iter().enumerate().any(is_doubled) {
            return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the name of a sample"));
        }
        self.verification.as_ref().map_or(Ok(()), Verification::check)
    }
}

impl Serialize for Sender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Sender {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)?.checked().map_err(D::Error::custom)
    }
}

/// A sender that may contradict itself.
struct Unchecked(Sender);

impl<'de> Deserialize<'de> for Unchecked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Sender::deserialize(deserializer).map(Self)
    }
}

/// Shows neither samples nor texts, into which a secret could have been written by mistake.
impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A status as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Status(StatusCode);

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_u16().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StatusCode::from_u16(u16::deserialize(deserializer)?).map(Self).map_err(Error::custom)
    }
}
