//! Law: a signed time is accepted exactly if it is written in the configured form and near enough to now, as a calendar of our
//! own says; `DateTime` reads every text, and reads what it writes as the same; and nothing panics.

use std::time::Duration;

use bytes::Bytes;
use tower_webhook::{
    auth::{Head, Part, Scheme, Signature, SignatureBuilder},
    json::DateTime,
};

use crate::{
    draw::Draw,
    send::{NOW, now, request},
    signature::{Hash, KEYS, encode},
};

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, by counting.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=length).contains(&day) {
        return None;
    }
    let years = year - 1;
    let before = years * 365 + years / 4 - years / 100 + years / 400 - if year == 0 { 1 } else { 0 };
    // 719,162 days are before 1970.
    Some(before - 719_162 + lengths[..month as usize - 1].iter().sum::<i64>() + day - 1)
}

/// Nanoseconds since 1970 of `2026-11-21T09:30:00.123Z` or with an offset.
fn rfc3339(text: &[u8]) -> Option<i128> {
    let number = |at: usize, len: usize| {
        let digits = text.get(at..at + len).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        std::str::from_utf8(digits).ok()?.parse::<i64>().ok()
    };
    for (at, byte) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        (text.get(at) == Some(&byte)).then_some(())?;
    }
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    // A leap second is read as the one before it.
    let second = if second == 60 { 59 } else { second };
    (hour < 24 && minute < 60 && second < 60).then_some(())?;
    let days = days(number(0, 4)?, number(5, 2)?, number(8, 2)?)?;
    let mut rest = &text[19..];
    let mut nanoseconds = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let len = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (1..=9).contains(&len).then_some(())?;
        nanoseconds = std::str::from_utf8(&fraction[..len]).ok()?.parse::<i128>().ok()? * 10_i128.pow(9 - len as u32);
        rest = &fraction[len..];
    }
    let offset = match rest {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let two = |a: &u8, b: &u8| {
                (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
            };
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
            (hours < 26 && minutes < 60).then_some(())?;
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(i128::from(seconds) * 1_000_000_000 + nanoseconds)
}

/// One near now, perhaps with a fault.
fn text(draw: &mut Draw<'_>, form: usize, tolerance: u64) -> String {
    let edges = [0, tolerance, tolerance + 1];
    let (later, edge) = (draw.flag(), draw.of(&edges));
    let at = if later { NOW + edge } else { NOW - edge };
    let mut text = match form {
        0 => at.to_string(),
        1 => (at * 1000 + draw.of(&[0, 1, 999])).to_string(),
        _ => {
            // 2023-11-14T22:13:20Z
            let shifted = at as i64 - NOW as i64 + 80_000;
            let (hour, minute, second) =
                (shifted.rem_euclid(86_400) / 3600, shifted.rem_euclid(3600) / 60, shifted.rem_euclid(60));
            let day = 14 + shifted.div_euclid(86_400);
            let fraction = draw.of(&["", ".0", ".000000001", ".999999999", ".", ".0000000000"]);
            let zone = draw.of(&["Z", "Z", "+00:00", "-00:00", "+01:00", "z", "", "+0000", "+25:59", "+26:00"]);
            format!("2023-11-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}")
        }
    };
    for _ in 0..[0, 0, 0, 1, 2][draw.below(5)] {
        let at = draw.below(text.len() + 1);
        if text.is_char_boundary(at) {
            let piece = draw.of(&["0", "1", "9", " ", "-", "+", ":", "T", "6", "2", "."]);
            if draw.flag() || !text.is_char_boundary(at + 1) || at == text.len() {
                text.insert_str(at, piece);
            } else {
                text.replace_range(at..=at, piece);
            }
        }
    }
    text
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let form = draw.below(3);
    let (past, future) = (draw.of(&[300, 1, 86_400, 7_200]), draw.of(&[300, 1, 86_400, 5_000]));
    let in_body = draw.one_in(3);
    let tolerance = if draw.flag() { past } else { future };
    let when = if draw.one_in(8) { draw.text(30) } else { text(draw, form, tolerance) };
    let builder = Signature::hmac_sha256("x-signature")
        .key(KEYS[0])
        .past_tolerance(Duration::from_secs(past))
        .future_tolerance(Duration::from_secs(future));
    let builder = match form {
        0 => builder,
        1 => SignatureBuilder::timestamp_in_milliseconds(builder),
        _ => builder.timestamp_in_rfc3339(),
    };
    let scheme = if in_body {
        builder.timestamp_in_body("at").build().unwrap()
    } else {
        builder.timestamp_header("x-time").signed([Part::Timestamp, Part::literal("."), Part::Body]).build().unwrap()
    };
    let is_digits = (1..=19).contains(&when.len()) && when.bytes().all(|byte| byte.is_ascii_digit());
    let body = match (in_body, form) {
        (true, 2) => format!("{{\"at\": {}}}", serde_json::Value::from(&*when)),
        (true, _) => format!("{{\"at\": {when}}}"),
        _ => "{}".to_owned(),
    };
    let message = if in_body { body.clone() } else { format!("{when}.{body}") };
    let signature = encode(tower_webhook::auth::Encoding::Hex, &Hash::Sha256.mac(KEYS[0], message.as_bytes()));
    let headers =
        [("x-signature".to_owned(), signature.into_bytes()), ("x-time".to_owned(), when.clone().into_bytes())];
    let Some(request) = request("POST", "/", &headers, Bytes::new()) else { return };
    let (head, _) = request.into_parts();
    let is_sent = in_body || head.headers.contains_key("x-time");

    let since = match form {
        2 => rfc3339(when.as_bytes()).filter(|since| *since >= 0),
        _ if in_body => {
            // A number of JSON, so without leading zeros.
            let number = when.trim_matches([' ', '\t', '\n', '\r']);
            let is_number =
                number.bytes().all(|byte| byte.is_ascii_digit()) && (number.len() == 1 || !number.starts_with('0'));
            is_number.then(|| number.parse::<i64>().ok()).flatten().map(i128::from)
        }
        _ => (is_digits && when.len() <= 16).then(|| when.parse().unwrap()),
    };
    let since = since.map(|since| since * [1_000_000_000, 1_000_000, 1][form]);
    let now_in_nanoseconds = i128::from(NOW) * 1_000_000_000;
    let is_near = |since: i128| {
        let age = now_in_nanoseconds - since;
        age <= i128::from(past) * 1_000_000_000 && -age <= i128::from(future) * 1_000_000_000
    };
    let expected = is_sent && since.is_some_and(is_near);
    let head = Head::new(&head, now());
    let verified =
        matches!(scheme.verify_head(&head), Ok(None)) && scheme.verify_body(&head, &body.clone().into()).is_ok();
    assert_eq!(verified, expected, "{when:?} in form {form}, in the body: {in_body}");

    let read = DateTime::from(&*when);
    let again = DateTime::from(&*read.to_string());
    assert_eq!(again.to_string(), read.to_string());
    assert!(again == read, "{when:?}");
    if let (Some(instant), Some(since)) = (read.instant(), rfc3339(when.as_bytes())) {
        assert_eq!(instant.as_nanosecond(), since, "{when:?}");
    }
    let _ = (format!("{read:?}"), read.duration_since(&again));
}
