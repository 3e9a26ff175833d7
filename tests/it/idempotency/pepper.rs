//! Keys, and the pepper that makes them.

use std::collections::HashSet;

use tower::{Layer, Service};
use tower_webhook::{
    ConfigErrorKind,
    idempotency::{ClaimToken, EventKey, IdempotencyLayer, MemoryStore, Outcome, Pepper},
};

use super::{deliver, delivery_of};
use crate::support::{acting::Acting, place::PEPPER};

#[test]
fn a_pepper_that_protects_nothing_is_an_error_that_does_not_show_it() {
    let cases: [(&[u8], ConfigErrorKind); 9] = [
        (b"", ConfigErrorKind::Blank),
        (b"                                        ", ConfigErrorKind::Blank),
        (b"b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e5", ConfigErrorKind::TooShort),
        (b"b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58\n", ConfigErrorKind::Padded),
        (b" b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58", ConfigErrorKind::Padded),
        (&[7; 31], ConfigErrorKind::Repetitive),
        (&[0; 32], ConfigErrorKind::Repetitive),
        (&[b'x'; 64], ConfigErrorKind::Repetitive),
        (b"b4b1d8b2bb5e4e2f\n3f0c1a6f3c9d7e58", ConfigErrorKind::ControlCharacter),
    ];
    for (secret, kind) in cases {
        let error = Pepper::new(secret).unwrap_err();
        assert_eq!(error.kind(), kind, "{secret:?}");
        assert!(!error.to_string().contains("b4b1"), "{error}");
    }
    // Random bytes may begin and end with anything.
    let mut random = [0xff; 32];
    random[31] = b'\n';
    assert_eq!(format!("{:?}", Pepper::new(random).unwrap()), "Pepper(..)");
}

async fn key_of<St: tower_webhook::idempotency::Store>(layer: IdempotencyLayer<St>, event: &str) -> EventKey {
    let handler = Acting::default();
    deliver(&layer, &handler, event).await;
    handler.effects()[0]
}

#[tokio::test]
async fn keys_are_the_same_by_the_same_pepper_only() {
    let by = |pepper: &str| IdempotencyLayer::with_pepper(MemoryStore::new(), Pepper::new(pepper).unwrap());
    let other = PEPPER.replace('b', "c");
    assert_eq!(key_of(by(PEPPER), "e").await, key_of(by(PEPPER), "e").await);
    assert_ne!(key_of(by(PEPPER), "e").await, key_of(by(&other), "e").await);
    assert_ne!(key_of(by(PEPPER), "e").await, key_of(by(PEPPER), "f").await);
    assert_ne!(key_of(by(PEPPER), "e").await, key_of(IdempotencyLayer::new(MemoryStore::new()), "e").await);
    // What is remembered under it is found by the next version too.
    assert_eq!(key_of(by(PEPPER), "e").await.to_hex(), "f9daead3e3f56728296722bd2d60fee9");
}

#[tokio::test]
async fn two_layers_of_one_process_share_what_they_remember() {
    let store = MemoryStore::new();
    let handler = Acting::default();
    assert_eq!(deliver(&IdempotencyLayer::new(store.clone()), &handler, "e").await.outcome, Some(Outcome::First));
    assert_eq!(deliver(&IdempotencyLayer::new(store), &handler, "e").await.outcome, Some(Outcome::Replayed));
}

#[tokio::test]
async fn debug_shows_settings_and_no_secret() {
    let layer = IdempotencyLayer::with_pepper(MemoryStore::new(), Pepper::new(PEPPER).unwrap());
    let settings = "Settings { lease: 60s, ttl: 691200s, fail_open: false, .. }";
    assert_eq!(format!("{layer:?}"), format!("IdempotencyLayer {{ settings: {settings} }}"));
    let mut service = layer.layer(Acting::default());
    assert_eq!(format!("{service:?}"), format!("IdempotencyService {{ inner: Acting, settings: {settings} }}"));
    assert_eq!(format!("{:?}", service.call(delivery_of("e"))), "IdempotencyFuture { .. }");
}

#[test]
fn tokens_differ_in_a_process_and_between_processes() {
    let tokens: HashSet<ClaimToken> = (0..1000).map(|_| ClaimToken::fresh()).collect();
    assert_eq!(tokens.len(), 1000);
    assert_ne!(ClaimToken::fresh().to_bytes()[..8], [0; 8], "half of a token is of its process");
}
