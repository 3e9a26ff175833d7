use std::sync::Arc;

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use data_encoding::{BASE64, HEXLOWER};
use zeroize::Zeroizing;

use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        Key, Secret,
        key::{self, Fault, made},
        keys::KeyText,
        signature::Algorithm,
        standard_webhooks,
    },
};

/// What a sender signs with, or sends.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pair: Pair,
    /// What the receiver is configured with.
    receiver: Key,
}

#[derive(Clone)]
enum Pair {
    Secret(Secret),
    Ed25519(Arc<Ed25519KeyPair>),
    EcdsaP256(Arc<EcdsaKeyPair>),
    Rsa(Arc<RsaKeyPair>),
}

impl SigningKey {
    /// Makes a key up, for this algorithm and as the provider shows it.
    pub(crate) fn made_up(algorithm: Option<Algorithm>, text: KeyText) -> Result<Self, ConfigError> {
        match algorithm {
            Some(Algorithm::Ed25519) => Self::ed25519(made(Ed25519KeyPair::generate())?),
            Some(Algorithm::EcdsaP256) => {
                Self::ecdsa_p256(made(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING))?)
            }
            Some(Algorithm::RsaSha256) => Self::rsa(made(RsaKeyPair::generate(KeySize::Rsa2048))?),
            _ => {
                let mut bytes = [0; 24];
                made(getrandom::fill(&mut bytes))?;
                let shown = match text {
                    KeyText::Hex => HEXLOWER.encode(&bytes),
                    KeyText::Text | KeyText::Base64 => BASE64.encode(&bytes),
                };
                Self::secret(&Key::new(shown), text)
            }
        }
    }

    /// Makes up a secret of Standard Webhooks.
    pub(crate) fn made_up_standard() -> Result<Self, ConfigError> {
        let made_up = Self::made_up(None, KeyText::Base64)?;
        let text = made_up.receiver.text().map(String::from_utf8_lossy).unwrap_or_default();
        Self::standard(&Key::new(format!("whsec_{text}")))
    }

    /// The key that the provider shows, for HMACs and keys that are sent.
    pub(crate) fn secret(key: &Key, text: KeyText) -> Result<Self, ConfigError> {
        Self::read(key, text.reader())
    }

    /// A secret of Standard Webhooks, such as `whsec_..`, or a private key, `whsk_..`.
    pub(crate) fn standard(key: &Key) -> Result<Self, ConfigError> {
        let Some(private) = key.text().and_then(|text| text.strip_prefix(b"whsk_")) else {
            return Self::read(key, standard_webhooks::secret);
        };
        let malformed = || {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the private key");
            error.expected("`whsk_` and an Ed25519 key in base64")
        };
        let bytes = key::base64(private).map_err(|_| malformed())?;
        // Libraries write the public key behind the private one.
        let (seed, public) = bytes.bytes().split_at_checked(32).ok_or_else(malformed)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| malformed())?;
        let receiver = standard_webhooks::public_key(pair.public_key().as_ref());
        if !public.is_empty() && public != pair.public_key().as_ref() {
            return Err(malformed());
        }
        Ok(Self { pair: Pair::Ed25519(Arc::new(pair)), receiver })
    }

    /// Whether it has a public half.
    pub(crate) fn is_pair(&self) -> bool {
        !matches!(self.pair, Pair::Secret(_))
    }

    fn read(key: &Key, read: fn(&[u8]) -> Result<Secret, Fault>) -> Result<Self, ConfigError> {
        let secret = key.secret(read).map_err(|fault| fault.of("the key"))?;
        Ok(Self { pair: Pair::Secret(secret), receiver: key.clone() })
    }

    /// A private key: PKCS#8, as PEM or in base64.
    pub(crate) fn private(algorithm: Algorithm, key: &Key) -> Result<Self, ConfigError> {
        let malformed = || {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the private key");
            error.expected("PKCS#8 of this algorithm, as PEM or in base64")
        };
        let der = private_key(key).ok_or_else(malformed)?;
        match algorithm {
            Algorithm::Ed25519 => {
                let pair = Ed25519KeyPair::from_pkcs8(&der);
                let pair = pair.or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der));
                Self::ed25519(pair.map_err(|_| malformed())?)
            }
            Algorithm::EcdsaP256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der);
                Self::ecdsa_p256(pair.map_err(|_| malformed())?)
            }
            _ => Self::rsa(RsaKeyPair::from_pkcs8(&der).map_err(|_| malformed())?),
        }
    }

    fn ed25519(pair: Ed25519KeyPair) -> Result<Self, ConfigError> {
        let receiver = Key::new(HEXLOWER.encode(pair.public_key().as_ref()));
        Ok(Self { pair: Pair::Ed25519(Arc::new(pair)), receiver })
    }

    fn ecdsa_p256(pair: EcdsaKeyPair) -> Result<Self, ConfigError> {
        let der = made(pair.public_key().as_der())?;
        let receiver = Key::new(BASE64.encode(der.as_ref()));
        Ok(Self { pair: Pair::EcdsaP256(Arc::new(pair)), receiver })
    }

    fn rsa(pair: RsaKeyPair) -> Result<Self, ConfigError> {
        let der = made(pair.public_key().as_der())?;
        let receiver = Key::new(BASE64.encode(der.as_ref()));
        Ok(Self { pair: Pair::Rsa(Arc::new(pair)), receiver })
    }

    /// What the receiver is configured with: the secret, or the public key.
    pub(crate) fn receiver(&self) -> &Key {
        &self.receiver
    }

    /// What the receiver is configured with as text, unless it was given as bytes.
    pub(crate) fn receiver_text(&self) -> Option<String> {
        self.receiver.text().map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The text of a key that is sent as it is.
    pub(crate) fn text(&self) -> String {
        match &self.pair {
            Pair::Secret(secret) => String::from_utf8_lossy(secret.bytes()).into_owned(),
            _ => String::new(),
        }
    }

    /// The signature of a message, or nothing where the system has no random bytes.
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Secret(secret) => {
                let hash = match algorithm {
                    Algorithm::HmacSha512 => hmac::HMAC_SHA512,
                    Algorithm::LegacyHmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                    _ => hmac::HMAC_SHA256,
                };
                hmac::sign(&hmac::Key::new(hash, secret.bytes()), message).as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::EcdsaP256(pair) => {
                pair.sign(&SystemRandom::new(), message).map_or_else(|_| Vec::new(), |tag| tag.as_ref().to_vec())
            }
            Pair::Rsa(pair) => {
                let mut tag = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut tag);
                signed.map_or_else(|_| Vec::new(), |()| tag)
            }
        }
    }
}

/// The DER of a private key. One of RSA is longer than a [`Secret`] can be.
fn private_key(key: &Key) -> Option<Zeroizing<Vec<u8>>> {
    let lines = key.text().or_else(|| key.base64_text())?.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let base64 = Zeroizing::new(lines.filter(|line| !line.starts_with(b"-----")).collect::<Vec<_>>().concat());
    BASE64.decode(&base64).ok().map(Zeroizing::new)
}
