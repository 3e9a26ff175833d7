use std::{borrow::Cow, ops::RangeInclusive, sync::Arc};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac,
    rsa::PublicEncryptingKey,
    signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm},
};
use serde::{Deserialize, Serialize};

use super::Candidates;
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        Key, Secret, Secrets,
        key::{self, Fault},
        keys::{MAX_KEYS, strong_enough},
    },
};

/// The maximum of verifications with public keys for one delivery, and so of public keys. Each verification costs a
/// hash of the whole body and more, for a sender that is not authenticated yet.
pub(in crate::auth) const MAX_VERIFICATIONS: usize = 8;

/// The algorithms, as a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Algorithm {
    HmacSha256,
    HmacSha512,
    LegacyHmacSha1,
    Ed25519,
    EcdsaP256,
    RsaSha256,
}

impl Algorithm {
    pub(crate) fn is_public(self) -> bool {
        matches!(self, Self::Ed25519 | Self::EcdsaP256 | Self::RsaSha256)
    }

    /// What the keys are called in error messages, unless the provider has its own word.
    pub(in crate::auth) fn noun(self) -> &'static str {
        if self.is_public() { "public key" } else { "key" }
    }

    /// How many bytes a signature has.
    pub(in crate::auth) fn lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::HmacSha256 => 32..=32,
            Self::HmacSha512 | Self::Ed25519 => 64..=64,
            Self::LegacyHmacSha1 => 20..=20,
            // DER of two numbers of 1 to 33 bytes each.
            Self::EcdsaP256 => 8..=72,
            // As many as the modulus.
            Self::RsaSha256 => 256..=MAX_RSA_BITS / 8,
        }
    }

    /// Checks the keys and prepares them. `read` reads a key for an HMAC; public keys have one form each.
    pub(in crate::auth) fn verifier(
        self,
        noun: &str,
        keys: &[Key],
        read: fn(&[u8]) -> Result<Secret, Fault>,
    ) -> Result<Verifier, ConfigError> {
        let max = if self.is_public() { MAX_VERIFICATIONS } else { MAX_KEYS };
        let secret = |key: &Key| match self {
            Self::Ed25519 => key.secret(ed25519_text).and_then(ed25519),
            Self::EcdsaP256 => key.secret(public_key_text),
            Self::RsaSha256 => key.secret(public_key_text).and_then(rsa),
            _ => key.secret(read).and_then(|secret| strong_enough(key, secret)),
        };
        let keys = Secrets::checked(noun, max, keys.iter().map(|key| (key, secret(key))))?;
        Ok(match self {
            Self::HmacSha256 => Verifier::hmac(hmac::HMAC_SHA256, &keys),
            Self::HmacSha512 => Verifier::hmac(hmac::HMAC_SHA512, &keys),
            Self::LegacyHmacSha1 => Verifier::hmac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &keys),
            Self::Ed25519 => Verifier::public(&ED25519, noun, &keys)?,
            Self::EcdsaP256 => Verifier::public(&ECDSA_P256_SHA256_ASN1, noun, &keys)?,
            Self::RsaSha256 => Verifier::public(&RSA_PKCS1_2048_8192_SHA256, noun, &keys)?,
        })
    }
}

/// The live keys of an algorithm, ready to verify. This is the only place that computes signatures.
#[derive(Clone)]
pub(in crate::auth) enum Verifier {
    /// Each key with its first blocks already computed.
    Hmac(Vec<(Arc<str>, hmac::Key)>),
    Public(Vec<(Arc<str>, ParsedPublicKey)>),
}

/// What a signature covers.
pub(in crate::auth) trait Message {
    /// Passes the message to `sink` piece by piece, so that it need not be copied into one.
    fn feed<'a>(&'a self, sink: &mut dyn FnMut(&'a [u8]));
}

impl Verifier {
    fn hmac(hash: hmac::Algorithm, keys: &Secrets) -> Self {
        let keyed = keys.iter().map(|(label, secret)| (Arc::clone(label), hmac::Key::new(hash, secret.bytes())));
        Self::Hmac(keyed.collect())
    }

    fn public(algorithm: &'static dyn VerificationAlgorithm, noun: &str, keys: &Secrets) -> Result<Self, ConfigError> {
        let parse = |(number, (label, key)): (usize, (&Arc<str>, &Secret))| {
            let parsed = ParsedPublicKey::new(algorithm, key.bytes());
            let malformed = || ConfigError::new(ConfigErrorKind::Malformed, format!("{noun} {number}"));
            Ok((Arc::clone(label), parsed.map_err(|_| malformed().expected(PUBLIC_KEY_FORMS))?))
        };
        (1..).zip(keys.iter()).map(parse).collect::<Result<_, _>>().map(Self::Public)
    }

    pub(crate) fn is_public(&self) -> bool {
        matches!(self, Self::Public(_))
    }

    /// Whether this number of candidates stays within the limit of work for an unauthenticated sender.
    pub(in crate::auth) fn can_try(&self, candidates: usize) -> bool {
        match self {
            Self::Hmac(_) => true,
            Self::Public(keys) => keys.len() * candidates <= MAX_VERIFICATIONS,
        }
    }

    /// Finds the key for which one of the candidates is a signature of the message, and returns its label.
    ///
    /// All keys and candidates are tried, also after a match: the time taken must not show which key is in use.
    pub(in crate::auth) fn verify(&self, message: &dyn Message, candidates: &Candidates) -> Option<Arc<str>> {
        let mut found = None;
        match self {
            Self::Hmac(keys) => {
                for (label, key) in keys {
                    let mut context = hmac::Context::with_key(key);
                    message.feed(&mut |piece| context.update(piece));
                    let tag = context.sign();
                    for candidate in candidates.iter() {
                        if verify_slices_are_equal(tag.as_ref(), candidate).is_ok() {
                            found = found.or(Some(label));
                        }
                    }
                }
            }
            Self::Public(keys) => {
                // In one piece: Ed25519 reads the message twice, and verifying a digest made elsewhere, as P-256 could,
                // is outside of FIPS 140.
                let message = in_one_piece(message);
                for (label, key) in keys {
                    for candidate in candidates.iter() {
                        if key.verify_sig(&message, candidate).is_ok() {
                            found = found.or(Some(label));
                        }
                    }
                }
            }
        }
        found.map(Arc::clone)
    }

    /// HMAC-SHA256 of a message with the key that has this label.
    pub(in crate::auth) fn hmac_sha256(&self, label: &str, message: &[u8]) -> Option<[u8; 32]> {
        let Self::Hmac(keys) = self else { return None };
        let (_, key) = keys.iter().find(|(own, key)| **own == *label && key.algorithm() == hmac::HMAC_SHA256)?;
        hmac::sign(key, message).as_ref().try_into().ok()
    }

    pub(in crate::auth) fn labels(&self) -> Vec<&str> {
        match self {
            Self::Hmac(keys) => keys.iter().map(|(label, _)| &**label).collect(),
            Self::Public(keys) => keys.iter().map(|(label, _)| &**label).collect(),
        }
    }
}

/// Copies the message only if it has several pieces.
fn in_one_piece<'a>(message: &'a dyn Message) -> Cow<'a, [u8]> {
    let mut pieces = Vec::new();
    message.feed(&mut |piece| pieces.push(piece));
    if let [whole] = *pieces { Cow::Borrowed(whole) } else { Cow::Owned(pieces.concat()) }
}

const PUBLIC_KEY_FORMS: &str = "a `SubjectPublicKeyInfo` as PEM, or in DER as base64";

/// A larger key would make each verification of a stranger's signature much slower.
const MAX_RSA_BITS: usize = 4096;

/// Reads a PEM file, or the base64 in it, in one line or in several.
fn public_key_text(text: &[u8]) -> Result<Secret, Fault> {
    let lines = text.trim_ascii_end();
    let lines = lines
        .strip_prefix(b"-----BEGIN PUBLIC KEY-----\n")
        .or_else(|| lines.strip_prefix(b"-----BEGIN PUBLIC KEY-----\r\n"));
    let inner = lines.and_then(|lines| lines.strip_suffix(b"-----END PUBLIC KEY-----"));
    let decoded = match inner {
        Some(inner) => {
            let base64: Vec<u8> = inner.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
            key::base64(&base64)
        }
        None => key::base64(text),
    };
    decoded.map_err(|fault| fault.or_expected(PUBLIC_KEY_FORMS))
}

fn rsa(key: Secret) -> Result<Secret, Fault> {
    let parsed = PublicEncryptingKey::from_der(key.bytes()).map_err(|_| Fault::malformed(PUBLIC_KEY_FORMS))?;
    let bits = parsed.key_size_bits();
    if (2048..=MAX_RSA_BITS).contains(&bits) {
        Ok(key)
    } else {
        Err(Fault::malformed("an RSA key of 2,048 to 4,096 bits"))
    }
}

const ED25519_LEN: usize = 32;
const ED25519_FORMS: &str = "32 bytes in hex or base64, or a `SubjectPublicKeyInfo` as PEM";
/// What stands before the 32 bytes in a `SubjectPublicKeyInfo` (RFC 8410, 4).
const ED25519_INFO: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

fn ed25519_text(text: &[u8]) -> Result<Secret, Fault> {
    if text.starts_with(b"-----") {
        let info = public_key_text(text)?;
        let key = info.bytes().strip_prefix(ED25519_INFO).ok_or(Fault::malformed(ED25519_FORMS))?;
        return Ok(Secret::exact(key)?);
    }
    // As base64, so many letters would be 48 bytes.
    let decoded = if text.len() == 2 * ED25519_LEN { key::hex(text) } else { key::base64(text) };
    decoded.map_err(|fault| fault.or_expected(ED25519_FORMS))
}

fn ed25519(key: Secret) -> Result<Secret, Fault> {
    if key.len() != ED25519_LEN {
        return Err(Fault::malformed(ED25519_FORMS));
    }
    if is_of_small_order(key.bytes()) {
        return Err(Fault::malformed("a key for which not everybody can sign, so not one of zeros"));
    }
    Ok(key)
}

/// The points whose order is 8 or less, without the sign, in all their encodings. Anybody can make signatures for such
/// a key. One of them is all zeros, which is often a placeholder.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn is_of_small_order(key: &[u8]) -> bool {
    let mut point = [0; ED25519_LEN];
    SMALL_ORDER.iter().any(|hex| {
        let decoded = data_encoding::HEXLOWER.decode_mut(hex.as_bytes(), &mut point).is_ok();
        // The highest bit of the last byte is the sign.
        decoded && point.iter().eq(key.iter().take(ED25519_LEN - 1).chain(&key.last().map(|last| last & 0x7f)))
    })
}
