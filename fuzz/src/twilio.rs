//! Law: `auth::Twilio` accepts a delivery exactly if its one signature is right for the configured URL, with or without the
//! port, and the sorted fields of the form or the digest of the body; and never panics.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tower_webhook::auth::{Encoding, Head, Scheme, Twilio};

use crate::{
    draw::Draw,
    keys,
    send::{now, request},
    signature::{Hash, KEYS, OTHER_KEY, decode, encode},
};

const URLS: [&str; 2] = ["https://hooks.example.com/twilio", "https://hooks.example.com:443/twilio"];
const FIELDS: &[&str] =
    &["From=%2B1500", "Body=hi", "Body=a+b", "Body=hi", "b=", "=x", "A", "", "%41=1", "A=%zz", "A=2"];

fn message(url: &str, query: Option<&str>, form: Option<&[u8]>) -> Vec<u8> {
    let mut message = url.as_bytes().to_vec();
    if let Some(query) = query {
        message.extend([b"?", query.as_bytes()].concat());
    }
    if let Some(form) = form {
        let mut fields = keys::fields(form);
        fields.sort();
        fields.dedup();
        fields.iter().for_each(|(name, value)| message.extend([&name[..], value].concat()));
    }
    message
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let (hash, keys) = (draw.of(&[Hash::Sha1, Hash::Sha256]), 1 + draw.below(2));
    let builder = KEYS.iter().take(keys).fold(Twilio::builder(), |builder, key| builder.key(*key));
    let builder = if hash == Hash::Sha256 { builder.sha256() } else { builder };
    let scheme = builder.public_url(URLS[draw.below(2)]).build().unwrap();

    let is_form = draw.flag();
    let body = if draw.flag() {
        let fields: Vec<&str> = (0..draw.below(6)).map(|_| draw.of(FIELDS)).collect();
        fields.join("&").into_bytes()
    } else {
        draw.bytes(24).to_vec()
    };
    let digest = encode(Encoding::Hex, &Sha256::digest(&body));
    let query: Vec<String> = (0..draw.below(4))
        .map(|_| match draw.below(6) {
            0 | 1 => format!("bodySHA256={digest}"),
            2 => format!("bodySHA256={}", digest.to_uppercase()),
            3 => format!("bodySHA256={}", &digest[..draw.below(65)]),
            4 => "a=1".to_owned(),
            _ => format!("bodySHA256={}", encode(Encoding::Hex, &Sha256::digest(b"other"))),
        })
        .collect();
    let query = (!query.is_empty()).then(|| query.join("&"));
    let target = query.as_ref().map_or("/twilio".to_owned(), |query| format!("/twilio?{query}"));

    let signed_form = draw.flag().then_some(&body[..]).filter(|_| is_form);
    let right = hash.mac(
        [KEYS[0], KEYS[0], KEYS[1], OTHER_KEY][draw.below(4)],
        &message(URLS[draw.below(2)], query.as_deref(), signed_form),
    );
    let mut value = encode(Encoding::Base64, &right);
    match draw.below(12) {
        8 => drop(value.pop()),
        9 => value.push('='),
        10 => value = draw.text(32),
        11 => value = encode(Encoding::Hex, &right),
        _ => {}
    }
    let form_type = draw.of(&[
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-form-urlencoded ;x",
    ]);
    let mut headers = vec![
        ("x-twilio-signature".to_owned(), value.into_bytes()),
        ("content-type".to_owned(), if is_form { form_type } else { "application/json" }.into()),
    ];
    match draw.below(10) {
        8 => headers.push(headers[0].clone()),
        9 => drop(headers.remove(0)),
        _ => {}
    }
    let Some(request) = request("POST", &target, &headers, Bytes::new()) else { return };
    let (head, _) = request.into_parts();

    let expected = (|| {
        let mut values = head.headers.get_all("x-twilio-signature").iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        let signature = decode(Encoding::Base64, value.as_bytes()).filter(|it| it.len() == right.len())?;
        let digests: Vec<&str> = query.iter().flat_map(|query| query.split('&')).collect();
        let promised = digests.iter().filter(|pair| pair.starts_with("bodySHA256=")).count();
        let form = if is_form && promised == 0 {
            if keys::fields(&body).len() > 1024 {
                return None;
            }
            Some(&body[..])
        } else {
            let last = digests.last()?.strip_prefix("bodySHA256=")?;
            (promised == 1 && last.eq_ignore_ascii_case(&digest)).then_some(())?;
            None
        };
        let is_right =
            |key: &&str| URLS.iter().any(|url| hash.mac(key, &message(url, query.as_deref(), form)) == signature);
        KEYS[..keys].iter().any(is_right).then_some(())
    })();
    let head = Head::new(&head, now());
    let verified = matches!(scheme.verify_head(&head), Ok(None)) && scheme.verify_body(&head, &body.into()).is_ok();
    assert_eq!(verified, expected.is_some());
}
