//! Secrets of the user's own, which nobody sends.

use crate::{ConfigError, ConfigErrorKind};

/// The shortest secret, in bytes.
pub(crate) const MIN_LEN: usize = 32;

/// Checks a secret: text or random bytes. A replica that read it together with a newline from a file would compute
/// something else than the others.
pub(crate) fn check(secret: &[u8], setting: &'static str) -> Result<(), ConfigError> {
    let flawed = |kind| Err(ConfigError::new(kind, setting));
    if secret.trim_ascii().is_empty() {
        return flawed(ConfigErrorKind::Blank);
    }
    if secret.iter().all(|byte| Some(byte) == secret.first()) {
        return flawed(ConfigErrorKind::Repetitive);
    }
    if secret.is_ascii() && secret.trim_ascii().len() != secret.len() {
        return flawed(ConfigErrorKind::Padded);
    }
    if secret.is_ascii() && secret.iter().any(u8::is_ascii_control) {
        return flawed(ConfigErrorKind::ControlCharacter);
    }
    if secret.len() < MIN_LEN {
        return Err(ConfigError::new(ConfigErrorKind::TooShort, setting).expected("at least 32 bytes"));
    }
    Ok(())
}
