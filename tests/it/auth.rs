//! What a credential must be to be accepted, and that all refusals look the same.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::Full;
use serde_json::Value;
use tower_webhook::{
    Rejection, WebhookLayer,
    auth::{ApiKey, ApiKeyBuilder, DangerousAcceptAll, Head, Key, Scheme, Verified, bearer_fn, scheme_fn},
    provider::{Custom, Provider, mediquo::MediQuo},
};

use crate::support::{Delivered, deliver};

const KEY: &str = "Zr41vw-new-and-Random";
const PASSWORD: &str = "correct:horse:battery:staple";

fn layer(scheme: impl Scheme) -> WebhookLayer<Custom<Value>> {
    Custom::builder("acme", scheme).json().build().unwrap().into_layer()
}

fn headers<const N: usize>(pairs: [(&'static str, &[u8]); N]) -> HeaderMap {
    let pairs = pairs.into_iter();
    pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())).fold(
        HeaderMap::new(),
        |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        },
    )
}

async fn send(layer: &WebhookLayer<Custom<Value>>, headers: HeaderMap) -> Delivered {
    let mut request = Request::post("/").body(Full::<Bytes>::from("{}")).unwrap();
    *request.headers_mut() = headers;
    deliver(layer, request).await
}

/// Accepts `good`, refuses each of `bad`, and refuses them all with the same response.
async fn check(scheme: impl Scheme, good: Vec<HeaderMap>, bad: Vec<HeaderMap>) {
    let layer = layer(scheme);
    for headers in good {
        assert_eq!(send(&layer, headers.clone()).await.status, 200, "{headers:?}");
    }
    let mut first: Option<(HeaderMap, Bytes)> = None;
    for headers in bad {
        let outcome = send(&layer, headers.clone()).await;
        assert_eq!(outcome.status, 401, "{headers:?}");
        assert!(outcome.handled.is_none());
        let response = (outcome.head.headers, outcome.body);
        assert_eq!(*first.get_or_insert_with(|| response.clone()), response, "{headers:?}");
    }
}

/// What must be refused wherever `good` is accepted as a value of `name`.
fn near_misses(name: &'static str, good: &str) -> Vec<HeaderMap> {
    let one = |value: &[u8]| headers([(name, value)]);
    let mut misses = vec![
        HeaderMap::new(),
        one(b""),
        one(b"wrong"),
        one(format!("{good}x").as_bytes()),
        one(format!("x{good}").as_bytes()),
        one(format!("{good}{good}").as_bytes()),
        one(format!("{good}, {good}").as_bytes()),
        one(format!("{good},{good}").as_bytes()),
        one(&[good.as_bytes(), b" "].concat()),
        one(&[b"\t", good.as_bytes()].concat()),
        one(&[good.as_bytes(), &[0xff]].concat()),
        one(&[0x80; 40]),
        one(&vec![b'a'; 64 << 10]),
        headers([(name, good.as_bytes()), (name, good.as_bytes())]),
        headers([(name, good.as_bytes()), (name, b"wrong")]),
        headers([(name, b"wrong"), (name, good.as_bytes())]),
        headers([(name, good.as_bytes()), (name, b"")]),
        headers([("x-other-key", good.as_bytes())]),
    ];
    misses.extend((1..good.len()).map(|len| one(&good.as_bytes()[..len])));
    misses
}

#[tokio::test]
async fn a_cookie_is_no_credential() {
    let cookie = |text: String| headers([("cookie", text.as_bytes())]);
    let header = layer(ApiKey::header("x-acme-key").key(KEY).build().unwrap());
    assert_eq!(send(&header, cookie(format!("x-acme-key={KEY}"))).await.status, 401);
    let bearer = layer(ApiKey::bearer().key(KEY).build().unwrap());
    assert_eq!(send(&bearer, cookie(format!("authorization=Bearer {KEY}"))).await.status, 401);
}

#[tokio::test]
async fn header() {
    let scheme = ApiKey::header("X-Acme-Key").key(KEY).build().unwrap();
    let mut bad = near_misses("x-acme-key", KEY);
    bad.push(headers([("x-acme-key", KEY.to_lowercase().as_bytes())]));
    bad.push(headers([("x-acme-key", KEY.to_uppercase().as_bytes())]));
    bad.push(headers([("authorization", KEY.as_bytes())]));
    check(scheme, vec![headers([("x-acme-key", KEY.as_bytes())])], bad).await;
}

#[tokio::test]
async fn header_with_the_longest_key() {
    let key = "key.".repeat(256);
    let scheme = ApiKey::header("x-acme-key").key(&key).build().unwrap();
    let bad = [key.len() - 1, key.len() + 1, 2 * key.len()];
    let bad = bad.map(|len| headers([("x-acme-key", &key.repeat(2).as_bytes()[..len])]));
    check(scheme, vec![headers([("x-acme-key", key.as_bytes())])], bad.into()).await;
}

#[tokio::test]
async fn any_live_key_is_accepted_and_named() {
    let keys: Vec<_> = (0..16).map(|number| format!("key-number-{number:02}-of-16")).collect();
    let builder =
        keys.iter().fold(ApiKey::header("x-acme-key"), |builder, key| builder.key(Key::new(key).label(&key[4..13])));
    let layer = layer(builder.build().unwrap());
    for key in &keys {
        let outcome = send(&layer, headers([("x-acme-key", key.as_bytes())])).await;
        assert_eq!(outcome.delivery().key_label(), Some(&key[4..13]));
        let outcome = send(&layer, headers([("x-acme-key", &key.as_bytes()[..18])])).await;
        assert_eq!(outcome.status, 401);
    }
}

#[tokio::test]
async fn the_key_that_matched_is_named_wherever_it_travels() {
    let (old, new) = ("kx7Gq2-old-and-random", KEY);
    let keys = || [Key::new(old).label("2026-09"), Key::new(new).label("2026-11")];
    let bearer = |key: &str| headers([("authorization", format!("Bearer {key}").as_bytes())]);
    type Send<'a> = &'a dyn Fn(&str) -> HeaderMap;
    let places: [(ApiKeyBuilder, Send<'_>); 3] = [
        (ApiKey::header("x-acme-key"), &|key| headers([("x-acme-key", key.as_bytes())])),
        (ApiKey::basic("u"), &|key| basic("Basic", "u", key)),
        (ApiKey::bearer(), &bearer),
    ];
    for (builder, sent) in places {
        let layer = layer(keys().into_iter().fold(builder, ApiKeyBuilder::key).build().unwrap());
        for (key, label) in [(old, "2026-09"), (new, "2026-11")] {
            assert_eq!(send(&layer, sent(key)).await.delivery().key_label(), Some(label));
        }
    }
}

#[tokio::test]
async fn keys_without_a_label_are_numbered() {
    let layer = layer(ApiKey::header("x-acme-key").key("the-first-of-two-keys").key(KEY).build().unwrap());
    let outcome = send(&layer, headers([("x-acme-key", KEY.as_bytes())])).await;
    assert_eq!(outcome.delivery().key_label(), Some("2"));
}

fn basic(word: &str, user: &str, password: &str) -> HeaderMap {
    let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
    headers([("authorization", format!("{word} {credentials}").as_bytes())])
}

#[tokio::test]
async fn basic_auth() {
    let scheme = ApiKey::basic("jürgen").key(PASSWORD).build().unwrap();
    let good = vec![
        basic("Basic", "jürgen", PASSWORD),
        basic("basic", "jürgen", PASSWORD),
        basic("BASIC", "jürgen", PASSWORD),
        basic("Basic  ", "jürgen", PASSWORD),
    ];
    let encoded = BASE64_STANDARD.encode(format!("jürgen:{PASSWORD}"));
    let mut bad = near_misses("authorization", &format!("Basic {encoded}"));
    bad.extend([
        basic("Basic", "jürgen", "correct"),
        basic("Basic", "jürgen", &PASSWORD.to_uppercase()),
        basic("Basic", "Jürgen", PASSWORD),
        basic("Basic", "", ""),
        basic("Bearer", "jürgen", PASSWORD),
        basic("Basic:", "jürgen", PASSWORD),
        headers([("authorization", encoded.as_bytes())]),
        headers([("authorization", format!("Basic{encoded}").as_bytes())]),
        headers([("authorization", format!("Basic jürgen:{PASSWORD}").as_bytes())]),
        headers([("authorization", b"Basic")]),
        headers([("authorization", b"Basic ")]),
        headers([("authorization", b"Basic %%%")]),
    ]);
    check(scheme, good, bad).await;
}

#[tokio::test]
async fn basic_auth_encodes_as_rfc_4648_does() {
    for len in 0..48 {
        let password: String = "0123456789abcdef".chars().chain((0..len).map(|n| char::from(b'!' + n))).collect();
        let layer = layer(ApiKey::basic("u").key(&password).build().unwrap());
        assert_eq!(send(&layer, basic("Basic", "u", &password)).await.status, 200, "{password}");
    }
}

#[tokio::test]
async fn a_refusal_of_basic_or_bearer_says_what_is_asked_for() {
    let challenge = |outcome: Delivered| {
        let values = outcome.head.headers.get_all("www-authenticate").iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let basic = || ApiKey::basic("u").key(PASSWORD).build().unwrap();
    let bearer = || ApiKey::bearer().key(KEY).build().unwrap();
    let header = || ApiKey::header("x-acme-key").key(KEY).build().unwrap();
    let (b, t) = (r#"Basic realm="webhooks", charset="UTF-8""#, r#"Bearer realm="webhooks""#);
    assert_eq!(challenge(send(&layer(basic()), HeaderMap::new()).await), [b]);
    assert_eq!(challenge(send(&layer(bearer()), HeaderMap::new()).await), [t]);
    assert_eq!(challenge(send(&layer(basic().or(bearer())), HeaderMap::new()).await), [b, t]);
    assert_eq!(challenge(send(&layer(header().and(bearer())), HeaderMap::new()).await), [t]);
    assert!(challenge(send(&layer(header()), HeaderMap::new()).await).is_empty());
}

#[tokio::test]
async fn bearer() {
    let scheme = ApiKey::bearer().key(KEY).build().unwrap();
    let bearer = |value: &str| headers([("authorization", value.as_bytes())]);
    let good =
        vec![bearer(&format!("Bearer {KEY}")), bearer(&format!("bearer {KEY}")), bearer(&format!("BEARER   {KEY}"))];
    let mut bad = near_misses("authorization", &format!("Bearer {KEY}"));
    bad.extend([
        bearer(KEY),
        bearer(&format!("Bearer{KEY}")),
        bearer(&format!("Bearer\t{KEY}")),
        bearer(&format!("Bearer \t{KEY}")),
        bearer(&format!("Bearer {}", KEY.to_lowercase())),
        bearer(&format!("Basic {KEY}")),
        bearer("Bearer"),
        bearer("Bearer "),
        bearer("B\u{e9}arer x"),
    ]);
    check(scheme, good, bad).await;
}

#[tokio::test]
async fn bearer_checked_by_a_function() {
    let scheme = bearer_fn(|token| {
        assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()), "{token:?}");
        token.starts_with("ey") && token.ends_with("Random")
    });
    let token = "eyJh.new-and-Random";
    let bearer = |value: &str| headers([("authorization", value.as_bytes())]);
    let mut bad = vec![
        HeaderMap::new(),
        bearer("Bearer"),
        bearer("Bearer  "),
        bearer("Bearer eyX"),
        bearer(&format!("Bearer {token} {token}")),
        bearer(&format!("Bearer {token}, {token}")),
        bearer("Bearer ey\u{fc}Random"),
    ];
    bad.push(headers([("authorization", format!("Bearer {token}").as_bytes()); 2]));
    check(scheme, vec![bearer(&format!("Bearer {token}"))], bad).await;
}

#[tokio::test]
async fn all_asks_for_both_and_any_for_either() {
    let header = || ApiKey::header("x-acme-key").key(Key::new(KEY).label("h")).build().unwrap();
    let basic = || ApiKey::basic("u").key(Key::new(PASSWORD).label("b")).build().unwrap();
    let key = || headers([("x-acme-key", KEY.as_bytes())]);
    let password = || self::basic("Basic", "u", PASSWORD);
    let both = || key().into_iter().chain(password()).map(|(name, value)| (name.unwrap(), value)).collect();
    let half_wrong: HeaderMap = key()
        .into_iter()
        .chain(self::basic("Basic", "u", "wrong"))
        .map(|(name, value)| (name.unwrap(), value))
        .collect();
    let neither = headers([("x-acme-key", b"wrong")]);

    check(
        header().and(basic()),
        vec![both()],
        vec![HeaderMap::new(), key(), password(), half_wrong.clone(), neither.clone()],
    )
    .await;
    check(header().or(basic()), vec![both(), key(), password(), half_wrong], vec![HeaderMap::new(), neither]).await;

    let label = |outcome: Delivered| outcome.delivery().key_label().map(str::to_owned);
    let any = layer(header().or(basic()));
    assert_eq!(label(send(&any, key()).await).as_deref(), Some("h"));
    assert_eq!(label(send(&any, password()).await).as_deref(), Some("b"));
    let all = layer(scheme_fn(|_| true).and(basic()));
    assert_eq!(label(send(&all, both()).await).as_deref(), Some("b"));
}

/// A scheme that only the body can settle.
struct Sealed(&'static [u8]);

impl Scheme for Sealed {
    fn verify_head(&self, _: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        Ok(None)
    }

    fn verify_body(&self, _: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        if body.ends_with(self.0) { Ok(Verified::by("sealed")) } else { Err(Rejection::unauthenticated()) }
    }
}

#[tokio::test]
async fn a_forgery_that_only_the_body_shows_is_refused() {
    let header = || ApiKey::header("x-acme-key").key(Key::new(KEY).label("h")).build().unwrap();
    let key = headers([("x-acme-key", KEY.as_bytes())]);
    for (seal, genuine) in [(b"}", true), (b"]", false)] {
        assert_eq!(send(&layer(Sealed(seal)), HeaderMap::new()).await.status == 200, genuine);
        assert_eq!(send(&layer(header().and(Sealed(seal))), key.clone()).await.status == 200, genuine);
        assert_eq!(send(&layer(Sealed(seal).and(header())), key.clone()).await.status == 200, genuine);
        assert_eq!(send(&layer(header().or(Sealed(seal))), HeaderMap::new()).await.status == 200, genuine);
        assert_eq!(send(&layer(header().or(Sealed(seal))), key.clone()).await.status, 200);
    }
}

#[tokio::test]
async fn a_function_decides_on_the_head() {
    let scheme = scheme_fn(|head| head.headers.contains_key("x-mesh") && head.method == http::Method::POST);
    check(scheme, vec![headers([("x-mesh", b"1")])], vec![HeaderMap::new(), headers([("x-mash", b"1")])]).await;
}

#[tokio::test]
async fn dangerous_accept_all_accepts_all() {
    assert_eq!(send(&layer(DangerousAcceptAll), HeaderMap::new()).await.status, 200);
}

#[test]
fn mediquo_asks_for_all_that_is_configured() {
    let key = || headers([("x-webhook-signature", KEY.as_bytes())]);
    let with = |extra: HeaderMap| -> HeaderMap {
        key().into_iter().chain(extra).map(|(name, value)| (name.unwrap(), value)).collect()
    };
    let token = || headers([("authorization", format!("Bearer {KEY}").as_bytes())]);
    let signature = MediQuo::builder().signature(KEY).build().unwrap();
    assert_eq!(format!("{signature:?}"), "MediQuo { .. }");
    assert!(format!("{:?}", MediQuo::builder()).starts_with("MediQuoBuilder { signature: "));
    assert!(accepts(&signature, key()));
    assert!(!accepts(&signature, token()));

    let and_password = MediQuo::builder().signature(KEY).basic_auth("u", PASSWORD).build().unwrap();
    assert!(accepts(&and_password, with(basic("Basic", "u", PASSWORD))));
    assert!(!accepts(&and_password, key()));
    assert!(!accepts(&and_password, basic("Basic", "u", PASSWORD)));

    let and_token = MediQuo::builder().signature(KEY).bearer(KEY).build().unwrap();
    assert!(accepts(&and_token, with(token())));
    assert!(!accepts(&and_token, key()));

    let and_oauth = MediQuo::builder().signature(KEY).bearer_checked_by(|token| token == KEY).build().unwrap();
    assert!(accepts(&and_oauth, with(token())));
    assert!(!accepts(&and_oauth, key()));

    let renamed = MediQuo::builder().header_name("X-Acme").signature(KEY).build().unwrap();
    assert!(accepts(&renamed, headers([("x-acme", KEY.as_bytes())])));
    assert!(!accepts(&renamed, key()));
}

#[test]
fn mediquos_function_sees_a_token_also_if_the_signature_is_wrong() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let mediquo = MediQuo::builder().signature(KEY).bearer_checked_by(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        true
    });
    let mediquo = mediquo.build().unwrap();
    let wrong = headers([("x-webhook-signature", b"wrong".as_slice()), ("authorization", b"Bearer t")]);
    assert!(!accepts(&mediquo, wrong));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    assert!(!accepts(&mediquo, headers([("x-webhook-signature", KEY.as_bytes())])));
    assert_eq!(seen.load(Ordering::SeqCst), 1, "there was no token");
}

#[test]
fn mediquo_names_the_signature_that_matched_or_else_the_other_credential() {
    let label = |mediquo: &MediQuo, headers: HeaderMap| {
        let mut request = Request::post("/").body(()).unwrap();
        *request.headers_mut() = headers;
        let (head, ()) = request.into_parts();
        let verified = mediquo.scheme().verify_head(&Head::new(&head, SystemTime::UNIX_EPOCH)).unwrap().unwrap();
        verified.key_label().map(str::to_owned)
    };
    let (old, new) = ("kx7Gq2-old-and-random", KEY);
    let builder = || {
        let builder = MediQuo::builder().signature(Key::new(old).label("2026-09"));
        builder.signature(Key::new(new).label("2026-11"))
    };
    let token = Key::new("a-token-that-is-random").label("token");
    let and_token = builder().bearer(token.clone()).build().unwrap();
    let token_alone = MediQuo::builder().bearer(token).build().unwrap();
    let bearer: (&str, &[u8]) = ("authorization", b"Bearer a-token-that-is-random");
    for (key, expected) in [(old, "2026-09"), (new, "2026-11")] {
        let signature = ("x-webhook-signature", key.as_bytes());
        assert_eq!(label(&builder().build().unwrap(), headers([signature])).as_deref(), Some(expected));
        assert_eq!(label(&and_token, headers([signature, bearer])).as_deref(), Some(expected));
    }
    assert_eq!(label(&token_alone, headers([bearer])).as_deref(), Some("token"));
}

fn accepts(mediquo: &MediQuo, headers: HeaderMap) -> bool {
    let mut request = Request::post("/").body(()).unwrap();
    *request.headers_mut() = headers;
    let (head, ()) = request.into_parts();
    mediquo.scheme().verify_head(&Head::new(&head, SystemTime::UNIX_EPOCH)).is_ok()
}
