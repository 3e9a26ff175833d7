use std::{error::Error, fmt};

/// What is wrong with a setting. It comes from `build()`, never while a delivery is handled.
///
/// It names the setting and the problem, and never holds or shows the value. `Debug` shows the same
/// sentence, as that is what a `main` that returns it prints.
///
/// # Examples
///
/// ```
/// use tower_webhook::{ConfigErrorKind, provider::truemed::Truemed};
///
/// let error = Truemed::builder().api_key("from-a-file-with-a-newline\n").build().unwrap_err();
/// assert_eq!(error.kind(), ConfigErrorKind::Padded);
/// assert_eq!(error.to_string(), "API key 1 begins or ends with white space");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    setting: String,
}

/// The ways in which a setting can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A key is empty or all white space, as an unset environment variable would leave it.
    Blank,
    /// Two settings exclude each other.
    Conflict,
    /// A key holds a control character.
    ControlCharacter,
    /// Two keys of one scheme are equal, or two have the same label; or a part is signed twice.
    Duplicate,
    /// A header's name is not a header name.
    HeaderName,
    /// A key is not in the encoding that it must have, or a separator cannot separate.
    Malformed,
    /// No credential was configured, so anyone could deliver; or what is to be signed has no source.
    Missing,
    /// A key that travels in a header as it is holds something else than ASCII.
    NonAscii,
    /// A tolerance is zero, or longer than a day.
    OutOfRange,
    /// A key begins or ends with white space, which no header can carry.
    Padded,
    /// A pepper is shorter than 32 bytes.
    ShortPepper,
    /// A key is longer than [`Secret::MAX_LEN`](crate::auth::Secret::MAX_LEN) bytes.
    TooLong,
    /// One scheme has more than 16 keys, or more than 8 public ones.
    TooMany,
    /// A key is shorter than 16 bytes. Where a provider assigns such a key, a method
    /// with `dangerous` in its name allows it.
    TooShort,
    /// Something is read from the delivery that the signature does not cover, or the body is not covered.
    Unsigned,
    /// A user name holds a `:`, which separates it from the password.
    UserName,
}

impl ConfigError {
    pub(crate) fn new(kind: ConfigErrorKind, setting: impl Into<String>) -> Self {
        Self { kind, setting: setting.into() }
    }

    /// In which way the setting is wrong.
    #[must_use]
    pub fn kind(&self) -> ConfigErrorKind {
        self.kind
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.kind {
            ConfigErrorKind::Blank => "is empty or blank",
            ConfigErrorKind::Conflict => "excludes another setting",
            ConfigErrorKind::ControlCharacter => "holds a control character",
            ConfigErrorKind::Duplicate => "is configured twice",
            ConfigErrorKind::HeaderName => "is not a header name",
            ConfigErrorKind::Malformed => "is not well-formed",
            ConfigErrorKind::Missing => "is not configured",
            ConfigErrorKind::NonAscii => "holds characters beyond ASCII",
            ConfigErrorKind::OutOfRange => "is zero or longer than a day",
            ConfigErrorKind::Padded => "begins or ends with white space",
            ConfigErrorKind::ShortPepper => "is shorter than 32 bytes",
            ConfigErrorKind::TooLong => "is too long",
            ConfigErrorKind::TooMany => "is more than one scheme takes",
            ConfigErrorKind::TooShort => "is shorter than 16 bytes, which `dangerous_allow_short_keys` would allow",
            ConfigErrorKind::Unsigned => "is not part of what is signed",
            ConfigErrorKind::UserName => "holds a colon",
        };
        write!(f, "{} {problem}", self.setting)
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigError({self})")
    }
}

impl Error for ConfigError {}
