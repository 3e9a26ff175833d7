//! The operator learns why a delivery was rejected, the sender does not, and neither learns anything of the request.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, StatusCode};
use http_body_util::Full;
use tower_webhook::{
    Delivery, Rejection, RejectionKind, RejectionReason, Stated, WebhookLayer,
    auth::{ApiKey, Part, Scheme, Signature, StandardWebhooks, Twilio, bearer_fn, scheme_fn},
    clock::Clock,
    json::RawJson,
    provider::{Custom, Envelope, Place, Provider},
};

use crate::support::{Delivered, deliver, from_mediquo, mediquo};

const KEY: &str = "Zr41vw-new-and-Random";
const NOW: u64 = 1_700_000_000;
const CANARY: &str = "canary-of-20-letters";

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
    }
}

fn layer(scheme: impl Scheme) -> WebhookLayer<Custom<RawJson>> {
    Custom::builder("acme", scheme).build().unwrap().into_layer().clock(Fixed)
}

async fn send<P: Provider>(layer: &WebhookLayer<P>, uri: &str, headers: &[(&str, &str)]) -> Delivered {
    let request = Request::post(uri);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    deliver(layer, request.body(Full::<Bytes>::from("{}")).unwrap()).await
}

fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// What each of these deliveries is rejected for. All are answered with the same bytes.
async fn check(scheme: impl Scheme, cases: &[(&[(&str, &str)], RejectionReason)]) {
    check_at("/", scheme, cases).await;
}

async fn check_at(uri: &str, scheme: impl Scheme, cases: &[(&[(&str, &str)], RejectionReason)]) {
    let layer = layer(scheme);
    let mut first: Option<(StatusCode, HeaderMap, Bytes)> = None;
    for (headers, reason) in cases {
        let outcome = send(&layer, uri, headers).await;
        let rejection = outcome.rejection().unwrap_or_else(|| panic!("accepted: {headers:?}"));
        assert_eq!(rejection.kind(), RejectionKind::Unauthenticated, "{headers:?}");
        assert_eq!(rejection.reason(), Some(reason), "{headers:?}");
        let text = rejection.to_string();
        assert_eq!(text, format!("the credential is missing or wrong: {reason}"));
        for shown in [text, format!("{rejection:?}")] {
            assert!(!shown.contains("canary"), "{shown}");
        }
        let response = (outcome.status, outcome.head.headers, outcome.body);
        assert_eq!(*first.get_or_insert_with(|| response.clone()), response, "{headers:?}");
    }
}

#[tokio::test]
async fn a_fixed_key_is_missing_repeated_or_matches_none() {
    let scheme = ApiKey::header("X-Acme-Key").key(KEY).build().unwrap();
    check(
        scheme,
        &[
            (&[], RejectionReason::MissingHeader(name("x-acme-key"))),
            (&[("x-acme-key", KEY), ("x-acme-key", KEY)], RejectionReason::RepeatedHeader(name("x-acme-key"))),
            (&[("x-acme-key", CANARY)], RejectionReason::NoKeyMatched),
        ],
    )
    .await;
}

#[tokio::test]
async fn basic_and_bearer_say_what_was_expected() {
    let malformed = |expected| RejectionReason::MalformedHeader { name: name("authorization"), expected };
    let basic = ApiKey::basic("acme").key(KEY).build().unwrap();
    check(
        basic,
        &[
            (&[], RejectionReason::MissingHeader(name("authorization"))),
            (&[("authorization", CANARY)], malformed("`Basic` and the credentials")),
            (&[("authorization", "Basic canary")], RejectionReason::NoKeyMatched),
        ],
    )
    .await;
    let expected = "`Bearer` and a token";
    let bearer = ApiKey::bearer().key(KEY).build().unwrap();
    let cases: [(&[(&str, &str)], _); 2] = [
        (&[("authorization", "Basic canary")], malformed(expected)),
        (&[("authorization", "Bearer canary")], RejectionReason::NoKeyMatched),
    ];
    check(bearer, &cases).await;
    check(bearer_fn(|_| false), &cases).await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn timed() -> Signature {
    Signature::hmac_sha256("x-signature")
        .key(KEY)
        .prefix("v0=")
        .signed([Part::Timestamp, Part::literal("."), Part::Body])
        .timestamp_header("x-time")
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_signature_is_malformed_stale_early_or_of_no_key() {
    let malformed = |header, expected| RejectionReason::MalformedHeader { name: name(header), expected };
    let signature = format!("v0={}", hex(&[7; 32]));
    let tolerance = Duration::from_secs(300);
    let with = |time| [("x-signature", &*signature), ("x-time", time)];
    let expected = "the configured prefix, if any, and a signature of the right length in hex";
    check(
        timed(),
        &[
            (&[], RejectionReason::MissingHeader(name("x-signature"))),
            (&[("x-signature", &signature)], RejectionReason::MissingHeader(name("x-time"))),
            (&[("x-signature", CANARY), ("x-time", "1700000000")], malformed("x-signature", expected)),
            (&with(CANARY), malformed("x-time", "a timestamp of at most 16 digits")),
            (&with("1699999600"), RejectionReason::Stale { age: Duration::from_secs(400), tolerance }),
            (&with("1700000301"), RejectionReason::FromTheFuture { ahead: Duration::from_secs(301), tolerance }),
            // Milliseconds where seconds are configured.
            (
                &with("1700000000000"),
                RejectionReason::FromTheFuture { ahead: Duration::from_secs(1_698_300_000_000), tolerance },
            ),
            (&with("1700000000"), RejectionReason::NoKeyMatched),
        ],
    )
    .await;
    let stale = RejectionReason::Stale { age: Duration::from_secs(400), tolerance };
    assert_eq!(stale.to_string(), "signed 400 s before arrival, at most 300 s are allowed");
}

#[tokio::test]
async fn pairs_say_what_was_expected() {
    let scheme = Signature::hmac_sha256("x-signature")
        .key(KEY)
        .pairs(',', "t", "v1")
        .signed([Part::Timestamp, Part::literal("."), Part::Body])
        .build()
        .unwrap();
    let malformed = |expected| RejectionReason::MalformedHeader { name: name("x-signature"), expected };
    let wrong = format!("t=1700000000,v1={}", hex(&[7; 32]));
    check(
        scheme,
        &[
            (&[("x-signature", "canary")], malformed("`name=value` fields with one timestamp")),
            (&[("x-signature", "t=1,t=1")], malformed("`name=value` fields with one timestamp")),
            (
                &[("x-signature", "t=1700000000,v1=canary")],
                malformed("the configured prefix, if any, and a signature of the right length in hex"),
            ),
            (&[("x-signature", &wrong)], RejectionReason::NoKeyMatched),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_signed_url_that_is_not_the_requests_is_told_by_its_path() {
    let scheme = || {
        Signature::hmac_sha256("x-signature")
            .key(KEY)
            .signed([Part::PublicUrl, Part::Body])
            .public_url("https://hooks.example.com/acme")
            .build()
            .unwrap()
    };
    let wrong = hex(&[7; 32]);
    check_at("/acme", scheme(), &[(&[("x-signature", &wrong)], RejectionReason::NoKeyMatched)]).await;
    check_at("/canary", scheme(), &[(&[("x-signature", &wrong)], RejectionReason::UrlMismatch)]).await;

    let twilio = || Twilio::builder().key(KEY).public_url("https://hooks.example.com/acme").build().unwrap();
    let wrong = BASE64_STANDARD.encode([7; 20]);
    let form = [("x-twilio-signature", &*wrong), ("content-type", "application/x-www-form-urlencoded")];
    check_at("/acme", twilio(), &[(&form, RejectionReason::NoKeyMatched)]).await;
    check_at("/canary", twilio(), &[(&form, RejectionReason::UrlMismatch)]).await;
    check(twilio(), &[(&[], RejectionReason::MissingHeader(name("x-twilio-signature")))]).await;
}

#[tokio::test]
async fn standard_webhooks_name_the_header_of_their_family() {
    let scheme = StandardWebhooks::builder().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build().unwrap();
    let signature = format!("v1,{}", BASE64_STANDARD.encode([7; 32]));
    let expected = "the configured prefix, if any, and a signature of the right length in base64";
    let (id, time) = (("svix-id", "msg_1"), ("svix-timestamp", "1700000000"));
    check(
        scheme,
        &[
            (&[], RejectionReason::MissingHeader(name("webhook-signature"))),
            (&[time, ("svix-signature", &signature)], RejectionReason::MissingHeader(name("svix-id"))),
            (
                &[id, time, ("svix-signature", "v1,canary")],
                RejectionReason::MalformedHeader { name: name("svix-signature"), expected },
            ),
            (
                &[("svix-id", "canary.1"), time, ("svix-signature", &signature)],
                RejectionReason::MalformedHeader {
                    name: name("svix-id"),
                    expected: "an id without a number after a full stop",
                },
            ),
            (&[id, time, ("svix-signature", &signature)], RejectionReason::NoKeyMatched),
        ],
    )
    .await;
}

#[tokio::test]
async fn of_two_schemes_the_one_that_was_tried_gives_the_reason() {
    let scheme = || ApiKey::header("x-key").key(KEY).build().unwrap().or(timed());
    let stale = format!("v0={}", hex(&[7; 32]));
    let tolerance = Duration::from_secs(300);
    check(
        scheme(),
        &[
            (&[("x-key", CANARY)], RejectionReason::NoKeyMatched),
            (
                &[("x-signature", &stale), ("x-time", "1699999600")],
                RejectionReason::Stale { age: Duration::from_secs(400), tolerance },
            ),
        ],
    )
    .await;
    let right = hmac::sign(&hmac::Key::new(HMAC_SHA256, KEY.as_bytes()), b"1700000000.{}");
    let right = format!("v0={}", hex(right.as_ref()));
    let headers = [("x-signature", &*right), ("x-time", "1700000000")];
    assert_eq!(send(&layer(scheme()), "/", &headers).await.status, 200);
    assert_eq!(send(&layer(scheme()), "/", &[("x-key", KEY)]).await.status, 200);
    let both = layer(ApiKey::header("x-key").key(KEY).build().unwrap().and(timed()));
    assert_eq!(send(&both, "/", &headers).await.status, 401);
    assert_eq!(send(&both, "/", &[headers[0], headers[1], ("x-key", KEY)]).await.status, 200);
}

#[tokio::test]
async fn a_function_of_ones_own_gives_its_reason() {
    let outcome = send(&layer(scheme_fn(|_| false)), "/", &[]).await;
    let text = "the credential is missing or wrong: the function of `scheme_fn` returned false";
    assert_eq!(outcome.rejection().unwrap().to_string(), text);
    let own = Rejection::unauthenticated().because(RejectionReason::Other("the seal is broken"));
    assert_eq!(own.reason(), Some(&RejectionReason::Other("the seal is broken")));
    assert_eq!(Rejection::unauthenticated().reason(), None);
    assert_eq!(Rejection::unauthenticated().to_string(), "the credential is missing or wrong");
}

#[tokio::test]
async fn accepted_and_malformed_deliveries_are_named_in_the_response() {
    let of = |outcome: &Delivered| outcome.head.extensions.get::<Delivery>().cloned();
    let report = r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p"}}}"#;
    let accepted = deliver(&mediquo(), from_mediquo(Full::<Bytes>::from(report))).await;
    assert_eq!(of(&accepted), Some(accepted.delivery()));
    assert_eq!(of(&accepted).unwrap().event_type(), Some(Stated::Unsigned("patient_report_sent")));

    let malformed = r#"{"type":"patient_report_sent","occurred_on":1,"payload":{}}"#;
    let malformed = deliver(&mediquo(), from_mediquo(Full::<Bytes>::from(malformed))).await;
    assert_eq!(malformed.kind(), Some(RejectionKind::Malformed));
    let delivery = of(&malformed).unwrap();
    assert_eq!((delivery.provider(), delivery.key_label()), ("mediquo", Some("1")));
    assert_eq!(delivery.event_type(), Some(Stated::Unsigned("patient_report_sent")));

    let mut forged = from_mediquo(Full::<Bytes>::from(report));
    forged.headers_mut().insert("x-webhook-signature", CANARY.parse().unwrap());
    assert_eq!(of(&deliver(&mediquo(), forged).await), None);
}

#[tokio::test]
async fn both_hooks_see_the_delivery_and_the_one_that_looks_is_first() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (looks, answers) = (Arc::clone(&seen), Arc::clone(&seen));
    let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
    let envelope = Envelope::new().event_type(Place::header("x-type")).event_id(Place::header("x-id"));
    let layer = Custom::builder("acme", scheme)
        .json::<u8>()
        .envelope(envelope)
        .build()
        .unwrap()
        .into_layer()
        .inspect_rejection(move |rejected| {
            let delivery = rejected.delivery();
            let id = delivery.and_then(Delivery::event_id).map(|id| id.into_inner().to_owned());
            looks.lock().unwrap().push(format!("looks: {} {id:?} {}", rejected.rejection(), rejected.body().is_some()));
        })
        .on_rejection(move |rejected, mut response| {
            answers.lock().unwrap().push(format!("answers: {}", rejected.delivery().is_some()));
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            response
        });
    let outcome = send(&layer, "/", &[("x-key", KEY), ("x-id", "evt_1")]).await;
    assert_eq!(outcome.status, StatusCode::IM_A_TEAPOT);
    let outcome = send(&layer, "/", &[("x-id", "evt_1")]).await;
    assert_eq!(outcome.status, StatusCode::IM_A_TEAPOT);
    let seen = seen.lock().unwrap();
    assert!(seen[0].starts_with("looks: the body is not a documented event: "), "{seen:?}");
    assert!(seen[0].ends_with(r#" Some("evt_1") true"#), "{seen:?}");
    assert_eq!(seen[1], "answers: true");
    assert_eq!(seen[2], "looks: the credential is missing or wrong: header x-key is missing None false");
    assert_eq!(seen[3], "answers: false");
}

#[test]
fn each_reason_has_a_word_for_metrics() {
    let (header, tolerance) = (name("x-acme-key"), Duration::from_secs(300));
    for (reason, label) in [
        (RejectionReason::MissingHeader(header.clone()), "missing_header"),
        (RejectionReason::RepeatedHeader(header.clone()), "repeated_header"),
        (RejectionReason::MissingCredential("no key"), "missing_credential"),
        (RejectionReason::MalformedHeader { name: header, expected: "a key" }, "malformed_header"),
        (RejectionReason::Stale { age: tolerance, tolerance }, "stale"),
        (RejectionReason::FromTheFuture { ahead: tolerance, tolerance }, "from_the_future"),
        (RejectionReason::NoKeyMatched, "no_key_matched"),
        (RejectionReason::UnknownTenant, "unknown_tenant"),
        (RejectionReason::UrlMismatch, "url_mismatch"),
        (RejectionReason::Other("the seal is broken"), "other"),
    ] {
        assert_eq!(Rejection::from(reason).label(), label);
    }
}
