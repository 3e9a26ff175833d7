use std::fmt;

use bytes::Bytes;

/// A body as it was sent, as the event of a provider that does not send JSON.
///
/// Made by [`Json::raw`](super::Json::raw). Cloning it copies no bytes.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::RawBody;
///
/// let body = RawBody::from("From=%2B15551234567");
/// assert_eq!(body.bytes().len(), 19);
/// assert_eq!(format!("{body:?}"), "RawBody(19 bytes)");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawBody(pub(super) Bytes);

impl RawBody {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

macro_rules! from {
    ($($bytes:ty)+) => {$(
        impl From<$bytes> for RawBody {
            fn from(bytes: $bytes) -> Self {
                Self(bytes.into())
            }
        }
    )+};
}

from! { Bytes Vec<u8> String &'static str &'static [u8] }

impl AsRef<[u8]> for RawBody {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Shows the length only: what providers send may be personal.
impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBody({} bytes)", self.0.len())
    }
}
