//! Standard Webhooks: two versions, two families of names, and lists.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderName;
use tower_webhook::{
    ConfigErrorKind, RejectionReason,
    auth::{Key, StandardWebhooks, Verified, keys::Tenants},
};

use super::{NOW, admits, at, flips, full, head, layer, mac, map, request, verify};
use crate::support::{bodies::Untouchable, deliver};

const SECRET: &[u8; 24] = b"MfKQ9r8G\0Yqr wjU\xff\xfe8ILPZ ";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const CONTENT: &[u8] = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1700000000.{}";

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap()
}

fn v1() -> String {
    format!("v1,{}", BASE64_STANDARD.encode(mac(SECRET, &[CONTENT])))
}

fn v1a() -> String {
    format!("v1a,{}", BASE64_STANDARD.encode(pair().sign(CONTENT).as_ref()))
}

fn secret() -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(SECRET))
}

fn public_key() -> String {
    format!("whpk_{}", BASE64_STANDARD.encode(pair().public_key().as_ref()))
}

fn both() -> StandardWebhooks {
    let builder = StandardWebhooks::builder().key(Key::new(secret()).label("shared"));
    builder.key(Key::new(public_key()).label("pair")).build().unwrap()
}

fn send(scheme: &StandardWebhooks, signature: &str) -> Option<Verified> {
    let names = ["webhook", "svix"];
    let [first, second] = names.map(|family| verify(scheme, &family_head(family, signature), b"{}", NOW).ok());
    assert_eq!(first, second);
    first
}

fn family_head(family: &str, signature: &str) -> http::request::Parts {
    let values = [("id", ID), ("timestamp", "1700000000"), ("signature", signature)];
    let mut parts = head(&[]);
    for (name, value) in values {
        let name = HeaderName::try_from(format!("{family}-{name}")).unwrap();
        parts.headers.insert(name, value.parse().unwrap());
    }
    parts
}

#[test]
fn either_version_is_proof_of_id_time_and_body() {
    for (signature, label) in [(v1(), "shared"), (v1a(), "pair"), (format!("{} {}", v1a(), v1()), "shared")] {
        let verified = send(&both(), &signature).unwrap();
        assert_eq!(verified.key_label(), Some(label));
        assert!(verified.covers_body());
        assert_eq!(verified.signed_id(), Some(ID));
        assert_eq!(verified.signed_at(), Some(at(NOW)));
    }
}

#[test]
fn keys_may_stand_without_prefix_and_without_padding() {
    let encoded = BASE64_STANDARD.encode(&SECRET[..]);
    let key = BASE64_STANDARD.encode(pair().public_key().as_ref());
    for scheme in [
        StandardWebhooks::builder().key(&encoded),
        StandardWebhooks::builder().key(format!("v1,whsec_{encoded}")),
        StandardWebhooks::builder().key(Key::bytes(SECRET)),
        StandardWebhooks::builder().key(format!("whpk_{key}")),
        StandardWebhooks::builder().key(format!("whpk_{}", key.trim_end_matches('='))).key(&encoded),
    ] {
        assert!(send(&scheme.build().unwrap(), &format!("{} {}", v1(), v1a())).is_some());
    }
    // 25 bytes, whose base64 is padded.
    let long = [&SECRET[..], b"x"].concat();
    let encoded = BASE64_STANDARD.encode(&long);
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac(&long, &[CONTENT])));
    for text in [format!("whsec_{encoded}"), encoded.trim_end_matches('=').to_owned()] {
        assert!(send(&StandardWebhooks::builder().key(&text).build().unwrap(), &signature).is_some());
    }
}

#[test]
fn versions_without_a_key_are_skipped() {
    let secret_only = StandardWebhooks::builder().key(secret()).build().unwrap();
    let key_only = StandardWebhooks::builder().key(public_key()).build().unwrap();
    assert!(send(&secret_only, &v1a()).is_none());
    assert!(send(&key_only, &v1()).is_none());
    assert!(send(&secret_only, &format!("v1a,anything v2, {} x", v1())).is_some());
    assert!(send(&both(), &format!("v2,abc {}", v1a())).is_some());
    assert!(send(&both(), "v2,abc").is_none());
    assert!(send(&both(), "").is_none());
    // A signature of one version is none of the other.
    assert!(send(&both(), &v1().replace("v1,", "v1a,")).is_none());
    assert!(send(&both(), &v1a().replace("v1a,", "v1,")).is_none());
}

#[test]
fn both_versions_together_are_at_most_eight() {
    let wrong = format!("v1,{}", BASE64_STANDARD.encode([7; 32]));
    let eight = format!("{}{} {}", format!("{wrong} ").repeat(6), v1(), v1a());
    assert!(send(&both(), &eight).is_some());
    assert!(send(&both(), &format!("{eight} {wrong}")).is_none());
    assert!(send(&both(), &format!("{eight} {}", v1a())).is_none());
    assert!(send(&both(), &format!("{} ", v1()).repeat(1_000)).is_none());
}

#[tokio::test]
async fn public_keys_times_their_signatures_are_at_most_eight() {
    let keys = (3..11).map(|seed| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap());
    let builder = keys.fold(StandardWebhooks::builder().key(secret()), |builder, pair| {
        builder.key(format!("whpk_{}", BASE64_STANDARD.encode(pair.public_key().as_ref())))
    });
    let ninth = Ed25519KeyPair::from_seed_unchecked(&[11; 32]).unwrap();
    let too_many = builder.clone().key(format!("whpk_{}", BASE64_STANDARD.encode(ninth.public_key().as_ref())));
    assert_eq!(too_many.build().unwrap_err().kind(), ConfigErrorKind::TooMany);

    let scheme = builder.build().unwrap();
    // A shared secret costs one MAC for any number of signatures.
    assert!(send(&scheme, &format!("{}{}", format!("{} ", v1()).repeat(7), v1a())).is_some());
    let layer = layer(scheme);
    let parts = family_head("webhook", &format!("{} {}", v1a(), v1a()));
    assert_eq!(deliver(&layer, http::Request::from_parts(parts, Untouchable)).await.status, 401);
}

/// The head does not show which keys a tenant has, so all is decided once the body has arrived.
#[test]
fn a_tenant_has_the_kinds_of_keys_and_the_pairs_that_it_has() {
    let tenants = Tenants::by_path_segment(1);
    let scheme = StandardWebhooks::builder().keys(tenants.clone()).build().unwrap();
    let reason = |signature: &str| {
        let rejected = verify(&scheme, &family_head("webhook", signature), b"{}", NOW).unwrap_err();
        rejected.reason().unwrap().clone()
    };
    tenants.insert("acme", [secret()]).unwrap();
    assert_eq!(send(&scheme, &v1()).unwrap().tenant(), Some("acme"));
    assert_eq!(reason(&v1a()), RejectionReason::NoKeyMatched);
    let key = |seed| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let text = |seed| format!("whpk_{}", BASE64_STANDARD.encode(key(seed).public_key().as_ref()));
    tenants.insert("acme", (3..11).map(text)).unwrap();
    assert_eq!(send(&scheme, &v1a()).unwrap().tenant(), Some("acme"));
    let expected = "one to 8 signatures of a version with a configured key";
    let too_many = RejectionReason::MalformedHeader { name: HeaderName::from_static("webhook-signature"), expected };
    assert_eq!(reason(&format!("{} {}", v1a(), v1a())), too_many);
}

#[tokio::test]
async fn families_are_never_mixed() {
    let layer = layer(both());
    let signature = v1();
    let value = |part: &str| -> Vec<u8> {
        match part {
            "id" => ID.into(),
            "timestamp" => b"1700000000".to_vec(),
            _ => signature.clone().into_bytes(),
        }
    };
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-timestamp", "svix-signature"];
    for choice in 0..64_usize {
        let chosen = names.iter().enumerate().filter(|(place, _)| choice >> place & 1 == 1);
        let owned: Vec<_> = chosen.map(|(_, name)| (*name, value(name.split_once('-').unwrap().1))).collect();
        let headers: Vec<_> = owned.iter().map(|(name, value)| (*name, &value[..])).collect();
        if choice == 0b000_111 || choice == 0b111_000 {
            let outcome = deliver(&layer, request(&headers, full(b"{}"))).await;
            assert_eq!(outcome.status, 200);
            let (head, _) = outcome.handled.unwrap();
            let sensitive: Vec<_> = head.headers.iter().filter(|(_, value)| value.is_sensitive()).collect();
            assert!(sensitive.len() == 1 && sensitive[0].0.as_str().ends_with("-signature"));
        } else {
            assert_eq!(deliver(&layer, request(&headers, Untouchable)).await.status, 401, "{headers:?}");
        }
    }
}

#[test]
fn the_borders_of_what_is_signed_cannot_be_moved() {
    // `a.1700000000.1700000000.x` reads as id, time and body in two ways.
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac(SECRET, &[b"a.1700000000.1700000000.x"])));
    let send = |id: &[u8], body: &[u8]| {
        let mut parts = head(&[]);
        parts.headers = map(&[
            ("webhook-id", id),
            ("webhook-timestamp", b"1700000000"),
            ("webhook-signature", signature.as_bytes()),
        ]);
        verify(&both(), &parts, body, NOW).is_ok()
    };
    assert!(send(b"a", b"1700000000.x"));
    let dotted = format!("v1,{}", BASE64_STANDARD.encode(mac(SECRET, &[b"a.b..c2.1700000000.x"])));
    let mut parts = family_head("svix", &dotted);
    parts.headers.insert("svix-id", "a.b..c2".parse().unwrap());
    assert!(verify(&both(), &parts, b"x", NOW).is_ok());
    assert!(!send(b"a.1700000000", b"x"));
}

#[test]
fn a_time_out_of_tolerance_is_refused_on_the_head() {
    for (now, opens) in [(NOW - 300, true), (NOW + 300, true), (NOW - 301, false), (NOW + 301, false)] {
        assert_eq!(admits(&both(), &family_head("webhook", &v1()), now), opens);
    }
}

#[test]
fn no_bit_of_an_asymmetric_signature_can_be_flipped() {
    for flipped in flips(pair().sign(CONTENT).as_ref()) {
        assert!(send(&both(), &format!("v1a,{}", BASE64_STANDARD.encode(flipped))).is_none());
    }
}

#[test]
fn a_short_secret_is_allowed_where_it_is_said_to_be_dangerous() {
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac(b"short", &[CONTENT])));
    let short = [Key::new("whsec_c2hvcnQ="), Key::bytes(b"short"), Key::hex("73686f7274")];
    for key in short {
        let refused = StandardWebhooks::builder().key(key.clone()).build();
        assert_eq!(refused.unwrap_err().kind(), ConfigErrorKind::TooShort);
        let scheme = StandardWebhooks::builder().key(key.label("old").dangerous_short()).build().unwrap();
        assert_eq!(send(&scheme, &signature).unwrap().key_label(), Some("old"));
        assert!(send(&scheme, &v1()).is_none());
    }
}

#[test]
fn a_tolerance_must_be_between_nothing_and_a_day() {
    use std::time::Duration;
    let builder = || StandardWebhooks::builder().key(secret());
    for wrong in [Duration::ZERO, Duration::from_secs(86_401), Duration::MAX] {
        for builder in [builder().tolerance(wrong), builder().past_tolerance(wrong), builder().future_tolerance(wrong)]
        {
            assert_eq!(builder.build().unwrap_err().kind(), ConfigErrorKind::OutOfRange, "{wrong:?}");
        }
    }
}

#[test]
fn build_refuses_what_is_no_key() {
    use ConfigErrorKind::{Blank, Duplicate, Malformed, Missing, TooShort};
    let kind = |builder: tower_webhook::auth::StandardWebhooksBuilder| builder.build().unwrap_err().kind();
    let builder = StandardWebhooks::builder;
    assert_eq!(kind(builder()), Missing);
    assert_eq!(kind(builder().key("")), Blank);
    assert_eq!(kind(builder().key("whsec_")), Blank);
    assert_eq!(kind(builder().key("whsec_AAAA")), Blank);
    assert_eq!(kind(builder().key("whsec_c2hvcnQ=")), TooShort);
    assert_eq!(kind(builder().key(public_key().replace("whpk_", "whsec_!"))), Malformed);
    assert_eq!(kind(builder().key(secret().replace("whsec_", "whpk_"))), Malformed);
    assert_eq!(kind(builder().key("whsec_a secret shown as text")), Malformed);
    // In the URL-safe alphabet these decode, and everybody knows a public key.
    let letters = "1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4";
    for text in [format!("whpk_{letters}="), format!("whsec_{letters}"), format!("WHPK_{letters}")] {
        assert_eq!(kind(builder().key(Key::base64(&text))), Malformed, "{text}");
    }
    for text in [format!("WHPK_{letters}"), format!("whsk_{letters}"), format!("v1,whsec_whpk_{letters}")] {
        assert_eq!(kind(builder().key(text.clone())), Malformed, "{text}");
    }
    assert_eq!(kind(builder().key(secret()).key(secret())), Duplicate);
    assert_eq!(kind(builder().key(Key::new(secret()).label("a")).key(Key::new(public_key()).label("a"))), Duplicate);
}
