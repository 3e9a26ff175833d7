//! Law: `auth::StandardWebhooks` accepts a delivery exactly if it follows the specification and one of its `v1` signatures is
//! right, as a plain reader and another HMAC say; and never panics.

use bytes::Bytes;
use tower_webhook::auth::{Encoding, Head, Key, Scheme, StandardWebhooks};

use crate::{
    draw::Draw,
    send::{now, request},
    signature::{Hash, decode, encode, is_now, split, time},
};

const SECRETS: [&[u8; 24]; 2] = [b"Zr41vw-new-and-random-24", b"kx7Gq2-old-and-random-24"];
const OTHER_SECRET: &[u8; 24] = b"pQ9mTt-of-somebody-else!";

fn mac(secret: &[u8], id: &[u8], when: &[u8], body: &[u8]) -> Vec<u8> {
    Hash::Sha256.mac_bytes(secret, &[id, b".", when, b".", body].concat())
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let keys = 1 + draw.below(2);
    let builder = SECRETS.iter().take(keys).fold(StandardWebhooks::builder(), |builder, secret| {
        builder.key(Key::new(format!("whsec_{}", encode(Encoding::Base64, *secret))))
    });
    let scheme = builder.build().unwrap();
    let id = match draw.below(4) {
        0 | 1 => "msg_1".to_owned(),
        2 => format!("msg.{}{}", draw.of(&["1", "1a", "", "1700000000"]), draw.of(&["", ".", ".2", ".x"])),
        _ => draw.text(12),
    };
    let when = time(draw);
    let body = if draw.flag() { b"{\"id\": 1}".to_vec() } else { draw.bytes(24).to_vec() };
    let signed = |secret: &[u8]| encode(Encoding::Base64, &mac(secret, id.as_bytes(), when.as_bytes(), &body));

    let family = draw.of(&["webhook", "svix"]);
    let mut value = String::new();
    if draw.flag() {
        value.push_str(&format!("v1,{}", signed(SECRETS[draw.below(2)])));
    }
    for _ in 0..draw.below(14) {
        match draw.below(10) {
            0 | 1 => value.push(' '),
            2 => value.push_str("v1,"),
            3 => value.push_str(&signed(SECRETS[draw.below(2)])),
            4 => value.push_str(&format!("v1,{} ", signed(OTHER_SECRET))),
            5 => value.push_str(draw.of(&["v1a,", "v2,", "v1", ",", "\t", "v1,="])),
            6 => {
                let mut near = signed(SECRETS[0]);
                match draw.below(3) {
                    0 => drop(near.pop()),
                    1 => near.push('='),
                    _ => near.truncate(draw.below(near.len() + 1)),
                }
                value.push_str(&format!("v1,{near}"));
            }
            7 => value.push_str(&format!(" v1,{}", signed(SECRETS[draw.below(2)]))),
            8 => value.push_str(&signed(SECRETS[0]).to_lowercase()),
            _ => value.push_str(&draw.text(8)),
        }
    }
    let mut headers = vec![
        (format!("{family}-id"), id.clone().into_bytes()),
        (format!("{family}-timestamp"), when.clone().into_bytes()),
        (format!("{family}-signature"), value.into_bytes()),
    ];
    match draw.below(12) {
        9 => drop(headers.remove(draw.below(3))),
        10 => headers.push(headers[draw.below(3)].clone()),
        11 => headers.push((draw.of(&["webhook-id", "svix-id", "svix-signature"]).into(), b"msg_1".to_vec())),
        _ => {}
    }
    let Some(request) = request("POST", "/", &headers, Bytes::new()) else { return };
    let (head, _) = request.into_parts();
    let once = |name: &str| {
        let mut values = head.headers.get_all(format!("{family}-{name}")).iter();
        values.next().filter(|_| values.next().is_none()).map(|value| value.as_bytes())
    };
    let other = if family == "svix" { "webhook" } else { "svix" };
    let has_other =
        ["id", "timestamp", "signature"].iter().any(|name| head.headers.contains_key(format!("{other}-{name}")));
    let expected = (|| {
        let (id, when, value) = (once("id")?, once("timestamp")?, once("signature")?);
        let has_number =
            id.split(|it| *it == b'.').skip(1).any(|it| !it.is_empty() && it.iter().all(u8::is_ascii_digit));
        let is_id = !id.trim_ascii().is_empty() && id.iter().all(|it| matches!(it, b' '..=b'~' | b'\t'));
        if has_other || has_number || !is_id || !is_now(when) {
            return None;
        }
        let texts = split(value, Some(' ')).into_iter().filter_map(|entry| entry.strip_prefix(b"v1,"));
        let signatures =
            texts.map(|text| decode(Encoding::Base64, text).filter(|it| it.len() == 32)).collect::<Option<Vec<_>>>()?;
        let is_right = |secret: &&&[u8; 24]| signatures.contains(&mac(&secret[..], id, when, &body));
        ((1..=8).contains(&signatures.len()) && SECRETS[..keys].iter().any(|it| is_right(&it))).then_some(())
    })();
    let head = Head::new(&head, now());
    let verified = matches!(scheme.verify_head(&head), Ok(None)) && scheme.verify_body(&head, &body.into()).is_ok();
    assert_eq!(verified, expected.is_some());
}
