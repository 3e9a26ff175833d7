use std::{error::Error, fmt};

/// A boxed error of any kind, for errors of your own functions and stores.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a setting cannot be used. `build()` returns it, so that you learn it before the first delivery arrives.
///
/// It names the setting and the problem, and never contains the value. `Debug` prints the same text as `Display`,
/// because a `main` that returns the error prints it with `Debug`.
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
    detail: Option<String>,
}

/// What is wrong with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A value is empty or blank, as an unset environment variable leaves it.
    Blank,
    /// Two settings exclude each other.
    Conflict,
    /// A key or a label contains a control character.
    ControlCharacter,
    /// Two keys of one scheme are equal, two have the same label, or a part is signed twice.
    Duplicate,
    /// A header name contains a character that header names cannot have.
    HeaderName,
    /// A value does not have the required form. The message says which form is expected.
    Malformed,
    /// A required setting is missing, such as a key: without one, anyone could deliver.
    Missing,
    /// A key that is sent in a header contains characters beyond ASCII.
    NonAscii,
    /// A duration is zero or too long, or a success status is not 2xx.
    OutOfRange,
    /// A value begins or ends with white space, such as the newline of the file that it was read from.
    Padded,
    /// A secret is one byte repeated, such as a placeholder.
    Repetitive,
    /// A value is too long.
    TooLong,
    /// There are more keys than one scheme can have: 16, or 8 public keys; or a description has too many parts.
    TooMany,
    /// A key or another secret is too short to be safe. The message says how many bytes it needs.
    TooShort,
    /// There is nothing of this name, such as a sender or a sample event. The message lists names.
    Unknown,
    /// The signature does not cover the body, or a time, an id or a URL that you configured.
    Unsigned,
}

impl ConfigError {
    pub(crate) fn new(kind: ConfigErrorKind, setting: impl Into<String>) -> Self {
        Self { kind, setting: setting.into(), detail: None }
    }

    /// Says what the setting must be.
    pub(crate) fn expected(self, expected: &str) -> Self {
        self.because(format!("expected {expected}"))
    }

    /// Says more about the problem. Never the value of a secret.
    pub(crate) fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says whose setting it is.
    pub(crate) fn of(mut self, whose: impl fmt::Display) -> Self {
        self.setting = format!("{} of {whose}", self.setting);
        self
    }

    /// What is wrong with the setting.
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
            ConfigErrorKind::ControlCharacter => "contains a control character",
            ConfigErrorKind::Duplicate => "is configured twice",
            ConfigErrorKind::HeaderName => "is not a header name",
            ConfigErrorKind::Malformed => "is not well-formed",
            ConfigErrorKind::Missing => "is not configured",
            ConfigErrorKind::NonAscii => "contains characters beyond ASCII",
            ConfigErrorKind::OutOfRange => "is out of range",
            ConfigErrorKind::Padded => "begins or ends with white space",
            ConfigErrorKind::Repetitive => "is one byte repeated",
            ConfigErrorKind::TooLong => "is too long",
            ConfigErrorKind::TooMany => "is more than one scheme can have",
            ConfigErrorKind::TooShort => "is too short",
            ConfigErrorKind::Unknown => "is not known",
            ConfigErrorKind::Unsigned => "is not part of what is signed",
        };
        write!(f, "{} {problem}", self.setting)?;
        self.detail.as_ref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigError({self})")
    }
}

impl Error for ConfigError {}
