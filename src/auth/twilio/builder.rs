use aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
use http::Uri;

use super::Twilio;
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        Encoding, Secret,
        keys::{Flaw, KeysBuilder},
        mac::Mac,
        signature::{Algorithm, Layout, Signatures},
    },
};

/// Configures a [`Twilio`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct TwilioBuilder {
    keys: KeysBuilder,
    url: Option<String>,
}

impl TwilioBuilder {
    pub(super) fn new() -> Self {
        Self { keys: KeysBuilder::new("auth token"), url: None }
    }

    /// Adds an account's auth token, labelled by its number: the first is `"1"`.
    pub fn auth_token(mut self, token: impl AsRef<[u8]>) -> Self {
        let token = token.as_ref();
        self.keys.push_secret(None, token.len(), Secret::typed(token).map_err(Flaw::from));
        self
    }

    /// Adds an auth token with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_auth_token(mut self, label: &str, token: impl AsRef<[u8]>) -> Self {
        let token = token.as_ref();
        self.keys.push_secret(Some(label), token.len(), Secret::typed(token).map_err(Flaw::from));
        self
    }

    /// The URL that Twilio calls, as you gave it to Twilio, without its query: the request's is appended.
    /// It is not taken from the request, as whoever sends one chooses its `Host`.
    pub fn public_url(mut self, url: &str) -> Self {
        self.url = Some(url.to_owned());
        self
    }

    /// Takes tokens shorter than 16 bytes, which can be guessed. Twilio's have 32.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.keys.allow_short();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There is no token or more than 16; one is blank, padded, doubled, too short or too long; the URL is
    /// missing, or is not one with `http` or `https`, a host, a path and no query.
    pub fn build(self) -> Result<Twilio, ConfigError> {
        let mac = Mac::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.keys.build()?);
        let url = self.url.ok_or_else(|| ConfigError::new(ConfigErrorKind::Missing, "the public URL"))?;
        let other = other_form(&url).ok_or_else(|| ConfigError::new(ConfigErrorKind::Malformed, "the public URL"))?;
        let lengths = mac.lengths();
        let signatures =
            Signatures { layout: Layout::One, prefix: Box::default(), encoding: Encoding::Base64, lengths };
        Ok(Twilio { mac, signatures, urls: [url.into(), other.into()] })
    }
}

/// The URL without its port, or with the usual one if it has none.
fn other_form(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let port = match uri.scheme_str()? {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (scheme, after) = url.split_once("://")?;
    let (authority, path) = after.split_at_checked(after.find('/')?)?;
    if path.contains(['?', '#']) {
        return None;
    }
    match uri.port() {
        Some(port) => Some(format!("{scheme}://{}{path}", authority.strip_suffix(&format!(":{port}"))?)),
        None => Some(format!("{scheme}://{authority}:{port}{path}")),
    }
}
