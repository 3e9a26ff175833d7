use std::{
    borrow::Cow,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, LazyLock},
};

#[cfg(feature = "signatures")]
use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
#[cfg(feature = "signatures")]
use serde::{Deserialize, Serialize};

use super::live::{Live, MAX_KEYS, Secrets, in_header};
#[cfg(feature = "signatures")]
use crate::auth::{
    Secret,
    key::{self, Fault, made},
    signature::Algorithm,
    standard_webhooks,
};
use crate::{
    ConfigError,
    auth::{Key, api_key},
};

/// How a scheme reads its keys: as text, as the secrets of an HMAC, as public keys.
///
/// A scheme gives it to its [source](super::KeySource) when it is built, so that the source can check keys that come
/// later. You only hand it on.
///
/// # Examples
///
/// See [`KeySource`](super::KeySource).
#[derive(Clone)]
pub struct KeyForm(Arc<Form>);

struct Form {
    /// The provider's word for keys, for errors.
    noun: Cow<'static, str>,
    reading: Reading,
}

#[derive(Debug, PartialEq, Eq)]
pub(in crate::auth) enum Reading {
    /// They are sent in a header as they are.
    Text,
    /// They are passwords of this user.
    Basic { user: String },
    #[cfg(feature = "signatures")]
    Signature(Algorithm, KeyText),
    /// Secrets and public keys, told apart by their prefix.
    #[cfg(feature = "signatures")]
    StandardWebhooks,
}

/// How a provider shows the secrets of its HMACs.
#[cfg(feature = "signatures")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyText {
    /// The text is the secret.
    #[default]
    Text,
    Base64,
    Hex,
}

#[cfg(feature = "signatures")]
impl KeyText {
    pub(in crate::auth) fn reader(self) -> fn(&[u8]) -> Result<Secret, Fault> {
        match self {
            Self::Text => key::text,
            Self::Base64 => key::base64,
            Self::Hex => key::hex,
        }
    }
}

impl KeyForm {
    /// Keys that are sent as they are, for a [`Scheme`](crate::auth::Scheme) of your own that calls
    /// [`Keys::verify`](super::Keys::verify).
    #[must_use]
    pub fn text() -> Self {
        static TEXT: LazyLock<KeyForm> = LazyLock::new(|| KeyForm::new("key", Reading::Text));
        TEXT.clone()
    }

    pub(in crate::auth) fn new(noun: impl Into<Cow<'static, str>>, reading: Reading) -> Self {
        Self(Arc::new(Form { noun: noun.into(), reading }))
    }

    /// Whether both prepare keys in the same way. The words for keys may differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.reading == other.0.reading
    }

    pub(in crate::auth) fn noun(&self) -> &str {
        &self.0.noun
    }

    /// Checks keys and prepares them.
    pub(in crate::auth) fn prepare(&self, keys: &[Key]) -> Result<Live, ConfigError> {
        let noun = self.noun();
        let compared = |secrets| Secrets::checked(noun, MAX_KEYS, keys.iter().zip(secrets)).map(Live::compared);
        match &self.0.reading {
            Reading::Text => compared(keys.iter().map(in_header).collect::<Vec<_>>()),
            Reading::Basic { user } => compared(keys.iter().map(|key| api_key::basic(user, key)).collect()),
            #[cfg(feature = "signatures")]
            Reading::Signature(algorithm, text) => {
                Ok(Live::signing(vec![algorithm.verifier(noun, keys, text.reader())?]))
            }
            #[cfg(feature = "signatures")]
            Reading::StandardWebhooks => Ok(Live::signing(standard_webhooks::verifiers(keys)?)),
        }
    }

    /// Keys that nobody has, in the place of those of an unknown tenant: verifying with them takes the work of one key
    /// of each kind. What they verify is rejected all the same, so they need not be secret.
    pub(super) fn decoy(&self) -> Result<Live, ConfigError> {
        self.prepare(&match &self.0.reading {
            Reading::Text | Reading::Basic { .. } => vec![unguessed()],
            #[cfg(feature = "signatures")]
            Reading::Signature(Algorithm::Ed25519, _) => vec![ed25519()?],
            #[cfg(feature = "signatures")]
            Reading::Signature(Algorithm::EcdsaP256, _) => vec![ecdsa_p256()?],
            #[cfg(feature = "signatures")]
            Reading::Signature(Algorithm::RsaSha256, _) => vec![rsa()?],
            #[cfg(feature = "signatures")]
            // It can be read as hex and as base64 too.
            Reading::Signature(..) => vec![unguessed()],
            #[cfg(feature = "signatures")]
            Reading::StandardWebhooks => {
                vec![Key::hex(unguessed_text()), standard_webhooks::public_key(&ed25519_bytes()?)]
            }
        })
    }
}

/// Shows the word for keys.
impl fmt::Debug for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyForm").field(&self.0.noun).finish()
    }
}

fn unguessed() -> Key {
    Key::new(unguessed_text())
}

/// 64 hexadecimal digits from the seeds of the standard library's hash maps.
fn unguessed_text() -> String {
    (0..4).map(|_| format!("{:016x}", RandomState::new().hash_one("decoy"))).collect()
}

#[cfg(feature = "signatures")]
fn ed25519_bytes() -> Result<Vec<u8>, ConfigError> {
    let pair = made(Ed25519KeyPair::generate())?;
    Ok(pair.public_key().as_ref().to_vec())
}

#[cfg(feature = "signatures")]
fn ed25519() -> Result<Key, ConfigError> {
    Ok(Key::bytes(ed25519_bytes()?))
}

#[cfg(feature = "signatures")]
fn ecdsa_p256() -> Result<Key, ConfigError> {
    let pair = made(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING))?;
    Ok(Key::bytes(made(pair.public_key().as_der())?.as_ref()))
}

#[cfg(feature = "signatures")]
fn rsa() -> Result<Key, ConfigError> {
    let pair = made(RsaKeyPair::generate(KeySize::Rsa2048))?;
    Ok(Key::bytes(made(pair.public_key().as_der())?.as_ref()))
}
