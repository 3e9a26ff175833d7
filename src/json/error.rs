use std::{error::Error, fmt, str::Utf8Error};

use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::strict::Context;

/// Why and where a body is not the JSON that was expected.
///
/// It contains nothing of the body: the message of `serde_json`, which quotes the offending value, is
/// dropped. The path consists of the names of your types' fields.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::{self, DecodeErrorKind};
///
/// let error = json::decode::<Vec<u8>>(b"[1,\n2, \"Jane Doe\"]").unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::WrongType);
/// assert_eq!(error.expected(), Some("an integer"));
/// assert_eq!(error.to_string(), "wrong type (expected an integer) at line 2 column 13, field [2]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    expected: Option<&'static str>,
    line: usize,
    column: usize,
    path: Box<str>,
}

/// The kind of a [`DecodeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// A required field is missing.
    MissingField,
    /// A value has another JSON type than the field: a number where a string was expected.
    WrongType,
    /// An object has a field twice.
    RepeatedField,
    /// Something follows the JSON document.
    TrailingData,
    /// A value has the right type but is not accepted, such as a number out of range.
    Data,
    /// The body ends too early.
    Eof,
    /// The body is not JSON, or begins with a byte order mark.
    Syntax,
    /// The body is not UTF-8.
    Utf8,
}

impl DecodeErrorKind {
    /// The kind of an error about data, by the first words of the message, which come from `serde`
    /// itself.
    pub(super) fn of_data(message: &impl fmt::Display) -> Self {
        let message = message.to_string();
        let is = |prefix| message.starts_with(prefix);
        match () {
            () if is("missing field `") => Self::MissingField,
            () if is("duplicate field `") => Self::RepeatedField,
            () if is("invalid type: ") => Self::WrongType,
            () => Self::Data,
        }
    }

    fn of_syntax(message: &str, text: &str) -> Self {
        let is = |prefix| message.starts_with(prefix);
        // `serde_json` also reports a number for an enum, or a third element of a pair, as bad syntax.
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        match () {
            () if is_json && (is("expected value") || is("invalid number")) => Self::WrongType,
            () if is_json => Self::Data,
            () if is("trailing characters") => Self::TrailingData,
            () => Self::Syntax,
        }
    }
}

impl DecodeError {
    #[cold]
    pub(super) fn json(error: &serde_json::Error, context: &Context, text: &str) -> Self {
        let kind = match error.classify() {
            Category::Data => DecodeErrorKind::of_data(error),
            Category::Eof => DecodeErrorKind::Eof,
            Category::Io | Category::Syntax => DecodeErrorKind::of_syntax(&error.to_string(), text),
        };
        let wrong_type = kind == DecodeErrorKind::WrongType;
        let expected = if wrong_type { context.innermost_expected() } else { None };
        let path = context.to_string().into();
        Self { kind, expected, line: error.line(), column: error.column(), path }
    }

    #[cold]
    pub(super) fn utf8(body: &[u8], error: Utf8Error) -> Self {
        let valid = body.get(..error.valid_up_to()).unwrap_or_default();
        let last_line = valid.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        Self {
            kind: DecodeErrorKind::Utf8,
            expected: None,
            line: valid.split(|byte| *byte == b'\n').count(),
            column: last_line.len() + 1,
            path: Box::default(),
        }
    }

    /// Takes this path as the missing field, if no other is known.
    pub(super) fn missing(mut self, path: &[Box<str>], text: &str) -> Self {
        if self.kind == DecodeErrorKind::MissingField && self.path.is_empty() {
            self.path = path.join(".").into();
            if self.line == 0 {
                let text = text.trim_ascii_end();
                self.line = text.split('\n').count();
                self.column = text.rsplit('\n').next().map_or(0, str::len);
            }
        }
        self
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The JSON type that was expected, if the kind is [`WrongType`](DecodeErrorKind::WrongType) and
    /// the field has one type, for example `a string`, `an integer`, `a number`, `a boolean`,
    /// `an array` or `an object`.
    #[must_use]
    pub fn expected(&self) -> Option<&'static str> {
        self.expected
    }

    /// The line, from 1; 0 if `serde` had buffered the body before the error.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in bytes, from 1; 0 if the line's first byte has not been read.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// The path of the field, such as `payload.reports[0].id`. Empty at the root.
    ///
    /// A key that the decoded types do not name, or that is read through `flatten` or an untyped value, is `*`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(expected) = self.expected {
            write!(f, " (expected {expected})")?;
        }
        write!(f, " at line {} column {}", self.line, self.column)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, ", field {}", self.path) }
    }
}

impl Error for DecodeError {}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MissingField => "missing field",
            Self::WrongType => "wrong type",
            Self::RepeatedField => "repeated field",
            Self::TrailingData => "trailing data",
            Self::Data => "unexpected data",
            Self::Eof => "unexpected end",
            Self::Syntax => "not JSON",
            Self::Utf8 => "not UTF-8",
        })
    }
}
