//! Law: `auth::ApiKey` accepts a delivery exactly if its place has one value and that is a live key, in every spelling of
//! names and values; `redact` leaves no key in the URI; and nothing panics.

use bytes::Bytes;
use tower_webhook::auth::{ApiKey, Head, Scheme};

use crate::{
    draw::Draw,
    send::{now, request},
    signature::{KEYS, OTHER_KEY},
    tree::Tree,
};

/// The fields of a form or a query, decoded: another reader than that of the library.
pub fn fields(form: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            (decoded(halves.next().unwrap()), decoded(halves.next().unwrap_or_default()))
        })
        .collect()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let escape = text.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let escape = escape.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match (text[at], escape) {
            (b'%', Some(digits)) => {
                decoded.push(u8::from_str_radix(digits, 16).unwrap());
                at += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        at += 1;
    }
    decoded
}

/// One of the ways to write a text in a query.
fn spelled(text: &str, draw: &mut Draw<'_>) -> String {
    let style = draw.below(4);
    let spell = |letter: u8| match style {
        1 => format!("%{letter:02x}"),
        2 => format!("%{letter:02X}"),
        3 if letter == b'k' || letter == b'-' => format!("%{letter:02x}"),
        _ => (letter as char).to_string(),
    };
    text.bytes().map(spell).collect()
}

/// A key, or what looks like one.
fn offered(draw: &mut Draw<'_>) -> String {
    match draw.below(9) {
        0..3 => KEYS[0].to_owned(),
        3 => KEYS[1].to_owned(),
        4 => OTHER_KEY.to_owned(),
        5 => KEYS[0][..draw.below(KEYS[0].len())].to_owned(),
        6 => format!("{}{}", KEYS[0], draw.of(&[" ", "x", "&", "=", "%"])),
        7 => KEYS[0].to_uppercase(),
        _ => draw.text(30),
    }
}

fn pairs(draw: &mut Draw<'_>) -> String {
    let pair = |draw: &mut Draw<'_>| {
        let name = draw.of(&["key", "key", "ke", "KEY", "other", "key "]);
        let (name, value) = (spelled(name, draw), offered(draw));
        let value = spelled(&value, draw);
        format!("{name}{}{value}", if draw.one_in(8) { "" } else { "=" })
    };
    let pairs: Vec<String> = (0..1 + draw.below(3)).map(|_| pair(draw)).collect();
    pairs.join(draw.of(&["&", "&&", ";"]))
}

fn field(form: &[u8]) -> Option<Vec<u8>> {
    let mut found = fields(form).into_iter().filter(|(name, _)| name == b"key");
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let place = draw.below(7);
    let builder = match place {
        0 => ApiKey::query("key"),
        1 => ApiKey::form_field("key"),
        2 => ApiKey::body("data.key"),
        3 => ApiKey::path_segment(1),
        4 => ApiKey::header("x-key"),
        5 => ApiKey::bearer(),
        _ => ApiKey::basic("user"),
    };
    let keys = 1 + draw.below(2);
    let scheme = KEYS.iter().take(keys).fold(builder, |builder, key| builder.key(*key)).build().unwrap();

    let (mut target, mut headers, mut body) = ("/hooks".to_owned(), Vec::new(), Vec::new());
    match place {
        0 => target = format!("/hooks?{}", pairs(draw)),
        1 => body = pairs(draw).into_bytes(),
        2 => {
            let member =
                |draw: &mut Draw<'_>| (draw.of(&["key", "key", "Key", "k"]).to_owned(), Tree::Text(offered(draw)));
            let data = |draw: &mut Draw<'_>| {
                let members = (0..1 + draw.below(3)).map(|_| member(draw)).collect();
                (draw.of(&["data", "data", "x"]).to_owned(), Tree::Object(members))
            };
            let tree = Tree::Object((0..1 + draw.below(2)).map(|_| data(draw)).collect());
            body = tree.written(draw).into_bytes();
            let found = tree.at(&["data", "key"]).and_then(Tree::scalar).map(|it| it.as_bytes().to_vec());
            return verdict(&scheme, "POST", &target, &headers, body, found, keys);
        }
        3 => {
            let segment = |draw: &mut Draw<'_>| {
                let text = offered(draw);
                spelled(&text, draw)
            };
            let segments: Vec<String> = (0..draw.below(4)).map(|_| segment(draw)).collect();
            target = format!("/{}", segments.join("/"));
        }
        _ => {
            for _ in 0..[1, 1, 1, 2, 0][draw.below(5)] {
                let key = offered(draw);
                let value = match place {
                    4 => key,
                    5 => format!(
                        "{}{}{key}",
                        draw.of(&["Bearer", "bearer", "Basic", "Bear"]),
                        draw.of(&[" ", "  ", "", "\t"])
                    ),
                    _ => {
                        let pair = format!("{}:{key}", draw.of(&["user", "user", "User", ""]));
                        let pair = crate::signature::encode(tower_webhook::auth::Encoding::Base64, pair.as_bytes());
                        format!("{} {pair}", draw.of(&["Basic", "basic", "Bearer"]))
                    }
                };
                headers.push((if place == 4 { "x-key" } else { "authorization" }.to_owned(), value.into_bytes()));
            }
        }
    }
    let Some(sent) = request("POST", &target, &headers, Bytes::new()) else { return };
    let (head, _) = sent.into_parts();
    let header = |name: &str| {
        let mut values = head.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none()).map(|value| value.as_bytes().to_vec())
    };
    let credential = |word: &[u8]| {
        let value = header("authorization")?;
        let (given, rest) = value.split_at_checked(word.len())?;
        let token = rest.strip_prefix(b" ")?;
        let token = &token[token.iter().position(|byte| *byte != b' ')?..];
        given.eq_ignore_ascii_case(word).then(|| token.to_vec())
    };
    let found = match place {
        0 => head.uri.query().and_then(|query| field(query.as_bytes())),
        1 => field(&body),
        3 => {
            let segment = head.uri.path()[1..].split('/').nth(1).map(str::as_bytes);
            // A percent sign without digits is no spelling of anything, and a plus is a plus.
            let is_whole = |text: &&[u8]| {
                (0..text.len())
                    .filter(|at| text[*at] == b'%')
                    .all(|at| text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
            };
            segment.filter(is_whole).map(|text| {
                decoded(
                    &text
                        .iter()
                        .flat_map(|it| if *it == b'+' { b"%2b".to_vec() } else { vec![*it] })
                        .collect::<Vec<_>>(),
                )
            })
        }
        4 => header("x-key"),
        5 => credential(b"Bearer"),
        _ => credential(b"Basic").and_then(|text| {
            let pair = crate::signature::decode(tower_webhook::auth::Encoding::Base64, &text)?;
            pair.strip_prefix(b"user:").map(<[u8]>::to_vec)
        }),
    };
    if let Some(redacted) = scheme.redact(&head.uri) {
        let (path, query) = (redacted.path(), redacted.query().unwrap_or_default());
        let left = match place {
            0 => fields(query.as_bytes()).iter().any(|(name, value)| name == b"key" && value != b"redacted"),
            _ => path[1..].split('/').nth(1).is_some_and(|segment| segment != "redacted"),
        };
        assert!(!left, "a key is left in {redacted}");
    } else {
        assert!(place != 0 || head.uri.query().is_none(), "a query is not redacted");
    }
    verdict(&scheme, "POST", &target, &headers, body, found, keys);
}

fn verdict(
    scheme: &ApiKey,
    method: &str,
    target: &str,
    headers: &[(String, Vec<u8>)],
    body: Vec<u8>,
    found: Option<Vec<u8>>,
    keys: usize,
) {
    let Some(request) = request(method, target, headers, Bytes::new()) else { return };
    let (head, _) = request.into_parts();
    let head = Head::new(&head, now());
    let body = Bytes::from(body);
    let verified = match scheme.verify_head(&head) {
        Ok(Some(_)) => true,
        Ok(None) => scheme.verify_body(&head, &body).is_ok(),
        Err(_) => false,
    };
    let expected = found.is_some_and(|found| KEYS[..keys].iter().any(|key| key.as_bytes() == found));
    assert_eq!(verified, expected, "{target} {headers:?} {}", body.escape_ascii());
}
