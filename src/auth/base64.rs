const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes a configured credential (RFC 4648, 4), so that what a sender offers need not be decoded
/// in a time that depends on it.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain(&[0; 3]).take(3).fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        for position in 0..4 {
            let sextet = group >> (18 - 6 * position) & 63;
            text.push(match ALPHABET.get(sextet) {
                Some(letter) if position <= chunk.len() => char::from(*letter),
                _ => '=',
            });
        }
    }
    text
}
