use http::{HeaderMap, HeaderName, request::Parts};
use jiff::Timestamp;

use super::{
    Scheme, Verified, conceal_header,
    keys::{Keys, KeysBuilder},
    only_value,
};
use crate::{ConfigError, ConfigErrorKind, Rejection};

/// A key in a header of the provider's choice.
///
/// The header must occur once, with exactly one of the configured keys as its value.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::Header;
///
/// let scheme = Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?;
/// assert_eq!(format!("{scheme:?}"), r#"Header { name: "x-acme-key", keys: ["1"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Header {
    name: HeaderName,
    keys: Keys,
}

/// Configures a [`Header`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct HeaderBuilder {
    name: Result<HeaderName, ConfigError>,
    keys: KeysBuilder,
}

impl Header {
    /// Starts with the header's name, in any letter case.
    pub fn builder(name: &str) -> HeaderBuilder {
        HeaderBuilder { name: parse_name(name), keys: KeysBuilder::new("key") }
    }
}

impl HeaderBuilder {
    /// Adds a key, labelled by its number: the first is `"1"`.
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.keys.push(None, key.as_ref());
        self
    }

    /// Adds a key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_key(mut self, label: &str, key: impl AsRef<[u8]>) -> Self {
        self.keys.push(Some(label), key.as_ref());
        self
    }

    /// Takes keys shorter than 16 bytes, which can be guessed. Some providers assign such keys.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.keys.allow_short();
        self
    }

    /// Looks for the key in another header.
    pub fn name(mut self, name: &str) -> Self {
        self.name = parse_name(name);
        self
    }

    /// What the provider calls its keys, for error messages. By default `"key"`.
    pub fn noun(mut self, noun: &'static str) -> Self {
        self.keys.set_noun(noun);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There is no key or more than 16; a key is blank, padded, doubled, not ASCII, shorter than 16 bytes
    /// or longer than 1,024, or holds a control character; the name is no header name.
    pub fn build(self) -> Result<Header, ConfigError> {
        Ok(Header { name: self.name?, keys: self.keys.build()? })
    }
}

fn parse_name(name: &str) -> Result<HeaderName, ConfigError> {
    HeaderName::try_from(name)
        .map_err(|_| ConfigError::new(ConfigErrorKind::HeaderName, "the name of the key's header"))
}

impl Scheme for Header {
    type Pending = Verified;

    fn open(&self, head: &Parts, _now: Timestamp) -> Result<Verified, Rejection> {
        self.keys.verify(only_value(&head.headers, &self.name)?.as_bytes())
    }

    fn close(&self, verified: Verified, _body: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        conceal_header(headers, &self.name);
    }
}
