use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256, single_shot_open, single_shot_seal,
};
use zeroize::Zeroizing;

use crate::{ConfigError, ConfigErrorKind};

type Aead = ChaCha20Poly1305;
type Kdf = HkdfSha256;
type X25519 = X25519HkdfSha256;

const KEY_LEN: usize = 32;
const CHECKSUM_LEN: usize = 4;
const PUBLIC: &str = "dead-letters-public-";
const PRIVATE: &str = "dead-letters-private-";
/// Ties a ciphertext to its use, so that nothing else that was encrypted to the key opens as a letter.
const INFO: &[u8] = b"tower-webhook 2026-11-27 dead letter";

/// The key that dead letters are encrypted to. It can encrypt only, so the server may have it.
///
/// # Examples
///
/// ```
/// use tower_webhook::dead_letters::{PrivateKey, PublicKey};
///
/// // On a machine that is not the server:
/// let private = PrivateKey::generate();
/// let text = private.public_key().to_string();
/// assert!(text.starts_with("dead-letters-public-"));
///
/// // On the server. A mistyped key is an error: nothing could open what is encrypted to it.
/// let public = PublicKey::new(text)?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct PublicKey(<X25519 as Kem>::PublicKey);

impl PublicKey {
    /// Reads a key from its text.
    ///
    /// # Errors
    ///
    /// The text is not that of a public key, or a character of it has changed.
    pub fn new(text: impl AsRef<str>) -> Result<Self, ConfigError> {
        let setting = "the public key of dead letters";
        let malformed = || ConfigError::new(ConfigErrorKind::Malformed, setting).expected("dead-letters-public-...");
        let key = from_text(PUBLIC, text.as_ref()).ok_or_else(malformed)?;
        <X25519 as Kem>::PublicKey::from_bytes(&key).map(Self).map_err(|_| malformed())
    }

    /// Encrypts `plain`, and ties it to `context`, which stays readable.
    pub(super) fn encrypt(&self, plain: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let (encapsulated, sealed) =
            single_shot_seal::<Aead, Kdf, X25519>(&OpModeS::Base, &self.0, INFO, plain, context).ok()?;
        let mut encrypted = encapsulated.to_bytes().to_vec();
        encrypted.extend_from_slice(&sealed);
        Some(encrypted)
    }
}

/// The text of the key, which is not secret.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_text(PUBLIC, &self.0.to_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// The key that opens dead letters. Keep it away from the server: whoever has it can read every letter.
///
/// # Examples
///
/// See [`PublicKey`].
pub struct PrivateKey(<X25519 as Kem>::PrivateKey);

impl PrivateKey {
    /// Makes a new key from random bytes of the operating system.
    ///
    /// # Panics
    ///
    /// It panics if the operating system has no random bytes.
    #[must_use]
    pub fn generate() -> Self {
        Self(X25519::gen_keypair().0)
    }

    /// Reads a key from its text.
    ///
    /// # Errors
    ///
    /// The text is not that of a private key, or a character of it has changed.
    pub fn new(text: impl AsRef<str>) -> Result<Self, ConfigError> {
        let setting = "the private key of dead letters";
        let malformed = || ConfigError::new(ConfigErrorKind::Malformed, setting).expected("dead-letters-private-...");
        let key = from_text(PRIVATE, text.as_ref()).ok_or_else(malformed)?;
        <X25519 as Kem>::PrivateKey::from_bytes(&key).map(Self).map_err(|_| malformed())
    }

    /// The text of the key, for the file that keeps it. Nothing wipes this copy from memory.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        to_text(PRIVATE, &Zeroizing::new(self.0.to_bytes().to_vec()))
    }

    /// The key that encrypts what this one opens.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(X25519::sk_to_pk(&self.0))
    }

    /// Opens what was encrypted to the public key together with this context.
    pub(super) fn decrypt(&self, encrypted: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let (encapsulated, sealed) = encrypted.split_at_checked(<X25519 as Kem>::EncappedKey::size())?;
        let encapsulated = <X25519 as Kem>::EncappedKey::from_bytes(encapsulated).ok()?;
        single_shot_open::<Aead, Kdf, X25519>(&OpModeR::Base, &self.0, &encapsulated, INFO, sealed, context).ok()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// A key with a checksum: any 32 bytes are a public key, and a mistyped one would lose what is encrypted to it.
fn to_text(prefix: &str, key: &[u8]) -> String {
    let mut bytes = Zeroizing::new(key.to_vec());
    bytes.extend_from_slice(&checksum(prefix, key));
    prefix.to_owned() + &BASE64URL_NOPAD.encode(&bytes)
}

fn from_text(prefix: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let encoded = text.trim().strip_prefix(prefix)?;
    let mut bytes = Zeroizing::new(BASE64URL_NOPAD.decode(encoded.as_bytes()).ok()?);
    let (key, sum) = bytes.split_at_checked(KEY_LEN)?;
    if sum != checksum(prefix, key) {
        return None;
    }
    bytes.truncate(KEY_LEN);
    Some(bytes)
}

fn checksum(prefix: &str, key: &[u8]) -> [u8; CHECKSUM_LEN] {
    let hash: [u8; 32] = blake3::Hasher::new().update(prefix.as_bytes()).update(key).finalize().into();
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}
