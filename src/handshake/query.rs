use std::borrow::Cow;

use crate::urlencoded;

/// The parameters of a query, decoded ([URL Standard, 5.1](https://url.spec.whatwg.org/#urlencoded-parsing)).
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

fn decode(text: &str) -> Cow<'_, [u8]> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut decoded = Vec::with_capacity(text.len());
    urlencoded::decode_into(text.as_bytes(), &mut decoded);
    Cow::Owned(decoded)
}
