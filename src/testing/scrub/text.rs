//! Strings: which form a text has, and a fake of that form.

use std::net::{Ipv4Addr, Ipv6Addr};

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

use super::{
    Scrubber, date, number,
    shape::{self, LOWER_HEX, UPPER_HEX, fake_of_kinds},
    words::{self, class, word},
};

/// Longer texts are not ids.
const LONGEST_ID: usize = 256;

/// What senders begin their ids with, besides the ids of this crate's own providers. Others could be a person's name.
const PREFIXES: [&str; 24] = [
    "acct", "ch", "cs", "cus", "evt", "in", "msg", "order", "pi", "pm", "price", "prod", "ps", "ptok", "ptr", "qs",
    "re", "req", "si", "sub", "tok", "user", "usr", "whsec",
];

/// The fake of a string, or of the name of a member.
pub(super) fn fake(scrubber: &Scrubber, text: &str) -> String {
    if text.trim().is_empty() {
        return text.to_owned();
    }
    date::fake(scrubber, text)
        .or_else(|| uuid(scrubber, text))
        .or_else(|| ip(scrubber, text))
        .or_else(|| number::fake_decimal(scrubber, text))
        .or_else(|| phone(scrubber, text))
        .or_else(|| url(scrubber, text))
        .or_else(|| mail(scrubber, text))
        .or_else(|| hex(scrubber, text))
        .or_else(|| prefixed(scrubber, text))
        .or_else(|| base64(scrubber, text))
        .or_else(|| is_id(text).then(|| shape::fake(scrubber, text)))
        .unwrap_or_else(|| words::fake(scrubber, text))
}

fn uuid(scrubber: &Scrubber, text: &str) -> Option<String> {
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    // The digits of the version and the variant.
    is_uuid.then(|| hex_digits(scrubber, text, &[14, 19]))
}

fn hex(scrubber: &Scrubber, text: &str) -> Option<String> {
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let is_hex = text.len() >= 8
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase) != has(u8::is_ascii_uppercase);
    is_hex.then(|| hex_digits(scrubber, text, &[]))
}

/// Hex digits for hex digits, but for those in these places.
fn hex_digits(scrubber: &Scrubber, text: &str, fixed: &[usize]) -> String {
    let is_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let (text, kind) = if is_upper { (text.to_ascii_uppercase(), UPPER_HEX) } else { (text.to_owned(), LOWER_HEX) };
    let kind = |at: usize, byte: u8| (byte.is_ascii_hexdigit() && !fixed.contains(&at)).then_some(kind);
    fake_of_kinds(scrubber, &text, kind, |_| true)
}

fn ip(scrubber: &Scrubber, text: &str) -> Option<String> {
    let mut bytes = [0; 12];
    scrubber.draw("ip", text.as_bytes()).fill(&mut bytes);
    let [a, b, c, ..] = bytes;
    if text.parse::<Ipv4Addr>().is_ok() {
        return Some(Ipv4Addr::new(10, a, b, c).to_string());
    }
    text.parse::<Ipv6Addr>().ok()?;
    let drawn =
        u128::from_be_bytes(std::array::from_fn(|at| bytes.get(at.wrapping_sub(4)).copied().unwrap_or_default()));
    Some(Ipv6Addr::from_bits((0x2001_0db8 << 96) | drawn).to_string())
}

fn phone(scrubber: &Scrubber, text: &str) -> Option<String> {
    let is_sign = |sign: char| sign.is_ascii_digit() || " +-()./".contains(sign);
    let has_digit = text.contains(|sign: char| sign.is_ascii_digit());
    (has_digit && text.len() <= 32 && text.chars().all(is_sign)).then(|| shape::fake(scrubber, text))
}

fn url(scrubber: &Scrubber, text: &str) -> Option<String> {
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let scheme = ["https://", "http://"].into_iter().find(|scheme| begins(scheme))?;
    if text.contains(char::is_whitespace) {
        return None;
    }
    let start = format!("{scheme}example.com/");
    let len = class(text.len()).saturating_sub(start.len()).max(12);
    Some(start + &word(&mut scrubber.draw("url", text.as_bytes()), len))
}

fn mail(scrubber: &Scrubber, text: &str) -> Option<String> {
    let (name, domain) = text.split_once('@')?;
    let is_foreign = |sign: char| sign.is_whitespace() || "@<>()[],;:\"/\\".contains(sign);
    if name.is_empty() || !domain.contains('.') || name.contains(is_foreign) || domain.contains(is_foreign) {
        return None;
    }
    let (start, end) = ("person-", "@example.com");
    let len = class(text.len()).saturating_sub(start.len() + end.len()).max(8);
    let mut draw = scrubber.draw("mail", text.as_bytes());
    let digits: String = (0..len).filter_map(|_| char::from_digit(draw.below(10), 10)).collect();
    Some(format!("{start}{digits}{end}"))
}

/// An id such as `evt_1NG8Du2e`. Ids with the same prefix still have the same.
fn prefixed(scrubber: &Scrubber, text: &str) -> Option<String> {
    let (prefix, rest) = text.split_once('_').filter(|_| is_id(text))?;
    let is_prefix = (1..=8).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_prefix {
        return None;
    }
    let rest = shape::fake(scrubber, rest);
    let prefix = if PREFIXES.contains(&prefix) { prefix.to_owned() } else { shape::fake(scrubber, prefix) };
    Some(format!("{prefix}_{rest}"))
}

fn base64(scrubber: &Scrubber, text: &str) -> Option<String> {
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    if text.len() < 20 || !is_mixed || !has(|byte| !byte.is_ascii_alphabetic()) {
        return None;
    }
    let encodings = [BASE64, BASE64URL, BASE64_NOPAD, BASE64URL_NOPAD];
    let (encoding, decoded) = encodings.iter().find_map(|one| Some((one, one.decode(text.as_bytes()).ok()?)))?;
    let len = if decoded.len() <= 64 { decoded.len() } else { class(decoded.len()) };
    let mut bytes = vec![0; len];
    scrubber.draw("base64", text.as_bytes()).fill(&mut bytes);
    Some(encoding.encode(&bytes))
}

/// One word with a digit, or one that is too short to say a class of its length.
fn is_id(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/+=~".contains(&byte);
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_short = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_short || has_digit && text.len() <= LONGEST_ID && text.bytes().all(is_sign)
}
