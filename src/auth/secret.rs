use std::{fmt, hint::black_box};

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::{ConfigError, ConfigErrorKind};

/// A key: wiped from memory when dropped, never shown, and the only place where keys are compared.
///
/// The time that a comparison takes depends on the length of what was offered, and neither on
/// the key's bytes nor on its length.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::Secret;
///
/// let secret = Secret::new("tq3-9Zw_random_enough")?;
/// assert!(secret.matches(b"tq3-9Zw_random_enough"));
/// assert!(!secret.matches(b"tq3-9Zw_random_enougH"));
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Secret {
    // Boxed so that moving a scheme leaves no copy of the key behind.
    window: Box<Zeroizing<[u8; Self::MAX_LEN]>>,
    len: usize,
}

impl Secret {
    /// The longest key that is taken, in bytes.
    pub const MAX_LEN: usize = 1024;

    /// The shortest key that the schemes of this crate take, in bytes, unless a method with
    /// `dangerous` in its name allows shorter ones.
    pub const MIN_LEN: usize = 16;

    /// Copies a key.
    ///
    /// # Errors
    ///
    /// The key is empty or blank, begins or ends with white space, holds a control character, or
    /// is longer than [`MAX_LEN`](Self::MAX_LEN): no header could carry it.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::checked(key.as_ref()).map_err(|kind| ConfigError::new(kind, "key"))
    }

    /// A key that travels in a header as it is.
    pub(super) fn checked(key: &[u8]) -> Result<Self, ConfigErrorKind> {
        let secret = Self::typed(key)?;
        if key.iter().any(u8::is_ascii_control) { Err(ConfigErrorKind::ControlCharacter) } else { Ok(secret) }
    }

    /// A key that someone has copied from a page, and may have copied badly.
    pub(super) fn typed(key: &[u8]) -> Result<Self, ConfigErrorKind> {
        if !key.is_empty() && key.trim_ascii().is_empty() {
            return Err(ConfigErrorKind::Blank);
        }
        if key.trim_ascii().len() != key.len() {
            return Err(ConfigErrorKind::Padded);
        }
        Self::exact(key)
    }

    /// A key of any bytes, such as a decoded one.
    pub(super) fn exact(key: &[u8]) -> Result<Self, ConfigErrorKind> {
        if key.is_empty() {
            return Err(ConfigErrorKind::Blank);
        }
        let mut window = Box::new(Zeroizing::new([0; Self::MAX_LEN]));
        match window.get_mut(..key.len()) {
            Some(slot) => slot.copy_from_slice(key),
            None => return Err(ConfigErrorKind::TooLong),
        }
        Ok(Self { window, len: key.len() })
    }

    /// A key that is given in base64, in the standard alphabet, padded or not.
    #[cfg(any(feature = "hmac", feature = "asymmetric"))]
    pub(super) fn from_base64(text: &str) -> Result<Self, ConfigErrorKind> {
        Self::typed(text.as_bytes())?;
        let mut buffer = Zeroizing::new([0; Self::MAX_LEN]);
        let text = text.trim_end_matches('=').as_bytes();
        let output = data_encoding::BASE64_NOPAD.decode_len(text.len()).ok().and_then(|len| buffer.get_mut(..len));
        let output = output.ok_or(ConfigErrorKind::Malformed)?;
        data_encoding::BASE64_NOPAD.decode_mut(text, output).map_err(|_| ConfigErrorKind::Malformed)?;
        Self::exact(output)
    }

    #[cfg(any(feature = "hmac", feature = "asymmetric"))]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// For what makes a key of its own of it, and not for comparing.
    pub(super) fn bytes(&self) -> &[u8] {
        self.window.get(..self.len).unwrap_or_default()
    }

    /// Whether both are the same key; for settings, not for what a sender offers.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }

    /// Whether `offered` is this key.
    #[must_use]
    pub fn matches(&self, offered: &[u8]) -> bool {
        self.ct_matches(offered).into()
    }

    /// Compares `offered` with as many bytes of the zero-padded window, so that the loop runs
    /// over what the sender chose. To compare the lengths first would show the key's length.
    pub(super) fn ct_matches(&self, offered: &[u8]) -> Choice {
        let difference = self.window.iter().zip(offered).fold(0, |difference, (a, b)| difference | (a ^ b));
        let difference = usize::from(black_box(difference)) | (self.len ^ offered.len());
        difference.ct_eq(&0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
