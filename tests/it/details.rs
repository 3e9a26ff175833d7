//! Promises that no other test would miss: each test here fails for a change of one operator or one body in the source,
//! which all others passed.

use std::{
    convert::Infallible,
    fmt::Debug,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    ConfigErrorKind, Delivery, Rejection, WebhookBody, WebhookLayer,
    auth::{
        ApiKey, At, DangerousAcceptAll, Head, Key, Part, Scheme, Signature, StandardWebhooks, Twilio, Verified,
        bearer_fn,
        keys::{KeyForm, Watched},
        scheme_fn,
    },
    clock::{MonotonicClock, SystemMonotonicClock},
    handshake::Challenge,
    idempotency::Identity,
    json::RawJson,
    provider::{Custom, RawDelivery, Sender},
    testing::{Spoil, TestSender},
};

use crate::support::{
    bodies::{Script, Step},
    deliver,
};

const KEY: &str = "Zr41vw-new-and-random";
const HEX: &str = "5a3c91f07be2d84615a9c3087e6fb24d";

fn empty() -> Request<Full<Bytes>> {
    Request::post("/").body(Full::default()).unwrap()
}

/// The names of the headers that the scheme conceals, of one that it reads and one that it does not.
fn concealed(scheme: &impl Scheme, read: &'static str) -> Vec<String> {
    let mut headers = HeaderMap::new();
    headers.insert(read, HeaderValue::from_static("secret"));
    headers.insert("x-other", HeaderValue::from_static("public"));
    scheme.mark_sensitive(&mut headers);
    headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.to_string()).collect()
}

#[test]
fn the_header_of_a_token_and_of_twilio_is_concealed() {
    assert_eq!(concealed(&bearer_fn(|_| true), "authorization"), ["authorization"]);
    let twilio = Twilio::builder().key(KEY).public_url("https://example.com/hooks").build().unwrap();
    assert_eq!(concealed(&twilio, "x-twilio-signature"), ["x-twilio-signature"]);
}

#[tokio::test]
async fn a_token_that_a_function_refuses_is_challenged() {
    let layer = Custom::builder("acme", bearer_fn(|_| false)).raw().build().unwrap().into_layer();
    let refused = deliver(&layer, empty()).await;
    assert_eq!(refused.status, 401);
    let mut challenges = HeaderMap::new();
    bearer_fn(|_| false).challenge(&mut challenges);
    assert_eq!(challenges["www-authenticate"], "Bearer realm=\"webhooks\"");
}

#[tokio::test]
async fn a_delivery_that_nothing_proves_says_so() {
    let layer = Custom::builder("acme", DangerousAcceptAll).raw().build().unwrap().into_layer();
    assert_eq!(deliver(&layer, empty()).await.delivery().verified().scheme(), Some("accept_all"));
}

#[test]
fn a_handler_can_take_the_body_as_bytes() {
    let body = WebhookBody::from("paid");
    assert_eq!(body.as_ref(), b"paid");
    assert_eq!(format!("{body:?}"), "WebhookBody(4 bytes)");
    assert_eq!(Bytes::from(body), "paid");
}

#[test]
fn a_description_has_so_many_parts_and_fields_and_no_more() {
    let read = |parts: usize, fields: usize| {
        let mut signed = vec![json!({"literal": "a"}); parts - 2];
        signed.extend([json!("timestamp"), json!("body")]);
        let fields: Vec<String> = (0..fields).map(|number| format!("v{number}")).collect();
        let pairs = json!({"separator": ",", "timestamp": "t", "signatures": fields});
        let signature = json!({
            "algorithm": "hmac_sha256",
            "at": {"header": "x-signature"},
            "pairs": pairs,
            "signed": signed,
        });
        Sender::from_json(&json!({"name": "acme", "credential": {"signature": signature}}).to_string())
    };
    read(32, 8).unwrap();
    for (parts, fields) in [(33, 8), (34, 8), (32, 9), (32, 10)] {
        assert_eq!(read(parts, fields).unwrap_err().kind(), ConfigErrorKind::TooMany, "{parts} {fields}");
    }
}

#[test]
fn a_delivery_may_be_a_day_old_and_no_older() {
    let day = Duration::from_secs(86_400);
    let build = |tolerance| StandardWebhooks::builder().key(Key::hex(HEX)).tolerance(tolerance).build();
    assert!(build(day).is_ok());
    assert_eq!(build(day + Duration::from_secs(1)).unwrap_err().kind(), ConfigErrorKind::OutOfRange);
}

#[tokio::test]
async fn a_test_signs_with_every_hash_and_shows_its_key() {
    for (algorithm, len) in [("hmac_sha256", 64), ("hmac_sha512", 128), ("legacy_hmac_sha1", 40)] {
        let signature = json!({"algorithm": algorithm, "at": {"header": "x-signature"}});
        let description = json!({
            "name": "acme",
            "credential": {"signature": signature},
            "samples": [{"name": "paid", "body": {"type": "paid"}}],
        });
        let sender = TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap();
        let sender = sender.with_key(KEY).unwrap();
        assert_eq!(sender.key_text().as_deref(), Some(KEY));
        let request = sender.event("paid").unwrap().request::<Full<Bytes>>();
        assert_eq!(request.headers()["x-signature"].len(), len, "{algorithm}");
        let layer = sender.description().preset().key(KEY).build().unwrap().into_layer();
        assert_eq!(deliver(&layer, request).await.status, 200, "{algorithm}");
    }
}

#[tokio::test]
async fn a_test_signs_with_a_private_key_as_pem_or_in_base64() {
    let ed25519 = Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap().as_ref().to_vec();
    let ecdsa = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap().to_pkcs8v1().unwrap();
    for (name, der) in [("discord", ed25519.as_slice()), ("sendgrid", ecdsa.as_ref())] {
        let base64 = BASE64_STANDARD.encode(der);
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
        for text in [base64, pem] {
            let sender = TestSender::named(name).unwrap().with_key(text).unwrap();
            let layer = sender.description().preset().key(sender.key()).build().unwrap().into_layer();
            let genuine = sender.events().remove(0).request::<Full<Bytes>>();
            assert_eq!(deliver(&layer, genuine).await.status.as_u16() / 100, 2, "{name}");
        }
    }
}

#[test]
fn a_description_is_written_as_short_as_it_was_read() {
    let signature = json!({"algorithm": "hmac_sha256", "at": {"header": "x-signature"}});
    let description = json!({"name": "acme", "credential": {"signature": signature}});
    let sender = Sender::from_json(&description.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&sender).unwrap(), description);
}

#[test]
fn a_limit_of_a_time_that_is_not_signed_is_an_error() {
    let hour = Duration::from_secs(3_600);
    let builder = || Signature::hmac_sha256("x-signature").key(KEY);
    assert!(builder().past_tolerance(hour).build().is_err());
    assert!(builder().future_tolerance(hour).build().is_err());
}

/// Its author forgot the second half.
struct Undecided;

impl Scheme for Undecided {
    fn verify_head(&self, _: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_scheme_that_leaves_all_to_the_body_and_reads_none_accepts_nothing() {
    let layer = Custom::builder("acme", Undecided).raw().build().unwrap().into_layer();
    assert_eq!(deliver(&layer, empty()).await.status, 401);
}

#[test]
fn a_user_name_with_blanks_around_it_is_an_error() {
    for user in [" user", "user ", "user\t"] {
        let error = ApiKey::basic(user).key(KEY).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Padded, "{user:?}");
    }
}

/// Half of the bytes of a key may be zeros at its end, which add nothing.
#[test]
fn a_key_with_more_zeros_than_bytes_is_short() {
    let build = |key: String| Signature::hmac_sha256("x-signature").key(Key::hex(key)).build();
    assert!(build(format!("0102030405060708{}", "00".repeat(8))).is_ok());
    let short = build(format!("01020304050607{}", "00".repeat(9))).unwrap_err();
    assert_eq!(short.kind(), ConfigErrorKind::TooShort);
}

#[test]
fn a_replay_says_when_it_was_received() {
    let received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let verified = Verified::by("new").with_replay_of(received_at);
    assert_eq!((verified.key_label(), verified.replay_of()), (Some("new"), Some(received_at)));
}

#[test]
fn what_holds_a_key_is_shown_by_its_name() {
    let signature = Signature::hmac_sha256("x-signature");
    let standard = StandardWebhooks::builder().key(Key::hex(HEX)).build().unwrap();
    let twilio = Twilio::builder().key(KEY).public_url("https://example.com/hooks");
    let watched = Watched::keys(async || Ok::<_, std::io::Error>([KEY]));
    let challenge = Challenge::signed().in_body("challenge").token_in_header("x-token", KEY);
    let all: [(&str, &dyn Debug); 10] = [
        ("BearerFn", &bearer_fn(|_| true)),
        ("ChallengeBuilder", &challenge),
        ("SchemeFn", &scheme_fn(|_| true)),
        ("Key", &Key::new(KEY)),
        ("KeyForm", &KeyForm::text()),
        ("SignatureBuilder", &signature),
        ("StandardWebhooks", &standard),
        ("TwilioBuilder", &twilio.clone()),
        ("Twilio", &twilio.build().unwrap()),
        ("WatchedBuilder", &watched),
    ];
    for (name, shown) in all {
        let text = format!("{shown:?}");
        assert!(text.starts_with(name) && !text.contains(KEY), "{text}");
    }
}

#[test]
fn a_scheme_shows_the_place_of_its_credential_and_no_key() {
    let keyed = |builder: tower_webhook::auth::ApiKeyBuilder| format!("{:?}", builder.key(KEY).build().unwrap());
    let in_the_body = Signature::hmac_sha256(At::body("signature.value")).signed([Part::member("signature.token")]);
    let in_the_body = in_the_body.dangerous_unsigned_body().key(KEY).build().unwrap();
    let in_the_query = Signature::hmac_sha256(At::query("signature")).key(KEY).build().unwrap();
    for (shown, expected) in [
        (keyed(ApiKey::query("token")), r#"ApiKey { place: "query token", keys: ["1"] }"#),
        (keyed(ApiKey::path_segment(1)), r#"ApiKey { place: "path segment 1", keys: ["1"] }"#),
        (keyed(ApiKey::body("auth.token")), r#"ApiKey { place: "body auth.token", keys: ["1"] }"#),
        (keyed(ApiKey::form_field("token")), r#"ApiKey { place: "form token", keys: ["1"] }"#),
        (format!("{in_the_body:?}"), r#"Signature { body: "signature.value", keys: ["1"] }"#),
        (format!("{in_the_query:?}"), r#"Signature { query: "signature", keys: ["1"] }"#),
    ] {
        assert_eq!(shown, expected);
    }
}

#[test]
fn what_holds_a_body_shows_how_much_and_no_byte_of_it() {
    let (head, ()) = Request::post("/canary").body(()).unwrap().into_parts();
    let body = Bytes::from_static(b"canary");
    let delivery = Delivery::new("acme", Verified::new(), SystemTime::UNIX_EPOCH, body.len());
    let raw = RawDelivery::new(&head, &body, &delivery);
    assert_eq!(format!("{raw:?}"), "RawDelivery { body_len: 6, .. }");
    assert_eq!(raw.delivery(), &delivery);
    let builder = Identity::builder("acme", &body).part("canary").content();
    assert_eq!(format!("{builder:?}"), "IdentityBuilder { parts: 2, .. }");
}

/// Stored keys depend on it.
#[test]
fn an_identity_of_the_content_as_a_part_is_one_of_its_own() {
    let builder = Identity::builder("acme", b"1").content();
    assert_eq!(format!("{builder:?}"), "IdentityBuilder { parts: 1, .. }");
    assert_ne!(builder.build(), Identity::of_content("acme", b"1"));
}

#[test]
fn the_monotonic_clock_goes_on() {
    let clock = SystemMonotonicClock::default();
    assert!((0..10_000_000).any(|_| clock.elapsed() > Duration::ZERO));
}

#[test]
fn keys_are_loaded_once_a_year_at_least() {
    let watched = Watched::keys(async || Ok::<_, std::io::Error>([KEY])).every(Duration::MAX);
    assert!(format!("{watched:?}").contains("every: 31622400s"), "366 days: {watched:?}");
}

/// A sender whose fixed key travels in this place.
fn keyed(place: Value) -> TestSender {
    let description = json!({
        "name": "acme",
        "credential": {"api_key": place},
        "samples": [{"name": "paid", "body": {"type": "paid"}}],
    });
    TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap().with_key(KEY).unwrap()
}

#[tokio::test]
async fn the_key_of_a_test_travels_in_any_segment_of_any_target() {
    let sender = keyed(json!({"path_segment": 1}));
    let layer = sender.description().preset().key(sender.key()).build().unwrap().into_layer();
    for (target, sent) in [
        ("/", format!("//{KEY}")),
        ("/hooks", format!("/hooks/{KEY}")),
        ("/hooks/old/more?a=b", format!("/hooks/{KEY}/more?a=b")),
        ("https://example.com", format!("https://example.com/webhooks/{KEY}")),
        ("http://a/b/old", format!("http://a/b/{KEY}")),
        ("https://example.com/hooks/old/more?a=b", format!("https://example.com/hooks/{KEY}/more?a=b")),
    ] {
        let request = sender.event("paid").unwrap().to(target).request::<Full<Bytes>>();
        assert_eq!(request.uri().to_string(), sent, "{target}");
        assert_eq!(deliver(&layer, request).await.status, 200, "{target}");
    }
}

#[tokio::test]
async fn the_key_of_a_test_is_the_only_one_of_its_form() {
    let sender = keyed(json!({"form_field": "token"}));
    let scheme = ApiKey::form_field("token").key(KEY).build().unwrap();
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    for form in ["a=b", "token=old&a=b", "a=b&t%6fken=old&token="] {
        let request = sender.form(form).request::<Bytes>();
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        assert_eq!(body, format!("a=b&token={KEY}"), "{form}");
        assert_eq!(deliver(&layer, request.map(Full::new)).await.status, 200, "{form}");
    }
}

#[test]
fn a_description_with_a_setting_that_cannot_be_is_an_error() {
    let description = json!({"name": "acme", "credential": {"api_key": {"header": "x acme"}}});
    assert!(Sender::from_json(&description.to_string()).is_err());
    let description = json!({"name": "acme", "credential": {"api_key": {"basic": {"user": "a:b"}}}});
    assert!(Sender::from_json(&description.to_string()).is_err());
    let read = |seconds: u64| {
        let standard = json!({"past_tolerance": seconds});
        Sender::from_json(&json!({"name": "acme", "credential": {"standard_webhooks": standard}}).to_string())
    };
    assert!(read(86_400).is_ok());
    assert_eq!(read(86_401).unwrap_err().kind(), ConfigErrorKind::OutOfRange);
}

#[test]
fn a_signature_in_the_body_is_taken_out_and_asks_for_json() {
    let mailgun = TestSender::named("mailgun").unwrap();
    let sample = mailgun.events().remove(0);
    let unsigned = sample.spoiled(Spoil::MissingCredential).unwrap().request::<Bytes>();
    let body: Value = serde_json::from_slice(unsigned.body()).unwrap();
    assert_eq!(body["signature"]["signature"], Value::Null);
    assert!(sample.spoiled(Spoil::NotJson).is_none(), "a signer cannot write into what is not JSON");
}

/// A body that says neither its length nor its end, and counts how often it is asked.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(None)
    }
}

/// The rest of a refused request is thrown away where that keeps the connection, which HTTP/2 keeps anyway.
#[tokio::test]
async fn of_a_refused_body_only_the_small_rest_on_http_1_is_read() {
    let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    for (version, len, polls) in [
        (Version::HTTP_11, 16_384, 1),
        (Version::HTTP_11, 16_385, 0),
        (Version::HTTP_2, 16, 0),
        (Version::HTTP_3, 16, 0),
    ] {
        let body = Counted::default();
        let mut request = Request::post("/").header("content-length", len).body(body.clone()).unwrap();
        *request.version_mut() = version;
        assert_eq!(deliver(&layer, request).await.status, 401);
        assert_eq!(body.0.load(Ordering::Relaxed), polls, "{version:?} {len}");
    }
}

#[tokio::test]
async fn a_refused_body_that_breaks_off_closes_the_connection() {
    let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    for (steps, closes) in [(vec![], false), (vec![Step::Error(std::io::ErrorKind::ConnectionReset)], true)] {
        let request = Request::post("/").header("content-length", 16).body(Script::new(steps)).unwrap();
        let refused = deliver(&layer, request).await;
        assert_eq!((refused.status.as_u16(), refused.head.headers.contains_key("connection")), (401, closes));
    }
}

#[tokio::test]
async fn the_answer_to_a_get_says_nothing_of_methods() {
    let layer = Custom::builder("acme", DangerousAcceptAll).raw().build().unwrap().into_layer();
    let layer = layer.handshake(Challenge::meta("chosen-in-the-dashboard").unwrap());
    let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=chosen-in-the-dashboard";
    let answer = deliver(&layer, Request::get(format!("/?{query}")).body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (200, &b"1158201444"[..]));
    assert!(!answer.head.headers.contains_key("allow"));
}

#[tokio::test]
async fn the_middleware_is_shown_by_its_name() {
    let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
    let shown = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&shown);
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    let layer = layer.inspect_rejection(move |rejected| *seen.lock().unwrap() = format!("{rejected:?}"));
    assert!(format!("{layer:?}").starts_with("WebhookLayer { provider: \"acme\""));
    deliver(&layer, empty()).await;
    assert!(shown.lock().unwrap().starts_with("RejectedDelivery"));
    let handler =
        service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let mut service = layer.layer(handler);
    assert!(format!("{service:?}").starts_with("WebhookService"));
    let answering = service.call(empty());
    assert!(format!("{answering:?}").starts_with("ResponseFuture"));
    assert_eq!(format!("{:?}", answering.await.unwrap().body()), "ResponseBody { .. }");
}

#[test]
fn the_service_inside_of_the_middleware_can_be_reached() {
    let mut service = Custom::builder("acme", DangerousAcceptAll).raw().build().unwrap().into_layer().layer(1);
    *service.get_mut() += 1;
    assert_eq!((*service.get_ref(), service.into_inner()), (2, 2));
}

/// A sender that signs with these settings, beside an HMAC in a header.
fn signing(settings: &Value) -> (TestSender, WebhookLayer<Custom<RawJson>>) {
    let mut signature = json!({"algorithm": "hmac_sha256", "at": {"header": "x-signature"}});
    signature.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let description = json!({
        "name": "acme",
        "credential": {"signature": signature},
        "samples": [{"name": "paid", "body": {"type": "paid", "at": 1}}],
    });
    let sender = TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap();
    let sender = sender.with_key(KEY).unwrap().to("/hooks?a=b");
    let layer = sender.description().preset().key(KEY).build().unwrap().into_layer();
    (sender, layer)
}

#[tokio::test]
async fn a_test_signs_as_the_settings_say() {
    for settings in [
        json!({"prefix": "v1="}),
        json!({"list": ","}),
        json!({"list": ",", "prefix": "v1="}),
        json!({"repeated_header": true}),
        json!({"signed": ["query", "body"]}),
        json!({"signed": [{"header": "x-tenant"}, {"literal": "."}, "body"]}),
        json!({"signed": ["timestamp", {"literal": "."}, "body"], "timestamp_header": "x-time"}),
        json!({"signed": ["timestamp", {"literal": "-"}, "body"], "timestamp_header": "x-time", "timestamp_written_as": "rfc3339"}),
        json!({"signed": ["timestamp", "body"], "timestamp_header": "x-time", "timestamp_written_as": "rfc3339"}),
        json!({"signed": ["timestamp", {"literal": "."}, "body"], "list": ",", "timestamp_first": true}),
        json!({
            "signed": ["timestamp", {"literal": "."}, "body"],
            "pairs": {"separator": ",", "timestamp": "t", "signatures": ["v1"]},
        }),
        json!({"signed": ["body"], "timestamp_in_body": "at"}),
        json!({"signed": ["body"], "timestamp_in_body": "at", "timestamp_written_as": "rfc3339"}),
    ] {
        let (sender, layer) = signing(&settings);
        let mut genuine = sender.event("paid").unwrap();
        if settings["signed"][0]["header"] == "x-tenant" {
            genuine = genuine.header("x-tenant", "north");
        }
        let request = genuine.request::<Full<Bytes>>();
        if settings["signed"][0]["header"] == "x-tenant" {
            assert_eq!(request.headers()["x-tenant"], "north");
        }
        let outcome = deliver(&layer, request).await;
        assert_eq!(outcome.status, 200, "{settings}");
        let forged = genuine.spoiled(Spoil::WrongKey).unwrap().request::<Full<Bytes>>();
        assert_eq!(deliver(&layer, forged).await.status, 401, "{settings}");
    }
}

/// A time that ends in `Z` shows where it ends, whatever follows.
#[tokio::test]
async fn a_body_of_digits_can_follow_a_time_in_rfc_3339() {
    let settings = json!({
        "signed": ["timestamp", "body"],
        "timestamp_header": "x-time",
        "timestamp_written_as": "rfc3339",
    });
    let (sender, layer) = signing(&settings);
    assert_eq!(deliver(&layer, sender.body("17").request::<Full<Bytes>>()).await.status, 200);
}

/// Of Mailgun, the time is digits in a string.
#[tokio::test]
async fn a_test_writes_the_time_into_the_body_as_the_sample_has_it() {
    let mailgun = TestSender::named("mailgun").unwrap();
    for (is_text, time) in [(true, json!("1")), (false, json!(1))] {
        let body = json!({"signature": {"token": "t", "timestamp": time, "signature": ""}, "event-data": {}});
        let request = mailgun.body(body.to_string()).request::<Full<Bytes>>();
        let sent = request.body().clone().collect().await.unwrap().to_bytes();
        let sent: Value = serde_json::from_slice(&sent).unwrap();
        assert_eq!(sent["signature"]["timestamp"].is_string(), is_text, "{sent}");
        let layer = mailgun.description().preset().key(mailgun.key()).build().unwrap().into_layer();
        assert_eq!(deliver(&layer, request).await.status, 200);
    }
}
