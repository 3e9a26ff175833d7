//! Keys that were checked and prepared in the form of a scheme.

use std::sync::Arc;

use subtle::ConditionallySelectable;

#[cfg(feature = "signatures")]
use crate::auth::signature::{Candidates, Message, Verifier};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        Key, Secret,
        key::{self, Fault},
    },
};

/// How many keys a scheme can have. Public keys cost more, and there can be fewer of them.
pub(in crate::auth) const MAX_KEYS: usize = 16;

/// The live keys of a scheme, or of one tenant of it: of one of the two kinds.
#[derive(Clone)]
pub(in crate::auth) struct Live {
    /// They are compared with what the sender offers.
    secrets: Secrets,
    /// They verify signatures. Only Standard Webhooks has keys of two kinds.
    #[cfg(feature = "signatures")]
    verifiers: Vec<Verifier>,
}

impl Live {
    pub(in crate::auth) fn compared(secrets: Secrets) -> Self {
        Self {
            secrets,
            #[cfg(feature = "signatures")]
            verifiers: Vec::new(),
        }
    }

    #[cfg(feature = "signatures")]
    pub(in crate::auth) fn signing(verifiers: Vec<Verifier>) -> Self {
        Self { secrets: Secrets::default(), verifiers }
    }

    /// Finds the key that `offered` is equal to, and returns its label.
    pub(in crate::auth) fn compare(&self, offered: &[u8]) -> Option<Arc<str>> {
        self.secrets.find(offered)
    }

    #[cfg(feature = "signatures")]
    pub(in crate::auth) fn verifiers(&self) -> &[Verifier] {
        &self.verifiers
    }

    /// Finds the key for which one of the candidates is a signature of the message, and returns its label.
    #[cfg(feature = "signatures")]
    pub(in crate::auth) fn verify(&self, message: &dyn Message, candidates: &Candidates) -> Option<Arc<str>> {
        self.verifiers().iter().fold(None, |found, verifier| {
            let label = verifier.verify(message, candidates);
            found.or(label)
        })
    }

    /// HMAC-SHA256 of a message with the key that has this label.
    #[cfg(feature = "signatures")]
    pub(in crate::auth) fn hmac_sha256(&self, label: &str, message: &[u8]) -> Option<[u8; 32]> {
        self.verifiers().iter().find_map(|verifier| verifier.hmac_sha256(label, message))
    }

    /// Whether this number of candidates stays within the limit of work for an unauthenticated sender.
    #[cfg(feature = "signatures")]
    pub(in crate::auth) fn can_try(&self, candidates: usize) -> bool {
        self.verifiers().iter().all(|verifier| verifier.can_try(candidates))
    }

    pub(in crate::auth) fn labels(&self) -> Vec<&str> {
        let labels = self.secrets.iter().map(|(label, _)| &**label);
        #[cfg(feature = "signatures")]
        let labels = labels.chain(self.verifiers.iter().flat_map(Verifier::labels));
        labels.collect()
    }
}

/// Checked keys with their labels.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    keys: Vec<(Arc<str>, Secret)>,
}

impl Secrets {
    /// Checks one key that is sent as it is. Errors name it `noun`.
    pub(crate) fn named(noun: &str, key: &Key) -> Result<Self, ConfigError> {
        let secret = in_header(key).map_err(|fault| fault.of(noun))?;
        Ok(Self { keys: vec![(checked_label(key, noun, 1)?, secret)] })
    }

    /// Checks keys and the secrets that a scheme has read from them. `noun` is the provider's word for keys, for
    /// errors.
    ///
    /// Errors name a key by its number, never by its label: someone may have swapped the two.
    pub(in crate::auth) fn checked<'k>(
        noun: &str,
        max: usize,
        keys: impl IntoIterator<Item = (&'k Key, Result<Secret, Fault>)>,
    ) -> Result<Self, ConfigError> {
        let mut live: Vec<(Arc<str>, Secret)> = Vec::new();
        for (number, (key, secret)) in (1..).zip(keys) {
            if number > max {
                let setting = format!("the number of keys ({noun}, at most {max})");
                return Err(ConfigError::new(ConfigErrorKind::TooMany, setting));
            }
            let faulty = |fault: Fault| fault.of(format!("{noun} {number}"));
            let secret = secret.map_err(faulty)?;
            let label = checked_label(key, noun, number)?;
            if live.iter().any(|(_, other)| other.equals(&secret)) {
                return Err(faulty(ConfigErrorKind::Duplicate.into()));
            }
            if live.iter().any(|(other, _)| *other == label) {
                let setting = format!("the label of {noun} {number}");
                return Err(ConfigError::new(ConfigErrorKind::Duplicate, setting));
            }
            live.push((label, secret));
        }
        if live.is_empty() {
            return Err(ConfigError::new(ConfigErrorKind::Missing, noun));
        }
        Ok(Self { keys: live })
    }

    /// Finds the key that `offered` is equal to, and returns its label.
    ///
    /// All keys are compared, also after a match, so that the time taken does not show which key is in use.
    pub(crate) fn find(&self, offered: &[u8]) -> Option<Arc<str>> {
        let mut found = u32::MAX;
        for (index, (_, secret)) in (0..).zip(&self.keys) {
            found.conditional_assign(&index, secret.matches(offered));
        }
        let key = usize::try_from(found).ok().and_then(|index| self.keys.get(index));
        key.map(|(label, _)| Arc::clone(label))
    }

    /// The keys with their labels, in the order of configuration.
    pub(in crate::auth) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Secret)> {
        self.keys.iter().map(|(label, secret)| (label, secret))
    }
}

/// Reads a key that is sent in a header as it is.
pub(in crate::auth) fn in_header(key: &Key) -> Result<Secret, Fault> {
    let secret = key.secret(key::header_text)?;
    // Decoded keys have to travel in the header too.
    key::header_text(secret.bytes())?;
    strong_enough(key, secret)
}

/// Rejects a secret that is easy to guess: a short one, unless its owner allows it, and one byte repeated.
pub(in crate::auth) fn strong_enough(key: &Key, secret: Secret) -> Result<Secret, Fault> {
    let bytes = secret.without_padding();
    // By chance, half of the bytes are zeros less than once in 2^64 keys.
    let is_short = secret.len() < Secret::MIN_LEN || bytes.len() < Secret::MIN_LEN / 2;
    match bytes {
        [] => Err(ConfigErrorKind::Blank.into()),
        _ if is_short && !key.may_be_short() => Err(Fault::short()),
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|byte| byte == first) => {
            Err(ConfigErrorKind::Repetitive.into())
        }
        _ => Ok(secret),
    }
}

/// The label of a key, which logs and metrics will show, or its number.
fn checked_label(key: &Key, noun: &str, number: usize) -> Result<Arc<str>, ConfigError> {
    let Some(label) = key.own_label() else { return Ok(Arc::from(number.to_string())) };
    match flaw(label) {
        Some(kind) => Err(ConfigError::new(kind, format!("the label of {noun} {number}"))),
        None => Ok(Arc::clone(label)),
    }
}

/// What is wrong with a name that logs will show, if anything.
pub(super) fn flaw(name: &str) -> Option<ConfigErrorKind> {
    if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Some(ConfigErrorKind::ControlCharacter);
    }
    name.trim().is_empty().then_some(ConfigErrorKind::Blank)
}
