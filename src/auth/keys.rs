use std::{fmt, sync::Arc};

use subtle::ConditionallySelectable;

use super::{Secret, Verified};
use crate::{ConfigError, ConfigErrorKind, Rejection};

const MAX_KEYS: usize = 16;

/// The live keys of one scheme: one, or several while a key is rotated.
#[derive(Clone)]
pub(super) struct Keys(Vec<Key>);

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
        for (index, key) in (0..).zip(&self.0) {
            found.conditional_assign(&index, key.secret.ct_matches(offered));
        }
        let key = usize::try_from(found).ok().and_then(|index| self.0.get(index));
        key.map(|key| Verified::by(Arc::clone(&key.label))).ok_or_else(Rejection::unauthenticated)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.label)).finish()
    }
}

/// Collects keys for a builder. What is wrong with them comes out of `build`.
#[derive(Clone)]
pub(super) struct KeysBuilder {
    noun: &'static str,
    candidates: Vec<Candidate>,
    allow_short: bool,
}

#[derive(Clone)]
struct Candidate {
    setting: String,
    key: Result<Key, ConfigError>,
    short: bool,
}

impl KeysBuilder {
    /// `noun` is what the provider calls its keys, for error messages.
    pub(super) fn new(noun: &'static str) -> Self {
        Self { noun, candidates: Vec::new(), allow_short: false }
    }

    /// Adds a key that travels in a header as it is.
    pub(super) fn push(&mut self, label: Option<&str>, key: &[u8]) {
        self.push_with(label, key.len(), |setting| {
            if key.is_ascii() {
                Secret::named(key, setting)
            } else {
                Err(ConfigError::new(ConfigErrorKind::NonAscii, setting))
            }
        });
    }

    /// Adds what `read` makes of a key of `len` bytes, given the words that name it in an error.
    pub(super) fn push_with(
        &mut self,
        label: Option<&str>,
        len: usize,
        read: impl FnOnce(&str) -> Result<Secret, ConfigError>,
    ) {
        let label: Arc<str> = label.map_or_else(|| (self.candidates.len() + 1).to_string().into(), Arc::from);
        let setting = format!("{} {label}", self.noun);
        let key = read(&setting).map(|secret| Key { label, secret });
        self.candidates.push(Candidate { setting, key, short: len < Secret::MIN_LEN });
    }

    pub(super) fn allow_short(&mut self) {
        self.allow_short = true;
    }

    pub(super) fn build(self) -> Result<Keys, ConfigError> {
        if self.candidates.is_empty() {
            return Err(ConfigError::new(ConfigErrorKind::Missing, self.noun));
        }
        if self.candidates.len() > MAX_KEYS {
            return Err(ConfigError::new(ConfigErrorKind::TooMany, format!("the number of keys ({})", self.noun)));
        }
        let mut accepted: Vec<Key> = Vec::with_capacity(self.candidates.len());
        for Candidate { setting, key, short } in self.candidates {
            let key = key?;
            if short && !self.allow_short {
                return Err(ConfigError::new(ConfigErrorKind::TooShort, setting));
            }
            if accepted.iter().any(|other| other.label == key.label || other.secret.equals(&key.secret)) {
                return Err(ConfigError::new(ConfigErrorKind::Duplicate, setting));
            }
            accepted.push(key);
        }
        Ok(Keys(accepted))
    }
}

impl fmt::Debug for KeysBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.candidates.iter().map(|candidate| &candidate.setting)).finish()
    }
}
