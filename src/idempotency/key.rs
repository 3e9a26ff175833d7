use std::{collections::hash_map::RandomState, fmt, hash::BuildHasher, sync::LazyLock};

use zeroize::Zeroizing;

use super::Identity;
use crate::{ConfigError, secret_text};

/// The key of an event in a store: a hash of the event's [`Identity`], keyed by the [`Pepper`].
///
/// Your handler finds it in the request's extensions. Insert it under a unique constraint in the transaction of the
/// effect, or use it as the id of a job in a queue: then not even a crash makes the effect happen twice. Such a key
/// outlives the process, so it needs a pepper of your own:
/// [`IdempotencyLayer::with_pepper`](super::IdempotencyLayer::with_pepper).
///
/// `Debug` is redacted: equal keys reveal that two deliveries carry the same event. Use [`to_hex`](Self::to_hex) to show
/// a key.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::EventKey;
///
/// fn job_id<B>(request: &http::Request<B>) -> Option<String> {
///     request.extensions().get::<EventKey>().map(EventKey::to_hex)
/// }
/// # let mut request = http::Request::new(());
/// # request.extensions_mut().insert(EventKey::from_bytes([7; 16]));
/// # assert_eq!(job_id(&request).unwrap(), "07".repeat(16));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey([u8; 16]);

impl EventKey {
    /// The key of these bytes, for tests and for keys read from a queue or a database.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::idempotency::EventKey;
    /// assert_eq!(EventKey::from_bytes([7; 16]).as_bytes(), &[7; 16]);
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes of the key, for a binary column.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key as 32 lower-case hexadecimal digits, for a text column.
    #[must_use]
    pub fn to_hex(&self) -> String {
        format!("{:032x}", self.to_u128())
    }

    pub(super) fn to_u128(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl fmt::Debug for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventKey(..)")
    }
}

/// The secret that keys the hashes in a store. Without it, nobody can test guesses of ids or contents against a copy of
/// the store.
///
/// All processes that share a store need the same pepper. Do not change it: with another pepper, the layer finds none
/// of its earlier events. For the same reason, do not use the provider's key, which you will rotate.
///
/// A pepper is never shown, and is wiped from memory when it is dropped.
///
/// # Examples
///
/// ```
/// use tower_webhook::{ConfigErrorKind, idempotency::Pepper};
///
/// // Generate one with `openssl rand -hex 32`.
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
    /// The length of the shortest secret that [`new`](Self::new) accepts, in bytes.
    pub const MIN_LEN: usize = secret_text::MIN_LEN;

    /// Makes a pepper from a secret: text or random bytes, at least [`MIN_LEN`](Self::MIN_LEN) bytes long.
    ///
    /// # Errors
    ///
    /// The secret is blank, is shorter than 32 bytes, is one byte repeated, or is text with control characters or with
    /// white space at an end. A replica that read the secret together with a newline from a file would not find what the
    /// others have stored.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let secret = secret.as_ref();
        secret_text::check(secret, "pepper")?;
        Ok(Self::derived(secret))
    }

    /// A random pepper that all layers of this process share, as they can share a store.
    pub(super) fn of_process() -> Self {
        static PEPPER: LazyLock<Pepper> = LazyLock::new(|| Pepper::derived(&*Zeroizing::new(random::<32>())));
        PEPPER.clone()
    }

    fn derived(secret: &[u8]) -> Self {
        let key = blake3::derive_key("tower-webhook 2026-11-21 pepper of event keys", secret);
        Self { key: Box::new(Zeroizing::new(key)) }
    }

    /// The pepper of a scope, so that the event keys of two scopes differ.
    pub(super) fn scoped(&self, scope: &str) -> Self {
        Self { key: Box::new(Zeroizing::new(blake3::keyed_hash(&self.key, scope.as_bytes()).into())) }
    }

    /// The pepper of a tenant. It is another one than that of a scope with the same text.
    pub(super) fn of_tenant(&self, tenant: &str) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"tower-webhook tenant\0").update(tenant.as_bytes());
        Self { key: Box::new(Zeroizing::new(hasher.finalize().into())) }
    }

    /// The first half of the keyed hash. 128 bits are enough to rule out collisions.
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

/// Random bytes from the operating system. Layers draw them when they are built, never while they handle a request.
///
/// If the system gives none, for example in a sandbox that forbids the call, the seeds of the standard library's hash
/// maps take their place: they differ between processes too. They may be predictable, but the keys that this pepper
/// makes do not outlive the process. What `testing::Scrubber` makes does, on the machine of a developer, where the system
/// gives some.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        let seed = RandomState::new();
        for (index, byte) in bytes.iter_mut().enumerate() {
            [*byte, ..] = seed.hash_one(index).to_ne_bytes();
        }
    }
    bytes
}
