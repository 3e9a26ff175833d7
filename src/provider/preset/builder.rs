use std::{fmt, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;

use crate::{
    ConfigError, WebhookBody,
    auth::{Key, keys::KeySource},
    json::{RawJson, Tagged},
    provider::{Custom, CustomBuilder, Envelope, Sender, sender::Own},
};

/// Configures a preset: add the key, and say what to decode into.
///
/// # Examples
///
/// See the [module](super).
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct PresetBuilder {
    /// The error is that of a description of this crate, which tests exclude.
    sender: Result<Arc<Sender>, ConfigError>,
    envelope: Option<Envelope>,
    has_json_form: bool,
    own: Own,
}

impl PresetBuilder {
    pub(super) fn of(sender: Result<Sender, ConfigError>) -> Self {
        Self { sender: sender.map(Arc::new), envelope: None, has_json_form: true, own: Own::default() }
    }

    /// Adds a live key: the secret, token or public key that the provider shows you. Call it once per key while you
    /// rotate.
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.own.keys.add(key.into());
        self
    }

    /// Takes the live keys from this source, instead of fixed ones: see [`keys`](crate::auth::keys).
    pub fn keys(mut self, source: impl KeySource) -> Self {
        self.own.keys.look_up(source);
        self
    }

    /// Sets how far the time of signing may be from the time of arrival, in both directions. The default is 300
    /// seconds, the maximum is a day. `build()` returns an error if the provider signs no time.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.own.tolerance = Some(tolerance);
        self
    }

    /// Sets the URL that you gave to the provider, if the provider signs it. `build()` returns an error if it is
    /// missing or not signed.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.own.public_url = Some(url.into());
        self
    }

    /// Replaces the places of type, id and time, for deliveries that have them elsewhere than the preset expects.
    pub fn envelope(mut self, envelope: Envelope) -> Self {
        self.envelope = Some(envelope);
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
        Self { has_json_form: false, ..self }.custom().raw()
    }

    /// Checks the settings. The event is the JSON as it was sent.
    ///
    /// # Errors
    ///
    /// See [`CustomBuilder::build`].
    pub fn build(self) -> Result<Custom<RawJson>, ConfigError> {
        self.custom().build()
    }

    fn custom(self) -> CustomBuilder<RawJson> {
        let Self { sender, envelope, has_json_form, own } = self;
        let noun = sender.as_ref().ok().and_then(|sender| sender.noun());
        let scheme =
            sender.as_ref().map_err(Clone::clone).and_then(|sender| sender.credential().build(Own { noun, ..own }));
        let name = sender.as_ref().map_or_else(|_| String::new(), |sender| sender.name().to_owned());
        let custom = CustomBuilder::with_scheme(name.into(), scheme);
        let Ok(sender) = sender else { return custom };
        let custom = custom.envelope(envelope.unwrap_or_else(|| sender.envelope()));
        sender.configure(custom, has_json_form)
    }
}

/// Starts with this description, and without keys.
impl From<Sender> for PresetBuilder {
    fn from(sender: Sender) -> Self {
        Self::of(Ok(sender))
    }
}

/// Shows the name and the labels of the keys.
impl fmt::Debug for PresetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.sender.as_ref().map(|sender| sender.name());
        f.debug_struct("PresetBuilder").field("name", &name).field("keys", &self.own.keys).finish_non_exhaustive()
    }
}
