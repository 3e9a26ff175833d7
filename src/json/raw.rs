use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{DecodeError, decode_str};

/// JSON as it was sent, to the byte.
///
/// `Debug` shows only its length, as it may hold anything. Two are equal if their bytes are.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::RawJson;
///
/// let raw: RawJson = serde_json::from_str(r#"{ "code" : 7 }"#)?;
/// assert_eq!(raw.get(), r#"{ "code" : 7 }"#);
/// assert_eq!(format!("{raw:?}"), "RawJson(14 bytes)");
///
/// let value: serde_json::Value = raw.decode()?;
/// assert_eq!(value["code"], 7);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Copies a JSON document, without the white space around it.
    ///
    /// # Errors
    ///
    /// It is not JSON.
    pub fn new(text: &str) -> Result<Self, DecodeError> {
        decode_str(text)
    }

    /// The JSON as it was sent.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Decodes it, with the rules of [`decode`](super::decode).
    ///
    /// # Errors
    ///
    /// It is not what `T` expects.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self) -> Result<T, DecodeError> {
        decode_str(self.get())
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for RawJson {}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.get().len())
    }
}
