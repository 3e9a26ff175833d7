use std::time::Duration;

use aws_lc_rs::hmac::HMAC_SHA256;
use http::HeaderName;

use super::{Family, StandardWebhooks};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        Encoding, Part, Secret,
        ed25519::Ed25519Kind,
        keys::{Flaw, KeysBuilder},
        mac::Mac,
        public_keys::{self, Kind, PublicKeys},
        signature::{Algorithm, Content, Layout, Signatures, TimestampSource, ToleranceBuilder},
    },
};

/// Configures a [`StandardWebhooks`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct StandardWebhooksBuilder {
    secrets: KeysBuilder,
    public_keys: KeysBuilder,
    tolerance: ToleranceBuilder,
}

impl StandardWebhooksBuilder {
    pub(super) fn new() -> Self {
        let mut public_keys = KeysBuilder::new("public key");
        public_keys.set_most(public_keys::MOST);
        Self { secrets: KeysBuilder::new("secret"), public_keys, tolerance: ToleranceBuilder::new() }
    }

    /// Adds a secret: base64, padded or not, after `whsec_` or without it. Secrets and public keys are
    /// labelled by their number: the first is `"1"`.
    pub fn secret(self, secret: &str) -> Self {
        let label = self.next_label();
        self.labelled_secret(&label, secret)
    }

    /// Adds a secret with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_secret(mut self, label: &str, secret: &str) -> Self {
        self.secrets.push_base64(Some(label), secret.strip_prefix("whsec_").unwrap_or(secret));
        self
    }

    /// Adds a public key: base64, padded or not, after `whpk_` or without it.
    pub fn public_key(self, key: &str) -> Self {
        let label = self.next_label();
        self.labelled_public_key(&label, key)
    }

    /// Adds a public key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_public_key(mut self, label: &str, key: &str) -> Self {
        let key = Ed25519Kind::decode(key.strip_prefix("whpk_").unwrap_or(key)).map_err(Flaw::from);
        self.public_keys.push_secret(Some(label), Secret::MIN_LEN, key);
        self
    }

    /// Takes secrets shorter than 16 bytes, which can be guessed. The specification asks for 24.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.secrets.allow_short();
        self
    }

    /// How far the time of signing may be from the time of arrival, in either direction. By default 300
    /// seconds.
    pub fn tolerance(self, tolerance: Duration) -> Self {
        self.past_tolerance(tolerance).future_tolerance(tolerance)
    }

    /// How old a delivery may be. By default 300 seconds.
    pub fn past_tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance.set_past(tolerance);
        self
    }

    /// How far the sender's clock may be ahead. By default 300 seconds.
    pub fn future_tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance.set_future(tolerance);
        self
    }

    /// What the provider calls its secrets, for error messages. By default `"secret"`.
    pub fn noun(mut self, noun: &'static str) -> Self {
        self.secrets.set_noun(noun);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There is neither a secret nor a public key, or more than 16 secrets or 8 public keys; one is not base64, doubled, or
    /// of a wrong length; two have the same label; a tolerance is zero or longer than a day.
    pub fn build(self) -> Result<StandardWebhooks, ConfigError> {
        let (secrets, public_keys) = (self.secrets.len(), self.public_keys.len());
        let v1 = if secrets > 0 || public_keys == 0 {
            let mac = Mac::new(HMAC_SHA256, &self.secrets.build()?);
            Some((signatures("v1,", &mac), mac))
        } else {
            None
        };
        let v1a = if public_keys > 0 {
            let keys = PublicKeys::new(&self.public_keys.build()?)?;
            Some((signatures("v1a,", &keys), keys))
        } else {
            None
        };
        if let (Some((_, v1)), Some((_, v1a))) = (&v1, &v1a) {
            if let Some(label) = v1.labels().find(|label| v1a.labels().any(|other| other == *label)) {
                return Err(ConfigError::new(ConfigErrorKind::Duplicate, format!("the label {label}")));
            }
        }
        let tolerance = self.tolerance.build()?;
        let family = |id, timestamp, signature| {
            let [id, timestamp, signature] = [id, timestamp, signature].map(HeaderName::from_static);
            let parts = vec![Part::Id, Part::literal("."), Part::Timestamp, Part::literal("."), Part::Body];
            let source = TimestampSource::Header(timestamp.clone());
            let content = Content { parts, timestamp: source, id: Some(id.clone()), tolerance: tolerance.clone() };
            Family { id, timestamp, signature, content }
        };
        let webhook = family("webhook-id", "webhook-timestamp", "webhook-signature");
        let svix = family("svix-id", "svix-timestamp", "svix-signature");
        Ok(StandardWebhooks { webhook, svix, v1, v1a })
    }

    fn next_label(&self) -> String {
        (self.secrets.len() + self.public_keys.len() + 1).to_string()
    }
}

fn signatures(prefix: &str, algorithm: &impl Algorithm) -> Signatures {
    let (layout, prefix) = (Layout::List(b' '), prefix.as_bytes().into());
    Signatures { layout, prefix, encoding: Encoding::Base64, lengths: algorithm.lengths() }
}
