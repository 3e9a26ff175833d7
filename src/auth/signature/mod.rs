mod algorithm;
mod at;
mod content;
mod pieces;
mod settings;
mod tolerance;
mod wire;

use std::{fmt, hint::black_box, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Uri};

pub(super) use self::{
    algorithm::{Algorithm, Message, Verifier},
    content::{Content, SignedHead, TimestampSource},
    pieces::Pieces,
    tolerance::ToleranceSettings,
    wire::{Candidates, Signatures},
};
pub use self::{at::At, content::Part, wire::Encoding};
use self::{at::Carrier, settings::Settings, tolerance::Form};
use super::{
    Head, Key, KeySettings, Scheme, Verified,
    keys::{KeyForm, KeySource, Reading, Source},
    public_url, uri,
};
use crate::{
    ConfigError, Rejection, RejectionReason, headers,
    json::members::{self, Scalar},
};

/// A signature of the delivery, in a header, in the query or in the body.
///
/// Choose the algorithm, then translate the provider's page into settings: the header, the encoding, what is signed,
/// and where the time of signing is. The default is one signature of the body alone, in hex, without a prefix. For a
/// signature in the query or in the body, pass [`At::query`] or [`At::body`] instead of the header's name.
///
/// | algorithm | start with | keys are |
/// |---|---|---|
/// | HMAC-SHA256 ([RFC 2104]) | [`hmac_sha256`](Self::hmac_sha256) | shared secrets |
/// | HMAC-SHA512 | [`hmac_sha512`](Self::hmac_sha512) | shared secrets |
/// | HMAC-SHA1, for old providers | [`legacy_hmac_sha1`](Self::legacy_hmac_sha1) | shared secrets |
/// | Ed25519 ([RFC 8032]) | [`ed25519`](Self::ed25519) | public keys, 32 bytes in hex or base64 |
/// | ECDSA on P-256 with SHA-256 ([FIPS 186-5]) | [`ecdsa_p256`](Self::ecdsa_p256) | public keys, PEM or DER in base64 |
/// | RSA PKCS#1 v1.5 with SHA-256 ([RFC 8017]) | [`rsa_sha256`](Self::rsa_sha256) | public keys, PEM or DER in base64 |
///
/// The head is checked first: the header occurs once, each signature has the right form and length, and a time in a
/// header is within the tolerance. Only then is the body read and the signature computed. All live keys are tried.
///
/// Verifying with a public key is costly, and the sender is not authenticated yet. So there can be at most 8 public
/// keys, and a delivery is rejected on its head if its signatures and the keys make more than 8 pairs.
///
/// # Examples
///
/// A provider that signs `v0:<timestamp>:<body>`:
///
/// ```
/// use tower_webhook::{auth::{Encoding, Part, Signature}, provider::Custom};
///
/// let scheme = Signature::hmac_sha256("x-acme-signature") // the header of the signature
///     .key("Zr41vw-new-and-random") // or Key::base64(..), Key::hex(..), Key::bytes(..)
///     .encoding(Encoding::Hex) // or Base64, Base64Url
///     .prefix("v0=") // what stands before the signature in the header
///     .signed([Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body])
///     .timestamp_header("x-acme-timestamp") // plus `.timestamp_in_milliseconds()` if it has 13 digits
///     .build()?;
/// let layer = Custom::builder("acme", scheme).build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// A provider that sends time and signatures in one header, with two live keys during a rotation:
///
/// ```
/// use tower_webhook::auth::{Key, Part, Signature};
///
/// let scheme = Signature::hmac_sha256("acme-signature")
///     .key(Key::new("kx7Gq2-old-and-random").label("2026-09"))
///     .key(Key::new("Zr41vw-new-and-random").label("2026-11"))
///     .pairs(',', "t", "v1")
///     .signed([Part::Timestamp, Part::literal("."), Part::Body])
///     .build()?;
/// assert_eq!(format!("{scheme:?}"), r#"Signature { header: "acme-signature", keys: ["2026-09", "2026-11"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [FIPS 186-5]: https://doi.org/10.6028/NIST.FIPS.186-5
/// [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104
/// [RFC 8017]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
/// [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032
#[derive(Clone)]
#[doc(alias = "Hmac")]
#[doc(alias = "Ed25519")]
#[doc(alias = "EcdsaP256")]
pub struct Signature {
    carrier: Carrier,
    signatures: Signatures,
    content: Content,
    keys: Source,
    /// The path of the public URL, if that is signed.
    public_path: Option<Box<str>>,
}

/// Configures a [`Signature`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct SignatureBuilder {
    settings: Settings,
    keys: KeySettings,
    noun: &'static str,
}

impl Signature {
    /// HMAC-SHA256 in the header with this name, in any letter case, or at another [place](At).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Signature;
    ///
    /// let scheme =
    ///     Signature::hmac_sha256("x-hub-signature-256").prefix("sha256=").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn hmac_sha256(header: impl Into<At>) -> SignatureBuilder {
        SignatureBuilder::new(Algorithm::HmacSha256, header)
    }

    /// HMAC-SHA512 in the header with this name, in any letter case, or at another [place](At).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Signature;
    /// let scheme = Signature::hmac_sha512("x-acme-signature").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn hmac_sha512(header: impl Into<At>) -> SignatureBuilder {
        SignatureBuilder::new(Algorithm::HmacSha512, header)
    }

    /// HMAC-SHA1 in the header with this name, in any letter case, or at another [place](At), for providers that offer
    /// nothing better. SHA-1 is broken for other uses, and not known to be broken for this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::Signature;
    /// let scheme = Signature::legacy_hmac_sha1("x-acme-signature").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn legacy_hmac_sha1(header: impl Into<At>) -> SignatureBuilder {
        SignatureBuilder::new(Algorithm::LegacyHmacSha1, header)
    }

    /// Ed25519 in the header with this name, in any letter case, or at another [place](At). A key is 32 bytes, given in
    /// hex or base64.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::{Part, Signature};
    ///
    /// let scheme = Signature::ed25519("x-signature-ed25519")
    ///     .key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    ///     .signed([Part::Timestamp, Part::Body])
    ///     .timestamp_header("x-signature-timestamp")
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn ed25519(header: impl Into<At>) -> SignatureBuilder {
        SignatureBuilder::new(Algorithm::Ed25519, header)
    }

    /// ECDSA on P-256 with SHA-256 in the header with this name, in any letter case, or at another [place](At).
    ///
    /// A key is a `SubjectPublicKeyInfo` ([RFC 5280]): a PEM file, or what stands between its first and its last line.
    /// Signatures are in DER, usually as [`Encoding::Base64`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::{Encoding, Part, Signature};
    ///
    /// let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINX\
    ///     vVpiglSI8eNEc6wEA3F+g==";
    /// let scheme = Signature::ecdsa_p256("x-twilio-email-event-webhook-signature")
    ///     .key(key)
    ///     .encoding(Encoding::Base64)
    ///     .signed([Part::Timestamp, Part::Body])
    ///     .timestamp_header("x-twilio-email-event-webhook-timestamp")
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    ///
    /// [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
    pub fn ecdsa_p256(header: impl Into<At>) -> SignatureBuilder {
        SignatureBuilder::new(Algorithm::EcdsaP256, header)
    }

    /// RSA PKCS#1 v1.5 with SHA-256 in the header with this name, in any letter case, or at another [place](At).
    ///
    /// A key is a `SubjectPublicKeyInfo` ([RFC 5280]) of 2,048 to 4,096 bits: a PEM file, or what stands between its
    /// first and its last line. Signatures are usually [`Encoding::Base64`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::{Encoding, Signature};
    ///
    /// let pem = "-----BEGIN PUBLIC KEY-----
    /// MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0UuMVub2AbL+d9Wjemz0
    /// d2h35j/I9ba/P3dkZgj0DK9654k8Cnn5tzEPICPDVgjlf2gU3ekD5YgpbLgkzwTB
    /// vnKV/KnJPFb9SrgaoWkFFQP2cGipkO1W7sjCrXSktT7yIvve29vMXWPAERTMypzp
    /// v6CWPbpdsGVbNt8QjtLNVAeJDY8Gjd8QnpyFD0FnKEMMvNlvkAoIhuxAKPmsXLWU
    /// oFixYhPztEd5s7poDG4lYHExvrXNQIe+a5ZmAchPkU61GOyYx48YsSblD+zE2BRv
    /// F3wxQO88AFZxq7sIR/ehfZj8ZurAeitifvPLblB41AKF6sWokRZfdyvn7gVt51A7
    /// qwIDAQAB
    /// -----END PUBLIC KEY-----";
    /// let scheme = Signature::rsa_sha256("x-wh-signature").key(pem).encoding(Encoding::Base64).build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    ///
    /// [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
    pub fn rsa_sha256(header: impl Into<At>) -> SignatureBuilder {
        SignatureBuilder::new(Algorithm::RsaSha256, header)
    }

    /// Reads the head. It is read again when the body has arrived, which is cheaper than keeping the result. There are
    /// no candidates yet if the body has them.
    fn read<'a>(&self, head: &Head<'a>) -> Result<(SignedHead<'a>, Candidates), Rejection> {
        let (sent, beside) = match &self.carrier {
            Carrier::Header(header) => {
                let sent = self.signatures.sent(head, header)?;
                let beside = self.signatures.timestamp(&sent, header)?;
                (Some((sent, header)), beside.map(|text| (header, text)))
            }
            Carrier::Query(_) | Carrier::Member(_) => (None, None),
        };
        let signed = self.content.read_head(head, beside)?;
        // Otherwise some of what is signed is still to come.
        let signed = if self.content.pieces.sign_body() { self.content.fitting(signed)? } else { signed };
        let candidates = match (&self.carrier, sent) {
            (Carrier::Query(name), _) => {
                let text = uri::parameter(&head.parts.uri, name);
                text.and_then(|text| self.signatures.read_one(&text)).ok_or(NO_SIGNATURE_IN_QUERY)?
            }
            (_, Some((sent, header))) => self.signatures.read_some(&sent, header)?,
            (_, None) => Candidates::default(),
        };
        // Keys that are looked up are counted once the body has arrived: the head must not show whose they are.
        if self.keys.fixed().is_some_and(|keys| !keys.can_try(candidates.len())) {
            return Err(self.too_many());
        }
        Ok((signed, candidates))
    }

    /// The signature in the body.
    fn read_member(&self, body: &[u8], path: &members::Path) -> Result<Candidates, Rejection> {
        let [found] = members::find(body, [Some(path)]);
        let text = found.and_then(Scalar::text);
        Ok(text.and_then(|text| self.signatures.read_one(text.as_bytes())).ok_or(NO_SIGNATURE_IN_BODY)?)
    }

    /// Tries the keys. What a match proves is added by the caller.
    fn verify(&self, head: &Head<'_>, message: &dyn Message, candidates: &Candidates) -> Result<Verified, Rejection> {
        let found = self.keys.find(head);
        if !found.keys.can_try(candidates.len()) {
            // The time must not show how many keys a tenant has.
            black_box(found.decoy.and_then(|decoy| decoy.verify(message, candidates)));
            return Err(self.too_many());
        }
        let label = found.keys.verify(message, candidates);
        found.proven(label, || self.no_key_matched(head))
    }

    fn too_many(&self) -> Rejection {
        let expected = "at most 8 pairs of a signature and a public key";
        match &self.carrier {
            Carrier::Header(name) => RejectionReason::MalformedHeader { name: name.clone(), expected }.into(),
            _ => RejectionReason::Other("there are more than 8 pairs of a signature and a public key").into(),
        }
    }

    fn no_key_matched(&self, head: &Head<'_>) -> RejectionReason {
        match &self.public_path {
            Some(path) if **path != *head.parts.uri.path() => RejectionReason::UrlMismatch,
            _ => RejectionReason::NoKeyMatched,
        }
    }
}

const NO_SIGNATURE_IN_QUERY: RejectionReason = RejectionReason::MissingCredential(
    "the query does not have one well-formed signature where the settings say it is",
);
const NO_SIGNATURE_IN_BODY: RejectionReason =
    RejectionReason::MissingCredential("the body does not have one well-formed signature where the settings say it is");

impl Scheme for Signature {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        self.read(head).map(|_| None)
    }

    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        let (signed, candidates) = self.read(head)?;
        if self.content.pieces.sign_body() {
            if !self.content.pieces.fit_body(body) {
                return Err(RejectionReason::Other("the body goes on with what is signed next to it").into());
            }
            let verified = self.verify(head, &self.content.message(&signed, body), &candidates)?;
            return self.content.verified(verified, &signed, body);
        }
        let members = self.content.members(body)?;
        let signed = self.content.read_members(signed, &members)?;
        let candidates = match &self.carrier {
            Carrier::Member(path) => self.read_member(body, path)?,
            _ => candidates,
        };
        let verified = self.verify(head, &self.content.message(&signed, body), &candidates)?;
        self.content.verified(verified, &signed, body)
    }

    fn answer_hmac(&self, head: &Head<'_>, body: &Bytes, message: &[u8]) -> Option<[u8; 32]> {
        let verified = self.verify_body(head, body).ok()?;
        self.keys.find(head).keys.hmac_sha256(verified.key_label()?, message)
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        if let Carrier::Header(name) = &self.carrier {
            headers::mark_sensitive(headers, name);
        }
    }

    fn redact(&self, uri: &Uri) -> Option<Uri> {
        match &self.carrier {
            Carrier::Query(name) => uri::without_parameter(uri, name),
            _ => None,
        }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Signature");
        match &self.carrier {
            Carrier::Header(header) => debug.field("header", header),
            Carrier::Query(name) => debug.field("query", &String::from_utf8_lossy(name)),
            Carrier::Member(path) => debug.field("body", &path.join(".")),
        };
        debug.field("keys", &self.keys).finish()
    }
}

impl SignatureBuilder {
    fn new(algorithm: Algorithm, at: impl Into<At>) -> Self {
        let settings = Settings {
            algorithm,
            at: at.into(),
            prefix: String::new(),
            encoding: Encoding::default(),
            list: None,
            pairs: None,
            more_fields: Vec::new(),
            timestamp_first: false,
            may_repeat: false,
            parts: vec![Part::Body],
            timestamp_header: None,
            timestamp_in_body: None,
            id_header: None,
            public_url: None,
            tolerance: ToleranceSettings::default(),
            unsigned_body: false,
        };
        Self { settings, keys: KeySettings::default(), noun: algorithm.noun() }
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

    /// Takes the live keys from this source, instead of fixed ones: see [`keys`](super::keys).
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
        self.settings.pairs = Some((separator, timestamp.into(), signature.into()));
        self
    }

    /// Also takes the signatures in the field with this name, for providers that send the signature of the old key in a
    /// second field while you rotate: for `t=1700000000,v1=aa,v2=bb` use `.pairs(',', "t", "v1").another_field("v2")`.
    /// Call it once per field. The default is the one field of [`pairs`](Self::pairs).
    pub fn another_field(mut self, signature: impl Into<String>) -> Self {
        self.settings.more_fields.push(signature.into());
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
        self.settings.may_repeat = true;
        self
    }

    /// Sets what is signed, in order. The default is the body alone.
    pub fn signed(mut self, parts: impl IntoIterator<Item = Part>) -> Self {
        self.settings.parts = parts.into_iter().collect();
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
        self.settings.tolerance.written_as(Form::Milliseconds);
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
        self.settings.tolerance.written_as(Form::Rfc3339);
        self
    }

    /// Sets how far the time of signing may be from the time of arrival, in both directions. The default is 300
    /// seconds, the maximum is a day.
    pub fn tolerance(self, tolerance: Duration) -> Self {
        self.past_tolerance(tolerance).future_tolerance(tolerance)
    }

    /// Sets how old a delivery may be. The default is 300 seconds, the maximum is a day.
    pub fn past_tolerance(mut self, tolerance: Duration) -> Self {
        self.settings.tolerance.past = Some(tolerance);
        self
    }

    /// Sets how far the sender's clock may be ahead. The default is 300 seconds, the maximum is a day.
    pub fn future_tolerance(mut self, tolerance: Duration) -> Self {
        self.settings.tolerance.future = Some(tolerance);
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
    /// not rely on the body: fetch the event from the provider's API. [`Verified::covers_body`] is then `false`, and
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
        self.settings.unsigned_body = true;
        self
    }

    /// Sets the provider's word for its keys, for error messages.
    pub(crate) fn noun(mut self, noun: &'static str) -> Self {
        self.noun = noun;
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
        let Self { settings, keys, noun } = self;
        let content = settings.content()?;
        let carrier = settings.carrier()?;
        let signatures = settings.signatures(settings.algorithm.lengths())?;
        let keys = keys.build(KeyForm::new(noun, Reading::Signature(settings.algorithm)))?;
        let url = settings.public_url.as_deref().map(public_url::parse).transpose()?;
        Ok(Signature { carrier, signatures, content, keys, public_path: url.map(|url| url.path().into()) })
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
