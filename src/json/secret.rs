use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::macros::from_text;

/// A string that is a secret by itself: a link that opens a room or a document without a login, or a token that pays.
///
/// `Debug` does not show it, and it has no `Display`. Read it with [`expose_secret`](Self::expose_secret), and keep it out of
/// logs. It is serialised as its text, so that an event can wait in a queue: protect the queue as you protect the secret.
///
/// # Examples
///
/// ```
/// use tower_webhook::json::SecretString;
///
/// let link: SecretString = serde_json::from_str(r#""https://rooms.example.com/1?signature=9f2c""#)?;
/// assert_eq!(format!("{link:?}"), "SecretString(..)");
/// assert_eq!(link.expose_secret(), "https://rooms.example.com/1?signature=9f2c");
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretString(Box<str>);

impl SecretString {
    /// The secret.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SecretString {
    fn from(secret: &str) -> Self {
        Self(secret.into())
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretString(..)")
    }
}

impl Serialize for SecretString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose_secret())
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}
