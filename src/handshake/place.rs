use std::borrow::Cow;

use http::{HeaderName, request::Parts};

#[cfg(feature = "testing")]
use crate::auth::signing::Draft;
use crate::{
    headers::{NotOne, only},
    json::members::Path,
    urlencoded,
};

/// Where a value of an endpoint verification is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Query(Box<[u8]>),
    Header(HeaderName),
    Body(Box<Path>),
}

impl Place {
    pub(super) fn body(path: &str) -> Self {
        Self::Body(path.split('.').map(Box::from).collect())
    }

    /// The path of a member of the body.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Body(path) => Some(path),
            Self::Query(_) | Self::Header(_) => None,
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn put(&self, draft: &mut Draft, value: &serde_json::Value) {
        let text = value.as_str().unwrap_or_default();
        match self {
            Self::Query(name) => draft.set_query(&String::from_utf8_lossy(name), text),
            Self::Header(name) => draft.set_header(name, text),
            Self::Body(path) => draft.set_member(&path.join("."), &value.to_string()),
        }
    }

    /// The value in the head. A repeated one counts as wrong, because one reader could take the first, and another the
    /// second.
    pub(super) fn find<'a>(&self, head: &'a Parts) -> Result<Cow<'a, [u8]>, NotOne> {
        match self {
            Self::Query(wanted) => {
                let query = head.uri.query().unwrap_or_default().as_bytes();
                let mut values = urlencoded::pairs(query).filter(|(name, _)| *urlencoded::decode(name) == **wanted);
                match (values.next(), values.next()) {
                    (Some((_, value)), None) => Ok(urlencoded::decode(value)),
                    (None, _) => Err(NotOne::Missing),
                    (Some(_), Some(_)) => Err(NotOne::Repeated),
                }
            }
            Self::Header(name) => Ok(Cow::Borrowed(only(&head.headers, name)?.as_bytes())),
            Self::Body(_) => Err(NotOne::Missing),
        }
    }
}
