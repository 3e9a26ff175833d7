use std::{borrow::Cow, fmt, time::Duration};

use http::HeaderName;

use super::{Algorithm, Encoding, Part, Signatures, Signed, ToleranceBuilder};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::keys::{Keys, KeysBuilder},
};

/// Configures a [`Signed`]. How keys are added is told at [`Hmac`](super::super::Hmac),
/// [`Ed25519`](super::super::Ed25519) and [`EcdsaP256`](super::super::EcdsaP256), with examples.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct SignedBuilder<A> {
    pub(super) algorithm: fn(&Keys) -> Result<A, ConfigError>,
    pub(in crate::auth) keys: KeysBuilder,
    pub(super) header: Result<HeaderName, ConfigError>,
    pub(super) prefix: Vec<u8>,
    pub(super) encoding: Encoding,
    pub(super) list: Option<char>,
    pub(super) pairs: Option<(char, String, String)>,
    pub(super) parts: Vec<Part>,
    pub(super) timestamp_header: Option<Result<HeaderName, ConfigError>>,
    pub(super) timestamp_in_body: Option<String>,
    pub(super) id_header: Option<Result<HeaderName, ConfigError>>,
    pub(super) public_url: Option<String>,
    pub(super) tolerance: ToleranceBuilder,
}

impl<A: Algorithm> SignedBuilder<A> {
    pub(in crate::auth) fn new(
        header: &str,
        noun: &'static str,
        algorithm: fn(&Keys) -> Result<A, ConfigError>,
    ) -> Self {
        Self {
            algorithm,
            keys: KeysBuilder::new(noun),
            header: parse_name(header, "the name of the signature's header"),
            prefix: Vec::new(),
            encoding: Encoding::default(),
            list: None,
            pairs: None,
            parts: vec![Part::Body],
            timestamp_header: None,
            timestamp_in_body: None,
            id_header: None,
            public_url: None,
            tolerance: ToleranceBuilder::new(),
        }
    }

    /// How the signature is written. By default [`Encoding::Hex`].
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// What stands before each signature, such as `sha256=`, exactly so. By default nothing.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.as_bytes().to_vec();
        self
    }

    /// The header holds up to 8 signatures with this between them. Those without the
    /// [`prefix`](Self::prefix) are passed over, as they are of versions that are not known here. By
    /// default the header holds one.
    pub fn list(mut self, separator: char) -> Self {
        self.list = Some(separator);
        self
    }

    /// The header holds named fields, as in `t=1700000000,v1=aa,v1=bb`: the time, once, and up to 8
    /// signatures. Other fields are passed over, and blanks between fields are refused. By default the header holds one signature.
    pub fn pairs(mut self, separator: char, timestamp: &str, signature: &str) -> Self {
        self.pairs = Some((separator, timestamp.to_owned(), signature.to_owned()));
        self
    }

    /// What is signed, in order. By default the body alone.
    pub fn signed(mut self, parts: impl IntoIterator<Item = Part>) -> Self {
        self.parts = parts.into_iter().collect();
        self
    }

    /// The header of the time of signing: digits only, and signed as they were sent. By default there is
    /// no time.
    pub fn timestamp_header(mut self, name: &str) -> Self {
        self.timestamp_header = Some(parse_name(name, "the name of the timestamp's header"));
        self
    }

    /// The time of signing is a whole number in this field of the body's JSON object, and so it is
    /// checked after the signature. By default there is no time.
    pub fn timestamp_in_body(mut self, field: &str) -> Self {
        self.timestamp_in_body = Some(field.to_owned());
        self
    }

    /// The time counts milliseconds since 1970. By default seconds.
    pub fn timestamp_in_milliseconds(mut self) -> Self {
        self.tolerance.set_milliseconds();
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

    /// The header of the delivery's id. By default there is none.
    pub fn id_header(mut self, name: &str) -> Self {
        self.id_header = Some(parse_name(name, "the name of the id's header"));
        self
    }

    /// The URL at which the provider reaches you, exactly as you gave it to the provider, for
    /// [`Part::PublicUrl`]. By default there is none.
    pub fn public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.to_owned());
        self
    }

    /// What the provider calls its keys, for error messages.
    pub fn noun(mut self, noun: &'static str) -> Self {
        self.keys.set_noun(noun);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There is no key or more than 16, or 8 public; a key is blank, padded, doubled, too short, too long or not in its
    /// encoding; a name is no header name; the body is not signed, or twice; a part that is signed has no
    /// source, or a source is not signed; no literal follows the id or the URI; there are two sources of the time, or a
    /// tolerance or unit and none; a separator is not ASCII, or could be part of a signature; a prefix or the name of a
    /// field holds the separator, or what no header can; both a list and pairs, or a prefix and pairs; a tolerance is
    /// zero or longer than a day.
    pub fn build(self) -> Result<Signed<A>, ConfigError> {
        let (content, layout) = (self.content()?, self.layout()?);
        let algorithm = (self.algorithm)(&self.keys.build()?)?;
        let (prefix, encoding, lengths) = (self.prefix.into(), self.encoding, algorithm.lengths());
        let signatures = Signatures { layout, prefix, encoding, lengths };
        Ok(Signed { header: self.header?, signatures, content, algorithm })
    }

    /// The parts, with the configured URL in its place.
    pub(super) fn resolved_parts(&self) -> Vec<Part> {
        let resolve = |part: &Part| match (part, &self.public_url) {
            (Part::PublicUrl, Some(url)) => Part::Literal(Cow::Owned(url.clone().into_bytes())),
            _ => part.clone(),
        };
        self.parts.iter().map(resolve).collect()
    }
}

/// Shows the labels of the keys, and no value.
impl<A> fmt::Debug for SignedBuilder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedBuilder").field("header", &self.header).field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn parse_name(name: &str, setting: &'static str) -> Result<HeaderName, ConfigError> {
    HeaderName::try_from(name).map_err(|_| ConfigError::new(ConfigErrorKind::HeaderName, setting))
}
