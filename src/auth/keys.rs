use std::{fmt, sync::Arc};

use subtle::ConditionallySelectable;

use super::{Secret, Verified};
use crate::{ConfigError, ConfigErrorKind, Rejection};

/// How many keys a scheme takes that does not take fewer.
const MAX_KEYS: usize = 16;

/// The live keys of one scheme: one, or several while a key is rotated.
#[derive(Clone)]
pub(super) struct Keys {
    #[cfg(feature = "asymmetric")]
    noun: &'static str,
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    label: Arc<str>,
    secret: Secret,
}

impl Keys {
    /// Finds the key that `offered` is.
    ///
    /// All keys are compared, also after a hit: the time taken must not tell which key of a
    /// rotation is in use.
    pub(super) fn verify(&self, offered: &[u8]) -> Result<Verified, Rejection> {
        let mut found = u32::MAX;
        for (index, (_, secret)) in (0..).zip(self.iter()) {
            found.conditional_assign(&index, secret.ct_matches(offered));
        }
        let key = usize::try_from(found).ok().and_then(|index| self.keys.get(index));
        key.map(|key| Verified::by(Arc::clone(&key.label))).ok_or_else(Rejection::unauthenticated)
    }

    /// What the provider calls its keys, for error messages.
    #[cfg(feature = "asymmetric")]
    pub(super) fn noun(&self) -> &'static str {
        self.noun
    }

    /// The keys with their labels, in the order of configuration.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Secret)> {
        self.keys.iter().map(|key| (&key.label, &key.secret))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(label, _)| label)).finish()
    }
}

/// Collects keys for a builder. What is wrong with them comes out of `build`.
#[derive(Clone)]
pub(super) struct KeysBuilder {
    noun: &'static str,
    most: usize,
    candidates: Vec<Candidate>,
    allow_short: bool,
}

#[derive(Clone)]
struct Candidate {
    label: Arc<str>,
    secret: Result<Secret, Flaw>,
    short: bool,
}

/// What is wrong with a key, or with the part of it that `part` names.
#[derive(Clone, Copy)]
pub(super) struct Flaw {
    kind: ConfigErrorKind,
    part: &'static str,
}

impl From<ConfigErrorKind> for Flaw {
    fn from(kind: ConfigErrorKind) -> Self {
        Self { kind, part: "" }
    }
}

impl Flaw {
    pub(super) fn of(part: &'static str, kind: ConfigErrorKind) -> Self {
        Self { kind, part }
    }
}

impl KeysBuilder {
    /// `noun` is what the provider calls its keys, for error messages.
    pub(super) fn new(noun: &'static str) -> Self {
        Self { noun, most: MAX_KEYS, candidates: Vec::new(), allow_short: false }
    }

    pub(super) fn set_noun(&mut self, noun: &'static str) {
        self.noun = noun;
    }

    /// How many keys there may be.
    #[cfg(feature = "asymmetric")]
    pub(super) fn set_most(&mut self, most: usize) {
        self.most = most;
    }

    /// Adds a key that travels in a header as it is.
    pub(super) fn push(&mut self, label: Option<&str>, key: &[u8]) {
        let secret = if key.is_ascii() { Secret::checked(key) } else { Err(ConfigErrorKind::NonAscii) };
        self.push_secret(label, key.len(), secret.map_err(Flaw::from));
    }

    /// Adds what was made of a key of `len` bytes.
    pub(super) fn push_secret(&mut self, label: Option<&str>, len: usize, secret: Result<Secret, Flaw>) {
        let label: Arc<str> = label.map_or_else(|| (self.candidates.len() + 1).to_string().into(), Arc::from);
        self.candidates.push(Candidate { label, secret, short: len < Secret::MIN_LEN });
    }

    /// Adds a key that is given in base64, padded or not.
    #[cfg(feature = "hmac")]
    pub(super) fn push_base64(&mut self, label: Option<&str>, text: &str) {
        let secret = Secret::from_base64(text);
        self.push_secret(label, secret.as_ref().map_or(Secret::MIN_LEN, Secret::len), secret.map_err(Flaw::from));
    }

    #[cfg(feature = "standard-webhooks")]
    pub(super) fn len(&self) -> usize {
        self.candidates.len()
    }

    pub(super) fn allow_short(&mut self) {
        self.allow_short = true;
    }

    pub(super) fn build(self) -> Result<Keys, ConfigError> {
        if self.candidates.is_empty() {
            return Err(ConfigError::new(ConfigErrorKind::Missing, self.noun));
        }
        if self.candidates.len() > self.most {
            let setting = format!("the number of keys ({}, at most {})", self.noun, self.most);
            return Err(ConfigError::new(ConfigErrorKind::TooMany, setting));
        }
        let mut accepted: Vec<Key> = Vec::with_capacity(self.candidates.len());
        for Candidate { label, secret, short } in self.candidates {
            let faulty = |flaw: Flaw| ConfigError::new(flaw.kind, format!("{}{} {label}", flaw.part, self.noun));
            let secret = secret.map_err(faulty)?;
            if short && !self.allow_short {
                return Err(faulty(ConfigErrorKind::TooShort.into()));
            }
            if accepted.iter().any(|other| other.label == label || other.secret.equals(&secret)) {
                return Err(faulty(ConfigErrorKind::Duplicate.into()));
            }
            accepted.push(Key { label, secret });
        }
        Ok(Keys {
            #[cfg(feature = "asymmetric")]
            noun: self.noun,
            keys: accepted,
        })
    }
}

impl fmt::Debug for KeysBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.candidates.iter().map(|candidate| &candidate.label)).finish()
    }
}
