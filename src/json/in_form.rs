//! JSON in a field of a form.

use bytes::Bytes;

use crate::{Rejection, RejectionKind, RejectionReason, urlencoded};

/// The JSON in the field with this name, if the body is a form that begins with it. No JSON begins with a name and a `=`, so
/// the body alone says which it is: its media type is not signed.
pub(crate) fn find(body: &Bytes, name: &str) -> Option<Result<Bytes, Rejection>> {
    body.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
    let mut values = urlencoded::pairs(body).filter(|(other, _)| *urlencoded::decode(other) == *name.as_bytes());
    let value =
        values.next().filter(|_| values.next().is_none()).and_then(|(_, value)| urlencoded::decode_strictly(value));
    let malformed = "the form does not have the field with the JSON once, or it is not percent-encoded";
    Some(
        value
            .map(Bytes::from)
            .ok_or_else(|| Rejection::new(RejectionKind::Malformed).because(RejectionReason::Other(malformed))),
    )
}
