use std::{error::Error, fmt};

/// Why a dead letter cannot be read.
///
/// # Examples
///
/// ```
/// use tower_webhook::dead_letters::{DeadLetter, LetterError};
///
/// assert_eq!(DeadLetter::from_bytes(b"not a letter").unwrap_err(), LetterError::Malformed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LetterError {
    /// It is not a letter, or it was cut.
    Malformed,
    /// Another version of this crate has written it, in another form. Send it again with a program of that version.
    OtherVersion,
    /// The private key does not open it: it was encrypted to another key, or something in it was changed.
    NotOpened,
    /// The receipt does not prove it: the key of receipts is another one, or something was changed.
    NotProven,
}

impl fmt::Display for LetterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "this is not a dead letter",
            Self::OtherVersion => "this dead letter was written by another version of this crate",
            Self::NotOpened => "the private key does not open this letter",
            Self::NotProven => "the receipt does not prove this letter",
        })
    }
}

impl Error for LetterError {}
