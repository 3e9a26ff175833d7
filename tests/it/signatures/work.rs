//! How much is done, and when: no body is read for what the head shows to be wrong.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use http::HeaderName;
use tower_webhook::{
    ConfigErrorKind, Rejection, RejectionReason,
    auth::{Encoding, Key, Part, Signature, SignatureBuilder, Verified, keys::Tenants},
};

use super::{KEY, NOW, admits, at, full, head, hex, layer, mac, request, timed, verify};
use crate::support::{bodies::Untouchable, deliver};

const OLD: &str = "kx7Gq2-old-and-Random";

fn signed(key: &str, time: &str, body: &[u8]) -> String {
    format!("v0={}", hex(&mac(key.as_bytes(), &[b"v0:", time.as_bytes(), b":", body])))
}

#[tokio::test]
async fn the_label_of_the_key_is_told_whatever_its_place() {
    let layer = layer(timed().key(Key::new(OLD).label("old")).key(Key::new(KEY).label("new")).build().unwrap());
    for (key, label) in [(OLD, "old"), (KEY, "new")] {
        let (time, body) = (NOW.to_string(), b"{}");
        let signature = signed(key, &time, body);
        let headers = [("x-acme-signature", signature.as_bytes()), ("x-acme-timestamp", time.as_bytes())];
        let outcome = deliver(&layer, request(&headers, full(body))).await;
        assert_eq!(outcome.status, 200);
        assert_eq!(outcome.delivery().key_label(), Some(label));
        let (head, _) = outcome.handled.unwrap();
        assert!(head.headers["x-acme-signature"].is_sensitive());
        assert!(!head.headers["x-acme-timestamp"].is_sensitive());
    }
}

#[tokio::test]
async fn what_the_head_shows_to_be_wrong_costs_no_byte_of_the_body() {
    let layer = layer(timed().key(KEY).build().unwrap());
    let good = signed(KEY, &NOW.to_string(), b"{}");
    let cases: [&[(&'static str, &[u8])]; 6] = [
        &[("x-acme-signature", good.as_bytes())],
        &[("x-acme-timestamp", b"1700000000")],
        &[("x-acme-signature", good.as_bytes()), ("x-acme-timestamp", b"1699999699")],
        &[("x-acme-signature", good.as_bytes()), ("x-acme-timestamp", b"1700000301")],
        &[("x-acme-signature", &good.as_bytes()[3..]), ("x-acme-timestamp", b"1700000000")],
        &[("x-acme-signature", &good.as_bytes()[..65]), ("x-acme-timestamp", b"1700000000")],
    ];
    for headers in cases {
        let outcome = deliver(&layer, request(headers, Untouchable)).await;
        assert_eq!(outcome.status, 401, "{headers:?}");
    }
}

#[test]
fn what_is_covered_is_told() {
    let scheme = Signature::hmac_sha256("x-acme-signature")
        .key(KEY)
        .signed([Part::Id, Part::literal("|"), Part::Timestamp, Part::Method, Part::Uri, Part::PublicUrl, Part::Body])
        .id_header("x-acme-id")
        .timestamp_header("x-acme-timestamp")
        .timestamp_in_milliseconds()
        .public_url("https://hooks.example.com/acme")
        .build()
        .unwrap();
    let parts: [&[u8]; 4] =
        [b"evt_1|1700000000250", b"POST/hooks/acme?to=1", b"https://hooks.example.com/acme", b"\xff\x00"];
    let signature = hex(&mac(KEY.as_bytes(), &parts));
    let headers: [(&'static str, &[u8]); 3] =
        [("x-acme-signature", signature.as_bytes()), ("x-acme-id", b"evt_1"), ("x-acme-timestamp", b"1700000000250")];
    let verified = verify(&scheme, &head(&headers), b"\xff\x00", NOW).unwrap();
    assert!(verified.covers_body());
    assert_eq!(verified.signed_id(), Some("evt_1"));
    assert_eq!(verified.signed_at(), Some(at(NOW) + std::time::Duration::from_millis(250)));

    // The request has a `Host` of its own choice, and it plays no part.
    let mut other = head(&headers);
    other.headers.insert("host", "evil.example".parse().unwrap());
    assert!(verify(&scheme, &other, b"\xff\x00", NOW).is_ok());
    other.uri = "/hooks/acme?to=2".parse().unwrap();
    assert!(verify(&scheme, &other, b"\xff\x00", NOW).is_err());

    for id in [&b""[..], b" ", b"evt_\xff"] {
        let refused = [headers[0], ("x-acme-id", id), headers[2]];
        assert!(!admits(&scheme, &head(&refused), NOW));
    }
}

#[test]
fn a_time_in_the_body_is_checked_after_the_signature() {
    let scheme = Signature::hmac_sha256("linear-signature").key(KEY).timestamp_in_body("webhookTimestamp");
    let scheme = scheme.timestamp_in_milliseconds().build().unwrap();
    let send = |body: &str| {
        let signature = hex(&mac(KEY.as_bytes(), &[body.as_bytes()]));
        verify(&scheme, &head(&[("linear-signature", signature.as_bytes())]), body.as_bytes(), NOW)
    };
    let verified =
        send(r#"{"action":"create","data":{"webhookTimestamp":1},"webhookTimestamp":1700000000000}"#).unwrap();
    assert_eq!(verified.signed_at(), Some(at(NOW)));
    for body in [
        "{}",
        "[]",
        "",
        r#"{"webhookTimestamp":1699999699999}"#,
        r#"{"webhookTimestamp":1700000300001}"#,
        r#"{"webhookTimestamp":"1700000000000"}"#,
        r#"{"webhookTimestamp":1.7e12}"#,
        r#"{"webhookTimestamp":1700000000000,"webhookTimestamp":1700000000000}"#,
        r#"{"webhookTimestamp":99999999999999999999}"#,
        r#"{"webhookTimestamp":1700000000000} x"#,
        r#"{"data":{"webhookTimestamp":1700000000000}}"#,
    ] {
        assert!(send(body).is_err(), "{body}");
    }
    for body in [r#"{"webhookTimestamp":1699999700000}"#, r#"{"webhookTimestamp":1700000300000}"#] {
        assert!(send(body).is_ok(), "{body}");
    }
}

#[test]
fn a_time_can_be_deep_in_the_body() {
    let scheme = Signature::hmac_sha256("x-acme-signature").key(KEY).timestamp_in_body("meta.sent").build().unwrap();
    let send = |body: &str| {
        let signature = hex(&mac(KEY.as_bytes(), &[body.as_bytes()]));
        verify(&scheme, &head(&[("x-acme-signature", signature.as_bytes())]), body.as_bytes(), NOW)
    };
    assert_eq!(send(r#"{"meta":{"sent":1700000000}}"#).unwrap().signed_at(), Some(at(NOW)));
    for body in [r#"{"meta.sent":1700000000}"#, r#"{"meta":{"sent":1600000000}}"#, r#"{"sent":1700000000}"#] {
        assert!(send(body).is_err(), "{body}");
    }
}

#[test]
fn a_list_holds_up_to_eight_and_skips_other_versions() {
    let scheme =
        Signature::hmac_sha256("x-acme-signature").key(KEY).list(' ').prefix("v1,").encoding(Encoding::Base64Url);
    let scheme = scheme.build().unwrap();
    let right = format!("v1,{}", base64_url(&mac(KEY.as_bytes(), &[b"{}"])));
    let wrong = format!("v1,{}", base64_url(&[0; 32]));
    let send = |list: &[&str]| verify(&scheme, &head(&[("x-acme-signature", list.join(" ").as_bytes())]), b"{}", NOW);
    for place in 0..8 {
        let mut list = vec![&wrong[..]; 8];
        list[place] = &right;
        assert!(send(&list).is_ok());
        list.push(&wrong);
        assert!(send(&list).is_err());
    }
    assert!(send(&["v0,old", "v2,new", &right]).is_ok());
    assert!(send(&["v0,old", "v2,new"]).is_err());
    assert!(send(&[&right, "v1,malformed"]).is_err());
    assert!(send(&vec![&right[..]; 1000]).is_err());
    assert!(send(&[&format!("{right}=")]).is_ok());
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn public_keys_rotate_too() {
    let pairs = [1, 2].map(|seed| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap());
    let scheme = Signature::ed25519("x-signature-ed25519")
        .key(Key::new(hex(pairs[0].public_key().as_ref())).label("old"))
        .key(Key::new(hex(pairs[1].public_key().as_ref()).to_uppercase()).label("new"))
        .signed([Part::Timestamp, Part::Body])
        .timestamp_header("x-signature-timestamp")
        .build()
        .unwrap();
    assert_eq!(format!("{scheme:?}"), r#"Signature { header: "x-signature-ed25519", keys: ["old", "new"] }"#);
    for (pair, label) in pairs.iter().zip(["old", "new"]) {
        let signature = hex(pair.sign(b"1700000000{}").as_ref());
        let head = head(&[("x-signature-ed25519", signature.as_bytes()), ("x-signature-timestamp", b"1700000000")]);
        assert_eq!(verify(&scheme, &head, b"{}", NOW).unwrap().key_label(), Some(label));
        assert!(verify(&scheme, &head, b"{ }", NOW).is_err());
    }
}

#[test]
fn ecdsa_is_taken_from_der() {
    use aws_lc_rs::{
        encoding::AsDer,
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
    };
    use base64::{Engine, prelude::BASE64_STANDARD};
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let key = BASE64_STANDARD.encode(pair.public_key().as_der().unwrap().as_ref());
    let scheme = Signature::ecdsa_p256("x-signature").key(&key).encoding(Encoding::Base64);
    let scheme = scheme.signed([Part::Timestamp, Part::Body]).timestamp_header("x-time").build().unwrap();
    let signature = pair.sign(&SystemRandom::new(), b"1700000000[]\r\n").unwrap();
    let send = |signature: &[u8], time: &[u8], body: &[u8]| {
        let text = BASE64_STANDARD.encode(signature);
        verify(&scheme, &head(&[("x-signature", text.as_bytes()), ("x-time", time)]), body, NOW).is_ok()
    };
    assert!(send(signature.as_ref(), b"1700000000", b"[]\r\n"));
    assert!(!send(signature.as_ref(), b"1700000000", b"[]\n"));
    assert!(!send(signature.as_ref(), b"1700000001", b"[]\r\n"));
    for flipped in super::flips(signature.as_ref()) {
        assert!(!send(&flipped, b"1700000000", b"[]\r\n"));
    }
}

/// As many key pairs, and a list of signatures checked by their public halves.
fn pairs(count: u8) -> (Vec<Ed25519KeyPair>, SignatureBuilder) {
    let pairs: Vec<_> = (1..=count).map(|seed| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()).collect();
    let builder = Signature::ed25519("x-signature").list(',');
    let builder = pairs.iter().fold(builder, |builder, pair| builder.key(hex(pair.public_key().as_ref())));
    (pairs, builder)
}

#[tokio::test]
async fn public_keys_times_signatures_are_at_most_eight_and_more_are_refused_unread() {
    for (keys, signatures, taken) in
        [(1, 8, true), (2, 4, true), (4, 2, true), (8, 1, true), (2, 5, false), (3, 3, false), (8, 2, false)]
    {
        let (pairs, builder) = pairs(keys);
        let layer = layer(builder.build().unwrap());
        let right = hex(pairs.last().unwrap().sign(b"{}").as_ref());
        let list = vec![right; signatures].join(",");
        let headers = [("x-signature", list.as_bytes())];
        let status = if taken {
            deliver(&layer, request(&headers, full(b"{}"))).await.status
        } else {
            deliver(&layer, request(&headers, Untouchable)).await.status
        };
        assert_eq!(status, if taken { 200 } else { 401 }, "{keys} keys, {signatures} signatures");
    }
}

#[test]
fn public_keys_are_at_most_eight() {
    let error = pairs(9).1.build().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::TooMany);
    let message = "the number of keys (public key, at most 8) is more than one scheme can have";
    assert_eq!(error.to_string(), message);
}

fn reason(verified: Result<Verified, Rejection>) -> RejectionReason {
    verified.unwrap_err().reason().unwrap().clone()
}

#[test]
fn the_pairs_of_a_tenant_are_counted_too() {
    let (pairs, _) = pairs(8);
    let tenants = Tenants::by_path_segment(1);
    tenants.insert("acme", pairs.iter().map(|pair| hex(pair.public_key().as_ref()))).unwrap();
    let scheme = Signature::ed25519("x-signature").list(',').keys(tenants).build().unwrap();
    let right = hex(pairs[0].sign(b"{}").as_ref());
    let send = |list: &str| verify(&scheme, &head(&[("x-signature", list.as_bytes())]), b"{}", NOW);
    assert_eq!(send(&right).unwrap().tenant(), Some("acme"));
    let expected = "at most 8 pairs of a signature and a public key";
    let too_many = RejectionReason::MalformedHeader { name: HeaderName::from_static("x-signature"), expected };
    assert_eq!(reason(send(&format!("{right},{right}"))), too_many);
}

#[test]
fn a_stranger_is_verified_with_a_key_of_every_algorithm() {
    for (builder, len) in [
        (Signature::hmac_sha256("x-signature"), 32),
        (Signature::hmac_sha512("x-signature"), 64),
        (Signature::legacy_hmac_sha1("x-signature"), 20),
        (Signature::ed25519("x-signature"), 64),
        (Signature::ecdsa_p256("x-signature"), 70),
        (Signature::rsa_sha256("x-signature"), 256),
    ] {
        let scheme = builder.keys(Tenants::by_path_segment(1)).build().unwrap();
        let signature = hex(&vec![7; len]);
        let verified = verify(&scheme, &head(&[("x-signature", signature.as_bytes())]), b"{}", NOW);
        assert_eq!(reason(verified), RejectionReason::UnknownTenant, "{len}");
    }
}
