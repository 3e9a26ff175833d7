//! Presets: ready-made configurations for well-known providers. You add the key and your event type.
//!
//! A preset knows the signature header, what is signed, and where the type and the id are. Values in italics are
//! covered by the signature, and are [`Stated::Signed`](crate::Stated) in the [`Delivery`](crate::Delivery). All others
//! are [`Unsigned`](crate::Stated): whoever replays a recorded delivery can change them.
//!
//! | preset | header | signed | type | id | time | attempt |
//! |---|---|---|---|---|---|---|
//! | `github` | `X-Hub-Signature-256` | body | `X-GitHub-Event` | `X-GitHub-Delivery` | | |
//! | `stripe` | `Stripe-Signature` | time, body | *`type`* | *`id`* | *`t` of the header* | |
//! | `slack` | `X-Slack-Signature` | time, body | *`event.type`* | *`event_id`* | *`X-Slack-Request-Timestamp`* | `X-Slack-Retry-Num` |
//! | `shopify` | `X-Shopify-Hmac-Sha256` | body | `X-Shopify-Topic` | `X-Shopify-Webhook-Id` | `X-Shopify-Triggered-At` | |
//! | `standard_webhooks` | `webhook-signature` | id, time, body | *`type`* | *`webhook-id`* | *`webhook-timestamp`* | |
//! | `svix` | `svix-signature` | id, time, body | *`type`* | *`svix-id`* | *`svix-timestamp`* | |
//! | `gitlab` | `X-Gitlab-Token` | nothing: a fixed token | `X-Gitlab-Event` | `Idempotency-Key` | | |
//! | `linear` | `Linear-Signature` | body | *`type`* | `Linear-Delivery` | *`webhookTimestamp`* | |
//! | `metriport` | `x-metriport-signature` | body | *`meta.type`* | *`meta.messageId`* | *`meta.when`* | |
//! | `terra` | `terra-signature` | time, body | *`type`* | | *`t` of the header* | |
//! | `twilio` | `X-Twilio-Signature` | URL, form | | `I-Twilio-Idempotency-Token` | | |
//! | `discord` | `X-Signature-Ed25519` | time, body | *`event.type`* | *`id`* | *`X-Signature-Timestamp`* | |
//! | `sendgrid` | `X-Twilio-Email-Event-Webhook-Signature` | time, body | | | *`..-Webhook-Timestamp`* | |
//!
//! A signed time must be within 300 seconds of the time of arrival: change it with
//! [`tolerance`](PresetBuilder::tolerance). Metriport's time is reported and not checked, because its page does not say
//! whether a retry has a new one. Rejections have the [default statuses](crate::RejectionKind) unless the preset's docs
//! say otherwise.
//!
//! # Examples
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tower_webhook::{Delivery, Stated, auth::Key, provider::preset, tagged_enum};
//!
//! tagged_enum! {
//!     #[derive(Clone, Debug)]
//!     pub enum Event {
//!         InvoicePaid(InvoicePaid) = "invoice.paid",
//!     } // and `Unknown`, with the JSON of all other types
//! }
//!
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! pub struct InvoicePaid { data: Data } // the whole body
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! pub struct Data { object: Invoice }
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! pub struct Invoice { id: String }
//!
//! let layer = preset::stripe()
//!     .key(Key::new("whsec_old_and_random_enough").label("2026-09"))
//!     .key(Key::new("whsec_new_and_random_enough").label("2026-11"))
//!     .tagged::<Event>()
//!     .build()?
//!     .into_layer();
//!
//! /// Recognises duplicates: anyone can choose an unsigned id.
//! fn key(delivery: &Delivery) -> Option<&str> {
//!     delivery.event_id().and_then(Stated::signed)
//! }
//! # let _ = (layer, key);
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```
//!
//! `.tagged::<E>()` decodes into an enum of events, by the type in a header or in a member of the body.
//! `.json::<E>()` decodes into any type that implements `Deserialize`, such as [`RawJson`].
//! `.raw()` accepts a body of any kind, such as the form of a Slack command.

mod discord;
mod github;
mod gitlab;
mod linear;
mod metriport;
mod sendgrid;
mod shopify;
mod slack;
mod standard_webhooks;
mod stripe;
mod terra;
mod twilio;

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{Custom, CustomBuilder, Envelope};
use crate::{
    ConfigError, ConfigErrorKind, RejectionKind, WebhookBody,
    auth::{
        ApiKeyBuilder, Key, KeySettings, Scheme, SignatureBuilder, StandardWebhooksBuilder, TwilioBuilder,
        keys::KeySource,
    },
    json::{RawJson, Tagged},
};

/// Makes each preset public, and finds it by its name.
macro_rules! presets {
    ($($module:ident::$name:ident,)+) => {
        $(pub use self::$module::$name;)+

        /// The names of all presets, for [`by_name`].
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        /// Finds a preset by the name of its function, for providers that come from a file or a database.
        ///
        /// # Examples
        ///
        /// ```
        /// use tower_webhook::provider::preset;
        ///
        /// let layer = preset::by_name("gitlab").expect("it exists").key("Zr41vw-new-and-random").build()?.into_layer();
        /// assert!(preset::by_name("no such preset").is_none());
        /// # Ok::<_, tower_webhook::ConfigError>(())
        /// ```
        #[must_use]
        pub fn by_name(name: &str) -> Option<PresetBuilder> {
            match name {
                $(stringify!($name) => Some($name()),)+
                _ => None,
            }
        }
    };
}

presets! {
    discord::discord,
    github::github,
    gitlab::gitlab,
    linear::linear,
    metriport::metriport,
    sendgrid::sendgrid,
    shopify::shopify,
    slack::slack,
    standard_webhooks::standard_webhooks,
    standard_webhooks::svix,
    stripe::stripe,
    terra::terra,
    twilio::twilio,
}

/// Configures a preset: add the key, and say what to decode into.
///
/// # Examples
///
/// See the [module](self).
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct PresetBuilder {
    name: Cow<'static, str>,
    scheme: SchemeBuilder,
    envelope: Envelope,
    rejection_status: fn(RejectionKind) -> StatusCode,
    keys: KeySettings,
    tolerance: Option<Duration>,
    public_url: Option<String>,
    json_field: Option<&'static str>,
}

/// The builder of a scheme, without its keys.
#[derive(Clone, Debug)]
enum SchemeBuilder {
    ApiKey(ApiKeyBuilder),
    Signature(Box<SignatureBuilder>),
    StandardWebhooks(StandardWebhooksBuilder),
    Twilio(TwilioBuilder),
}

impl PresetBuilder {
    fn new(name: &'static str, scheme: impl Into<SchemeBuilder>, envelope: Envelope) -> Self {
        Self {
            name: Cow::Borrowed(name),
            scheme: scheme.into(),
            envelope,
            rejection_status: RejectionKind::default_status,
            keys: KeySettings::default(),
            tolerance: None,
            public_url: None,
            json_field: None,
        }
    }

    /// Adds a live key: the secret, token or public key that the provider shows you. Call it once per key while you
    /// rotate.
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.keys.add(key.into());
        self
    }

    /// Takes the live keys from this source, instead of fixed ones: see [`keys`](crate::auth::keys).
    pub fn keys(mut self, source: impl KeySource) -> Self {
        self.keys.look_up(source);
        self
    }

    /// Sets how far the time of signing may be from the time of arrival, in both directions. The default is 300
    /// seconds, the maximum is a day. `build()` returns an error if the provider signs no time.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the URL that you gave to the provider, if the provider signs it. `build()` returns an error if it is
    /// missing or not signed.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Replaces the places of type, id and time, for deliveries that have them elsewhere than the preset expects.
    pub fn envelope(mut self, envelope: Envelope) -> Self {
        self.envelope = envelope;
        self
    }

    /// Decodes JSON into this type: see [`CustomBuilder::json`].
    pub fn json<E>(self) -> CustomBuilder<E>
    where
        E: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.custom().json()
    }

    /// Decodes JSON into this enum by the event's type: see [`CustomBuilder::tagged`].
    pub fn tagged<E>(self) -> CustomBuilder<E>
    where
        E: Tagged + Clone + Send + Sync + 'static,
    {
        self.custom().tagged()
    }

    /// Accepts bodies of any kind as they were sent: see [`CustomBuilder::raw`].
    pub fn raw(self) -> CustomBuilder<WebhookBody> {
        // It is about JSON.
        Self { json_field: None, ..self }.custom().raw()
    }

    /// Checks the settings. The event is the JSON as it was sent.
    ///
    /// # Errors
    ///
    /// See [`CustomBuilder::build`].
    pub fn build(self) -> Result<Custom<RawJson>, ConfigError> {
        self.custom().build()
    }

    /// Sets the statuses that the provider's page asks for.
    fn rejection_status(mut self, status: fn(RejectionKind) -> StatusCode) -> Self {
        self.rejection_status = status;
        self
    }

    /// Says in which field of a form the provider also sends its JSON.
    fn json_in_form(mut self, field: &'static str) -> Self {
        self.json_field = Some(field);
        self
    }

    fn custom(self) -> CustomBuilder<RawJson> {
        let scheme = self.scheme.build(self.keys, self.tolerance, self.public_url.as_deref());
        let custom = CustomBuilder::with_scheme(self.name, scheme);
        let custom = custom.envelope(self.envelope).rejection_status(self.rejection_status);
        self.json_field.into_iter().fold(custom, CustomBuilder::json_in_form)
    }
}

impl SchemeBuilder {
    fn build(
        self,
        keys: KeySettings,
        tolerance: Option<Duration>,
        public_url: Option<&str>,
    ) -> Result<Arc<dyn Scheme>, ConfigError> {
        match self {
            Self::ApiKey(builder) => {
                no_tolerance(tolerance)?;
                no_public_url(public_url)?;
                Ok(Arc::new(builder.with_keys(keys).build()?))
            }
            Self::Signature(builder) => {
                let builder = tolerance.into_iter().fold(builder.with_keys(keys), SignatureBuilder::tolerance);
                Ok(Arc::new(public_url.into_iter().fold(builder, SignatureBuilder::public_url).build()?))
            }
            Self::StandardWebhooks(builder) => {
                no_public_url(public_url)?;
                let builder = builder.with_keys(keys);
                Ok(Arc::new(tolerance.into_iter().fold(builder, StandardWebhooksBuilder::tolerance).build()?))
            }
            Self::Twilio(builder) => {
                no_tolerance(tolerance)?;
                let builder = builder.with_keys(keys);
                Ok(Arc::new(public_url.into_iter().fold(builder, TwilioBuilder::public_url).build()?))
            }
        }
    }
}

fn no_tolerance(tolerance: Option<Duration>) -> Result<(), ConfigError> {
    let missing = || ConfigError::new(ConfigErrorKind::Missing, "the time that the tolerance is for");
    tolerance.map_or(Ok(()), |_| Err(missing()))
}

fn no_public_url(url: Option<&str>) -> Result<(), ConfigError> {
    let unsigned = || ConfigError::new(ConfigErrorKind::Unsigned, "the public URL");
    url.map_or(Ok(()), |_| Err(unsigned()))
}

impl From<ApiKeyBuilder> for SchemeBuilder {
    fn from(builder: ApiKeyBuilder) -> Self {
        Self::ApiKey(builder)
    }
}

impl From<SignatureBuilder> for SchemeBuilder {
    fn from(builder: SignatureBuilder) -> Self {
        Self::Signature(Box::new(builder))
    }
}

impl From<StandardWebhooksBuilder> for SchemeBuilder {
    fn from(builder: StandardWebhooksBuilder) -> Self {
        Self::StandardWebhooks(builder)
    }
}

impl From<TwilioBuilder> for SchemeBuilder {
    fn from(builder: TwilioBuilder) -> Self {
        Self::Twilio(builder)
    }
}

/// Shows the name and the labels of the keys.
impl fmt::Debug for PresetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresetBuilder").field("name", &self.name).field("keys", &self.keys).finish_non_exhaustive()
    }
}
