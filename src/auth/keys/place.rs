//! Where a delivery names its tenant.

use std::{borrow::Cow, sync::Arc};

use http::HeaderName;

use crate::{auth::Head, headers, urlencoded};

/// The longest name that is looked up, in bytes.
pub(super) const MAX_NAME: usize = 256;

type Find = dyn for<'a> Fn(&Head<'a>) -> Option<Cow<'a, str>> + Send + Sync;

pub(super) enum Place {
    PathSegment(usize),
    Header(HeaderName),
    Query(Box<[u8]>),
    Function(Arc<Find>),
}

impl Place {
    /// The name, decoded, so that all spellings of a name are one tenant.
    pub(super) fn find<'a>(&self, head: &Head<'a>) -> Option<Cow<'a, str>> {
        let parts = head.parts;
        let name = match self {
            Self::PathSegment(index) => {
                let segment = parts.uri.path().strip_prefix('/')?.split('/').nth(*index)?;
                text(urlencoded::decode_segment(segment.as_bytes())?)?
            }
            Self::Header(name) => Cow::Borrowed(headers::text(headers::only(&parts.headers, name).ok()?)?),
            Self::Query(wanted) => {
                let pairs = urlencoded::pairs(parts.uri.query()?.as_bytes());
                let mut values = pairs.filter(|(name, _)| *urlencoded::decode(name) == **wanted);
                let (_, value) = values.next()?;
                // Two readers could take two different ones.
                values.next().is_none().then(|| text(urlencoded::decode(value)))??
            }
            Self::Function(find) => find(head)?,
        };
        (1..=MAX_NAME).contains(&name.len()).then_some(name)
    }
}

fn text(name: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match name {
        Cow::Borrowed(name) => std::str::from_utf8(name).ok().map(Cow::Borrowed),
        Cow::Owned(name) => String::from_utf8(name).ok().map(Cow::Owned),
    }
}
