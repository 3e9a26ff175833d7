//! The published known answers, and every single bit of them flipped.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, request::Parts};
use serde_json::Value;
use tower_webhook::{
    ConfigError,
    auth::{Encoding, Key, Part, Scheme, Signature, StandardWebhooks},
};

use super::{flips, head, map, verify};
use crate::support::fixture;

/// A vector as a delivery, and what makes its scheme of a key.
struct Case {
    id: String,
    key: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    now: u64,
    scheme: fn(&[u8]) -> Built,
}

type Built = Result<Box<dyn Scheme>, ConfigError>;

fn github(key: &[u8]) -> Built {
    Ok(Box::new(
        Signature::hmac_sha256("x-signature").prefix("sha256=").key(Key::bytes(key).dangerous_short()).build()?,
    ))
}

fn shopify(key: &[u8]) -> Built {
    let scheme =
        Signature::hmac_sha256("x-signature").encoding(Encoding::Base64).key(Key::bytes(key).dangerous_short());
    Ok(Box::new(scheme.build()?))
}

fn stripe(key: &[u8]) -> Built {
    let scheme = Signature::hmac_sha256("x-signature").pairs(',', "t", "v1");
    Ok(Box::new(
        scheme
            .signed([Part::Timestamp, Part::literal("."), Part::Body])
            .key(Key::bytes(key).dangerous_short())
            .build()?,
    ))
}

fn slack(key: &[u8]) -> Built {
    let parts = [Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body];
    let scheme = Signature::hmac_sha256("x-signature").prefix("v0=").signed(parts).timestamp_header("x-timestamp");
    Ok(Box::new(scheme.tolerance(Duration::from_secs(60)).key(Key::bytes(key).dangerous_short()).build()?))
}

fn v1(key: &[u8]) -> Built {
    Ok(Box::new(StandardWebhooks::builder().key(format!("whsec_{}", BASE64_STANDARD.encode(key))).build()?))
}

fn v1a(key: &[u8]) -> Built {
    Ok(Box::new(StandardWebhooks::builder().key(format!("whpk_{}", BASE64_STANDARD.encode(key))).build()?))
}

fn cases() -> Vec<Case> {
    let vectors: Vec<Value> = serde_json::from_slice(&fixture("vectors.json")).unwrap();
    vectors.iter().filter(|vector| vector["scheme"] != "content-digest").map(case).collect()
}

fn case(vector: &Value) -> Case {
    let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
    let (expect, now) = (text("expect"), vector["ts"].as_u64().unwrap_or(0));
    let raw = |name: &str| text(name).into_bytes();
    let decoded = |name: &str| {
        let text = text(name);
        BASE64_STANDARD.decode(text.split_once('_').unwrap().1).unwrap()
    };
    let standard = || {
        let headers = [("webhook-id", text("wid")), ("webhook-timestamp", now.to_string())];
        headers.into_iter().chain([("webhook-signature", expect.clone())]).collect()
    };
    let (key, headers, body, scheme): (_, Vec<_>, _, fn(&[u8]) -> Built) = match vector["scheme"].as_str().unwrap() {
        "hmac-sha256-hex" => (raw("key"), vec![("x-signature", text("prefix") + &expect)], raw("signed"), github),
        "hmac-sha256-base64" => (raw("key"), vec![("x-signature", expect)], raw("signed"), shopify),
        "stripe-v1" => (raw("key"), vec![("x-signature", format!("t={now},v1={expect}"))], raw("body"), stripe),
        "slack-v0" => (raw("key"), vec![("x-signature", expect), ("x-timestamp", now.to_string())], raw("body"), slack),
        "standard-webhooks-v1" => (decoded("secret"), standard(), raw("body"), v1),
        "standard-webhooks-v1a-ed25519" => (decoded("public"), standard(), raw("body"), v1a),
        other => panic!("a scheme without a test: {other}"),
    };
    Case { id: text("id"), key, headers, body, now, scheme }
}

impl Case {
    fn head(&self) -> Parts {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let mut parts = head(&[]);
        parts.headers = map(&headers);
        parts
    }

    fn scheme(&self) -> Box<dyn Scheme> {
        (self.scheme)(&self.key).unwrap()
    }
}

/// RFC 2202 and RFC 4231, test case 2 of each.
#[test]
fn each_hmac_gives_its_known_answer() {
    let (key, text) = (|| Key::new("Jefe").label("jefe").dangerous_short(), b"what do ya want for nothing?");
    let sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d\
        4a6b4b636e070a38bce737";
    let builders = [Signature::legacy_hmac_sha1("x-s"), Signature::hmac_sha256("x-s"), Signature::hmac_sha512("x-s")];
    for (number, builder) in builders.into_iter().enumerate() {
        let scheme = builder.key(key()).build().unwrap();
        for (other, answer) in [sha1, sha256, sha512].into_iter().enumerate() {
            let mut parts = head(&[]);
            parts.headers = map(&[("x-s", answer.as_bytes())]);
            let verified = verify(&scheme, &parts, text, 0).ok();
            assert_eq!(
                verified.as_ref().and_then(|verified| verified.key_label()),
                (number == other).then_some("jefe")
            );
            assert!(verify(&scheme, &parts, b"what do ya want for nothing!", 0).is_err());
        }
    }
}

#[test]
fn every_vector_is_accepted() {
    let cases = cases();
    assert_eq!(cases.len(), 7);
    for case in cases {
        assert!(verify(&case.scheme(), &case.head(), &case.body, case.now).is_ok(), "{}", case.id);
    }
}

#[test]
fn no_bit_of_a_body_can_be_flipped() {
    for case in cases() {
        let (scheme, head) = (case.scheme(), case.head());
        for body in flips(&case.body) {
            assert!(verify(&scheme, &head, &body, case.now).is_err(), "{}", case.id);
        }
        assert!(verify(&scheme, &head, &[&case.body[..], b" "].concat(), case.now).is_err(), "{}", case.id);
        assert!(verify(&scheme, &head, &case.body[1..], case.now).is_err(), "{}", case.id);
    }
}

/// Which is the same signature: hex may be in either letter case.
fn differs_in_the_case_of_hex_alone(value: &[u8], flipped: &[u8]) -> bool {
    let hex = value.len().saturating_sub(64);
    value.len() >= 64
        && value[hex..].iter().all(u8::is_ascii_hexdigit)
        && value[..hex] == flipped[..hex]
        && value.eq_ignore_ascii_case(flipped)
}

#[test]
fn no_bit_of_a_header_can_be_flipped() {
    for case in cases() {
        let scheme = case.scheme();
        for (name, value) in &case.headers {
            for flipped in flips(value.as_bytes()) {
                let Ok(header) = HeaderValue::from_bytes(&flipped) else { continue };
                if differs_in_the_case_of_hex_alone(value.as_bytes(), &flipped) {
                    continue;
                }
                let mut head = case.head();
                head.headers.insert(HeaderName::from_static(name), header);
                assert!(verify(&scheme, &head, &case.body, case.now).is_err(), "{} {name} {flipped:?}", case.id);
            }
        }
    }
}

#[test]
fn no_bit_of_a_key_can_be_flipped() {
    for case in cases() {
        let head = case.head();
        for key in flips(&case.key) {
            // A flip can also leave what is no key at all.
            if let Ok(scheme) = (case.scheme)(&key) {
                assert!(verify(&scheme, &head, &case.body, case.now).is_err(), "{}", case.id);
            }
        }
    }
}
