//! Faults that published receivers were found to have, each as a test named after the fault.

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::Full;
use tower::{Layer, ServiceBuilder, ServiceExt, buffer::BufferLayer, limit::ConcurrencyLimitLayer, service_fn};
use tower_webhook::{RejectionKind, WebhookBody, provider::truemed::Truemed};

use crate::support::{
    API_KEY, Handler,
    bodies::{Endless, Script, Step, Untouchable},
    deliver, from_mediquo, from_truemed, mediquo, mediquo_event, truemed, truemed_event,
};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

/// 1. A forged `Content-Length` made receivers allocate it. (The allocations are counted in `memory`.)
#[tokio::test]
async fn huge_content_length_without_a_key() {
    let request = Request::post("/").header("content-length", "10000000000000").body(Untouchable).unwrap();
    assert_eq!(deliver(&truemed(), request).await.kind(), Some(RejectionKind::Unauthenticated));
}

/// 2. A body whose `is_end_stream` stays false was polled for ever, and so was one that failed.
#[tokio::test]
async fn body_that_never_says_end_of_stream() {
    assert_eq!(deliver(&truemed(), from_truemed(Script::frames([SESSION]))).await.status, 204);
    let failing = Script::new([Step::Data(SESSION.into()), Step::Error(std::io::ErrorKind::Other), Step::Stall]);
    assert_eq!(deliver(&truemed(), from_truemed(failing)).await.kind(), Some(RejectionKind::Incomplete));
}

/// 3. A clone of the inner service was called without having been made ready.
#[tokio::test]
async fn inner_service_called_without_being_ready() {
    let handler = || {
        service_fn(async |_: Request<WebhookBody>| {
            Ok::<_, tower::BoxError>(http::Response::new(Full::<Bytes>::default()))
        })
    };
    let limited = ServiceBuilder::new().layer(truemed()).layer(ConcurrencyLimitLayer::new(1)).service(handler());
    let buffered = ServiceBuilder::new().layer(truemed()).layer(BufferLayer::new(1)).service(handler());
    for _ in 0..3 {
        assert_eq!(limited.clone().oneshot(from_truemed(Full::<Bytes>::from(SESSION))).await.unwrap().status(), 204);
        assert_eq!(buffered.clone().oneshot(from_truemed(Full::<Bytes>::from(SESSION))).await.unwrap().status(), 204);
    }
    // The handler of the tests panics if it is called without having been made ready.
    assert_eq!(
        truemed().layer(Handler::default()).oneshot(from_truemed(Full::<Bytes>::from(SESSION))).await.unwrap().status(),
        204
    );
}

/// 4. A body over the limit was taken for a forgery, or panicked; or the limit was another layer's.
#[tokio::test]
async fn body_over_the_limit() {
    for layer in [truemed(), truemed().body_limit(10)] {
        let endless = Endless { frame: Bytes::from_static(&[b' '; 4096]), polls: 0 };
        let outcome = deliver(&layer, from_truemed(endless)).await;
        assert_eq!((outcome.status.as_u16(), outcome.kind()), (413, Some(RejectionKind::TooLarge)));
    }
}

/// 5. The body was read before the credential was looked at.
#[tokio::test]
async fn body_read_before_the_key() {
    for key in [None, Some("wrong"), Some("")] {
        let mut request = Request::post("/").body(Untouchable).unwrap();
        if let Some(key) = key {
            request.headers_mut().insert("x-truemed-api-key", HeaderValue::from_static(key));
        }
        assert_eq!(deliver(&truemed(), request).await.kind(), Some(RejectionKind::Unauthenticated));
    }
}

/// 6. An empty key was accepted, so that anyone could deliver.
#[test]
fn empty_key() {
    for key in ["", " ", "\n", "short"] {
        assert!(Truemed::builder().api_key(key).build().is_err(), "{key:?}");
        assert!(Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").api_key(key).build().is_err(), "{key:?}");
    }
}

/// 7. A body that is not UTF-8 panicked, or was verified as an empty one.
#[tokio::test]
async fn body_that_is_not_utf8() {
    let rejection = truemed_event(&b"\xff\xfe"[..]).await.unwrap_err();
    assert_eq!(rejection.kind(), RejectionKind::Malformed);
    let request = Request::post("/").body(Full::<Bytes>::from(&b"\xff\xfe"[..])).unwrap();
    assert_eq!(deliver(&truemed(), request).await.kind(), Some(RejectionKind::Unauthenticated));
}

/// 8. A credential of another length, or not ASCII, panicked.
#[tokio::test]
async fn credential_of_any_length_and_bytes() {
    for len in 0..200 {
        for byte in [b'0', 0x80, 0xff] {
            let mut request = Request::post("/").body(Untouchable).unwrap();
            request.headers_mut().insert("x-truemed-api-key", HeaderValue::from_bytes(&vec![byte; len]).unwrap());
            assert_eq!(deliver(&truemed(), request).await.kind(), Some(RejectionKind::Unauthenticated));
        }
    }
}

/// 11. Of two values of the header, the first one won.
#[tokio::test]
async fn doubled_header() {
    for values in [[API_KEY, API_KEY], [API_KEY, "wrong"], ["wrong", API_KEY]] {
        let mut request = Request::post("/").body(Untouchable).unwrap();
        for value in values {
            request.headers_mut().append("x-truemed-api-key", HeaderValue::from_static(value));
        }
        assert_eq!(deliver(&truemed(), request).await.kind(), Some(RejectionKind::Unauthenticated));
    }
}

/// 12. `Debug` showed the key. (More in `privacy`.)
#[test]
fn debug_of_the_layer() {
    let layer = truemed();
    let service = layer.layer(());
    assert!(!format!("{layer:?} {service:?}").contains(API_KEY));
}

/// 13. The decoder's message, which quotes the value, was answered and logged.
#[tokio::test]
async fn decode_error_with_the_value() {
    let body = r#"{"qualification_session_id":["jane.doe@example.com has condition X"],"status":"approved"}"#;
    let outcome = deliver(&truemed(), from_truemed(Full::<Bytes>::from(body))).await;
    let rejection = outcome.rejection().unwrap();
    let shown = format!("{rejection} {rejection:?} {:?} {:?}", outcome.head, outcome.body);
    assert!(!shown.contains("jane") && !shown.contains("condition"), "{shown}");
    assert_eq!(rejection.decode_error().unwrap().path(), "qualification_session_id");
}

/// 14. Without the header, verification was skipped.
#[tokio::test]
async fn missing_header() {
    let request = Request::post("/").body(Full::<Bytes>::from(SESSION)).unwrap();
    let outcome = deliver(&truemed(), request).await;
    assert!(outcome.handled.is_none());
    assert_eq!(outcome.kind(), Some(RejectionKind::Unauthenticated));
}

/// 15. An unknown type or value was an error, which the sender then repeated for days.
#[tokio::test]
async fn unknown_type_or_value() {
    assert!(truemed_event(r#"{"event_type":"new"}"#).await.is_ok());
    assert!(truemed_event(r#"{"qualification_session_id":"1","status":"new"}"#).await.is_ok());
    assert!(mediquo_event(r#"{"type":"new"}"#).await.is_ok());
    let outcome = deliver(&mediquo(), from_mediquo(Full::<Bytes>::from(r#"{"type":"new"}"#))).await;
    assert_eq!(outcome.status, 200);
}

// 16. A layer that could not be mounted where its documentation said: see `stacks`.
