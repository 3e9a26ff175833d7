use std::{error::Error, fmt, str::Utf8Error};

use serde_json::error::Category as JsonCategory;

use super::schema::Trail;

/// Where a body stopped being the JSON that was expected.
///
/// It holds nothing of the body: `serde_json`'s own message, which quotes the offending value, is
/// dropped. Its path is made of the names of your types' fields.
///
/// # Examples
///
/// ```
/// use tower_webhook::json;
///
/// let error = json::decode::<Vec<u8>>(b"[1,\n2, \"Jane Doe\"]").unwrap_err();
/// assert_eq!(error.to_string(), "unexpected data at line 2 column 13, field [2]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    category: Category,
    line: usize,
    column: usize,
    path: String,
}

/// In which way a body is not the JSON that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// It is JSON, but not of the documented shape: a required field is missing or of another type.
    Data,
    /// It ends too early.
    Eof,
    /// It is not JSON.
    Syntax,
    /// It is not UTF-8.
    Utf8,
}

impl DecodeError {
    pub(super) fn json(error: &serde_json::Error, trail: &Trail) -> Self {
        let category = match error.classify() {
            JsonCategory::Data => Category::Data,
            JsonCategory::Eof => Category::Eof,
            JsonCategory::Io | JsonCategory::Syntax => Category::Syntax,
        };
        Self { category, line: error.line(), column: error.column(), path: trail.to_string() }
    }

    pub(super) fn utf8(body: &[u8], error: Utf8Error) -> Self {
        let valid = body.get(..error.valid_up_to()).unwrap_or_default();
        let last_line = valid.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        Self {
            category: Category::Utf8,
            line: valid.split(|byte| *byte == b'\n').count(),
            column: last_line.len() + 1,
            path: String::new(),
        }
    }

    /// In which way the body is wrong.
    #[must_use]
    pub fn category(&self) -> Category {
        self.category
    }

    /// The line, from 1; 0 where `serde` had buffered the body before it met the error.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in bytes, from 1; 0 where the line's first byte has not been read.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// The path of the field, as in `payload.reports[0].id`, as far as the decoded types name it:
    /// a key that they do not name, or that is read through `flatten` or a value of any kind, is `*`.
    /// Empty at the root.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.category, self.line, self.column)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, ", field {}", self.path) }
    }
}

impl Error for DecodeError {}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Data => "unexpected data",
            Self::Eof => "unexpected end",
            Self::Syntax => "not JSON",
            Self::Utf8 => "not UTF-8",
        })
    }
}
