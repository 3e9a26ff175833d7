//! Different schemes behind one type.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_STANDARD};
use tower_webhook::auth::{ApiKey, Key, Scheme, Signature, StandardWebhooks};

use super::{KEY, NOW, full, hex, layer, mac, request, timed};
use crate::support::{bodies::Untouchable, deliver};

const BODY: &[u8] = b"{}";

type Headers = Vec<(&'static str, String)>;

fn basic() -> (ApiKey, Headers) {
    let scheme = ApiKey::basic("acme").key(Key::new(KEY).label("basic")).build().unwrap();
    (scheme, vec![("authorization", format!("Basic {}", BASE64_STANDARD.encode(format!("acme:{KEY}"))))])
}

fn hmac() -> (Signature, Headers) {
    let scheme = timed().key(Key::new(KEY).label("hmac")).build().unwrap();
    let signature = hex(&mac(KEY.as_bytes(), &[b"v0:1700000000:", BODY]));
    (scheme, vec![("x-acme-signature", format!("v0={signature}")), ("x-acme-timestamp", NOW.to_string())])
}

fn ed25519() -> (Signature, Headers) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let builder = Signature::ed25519("x-signature");
    let scheme = builder.key(Key::new(hex(pair.public_key().as_ref())).label("ed25519")).build().unwrap();
    (scheme, vec![("x-signature", hex(pair.sign(BODY).as_ref()))])
}

fn standard() -> (StandardWebhooks, Headers) {
    let secret = BASE64_STANDARD.encode(KEY);
    let scheme = StandardWebhooks::builder().key(Key::new(&secret).label("standard")).build().unwrap();
    let signature = BASE64_STANDARD.encode(mac(KEY.as_bytes(), &[b"msg_1.1700000000.", BODY]));
    let headers = [
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", NOW.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
    ];
    (scheme, headers.to_vec())
}

fn both() -> (Arc<dyn Scheme>, Headers) {
    let ((first, first_headers), (second, second_headers)) = (ed25519(), basic());
    (first.and(second), [first_headers, second_headers].concat())
}

fn boxed<S: Scheme>((scheme, headers): (S, Headers)) -> (Arc<dyn Scheme>, Headers) {
    (Arc::new(scheme), headers)
}

/// Each with the label of its key, and what it accepts.
/// A scheme, and the headers of a delivery that it accepts.
type Case = (Arc<dyn Scheme>, Headers);

fn schemes() -> Vec<(&'static str, Case)> {
    vec![
        ("hmac", boxed(hmac())),
        ("ed25519", boxed(ed25519())),
        ("standard", boxed(standard())),
        ("basic", boxed(basic())),
        ("ed25519", boxed(both())),
    ]
}

fn bytes(headers: &Headers) -> Vec<(&'static str, &[u8])> {
    headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
}

#[tokio::test]
async fn each_scheme_accepts_and_refuses_as_it_does_unboxed() {
    for (label, (scheme, headers)) in schemes() {
        let layer = layer(scheme);
        let headers = bytes(&headers);
        let names = headers.iter().map(|(name, _)| *name);
        let credentials: Vec<_> =
            names.filter(|name| name.ends_with("signature") || *name == "authorization").collect();
        let has_password = credentials.contains(&"authorization");
        let outcome = deliver(&layer, request(&headers, full(BODY))).await;
        assert_eq!(outcome.status, 200, "{label}");
        assert_eq!(outcome.delivery().key_label(), Some(label));
        let (accepted, _) = outcome.handled.unwrap();
        let concealed = accepted.headers.iter().filter(|(_, value)| value.is_sensitive());
        let concealed: Vec<_> = concealed.map(|(name, _)| name.as_str()).collect();
        assert_eq!(concealed, credentials, "{label}");

        let other_body = deliver(&layer, request(&headers, full(b"{ }"))).await;
        assert_eq!(other_body.status, if label == "basic" { 200 } else { 401 }, "{label}");
        let refused = deliver(&layer, request(&headers[1..], Untouchable)).await;
        assert_eq!(refused.status, 401, "{label}");
        assert_eq!(refused.head.headers.contains_key("www-authenticate"), has_password);
    }
}
