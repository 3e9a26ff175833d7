//! Where a delivery has its signature.

use http::HeaderName;

use crate::{
    ConfigError, ConfigErrorKind, headers,
    json::members::{self, Path},
};

/// Where a delivery has its signature: in a header, whose name you can pass as it is, or elsewhere.
///
/// A signature in a URL is no secret, and is replaced in the URI that your handler gets all the same.
///
/// # Examples
///
/// PandaDoc appends `?signature=` to your URL:
///
/// ```
/// use tower_webhook::auth::{At, Signature};
///
/// let scheme = Signature::hmac_sha256(At::query("signature")).key("Zr41vw-new-and-random").build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct At(Result<Carrier, ConfigError>);

/// What has the signature.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Carrier {
    Header(HeaderName),
    /// The parameter with this name, decoded.
    Query(Box<[u8]>),
    Member(Box<Path>),
}

impl At {
    /// In the header with this name, in any letter case.
    #[must_use]
    pub fn header(name: impl TryInto<HeaderName>) -> Self {
        Self(headers::parse_name(name, "the name of the signature's header").map(Carrier::Header))
    }

    /// In the parameter of the query with this name, which must occur once. It is decoded like a form.
    #[must_use]
    pub fn query(name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        let blank = || ConfigError::new(ConfigErrorKind::Blank, "the name of the signature's parameter");
        Self(if name.is_empty() { Err(blank()) } else { Ok(Carrier::Query(name.as_bytes().into())) })
    }

    /// In a member of the JSON body, by the names that lead to it with dots between them. Only for a body that is not
    /// signed itself: see [`dangerous_unsigned_body`](super::SignatureBuilder::dangerous_unsigned_body).
    #[must_use]
    pub fn body(path: impl AsRef<str>) -> Self {
        Self(members::checked_path(path.as_ref(), "the member of the signature").map(Carrier::Member))
    }

    pub(super) fn checked(&self, unsigned_body: bool) -> Result<Carrier, ConfigError> {
        let carrier = self.0.clone()?;
        if matches!(carrier, Carrier::Member(_)) && !unsigned_body {
            let error = ConfigError::new(ConfigErrorKind::Conflict, "the signature in the body");
            return Err(error.expected("`dangerous_unsigned_body`, as a body cannot contain its own signature"));
        }
        Ok(carrier)
    }
}

macro_rules! from_header_name {
    ($($name:ty)+) => {$(
        /// In the header with this name.
        impl From<$name> for At {
            fn from(name: $name) -> Self {
                Self::header(name)
            }
        }
    )+};
}

from_header_name! { &str String &String HeaderName }
