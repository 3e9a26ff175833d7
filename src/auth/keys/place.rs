//! Where a delivery names its tenant.

use std::{borrow::Cow, sync::Arc};

use http::HeaderName;

use crate::{
    auth::{Head, uri},
    headers,
};

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
            Self::PathSegment(index) => text(uri::segment(&parts.uri, *index)?)?,
            Self::Header(name) => Cow::Borrowed(headers::text(headers::only(&parts.headers, name).ok()?)?),
            Self::Query(name) => text(uri::parameter(&parts.uri, name)?)?,
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
