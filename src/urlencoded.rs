//! Names and values of queries and forms ([URL Standard, 5.1](https://url.spec.whatwg.org/#urlencoded-parsing)).

/// Appends to `text` what a name or a value stands for. A `%` without two hex digits is itself.
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
