use std::{fmt, sync::LazyLock};

use zeroize::Zeroizing;

use super::{EventKey, Identity, random};
use crate::{ConfigError, ConfigErrorKind};

/// The secret by which the keys of a store are hashed, so that nobody who reads the store can try ids and
/// contents until one fits. Wiped from memory when dropped, and never shown.
///
/// All that share a store must have the same one, and it must stay: with another one, all that is remembered is
/// forgotten. It is not the provider's key, as that is rotated.
///
/// # Examples
///
/// ```
/// use tower_webhook::{ConfigErrorKind, idempotency::Pepper};
///
/// // For example of `openssl rand -hex 32`.
/// let pepper = Pepper::new("b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58")?;
/// assert_eq!(format!("{pepper:?}"), "Pepper(..)");
///
/// let error = Pepper::new("salt").unwrap_err();
/// assert_eq!(error.to_string(), "pepper is too short: expected at least 32 bytes");
/// assert_eq!(error.kind(), ConfigErrorKind::TooShort);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Pepper {
    // Boxed so that moving it leaves no copy behind.
    key: Box<Zeroizing<[u8; 32]>>,
}

impl Pepper {
    /// The shortest secret that is taken, in bytes.
    pub const MIN_LEN: usize = 32;

    /// A pepper of this secret: text or random bytes, of any length from [`MIN_LEN`](Self::MIN_LEN) on.
    ///
    /// # Errors
    ///
    /// The secret is blank, shorter than 32 bytes, or a text that begins or ends with white space: a replica
    /// that reads it from a file with a newline would not know what the others remember.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let secret = secret.as_ref();
        let flawed = |kind| Err(ConfigError::new(kind, "pepper"));
        if secret.trim_ascii().is_empty() {
            return flawed(ConfigErrorKind::Blank);
        }
        if secret.is_ascii() && secret.trim_ascii().len() != secret.len() {
            return flawed(ConfigErrorKind::Padded);
        }
        if secret.len() < Self::MIN_LEN {
            return Err(ConfigError::new(ConfigErrorKind::TooShort, "pepper").expected("at least 32 bytes"));
        }
        Ok(Self::derived(secret))
    }

    /// One for all layers of this process, of which two may share a store, and another in the next process.
    pub(super) fn of_process() -> Self {
        static PEPPER: LazyLock<Pepper> = LazyLock::new(|| {
            let secret = Zeroizing::new(random::bits::<4>().map(u64::to_ne_bytes));
            Pepper::derived(secret.as_flattened())
        });
        PEPPER.clone()
    }

    fn derived(secret: &[u8]) -> Self {
        let key = blake3::derive_key("tower-webhook 2026-11-21 pepper of event keys", secret);
        Self { key: Box::new(Zeroizing::new(key)) }
    }

    /// Another pepper, for those who share this one and are to be apart.
    pub(super) fn scoped(&self, scope: &str) -> Self {
        Self { key: Box::new(Zeroizing::new(blake3::keyed_hash(&self.key, scope.as_bytes()).into())) }
    }

    /// The first half of the keyed hash: 128 bits are enough for no two of any number of events to meet.
    pub(super) fn key_of(&self, identity: &Identity) -> EventKey {
        let hash: [u8; 32] = blake3::keyed_hash(&self.key, identity.as_bytes()).into();
        let mut key = [0; 16];
        for (byte, hashed) in key.iter_mut().zip(hash) {
            *byte = hashed;
        }
        EventKey::from_bytes(key)
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(..)")
    }
}
