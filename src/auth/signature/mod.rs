mod algorithm;
mod at;
mod builder;
mod content;
mod pieces;
mod settings;
mod tolerance;
mod wire;

use std::{fmt, hint::black_box};

use bytes::Bytes;
use http::{HeaderMap, Uri};

use self::at::Carrier;
pub(crate) use self::settings::Settings as SignatureSettings;
pub(super) use self::{
    algorithm::{Algorithm, Message, Verifier},
    content::{Content, SignedHead, TimestampSource},
    pieces::Pieces,
    tolerance::Tolerance,
    wire::{Candidates, Signatures},
};
pub use self::{at::At, builder::SignatureBuilder, content::Part, wire::Encoding};
use super::{Head, Scheme, Verified, keys::Source, uri};
use crate::{
    Rejection, RejectionReason, headers,
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
/// | Ed25519 ([RFC 8032]) | [`ed25519`](Self::ed25519) | public keys, 32 bytes in hex or base64, or PEM |
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
    /// hex or base64, or a PEM file ([RFC 8410](https://www.rfc-editor.org/rfc/rfc8410#section-4)).
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

    fn new(
        carrier: Carrier,
        signatures: Signatures,
        content: Content,
        keys: Source,
        public_path: Option<&str>,
    ) -> Self {
        Self { carrier, signatures, content, keys, public_path: public_path.map(Box::from) }
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
        // Only a header can have several signatures, and one is never too many.
        let Carrier::Header(name) = &self.carrier else { return RejectionReason::NoKeyMatched.into() };
        let expected = "at most 8 pairs of a signature and a public key";
        RejectionReason::MalformedHeader { name: name.clone(), expected }.into()
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
