//! Where a delivery has its signature.

use http::HeaderName;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

#[cfg(feature = "testing")]
use crate::auth::signing::Draft;
use crate::{
    ConfigError, ConfigErrorKind, headers,
    json::{
        described::parsed,
        members::{self, Path},
    },
};

/// The place of a signature in a delivery: a header, the query or the body.
///
/// The name of a header converts into it, so `Signature::hmac_sha256("x-acme-signature")` needs no `At`. Your handler
/// gets a URI with `redacted` in place of a signature, although a signature is no secret.
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

    /// In this member of the JSON body. The path is names with dots between them, such as `signature.value`. Only for a
    /// body that is not signed itself: see
    /// [`dangerous_unsigned_body`](super::SignatureBuilder::dangerous_unsigned_body).
    #[must_use]
    pub fn body(path: impl AsRef<str>) -> Self {
        Self(members::checked_path(path.as_ref(), "the member of the signature").map(Carrier::Member))
    }

    /// Puts a signature there.
    #[cfg(feature = "testing")]
    pub(in crate::auth) fn put(&self, draft: &mut Draft, text: &str) {
        let Ok(carrier) = &self.0 else { return };
        match carrier {
            Carrier::Header(name) => draft.set_header(name, text),
            Carrier::Query(name) => draft.set_query(&String::from_utf8_lossy(name), text),
            Carrier::Member(path) => draft.set_member(&path.join("."), &serde_json::Value::from(text).to_string()),
        }
    }

    /// The name of the header, if it is one.
    #[cfg(feature = "testing")]
    pub(crate) fn header_name(&self) -> Option<&HeaderName> {
        match &self.0 {
            Ok(Carrier::Header(name)) => Some(name),
            _ => None,
        }
    }

    /// The path of the member, if it is one.
    #[cfg(feature = "testing")]
    pub(crate) fn member(&self) -> Option<String> {
        match &self.0 {
            Ok(Carrier::Member(path)) => Some(path.join(".")),
            _ => None,
        }
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

/// An [`At`] in a description of a sender.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Described {
    Header(#[serde(deserialize_with = "header")] String),
    Query(String),
    Body(String),
}

fn header<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    parsed(deserializer, |text| headers::parse_name(text, "this name").map(|name| name.to_string()))
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let described = match self.0.as_ref().map_err(ser::Error::custom)? {
            Carrier::Header(name) => Described::Header(name.to_string()),
            Carrier::Query(name) => Described::Query(String::from_utf8_lossy(name).into_owned()),
            Carrier::Member(path) => Described::Body(path.join(".")),
        };
        described.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Described::deserialize(deserializer)? {
            Described::Header(name) => Self::header(name),
            Described::Query(name) => Self::query(name),
            Described::Body(path) => Self::body(path),
        })
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
