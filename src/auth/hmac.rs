use aws_lc_rs::hmac;

use super::{
    Secret,
    keys::Flaw,
    mac::Mac,
    signature::{Signed, SignedBuilder},
};

/// A signature with a shared key in a header of the provider's choice: HMAC ([RFC 2104]) with SHA-256,
/// SHA-512 or, for old providers, SHA-1.
///
/// What a provider signs, and how it writes that down, is data. By default: one signature of the body
/// alone, in hex, without a prefix. It needs the feature `hmac`.
///
/// # Examples
///
/// My provider is not listed: take these lines, and say what its page says.
///
/// ```
/// use tower_webhook::{WebhookLayer, auth::{Encoding, Hmac, Part}, provider::Json};
///
/// # fn main() -> Result<(), tower_webhook::ConfigError> {
/// let scheme = Hmac::sha256("x-acme-signature") // the header of the signature
///     .key("Zr41vw-new-and-random") // the signing secret: as text, or `key_base64`
///     .encoding(Encoding::Hex) // or Base64, Base64Url
///     .prefix("v0=") // what stands before the signature
///     .signed([Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body])
///     .timestamp_header("x-acme-timestamp") // with `timestamp_in_milliseconds()` if it has 13 digits
///     .build()?;
/// let layer: WebhookLayer<_> = Json::<serde_json::Value, _>::new("acme", scheme).into_layer();
/// # Ok(())
/// # }
/// ```
///
/// Time and signatures in one header, two keys while one replaces the other, and no key in `Debug`:
///
/// ```
/// use tower_webhook::auth::{Hmac, Part};
///
/// let scheme = Hmac::sha256("acme-signature")
///     .labelled_key("2026-09", "kx7Gq2-old-and-random")
///     .labelled_key("2026-11", "Zr41vw-new-and-random")
///     .pairs(',', "t", "v1")
///     .signed([Part::Timestamp, Part::literal("."), Part::Body])
///     .build()?;
/// assert_eq!(format!("{scheme:?}"), r#"Hmac { header: "acme-signature", keys: ["2026-09", "2026-11"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104
pub type Hmac = Signed<Mac>;

/// Configures an [`Hmac`].
pub type HmacBuilder = SignedBuilder<Mac>;

impl Signed<Mac> {
    /// HMAC-SHA256. Starts with the name of the signature's header, in any letter case.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Hmac;
    /// let scheme = Hmac::sha256("x-hub-signature-256").prefix("sha256=").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn sha256(header: &str) -> HmacBuilder {
        HmacBuilder::new(header, "key", |keys| Ok(Mac::new(hmac::HMAC_SHA256, keys)))
    }

    /// HMAC-SHA512. Starts with the name of the signature's header, in any letter case.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Hmac;
    /// let scheme = Hmac::sha512("x-acme-signature").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn sha512(header: &str) -> HmacBuilder {
        HmacBuilder::new(header, "key", |keys| Ok(Mac::new(hmac::HMAC_SHA512, keys)))
    }

    /// HMAC-SHA1, for providers that have nothing better. SHA-1 is broken for other uses, though not
    /// known to be for this one. Starts with the name of the signature's header, in any letter case.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Hmac;
    /// let scheme = Hmac::legacy_sha1("x-acme-signature").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn legacy_sha1(header: &str) -> HmacBuilder {
        HmacBuilder::new(header, "key", |keys| Ok(Mac::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, keys)))
    }
}

impl SignedBuilder<Mac> {
    /// Adds a key, byte by byte as given, labelled by its number: the first is `"1"`.
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        let key = key.as_ref();
        self.keys.push_secret(None, key.len(), Secret::typed(key).map_err(Flaw::from));
        self
    }

    /// Adds a key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_key(mut self, label: &str, key: impl AsRef<[u8]>) -> Self {
        let key = key.as_ref();
        self.keys.push_secret(Some(label), key.len(), Secret::typed(key).map_err(Flaw::from));
        self
    }

    /// Adds a key that is given in base64 (the standard alphabet, padded or not), labelled by its number.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Hmac;
    /// let scheme = Hmac::sha256("x-acme-signature").key_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn key_base64(mut self, key: &str) -> Self {
        self.keys.push_base64(None, key);
        self
    }

    /// Takes keys shorter than 16 bytes, which can be guessed. Some providers assign such keys.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.keys.allow_short();
        self
    }
}
