//! Values in the URI of a request that is not yet authenticated, and the URI without them.

use std::borrow::Cow;

use http::{Uri, uri::PathAndQuery};

use crate::urlencoded;

/// What replaces a credential.
const HIDDEN: &str = "redacted";

/// The value of this parameter of the query, decoded like a form. `None` unless it occurs once, in any spelling of its
/// name: one reader could take the first, and another the second.
pub(super) fn parameter<'a>(uri: &'a Uri, name: &[u8]) -> Option<Cow<'a, [u8]>> {
    field(uri.query()?.as_bytes(), name)
}

/// The value of this field of a form, decoded. `None` unless it occurs once.
pub(super) fn field<'a>(form: &'a [u8], name: &[u8]) -> Option<Cow<'a, [u8]>> {
    let mut values = urlencoded::pairs(form).filter(|(other, _)| *urlencoded::decode(other) == *name);
    let (_, value) = values.next()?;
    values.next().is_none().then(|| urlencoded::decode(value))
}

/// A segment of the path, decoded. The first one is 0.
pub(super) fn segment(uri: &Uri, index: usize) -> Option<Cow<'_, [u8]>> {
    let segment = uri.path().strip_prefix('/')?.split('/').nth(index)?;
    urlencoded::decode_segment(segment.as_bytes())
}

/// The URI with all values of this parameter replaced, in any spelling of its name. `None` if there is no query.
pub(super) fn without_parameter(uri: &Uri, name: &[u8]) -> Option<Uri> {
    let pairs = uri.query()?.split('&').map(|pair| {
        let (encoded, _) = pair.split_once('=').unwrap_or((pair, ""));
        if *urlencoded::decode(encoded.as_bytes()) == *name {
            Cow::Owned(format!("{encoded}={HIDDEN}"))
        } else {
            Cow::Borrowed(pair)
        }
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    Some(with_path_and_query(uri, &format!("{}?{query}", uri.path())))
}

/// The URI with this segment of the path replaced. `None` if there is no such segment.
pub(super) fn without_segment(uri: &Uri, index: usize) -> Option<Uri> {
    let mut segments: Vec<_> = uri.path().strip_prefix('/')?.split('/').collect();
    *segments.get_mut(index)? = HIDDEN;
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    Some(with_path_and_query(uri, &format!("/{}{query}", segments.join("/"))))
}

/// With the path `/` if the text is no path, because it has become too long: the credential must not stay.
fn with_path_and_query(uri: &Uri, text: &str) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(text.parse().unwrap_or(PathAndQuery::from_static("/")));
    Uri::from_parts(parts).unwrap_or_default()
}
