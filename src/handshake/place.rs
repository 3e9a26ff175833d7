use std::borrow::Cow;

use http::{HeaderName, request::Parts};

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

    /// The value in the head. A repeated one counts as wrong, because two readers could take two different ones.
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
