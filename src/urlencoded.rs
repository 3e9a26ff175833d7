//! Names and values of queries and forms ([URL Standard, 5.1](https://url.spec.whatwg.org/#urlencoded-parsing)).
//!
//! The crate `form_urlencoded` will not do: it replaces bytes that are not UTF-8, and these bytes are signed.

use std::borrow::Cow;

/// The pairs of a query or a form, still encoded. Empty pairs are skipped, and a pair without `=` has an empty value.
pub(crate) fn pairs(encoded: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(equals).unwrap_or((pair, b""));
        (name, value.strip_prefix(b"=").unwrap_or_default())
    })
}

/// Encodes a name or a value, so that it is also a segment of a path.
#[cfg(feature = "testing")]
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            encoded + char::from(byte).encode_utf8(&mut [0; 4])
        }
        byte => encoded + &format!("%{byte:02X}"),
    })
}

/// Decodes a name or a value.
pub(crate) fn decode(encoded: &[u8]) -> Cow<'_, [u8]> {
    if !encoded.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(encoded);
    }
    let mut decoded = Vec::with_capacity(encoded.len());
    decode_into(encoded, &mut decoded);
    Cow::Owned(decoded)
}

/// Decodes a segment of a path ([RFC 3986, 2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1)), in which a `+` stands
/// for itself. `None` if a `%` has no two hexadecimal digits.
pub(crate) fn decode_segment(encoded: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut pieces = encoded.split(|byte| *byte == b'%');
    let first = pieces.next()?;
    if first.len() == encoded.len() {
        return Some(Cow::Borrowed(encoded));
    }
    let mut decoded = Vec::with_capacity(encoded.len());
    decoded.extend_from_slice(first);
    for piece in pieces {
        let [high, low, rest @ ..] = piece else { return None };
        decoded.push(hex(*high, *low)?);
        decoded.extend_from_slice(rest);
    }
    Some(Cow::Owned(decoded))
}

/// Decodes a value. `None` if a `%` has no two hexadecimal digits.
pub(crate) fn decode_strictly(encoded: &[u8]) -> Option<Vec<u8>> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    match decode_segment(&spaced)? {
        Cow::Owned(decoded) => Some(decoded),
        Cow::Borrowed(_) => Some(spaced),
    }
}

/// Decodes a name or a value, and appends it to `text`. A `%` without two hexadecimal digits stands for itself.
pub(crate) fn decode_into(mut encoded: &[u8], text: &mut Vec<u8>) {
    while let [first, rest @ ..] = encoded {
        let (byte, rest) = match (first, rest) {
            (b'+', _) => (b' ', rest),
            (b'%', [high, low, after @ ..]) => hex(*high, *low).map_or((b'%', rest), |byte| (byte, after)),
            _ => (*first, rest),
        };
        text.push(byte);
        encoded = rest;
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}
