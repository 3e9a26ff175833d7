use std::{fmt, sync::Arc};

use subtle::ConditionallySelectable;

use super::{
    Key, Secret, Verified,
    key::{self, Fault},
};
use crate::{ConfigError, ConfigErrorKind, Rejection, RejectionReason};

/// How many keys a scheme can have. Public keys cost more, and there can be fewer of them.
pub(super) const MAX_KEYS: usize = 16;

/// The live keys of one scheme: one, or several while you rotate.
///
/// The schemes of this crate make theirs from the keys of their builders. Use `Keys` in a [`Scheme`](super::Scheme) of
/// your own to compare what a sender offers: in constant time, with all live keys, and with the label of the one that
/// matched.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{Key, Keys};
///
/// let keys = Keys::new([Key::new("kx7Gq2-old-and-random").label("2026-09"), Key::new("Zr41vw-new-and-random")])?;
/// assert_eq!(keys.verify(b"kx7Gq2-old-and-random").unwrap().key_label(), Some("2026-09"));
/// assert!(keys.verify(b"kx7Gq2-old-and-randon").is_err());
/// assert_eq!(format!("{keys:?}"), r#"["2026-09", "2"]"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Keys {
    keys: Vec<Live>,
}

#[derive(Clone)]
struct Live {
    label: Arc<str>,
    secret: Secret,
}

impl Keys {
    /// Checks keys that are sent in a header as they are.
    ///
    /// # Errors
    ///
    /// There is no key or there are more than 16; a key is blank, padded, doubled, not ASCII, one byte repeated, shorter
    /// than 16 bytes or longer than 1,024, or contains a control character; two have the same label, or one is blank or
    /// contains a control character.
    pub fn new<K: Into<Key>>(keys: impl IntoIterator<Item = K>) -> Result<Self, ConfigError> {
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        Self::checked("key", MAX_KEYS, keys.iter().map(|key| (key, in_header(key))))
    }

    /// Checks one key that is sent as it is, and that errors call by this name.
    pub(crate) fn named(noun: &str, key: &Key) -> Result<Self, ConfigError> {
        let secret = in_header(key).map_err(|fault| fault.of(noun))?;
        Ok(Self { keys: vec![Live { label: checked_label(key, noun, 1)?, secret }] })
    }

    /// Checks keys and what a scheme has read them as. `noun` is the provider's word for them, for error messages.
    ///
    /// Errors name a key by its number, never by its label: someone may have swapped the two.
    pub(super) fn checked<'k>(
        noun: &str,
        max: usize,
        keys: impl IntoIterator<Item = (&'k Key, Result<Secret, Fault>)>,
    ) -> Result<Self, ConfigError> {
        let mut live: Vec<Live> = Vec::new();
        for (number, (key, secret)) in (1..).zip(keys) {
            if number > max {
                let setting = format!("the number of keys ({noun}, at most {max})");
                return Err(ConfigError::new(ConfigErrorKind::TooMany, setting));
            }
            let faulty = |fault: Fault| fault.of(format!("{noun} {number}"));
            let secret = secret.map_err(faulty)?;
            let label = checked_label(key, noun, number)?;
            if live.iter().any(|other| other.label == label || other.secret.equals(&secret)) {
                return Err(faulty(ConfigErrorKind::Duplicate.into()));
            }
            live.push(Live { label, secret });
        }
        if live.is_empty() {
            return Err(ConfigError::new(ConfigErrorKind::Missing, noun));
        }
        Ok(Self { keys: live })
    }

    /// Finds the key that `offered` is equal to.
    ///
    /// All keys are compared, also after a match, so that the time taken does not show which key is in use.
    ///
    /// # Errors
    ///
    /// [`RejectionReason::NoKeyMatched`].
    pub fn verify(&self, offered: &[u8]) -> Result<Verified, Rejection> {
        let mut found = u32::MAX;
        for (index, key) in (0..).zip(&self.keys) {
            found.conditional_assign(&index, key.secret.matches(offered));
        }
        let key = usize::try_from(found).ok().and_then(|index| self.keys.get(index));
        key.map(|key| Verified::by(Arc::clone(&key.label))).ok_or_else(|| RejectionReason::NoKeyMatched.into())
    }

    /// The keys with their labels, in the order of configuration.
    #[cfg(feature = "signatures")]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Secret)> {
        self.keys.iter().map(|key| (&key.label, &key.secret))
    }
}

/// Shows the labels.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.label)).finish()
    }
}

/// Reads a key that is sent in a header as it is.
pub(super) fn in_header(key: &Key) -> Result<Secret, Fault> {
    let secret = key.secret(key::header_text)?;
    // Decoded keys have to travel in the header too.
    key::header_text(secret.bytes())?;
    strong_enough(key, secret)
}

/// Refuses a secret that is easy to guess: a short one, unless its owner allows it, and one that is still to be filled
/// in.
pub(super) fn strong_enough(key: &Key, secret: Secret) -> Result<Secret, Fault> {
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
    let flawed = |kind| Err(ConfigError::new(kind, format!("the label of {noun} {number}")));
    if label.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return flawed(ConfigErrorKind::ControlCharacter);
    }
    if label.trim().is_empty() {
        return flawed(ConfigErrorKind::Blank);
    }
    Ok(Arc::clone(label))
}
