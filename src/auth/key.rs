use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::Secret;
use crate::{ConfigError, ConfigErrorKind};

/// A key, secret, token or password, with an optional label.
///
/// Every builder takes `impl Into<Key>`: pass the text that your provider shows you as a `&str` or `String`.
/// Call the builder's method once per live key while you rotate. Use [`Key`] itself for a label or another encoding:
///
/// | the provider gives you | use |
/// |---|---|
/// | text, to be used as it is | the text itself, or [`Key::new`] |
/// | raw bytes | [`Key::bytes`] |
/// | base64 of the bytes | [`Key::base64`] |
/// | hex of the bytes | [`Key::hex`] |
///
/// Creating a key never fails. `build()` checks it and returns a [`ConfigError`] that never contains the key. The bytes
/// are wiped from memory when the key is dropped.
///
/// # Examples
///
/// Two keys are live while you rotate. The label tells which one a delivery was signed with:
///
/// ```
/// use tower_webhook::auth::{ApiKey, Key};
///
/// let scheme = ApiKey::header("x-acme-key")
///     .key(Key::new("kx7Gq2-old-and-random").label("2026-09"))
///     .key(Key::new("Zr41vw-new-and-random").label("2026-11"))
///     .build()?;
/// assert_eq!(format!("{scheme:?}"), r#"ApiKey { place: "x-acme-key", keys: ["2026-09", "2026-11"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Key {
    material: Zeroizing<Vec<u8>>,
    form: Form,
    label: Option<Arc<str>>,
    may_be_short: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Bytes,
    Base64,
    Hex,
}

impl Key {
    /// A key as the provider shows it. The scheme knows how to read that text: most use it as it is, Standard Webhooks
    /// decodes what follows `whsec_`, and public keys are decoded from hex or base64.
    ///
    /// `build()` rejects text that begins or ends with white space, because it usually comes from a file with a newline,
    /// and text with control characters. A public key in PEM may have its line breaks and its final newline, as its file
    /// has. Use [`bytes`](Self::bytes) for binary keys.
    #[must_use]
    pub fn new(text: impl AsRef<[u8]>) -> Self {
        Self::of(Form::Text, text.as_ref())
    }

    /// A key of raw bytes, which may have any values.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "signatures")] {
    /// use tower_webhook::auth::{Key, Signature};
    ///
    /// let raw = *b"\n\x9fM\xd2\x11\xe0\xa8\x07\x5c\x90\xb3\x3e\x2a\x71\x66 "; // white space at both ends is part of it
    /// let scheme = Signature::hmac_sha256("x-acme-signature").key(Key::bytes(raw)).build()?;
    /// # }
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    #[must_use]
    pub fn bytes(key: impl AsRef<[u8]>) -> Self {
        Self::of(Form::Bytes, key.as_ref())
    }

    /// A key in base64, in the standard or the URL-safe alphabet, padded or not.
    #[must_use]
    pub fn base64(text: impl AsRef<str>) -> Self {
        Self::of(Form::Base64, text.as_ref().as_bytes())
    }

    /// A key in hex, in either letter case.
    #[must_use]
    pub fn hex(text: impl AsRef<str>) -> Self {
        Self::of(Form::Hex, text.as_ref().as_bytes())
    }

    /// Names the key, for [`Delivery::key_label`](crate::Delivery::key_label), logs and metrics. The default is its
    /// number among the scheme's keys: `"1"` for the first. `build()` rejects a label that is blank or has a control
    /// character, such as a line break.
    #[must_use]
    pub fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = Some(Arc::from(label.as_ref()));
        self
    }

    /// Allows this key to be shorter than 16 bytes. A short key can be guessed: use this only if the provider assigns
    /// it.
    #[must_use]
    pub fn dangerous_short(mut self) -> Self {
        self.may_be_short = true;
        self
    }

    fn of(form: Form, material: &[u8]) -> Self {
        Self { material: Zeroizing::new(material.to_vec()), form, label: None, may_be_short: false }
    }

    /// The bytes of the key. `read_text` reads a [`Key::new`], as each scheme has its own convention for text.
    pub(super) fn secret(&self, read_text: impl FnOnce(&[u8]) -> Result<Secret, Fault>) -> Result<Secret, Fault> {
        match self.form {
            Form::Text => read_text(&self.material),
            Form::Bytes => Ok(Secret::exact(&self.material)?),
            Form::Base64 => base64(&self.material),
            Form::Hex => hex(&self.material),
        }
    }

    /// The text of a [`Key::new`].
    #[cfg(feature = "signatures")]
    pub(super) fn text(&self) -> Option<&[u8]> {
        (self.form == Form::Text).then_some(&*self.material)
    }

    /// The text of a [`Key::base64`].
    #[cfg(feature = "signatures")]
    pub(super) fn base64_text(&self) -> Option<&[u8]> {
        (self.form == Form::Base64).then_some(&*self.material)
    }

    pub(super) fn own_label(&self) -> Option<&Arc<str>> {
        self.label.as_ref()
    }

    pub(super) fn may_be_short(&self) -> bool {
        self.may_be_short
    }
}

macro_rules! from_text {
    ($($text:ty)+) => {$(
        /// Converts text with [`Key::new`].
        impl From<$text> for Key {
            fn from(text: $text) -> Self {
                Self::new(text)
            }
        }
    )+};
}

from_text! { &str String &String }

/// Shows the label only.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("label", &self.label).finish_non_exhaustive()
    }
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    kind: ConfigErrorKind,
    expected: Option<&'static str>,
}

impl Fault {
    pub(super) fn malformed(expected: &'static str) -> Self {
        Self { kind: ConfigErrorKind::Malformed, expected: Some(expected) }
    }

    /// Adds what form was expected, if the form is wrong.
    #[cfg(feature = "signatures")]
    pub(super) fn or_expected(self, expected: &'static str) -> Self {
        if self.kind == ConfigErrorKind::Malformed { Self::malformed(expected) } else { self }
    }

    pub(super) fn short() -> Self {
        Self { kind: ConfigErrorKind::TooShort, expected: Some("at least 16 bytes, or `Key::dangerous_short`") }
    }

    /// The error for this setting.
    pub(super) fn of(self, setting: impl Into<String>) -> ConfigError {
        let error = ConfigError::new(self.kind, setting);
        match self.expected {
            Some(expected) => error.expected(expected),
            None => error,
        }
    }
}

impl From<ConfigErrorKind> for Fault {
    fn from(kind: ConfigErrorKind) -> Self {
        Self { kind, expected: None }
    }
}

/// A key that was made from the system's random bytes.
#[cfg(feature = "signatures")]
pub(super) fn made<T, E>(key: Result<T, E>) -> Result<T, ConfigError> {
    key.map_err(|_| ConfigError::new(ConfigErrorKind::Missing, "the system's source of random bytes"))
}

/// Checks a key that is used as the provider shows it. It was copied from a page, perhaps with errors.
pub(super) fn text(text: &[u8]) -> Result<Secret, Fault> {
    if !text.is_empty() && text.trim_ascii().is_empty() {
        return Err(ConfigErrorKind::Blank.into());
    }
    if text.trim_ascii().len() != text.len() {
        return Err(ConfigErrorKind::Padded.into());
    }
    if text.iter().any(u8::is_ascii_control) {
        return Err(ConfigErrorKind::ControlCharacter.into());
    }
    Ok(Secret::exact(text)?)
}

/// Checks a key that is sent in a header as it is.
pub(super) fn header_text(value: &[u8]) -> Result<Secret, Fault> {
    if !value.is_ascii() {
        return Err(ConfigErrorKind::NonAscii.into());
    }
    text(value)
}

pub(super) fn base64(encoded: &[u8]) -> Result<Secret, Fault> {
    let expected = "base64, in the standard or the URL-safe alphabet";
    text(encoded)?;
    let unpadded = encoded.strip_suffix(b"=").unwrap_or(encoded);
    let unpadded = unpadded.strip_suffix(b"=").unwrap_or(unpadded);
    let url_safe = unpadded.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let table = if url_safe { &data_encoding::BASE64URL_NOPAD } else { &data_encoding::BASE64_NOPAD };
    decode(table, unpadded, expected)
}

pub(super) fn hex(encoded: &[u8]) -> Result<Secret, Fault> {
    text(encoded)?;
    decode(&data_encoding::HEXLOWER_PERMISSIVE, encoded, "hex, two digits a byte")
}

fn decode(table: &data_encoding::Encoding, encoded: &[u8], expected: &'static str) -> Result<Secret, Fault> {
    let malformed = Fault::malformed(expected);
    let len = table.decode_len(encoded.len()).map_err(|_| malformed)?;
    let mut decoded = Zeroizing::new(vec![0; len]);
    table.decode_mut(encoded, &mut decoded).map_err(|_| malformed)?;
    Ok(Secret::exact(&decoded)?)
}
