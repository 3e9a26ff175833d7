//! The kit for tests with every kind of key and place, as somebody's own description may have it.

use std::time::{Duration, SystemTime};

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};
use tower_webhook::{
    ConfigErrorKind, WebhookBody, WebhookLayer,
    idempotency::Outcome,
    provider::{Custom, Sender},
    testing::{Spoil, TestDelivery, TestSender, assert_outcome},
};

use crate::support::{Delivered, deliver};

fn sender(credential: &Value) -> TestSender {
    let description = json!({"name": "acme", "credential": credential});
    TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap()
}

fn layer(sender: &TestSender) -> WebhookLayer<Custom<WebhookBody>> {
    sender.description().preset().key(sender.key()).raw().build().unwrap().into_layer()
}

async fn send(sender: &TestSender, delivery: &TestDelivery) -> Delivered {
    deliver(&layer(sender), delivery.request::<Full<Bytes>>()).await
}

#[tokio::test]
async fn a_fixed_key_is_put_wherever_the_description_says() {
    for place in [
        json!({"header": "x-key"}),
        json!({"basic": {"user": "acme"}}),
        json!({"bearer": {}}),
        json!({"query": "key"}),
        json!({"path_segment": 2}),
        json!({"body": "auth.key"}),
        json!({"form_field": "key"}),
    ] {
        let acme = sender(&json!({"api_key": place}));
        let is_form = place["form_field"].is_string();
        for target in ["/hooks", "/a/b/c/d?page=1&of=2", "http://127.0.0.1:3000/hooks?page=1", "http://127.0.0.1:3000"]
        {
            let acme = acme.to(target);
            let delivery = if is_form { acme.form("a=1&key=old&b=%202") } else { acme.json(json!({"a": 1})).unwrap() };
            assert_eq!(send(&acme, &delivery).await.status, 200, "{place} {target}");
            let forged = delivery.spoiled(Spoil::WrongKey).unwrap();
            assert_eq!(send(&acme, &forged).await.status, 401, "{place} {target}");
            let request = delivery.request::<Full<Bytes>>();
            let page = !target.contains("page=1") || request.uri().query().unwrap().contains("page=1");
            assert!(page && request.uri().path().starts_with(if target.contains("/a/b") { "/a" } else { "/" }));
        }
    }
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

#[tokio::test]
async fn a_private_key_of_your_own_signs_in_pem_and_in_base64() {
    let ed25519 = Ed25519KeyPair::generate().unwrap().to_pkcs8().unwrap().as_ref().to_vec();
    let ecdsa = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let ecdsa = ecdsa.to_pkcs8v1().unwrap().as_ref().to_vec();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap().as_ref().to_vec();
    for (algorithm, der) in [("ed25519", &ed25519), ("ecdsa_p256", &ecdsa), ("rsa_sha256", &rsa)] {
        let settings = json!({"algorithm": algorithm, "at": {"header": "x-signature"}, "encoding": "base64"});
        let acme = sender(&json!({"signature": settings}));
        let pem = acme.with_key(pem(der)).unwrap();
        let base64 = acme.with_key(BASE64_STANDARD.encode(der)).unwrap();
        assert_eq!(pem.key_text(), base64.key_text());
        assert_ne!(pem.key_text(), acme.key_text());
        let delivery = pem.body("{}");
        assert_eq!(send(&base64, &delivery).await.status, 200, "{algorithm}");
        for forged in [delivery.spoiled(Spoil::WrongKey), Some(acme.body("{}"))] {
            assert_eq!(send(&base64, &forged.unwrap()).await.status, 401, "{algorithm}");
        }
        let other = if algorithm == "ed25519" { &ecdsa } else { &ed25519 };
        for wrong in [self::pem(other), "no base64!".to_owned(), "AAAA".to_owned()] {
            let error = acme.with_key(wrong).unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::Malformed, "{algorithm}");
        }
    }
}

#[tokio::test]
async fn every_hash_and_what_is_signed_beside_the_body() {
    for algorithm in ["hmac_sha256", "hmac_sha512", "legacy_hmac_sha1"] {
        let line = json!({"literal": "\n"});
        let signed = json!(["method", line, "uri", line, {"header": "x-tenant"}, line, "body"]);
        let settings = json!({"algorithm": algorithm, "at": {"query": "signature"}, "signed": ["body"]});
        let in_query = sender(&json!({"signature": settings}));
        let settings = json!({"algorithm": algorithm, "at": {"header": "x-signature"}, "signed": signed});
        let in_header = sender(&json!({"signature": settings}));
        for acme in [in_query, in_header.to("http://127.0.0.1:3000/hooks?a=1"), in_header.to("http://127.0.0.1:3000/")]
        {
            let delivery = acme.body("{}");
            assert_eq!(send(&acme, &delivery).await.status, 200, "{algorithm}");
            let altered = delivery.spoiled(Spoil::AlteredBody).unwrap();
            assert_eq!(send(&acme, &altered).await.status, 401, "{algorithm}");
        }
    }
}

#[tokio::test]
async fn twilio_signs_other_bodies_by_their_digest_and_the_url_that_you_say() {
    let twilio = TestSender::named("twilio").unwrap().with_public_url("https://hooks.example.com/calls");
    let preset = twilio.description().preset().key(twilio.key());
    let at = |url: &str| preset.clone().public_url(url).raw().build().unwrap().into_layer();
    let delivery = twilio.to("/calls").body("{\"a\":1}").request::<Full<Bytes>>();
    assert!(delivery.uri().query().unwrap().starts_with("bodySHA256="));
    assert_eq!(deliver(&at("https://hooks.example.com/calls"), delivery.clone()).await.status, 200);
    assert_ne!(deliver(&at("https://other.example.com/calls"), delivery).await.status, 200);
}

#[test]
fn a_mistake_in_a_test_says_what_there_is() {
    let text = |error: tower_webhook::ConfigError| error.to_string();
    let error = text(TestSender::named("strype").unwrap_err());
    assert!(error.contains("`strype`") && error.contains("preset::NAMES"), "{error}");
    let stripe = TestSender::named("stripe").unwrap();
    let error = text(stripe.event("invoice.payed").unwrap_err());
    assert!(error.contains("`invoice.payed`") && error.contains("`invoice.paid`"), "{error}");
    let map = std::collections::HashMap::from([((1, 2), 3)]);
    let error = text(stripe.json(map).unwrap_err());
    assert!(error.contains("JSON"), "{error}");
}

#[test]
fn the_kit_shows_neither_keys_nor_bodies() {
    let acme = sender(&json!({"api_key": {"header": "x-key"}}));
    let delivery = acme.json(json!({"name": "Jane"})).unwrap().spoiled(Spoil::Oversized).unwrap();
    let shown = format!("{acme:?} {delivery:?}");
    assert_eq!(shown, r#"TestSender("acme") TestDelivery { sender: "acme", event: None, spoil: Some(Oversized), .. }"#);
}

#[test]
fn each_delivery_has_an_id_of_its_own() {
    let resend = TestSender::named("resend").unwrap();
    let id = || resend.body("{}").request::<Full<Bytes>>().headers()["svix-id"].clone();
    assert_eq!([id(), id()], ["msg_1", "msg_2"]);
}

#[test]
fn each_way_to_spoil_is_as_far_from_right_as_it_says() {
    let resend = TestSender::named("resend").unwrap();
    let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
    let request =
        |body: &'static str, second, how| resend.body(body).at(at(second)).spoiled(how).unwrap().request::<Bytes>();
    for (second, how, expected) in
        [(1_700_000_000, Spoil::Stale, "1699910000"), (4_000_000_000, Spoil::FromTheFuture, "4000090000")]
    {
        assert_eq!(request("{}", second, how).headers()["svix-timestamp"], expected);
    }
    for body in [r#"{"id":1}"#, r#"{"id":12}"#] {
        assert_eq!(request(body, 1_700_000_000, Spoil::CutOff).body(), &body[..4]);
    }
    assert!(request("{}", 1_700_000_000, Spoil::Oversized).body().len() > 32 << 20);
}

#[test]
fn a_description_that_no_builder_takes_is_refused() {
    let described = |member: &str, value: Value| {
        let mut description = json!({"name": "acme", "credential": {"api_key": {"bearer": {}}}});
        description[member] = value;
        Sender::from_json(&description.to_string()).unwrap_err()
    };
    let signed = |name: &str, value: Value| {
        let mut settings = json!({"algorithm": "ed25519", "at": {"header": "x-signature"}});
        settings[name] = value;
        described("credential", json!({"signature": settings}))
    };
    let literals = vec![json!({"literal": "."}); 1000];
    let sample = |bodies: Value| described("samples", json!([bodies]));
    for (error, kind) in [
        (described("notes", json!("x".repeat(1 << 20))), ConfigErrorKind::TooLong),
        (described("credential", json!({"api_key": {"path_segment": 1_000_000}})), ConfigErrorKind::OutOfRange),
        (signed("signed", json!(literals)), ConfigErrorKind::TooMany),
        (signed("key", json!("hex")), ConfigErrorKind::Conflict),
        (described("retries", json!({"delays": [60], "period": 60})), ConfigErrorKind::Conflict),
        (sample(json!({"name": "none"})), ConfigErrorKind::Missing),
        (sample(json!({"name": "both", "body": {}, "form": "a=1"})), ConfigErrorKind::Missing),
    ] {
        assert_eq!(error.kind(), kind, "{error}");
    }
}

/// An answer to a request that the kit has made of the description.
async fn verified(verification: Value) -> Delivered {
    let description = json!({
        "name": "acme",
        "credential": {"signature": {"algorithm": "hmac_sha256", "at": {"header": "x-signature"}}},
        "verification": verification,
    });
    let acme = TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap();
    let acme = acme.with_verify_token("a-token-of-your-choice");
    let challenge = acme.description().challenge(Some("a-token-of-your-choice".into())).unwrap().unwrap();
    deliver(&layer(&acme).handshake(challenge), acme.verification("c-7Qx").unwrap().request::<Full<Bytes>>()).await
}

#[tokio::test]
async fn each_setting_of_a_described_endpoint_verification_counts() {
    let hmac = json!({"signed": {
        "challenge": {"body": "challenge"},
        "answer_json": {"hex": "{hmac_sha256_hex}", "base64": "{hmac_sha256_base64}", "n": 7, "text": "ok"},
    }});
    let outcome = verified(hmac).await;
    let answer: Value = serde_json::from_slice(&outcome.body).unwrap_or_else(|_| panic!("{:?}", outcome.rejection()));
    assert_eq!((outcome.status.as_u16(), &answer["n"], &answer["text"]), (200, &json!(7), &json!("ok")));
    assert_eq!((answer["hex"].as_str().unwrap().len(), answer["base64"].as_str().unwrap().len()), (64, 44));

    for (verification, body) in [
        (json!({"unsigned": {"challenge": {"query": "check"}, "answer_text": true}}), "c-7Qx"),
        (
            json!({"unsigned": {"challenge": {"query": "check"}, "token": {"query": "token"}, "answer_text": true}}),
            "c-7Qx",
        ),
        (
            json!({"unsigned": {
                "method": "OPTIONS", "if_header": {"x-verify": ["yes"]}, "token": {"header": "x-token"},
                "answer_json": {"done": "yes"},
            }}),
            r#"{"done":"yes"}"#,
        ),
        (json!({"ready": "strava"}), r#"{"hub.challenge":"c-7Qx"}"#),
        (json!({"ready": "monday"}), r#"{"challenge":"c-7Qx"}"#),
        (json!({"ready": "microsoft_graph"}), "c-7Qx"),
    ] {
        let outcome = verified(verification.clone()).await;
        assert_eq!(outcome.status, 200, "{verification}: {:?}", outcome.rejection());
        assert_eq!(outcome.body, body, "{verification}");
        assert!(outcome.handled.is_none());
    }

    let events =
        json!({"name": "acme", "credential": {"api_key": {"bearer": {}}}, "verification": {"ready": "cloud_events"}});
    let events = Sender::from_json(&events.to_string()).unwrap();
    assert!(events.challenge(None).unwrap_err().to_string().contains("Challenge::cloud_events"));
    let asked = TestSender::new(events).unwrap().verification("c-7Qx").unwrap().request::<Full<Bytes>>();
    assert_eq!(asked.method(), http::Method::OPTIONS);
    assert_eq!(asked.headers()["webhook-request-origin"], "eventgrid.azure.net");
}

fn response(outcome: Option<Outcome>) -> Response<()> {
    let mut response = Response::new(());
    outcome.map(|outcome| response.extensions_mut().insert(outcome));
    response
}

#[test]
fn a_right_outcome_passes() {
    assert_outcome(&response(Some(Outcome::Replayed)), Outcome::Replayed);
}

#[test]
#[should_panic(expected = "expected the outcome `first`, but the response with status 200 OK has `replayed`")]
fn a_wrong_outcome_is_named() {
    assert_outcome(&response(Some(Outcome::Replayed)), Outcome::First);
}

#[test]
#[should_panic(expected = "has none: the delivery was rejected before the idempotency layer")]
fn a_missing_outcome_is_explained() {
    assert_outcome(&response(None), Outcome::First);
}
