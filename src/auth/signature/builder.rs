use std::{borrow::Cow, fmt, time::Duration};

use http::{HeaderName, Uri};

use super::{
    Algorithm, At, Encoding, Part, Signature,
    settings::{PairSettings, Settings},
};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        Key, KeySettings,
        keys::{KeyForm, KeySource, KeyText, Reading},
        public_url,
    },
    delivery::TimeFormat,
    headers,
};

/// Configures a [`Signature`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct SignatureBuilder {
    settings: Settings,
    /// For [`PairSettings::signatures`], which may be set later.
    more_fields: Vec<String>,
    has_two_forms: bool,
    keys: KeySettings,
    noun: Cow<'static, str>,
}

impl SignatureBuilder {
    pub(super) fn new(algorithm: Algorithm, at: impl Into<At>) -> Self {
        Self::from(Settings {
            algorithm,
            at: at.into(),
            prefix: String::new(),
            encoding: Encoding::default(),
            list: None,
            pairs: None,
            timestamp_first: false,
            repeated_header: false,
            signed: vec![Part::Body],
            timestamp_header: None,
            timestamp_in_body: None,
            timestamp_written_as: TimeFormat::default(),
            id_header: None,
            past_tolerance: None,
            future_tolerance: None,
            dangerous_unsigned_body: false,
            key: KeyText::default(),
            public_url: None,
        })
    }

    /// Adds a live key. Call it once per key while you rotate; there can be 16, or 8 public keys.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::{Key, Signature};
    ///
    /// let scheme = Signature::hmac_sha256("x-acme-signature")
    ///     .key(Key::base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").label("2026-11"))
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.keys.add(key.into());
        self
    }

    /// Takes the live keys from this source, instead of fixed ones: see [`keys`](crate::auth::keys).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::{Keys, Signature};
    ///
    /// let keys = Keys::new(["kx7Gq2-old-and-random"]);
    /// let scheme = Signature::hmac_sha256("x-acme-signature").keys(keys.clone()).build()?;
    /// keys.replace(["kx7Gq2-old-and-random", "Zr41vw-new-and-random"])?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn keys(mut self, source: impl KeySource) -> Self {
        self.keys.look_up(source);
        self
    }

    /// Takes the keys of another builder.
    pub(crate) fn with_keys(mut self, keys: KeySettings) -> Self {
        self.keys = keys;
        self
    }

    /// Sets how a signature is encoded. The default is [`Encoding::Hex`].
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.settings.encoding = encoding;
        self
    }

    /// Sets what stands before each signature, such as `sha256=`. The default is nothing.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.prefix = prefix.into();
        self
    }

    /// Expects up to 8 signatures with this separator between them, and perhaps blanks after it. Those without the
    /// [`prefix`](Self::prefix) are ignored, because they belong to versions that you have not configured. The default
    /// is one signature.
    pub fn list(mut self, separator: char) -> Self {
        self.settings.list = Some(separator);
        self
    }

    /// Expects named fields, as in `t=1700000000,v1=aa,v1=bb`: the timestamp once, and up to 8 signatures. Blanks may
    /// follow a separator. Other names are ignored. The default is one signature without fields.
    ///
    /// With a [`list`](Self::list), each of its entries has such fields, and all entries have the same timestamp: for
    /// `t=1700000000,v1=aa t=1700000000,v1=bb` use `.list(' ').pairs(',', "t", "v1")`.
    pub fn pairs(mut self, separator: char, timestamp: impl Into<String>, signature: impl Into<String>) -> Self {
        let (timestamp, signatures) = (timestamp.into(), vec![signature.into()]);
        self.settings.pairs = Some(PairSettings { separator, timestamp, signatures });
        self
    }

    /// Also takes the signatures in the field with this name, for providers that send the signature of the old key in a
    /// second field while you rotate: for `t=1700000000,v1=aa,v2=bb` use `.pairs(',', "t", "v1").another_field("v2")`.
    /// Call it once per field. The default is the one field of [`pairs`](Self::pairs).
    pub fn another_field(mut self, signature: impl Into<String>) -> Self {
        self.more_fields.push(signature.into());
        self
    }

    /// Takes the first entry of the [`list`](Self::list) as the timestamp: for `1700000000,aa,bb` use
    /// `.list(',').timestamp_first()`. The default is that all entries are signatures.
    pub fn timestamp_first(mut self) -> Self {
        self.settings.timestamp_first = true;
        self
    }

    /// Allows the header to occur several times, for providers that send one per live key while you rotate. There can
    /// be up to 8 signatures in all. The default is to reject a repeated header.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Signature;
    ///
    /// let mollie = Signature::hmac_sha256("x-mollie-signature").prefix("sha256=").repeated_header();
    /// let scheme = mollie.key("kx7Gq2-old-and-random").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn repeated_header(mut self) -> Self {
        self.settings.repeated_header = true;
        self
    }

    /// Sets what is signed, in order. The default is the body alone.
    pub fn signed(mut self, parts: impl IntoIterator<Item = Part>) -> Self {
        self.settings.signed = parts.into_iter().collect();
        self
    }

    /// Expects the time of signing in this header, signed as it was sent: digits, unless
    /// [`timestamp_in_rfc3339`](Self::timestamp_in_rfc3339) is set. The default is no time.
    pub fn timestamp_header(mut self, name: impl TryInto<HeaderName>) -> Self {
        self.settings.timestamp_header = Some(headers::parse_name(name, "the name of the timestamp's header"));
        self
    }

    /// Expects the time of signing in this member of the JSON body: a whole number, or a string if it is [RFC
    /// 3339](Self::timestamp_in_rfc3339). With [`dangerous_unsigned_body`](Self::dangerous_unsigned_body), digits in a
    /// string are accepted too. The path is names with dots between them; in an array, a number is a
    /// position, as in `entry.0.time`. The time is checked after the signature. The default is no time.
    pub fn timestamp_in_body(mut self, path: impl Into<String>) -> Self {
        self.settings.timestamp_in_body = Some(path.into());
        self
    }

    /// Reads the time of signing as milliseconds since 1970. The default is seconds.
    pub fn timestamp_in_milliseconds(mut self) -> Self {
        self.write_time_as(TimeFormat::UnixMilliseconds);
        self
    }

    /// Reads the time of signing as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), such as `2026-11-21T09:30:00Z`
    /// or `2026-11-21T10:30:00.123+01:00`: with `T`, and with `Z` or an offset. The default is seconds since 1970.
    ///
    /// # Examples
    ///
    /// Zendesk signs time and body, with nothing between them:
    ///
    /// ```
    /// use tower_webhook::auth::{Encoding, Part, Signature};
    ///
    /// let scheme = Signature::hmac_sha256("x-zendesk-webhook-signature")
    ///     .key("Zr41vw-new-and-random")
    ///     .encoding(Encoding::Base64)
    ///     .signed([Part::Timestamp, Part::Body])
    ///     .timestamp_header("x-zendesk-webhook-signature-timestamp")
    ///     .timestamp_in_rfc3339()
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn timestamp_in_rfc3339(mut self) -> Self {
        self.write_time_as(TimeFormat::Rfc3339);
        self
    }

    /// Sets how far the time of signing may be from the time of arrival, in both directions. The default is 300
    /// seconds, the maximum is a day.
    pub fn tolerance(self, tolerance: Duration) -> Self {
        self.past_tolerance(tolerance).future_tolerance(tolerance)
    }

    /// Sets how old a delivery may be. The default is 300 seconds, the maximum is a day.
    pub fn past_tolerance(mut self, tolerance: Duration) -> Self {
        self.settings.past_tolerance = Some(tolerance);
        self
    }

    /// Sets how far the sender's clock may be ahead. The default is 300 seconds, the maximum is a day.
    pub fn future_tolerance(mut self, tolerance: Duration) -> Self {
        self.settings.future_tolerance = Some(tolerance);
        self
    }

    /// Expects the delivery's id in this header. The default is no id.
    pub fn id_header(mut self, name: impl TryInto<HeaderName>) -> Self {
        self.settings.id_header = Some(headers::parse_name(name, "the name of the id's header"));
        self
    }

    /// Sets the URL that you gave to the provider, for [`Part::PublicUrl`]. The default is none.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.settings.public_url = Some(url.into());
        self
    }

    /// Accepts signatures that do not cover the body, for providers that sign only a time and a token.
    ///
    /// Whoever sees one delivery can send any other body with its signature, until the signed time is too old. So do
    /// not rely on the body: fetch the event from the provider's API. [`Verified::covers_body`](crate::auth::Verified::covers_body) is then `false`, and
    /// all that the body states is [`Stated::Unsigned`](crate::Stated).
    ///
    /// The [`signed`](Self::signed) parts are then [`Part::member`], and [`Part::Timestamp`] with
    /// [`timestamp_in_body`](Self::timestamp_in_body), which may be a string or a whole number; [`Part::Body`] is not
    /// among them. By default, the body must be signed.
    ///
    /// # Examples
    ///
    /// Mailgun signs the time and a token in the body:
    ///
    /// ```
    /// use tower_webhook::auth::{At, Part, Signature};
    ///
    /// let scheme = Signature::hmac_sha256(At::body("signature.signature"))
    ///     .key("Zr41vw-new-and-random")
    ///     .signed([Part::Timestamp, Part::member("signature.token")])
    ///     .timestamp_in_body("signature.timestamp")
    ///     .dangerous_unsigned_body()
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn dangerous_unsigned_body(mut self) -> Self {
        self.settings.dangerous_unsigned_body = true;
        self
    }

    /// Sets the provider's word for its keys, for error messages.
    pub(crate) fn noun(mut self, noun: impl Into<Cow<'static, str>>) -> Self {
        self.noun = noun.into();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// - There is no key, or there are more than 16, or more than 8 public ones, or both keys and a source are set.
    /// - A key is blank, padded, doubled, one byte repeated, too short, too long or not in its encoding, or contains a
    ///   control character; a label is blank, doubled or contains one.
    /// - A name is not a header name, or the public URL is not a URL.
    /// - The body is signed twice; it is not signed, and [`dangerous_unsigned_body`](Self::dangerous_unsigned_body) is
    ///   not set; or it is signed, and that is set.
    /// - [`Part::Timestamp`], [`Part::Id`] or [`Part::PublicUrl`] is signed and its source is not configured, or the
    ///   reverse.
    /// - The signed bytes can be split in several ways: for example, no literal stands between [`Part::Id`],
    ///   [`Part::Uri`] or [`Part::Header`] and the body, or a digit stands next to [`Part::Timestamp`].
    /// - The header of the id, or another signed one, has the name of a time, which would never be checked; or two of
    ///   the headers have one name.
    /// - There are two sources of the time, two forms, or a tolerance or form without a time.
    /// - A signature that is not in a header has a [`list`](Self::list), [`pairs`](Self::pairs) or a
    ///   [`repeated_header`](Self::repeated_header).
    /// - A separator is not ASCII or could be part of a signature; a prefix or field name contains the separator or a
    ///   character that no header can contain.
    /// - [`list`](Self::list) and [`pairs`](Self::pairs) have the same separator, or a prefix and pairs are both set.
    /// - A tolerance is zero or longer than a day.
    pub fn build(self) -> Result<Signature, ConfigError> {
        if self.has_two_forms {
            return Err(ConfigError::new(ConfigErrorKind::Conflict, "the form of the timestamp"));
        }
        let Self { mut settings, more_fields, keys, noun, .. } = self;
        match &mut settings.pairs {
            Some(pairs) => pairs.signatures.extend(more_fields),
            None if more_fields.is_empty() => {}
            None => return Err(ConfigError::new(ConfigErrorKind::Missing, "the named fields, `pairs`,")),
        }
        let content = settings.content()?;
        let carrier = settings.carrier()?;
        let signatures = settings.signatures(settings.algorithm.lengths())?;
        let keys = keys.build(KeyForm::new(noun, Reading::Signature(settings.algorithm, settings.key)))?;
        let url = settings.public_url.as_deref().map(public_url::parse).transpose()?;
        Ok(Signature::new(carrier, signatures, content, keys, url.as_ref().map(Uri::path)))
    }

    fn write_time_as(&mut self, form: TimeFormat) {
        let was = std::mem::replace(&mut self.settings.timestamp_written_as, form);
        self.has_two_forms |= was != TimeFormat::default() && was != form;
    }
}

/// Starts with these settings, and without keys.
impl From<Settings> for SignatureBuilder {
    fn from(settings: Settings) -> Self {
        let noun = settings.algorithm.noun().into();
        Self { settings, more_fields: Vec::new(), has_two_forms: false, keys: KeySettings::default(), noun }
    }
}

/// Shows the place of the signature and the labels of the keys only.
impl fmt::Debug for SignatureBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureBuilder")
            .field("at", &self.settings.at)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
