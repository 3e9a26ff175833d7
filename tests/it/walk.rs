//! What each step of the walk is given, does once, and leaves alone.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, request::Parts};
use http_body::Body;
use http_body_util::{Full, Limited};
use serde_json::Value;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_webhook::{
    Rejection, RejectionKind, WebhookBody, WebhookLayer,
    auth::{All, Any, Basic, Bearer, DangerousAcceptAll, Header, Scheme, Verified},
    clock::Clock,
    jiff::Timestamp,
    provider::{Json, Provider, RawDelivery, mediquo::MediQuo},
};

use crate::support::{Handler, bodies::Untouchable, deliver, from_truemed, truemed};

const KEY: &str = "a-key-of-sixteen-or-more";

/// A scheme that only the body settles, and a provider that must not see what it refuses.
struct Forged;

impl Scheme for Forged {
    type Pending = ();

    fn open(&self, _: &Parts, _: Timestamp) -> Result<(), Rejection> {
        Ok(())
    }

    fn close(&self, (): (), body: &[u8]) -> Result<Verified, Rejection> {
        assert_eq!(body, b"forged");
        Err(Rejection::unauthenticated())
    }
}

impl Provider for Forged {
    type Event = ();
    type Scheme = Self;

    fn name(&self) -> &'static str {
        "forged"
    }

    fn scheme(&self) -> &Self {
        self
    }

    fn decode(&self, _: RawDelivery<'_>) -> Result<(), Rejection> {
        panic!("a forgery was decoded");
    }
}

#[tokio::test]
async fn a_forgery_is_never_decoded_and_the_hook_sees_its_body() {
    let (sender, seen) = std::sync::mpsc::channel();
    let layer = WebhookLayer::new(Forged).on_rejection(move |refusal, response| {
        sender.send(refusal.body().cloned()).unwrap();
        response
    });
    let request = Request::post("/").body(Full::<Bytes>::from("forged")).unwrap();
    assert_eq!(deliver(&layer, request).await.status, 401);
    assert_eq!(seen.try_recv().unwrap().unwrap(), "forged");
}

/// Tells another time whenever it is asked.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> std::time::SystemTime {
        Timestamp::from_second(self.0.fetch_add(1, Ordering::SeqCst)).unwrap().into()
    }
}

/// Remembers the time that it was given.
struct Timed(Arc<AtomicI64>);

impl Scheme for Timed {
    type Pending = Verified;

    fn open(&self, _: &Parts, now: Timestamp) -> Result<Verified, Rejection> {
        self.0.store(now.as_second(), Ordering::SeqCst);
        Ok(Verified::new())
    }

    fn close(&self, verified: Verified, _: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }
}

#[tokio::test]
async fn the_clock_is_read_once_for_the_scheme_and_the_delivery() {
    let given = Arc::new(AtomicI64::new(0));
    let layer = Json::<Value, _>::new("acme", Timed(Arc::clone(&given))).into_layer().clock(Ticking(1000.into()));
    for expected in 1000..1003 {
        let outcome = deliver(&layer, Request::post("/").body(Full::<Bytes>::from("1")).unwrap()).await;
        assert_eq!(given.load(Ordering::SeqCst), expected);
        assert_eq!(outcome.delivery().received_at().as_second(), expected);
    }
}

#[tokio::test]
async fn method_and_encoding_end_a_delivery_before_its_scheme_is_asked() {
    let given = Arc::new(AtomicI64::new(-1));
    let layer = Json::<Value, _>::new("acme", Timed(Arc::clone(&given))).into_layer();
    assert_eq!(deliver(&layer, Request::get("/").body(Untouchable).unwrap()).await.status, 405);
    let compressed = Request::post("/").header("content-encoding", "br").body(Untouchable).unwrap();
    assert_eq!(deliver(&layer, compressed).await.status, 415);
    assert_eq!(given.load(Ordering::SeqCst), -1);
}

/// Counts how often it is asked, and answers as it was told.
struct Counting(Arc<AtomicUsize>, bool);

impl Scheme for Counting {
    type Pending = Verified;

    fn open(&self, _: &Parts, _: Timestamp) -> Result<Verified, Rejection> {
        self.0.fetch_add(1, Ordering::SeqCst);
        if self.1 { Ok(Verified::new()) } else { Err(Rejection::unauthenticated()) }
    }

    fn close(&self, verified: Verified, _: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }
}

#[tokio::test]
async fn all_and_any_ask_both_whatever_the_first_says() {
    let head = || Request::post("/").body(()).unwrap().into_parts().0;
    for first in [true, false] {
        for second in [true, false] {
            let asked = Arc::new(AtomicUsize::new(0));
            let scheme = |outcome| Counting(Arc::clone(&asked), outcome);
            let all = All::new(scheme(first), scheme(second)).open(&head(), Timestamp::UNIX_EPOCH);
            let any = Any::new(scheme(first), scheme(second)).open(&head(), Timestamp::UNIX_EPOCH);
            assert_eq!((all.is_ok(), any.is_ok()), (first && second, first || second));
            assert_eq!(asked.load(Ordering::SeqCst), 4);
        }
    }
}

fn concealed(scheme: &impl Scheme) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for name in ["authorization", "x-key", "x-webhook-signature", "content-type", "x-other"] {
        headers.append(name, HeaderValue::from_static("one"));
        headers.append(name, HeaderValue::from_static("two"));
    }
    scheme.conceal(&mut headers);
    headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.to_string()).collect()
}

#[test]
fn a_scheme_conceals_all_values_of_its_headers_and_no_others() {
    let header = || Header::builder("x-key").key(KEY).build().unwrap();
    let basic = || Basic::builder().credentials("u", KEY).build().unwrap();
    let bearer = || Bearer::builder().token(KEY).build().unwrap();
    let twice = |names: &[&str]| -> Vec<String> {
        names.iter().flat_map(|name| [(*name).to_owned(), (*name).to_owned()]).collect()
    };
    assert_eq!(concealed(&header()), twice(&["x-key"]));
    assert_eq!(concealed(&basic()), twice(&["authorization"]));
    assert_eq!(concealed(&bearer()), twice(&["authorization"]));
    assert_eq!(concealed(&All::new(header(), basic())), twice(&["authorization", "x-key"]));
    assert_eq!(concealed(&Any::new(bearer(), header())), twice(&["authorization", "x-key"]));
    assert_eq!(concealed(&DangerousAcceptAll), twice(&[]));
    let mediquo = MediQuo::builder().signature(KEY).basic_auth("u", KEY).build().unwrap();
    assert_eq!(concealed(mediquo.scheme()), twice(&["authorization", "x-webhook-signature"]));
    let boxed: Box<dyn Scheme<Pending = Verified>> = Box::new(header());
    assert_eq!(concealed(&boxed), twice(&["x-key"]));
}

#[tokio::test]
async fn only_a_failed_authentication_is_challenged() {
    let mediquo = MediQuo::builder().signature(KEY).basic_auth("u", KEY).build().unwrap().into_layer();
    let refused = deliver(&mediquo, Request::post("/").body(Untouchable).unwrap()).await;
    assert!(refused.head.headers.contains_key("www-authenticate"));
    let get = deliver(&mediquo, Request::get("/").body(Untouchable).unwrap()).await;
    assert!(!get.head.headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn all_challenges_of_all_are_kept() {
    let bearer = Bearer::builder().token(KEY).build().unwrap();
    let basic = Basic::builder().credentials("u", KEY).build().unwrap();
    let layer = Json::<Value, _>::new("acme", All::new(bearer, basic)).into_layer();
    let outcome = deliver(&layer, Request::post("/").body(Untouchable).unwrap()).await;
    assert_eq!(outcome.head.headers.get_all("www-authenticate").iter().count(), 2);
}

#[tokio::test]
async fn the_first_label_of_all_is_kept() {
    let first = Header::builder("x-first").labelled_key("first", KEY).build().unwrap();
    let second = Header::builder("x-second").labelled_key("second", KEY).build().unwrap();
    let layer = Json::<Value, _>::new("acme", All::new(first, second)).into_layer();
    let request = Request::post("/").header("x-first", KEY).header("x-second", KEY);
    let outcome = deliver(&layer, request.body(Full::<Bytes>::from("1")).unwrap()).await;
    assert_eq!(outcome.delivery().key_label(), Some("first"));
}

/// A provider with statuses that leave no body.
struct Bodiless(StatusCode);

impl Provider for Bodiless {
    type Event = ();
    type Scheme = DangerousAcceptAll;

    fn name(&self) -> &'static str {
        "bodiless"
    }

    fn scheme(&self) -> &DangerousAcceptAll {
        &DangerousAcceptAll
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<(), Rejection> {
        if delivery.body().is_empty() { Err(RejectionKind::Malformed.into()) } else { Ok(()) }
    }

    fn status(&self, _: RejectionKind) -> StatusCode {
        self.0
    }

    fn success(&self) -> Option<StatusCode> {
        Some(self.0)
    }
}

#[tokio::test]
async fn a_status_without_a_body_leaves_without_one() {
    let handler = service_fn(async |_: Request<WebhookBody>| {
        let response = http::Response::builder().header("content-range", "bytes 0-1/9").header("trailer", "x");
        let response = response.header("transfer-encoding", "chunked").header("content-type", "text/plain");
        Ok::<_, std::convert::Infallible>(response.body(Full::<Bytes>::from("done")).unwrap())
    });
    for status in [204, 205] {
        let status = StatusCode::from_u16(status).unwrap();
        for body in ["", "x"] {
            let request = Request::post("/").body(Full::<Bytes>::from(body)).unwrap();
            let response = WebhookLayer::new(Bodiless(status)).layer(handler).oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
            assert!(response.headers().is_empty(), "{:?}", response.headers());
            assert!(response.body().is_end_stream());
            assert_eq!(response.body().size_hint().exact(), Some(0));
        }
    }
    let request = Request::post("/").body(Full::<Bytes>::from("x")).unwrap();
    let response = WebhookLayer::new(Bodiless(StatusCode::ACCEPTED)).layer(handler).oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.body().size_hint().exact()), (202, Some(4)));
    assert!(!response.body().is_end_stream());
}

#[test]
fn the_handlers_body_tells_its_length_and_its_end() {
    let mut body = WebhookBody::from("four");
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(4), false));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) else { panic!() };
    assert_eq!(frame.into_data().unwrap(), "four");
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(0), true));
    assert!(matches!(Pin::new(&mut body).poll_frame(&mut context), std::task::Poll::Ready(None)));
}

#[tokio::test]
async fn a_limit_outside_is_a_limit() {
    let session = r#"{"qualification_session_id":"1","status":"approved"}"#;
    let request = from_truemed(Limited::new(Full::<Bytes>::from(session), 10));
    assert_eq!(deliver(&truemed(), request).await.kind(), Some(RejectionKind::TooLarge));
}

/// `HeaderMap` panics where one more name is put into a full one.
#[tokio::test]
async fn a_head_as_full_as_can_be_panics_nothing() {
    let full = || {
        let mut request = Request::post("/").body(Full::<Bytes>::from("{}")).unwrap();
        for number in 0.. {
            let name = http::HeaderName::try_from(format!("x-{number}")).unwrap();
            if request.headers_mut().try_insert(name, HeaderValue::from_static("1")).is_err() {
                break;
            }
        }
        request
    };
    let bare = deliver(&truemed(), Request::post("/").body(Full::<Bytes>::from("{}")).unwrap()).await;
    // With a hook, which is shown the head, and without, where the response takes over its emptied maps.
    for layer in [truemed().on_rejection(|_, response| response), truemed()] {
        let outcome = deliver(&layer, full()).await;
        assert_eq!(outcome.kind(), Some(RejectionKind::Unauthenticated));
        assert_eq!(outcome.head.headers, bare.head.headers);
    }
}

#[tokio::test]
#[should_panic(expected = "`ResponseFuture` polled after completion")]
async fn polled_after_the_handlers_response_it_panics() {
    let mut service = truemed().layer(Handler::default());
    let session = r#"{"qualification_session_id":"1","status":"approved"}"#;
    let mut response = std::pin::pin!(service.call(from_truemed(Full::<Bytes>::from(session))));
    assert_eq!(response.as_mut().await.unwrap().status(), 204);
    let _ = response.await;
}

#[tokio::test]
async fn the_extractors_move_the_event_and_leave_the_delivery() {
    use axum::extract::FromRequestParts;
    use tower_webhook::{Delivery, axum::Webhook, provider::truemed::Event};

    let session = r#"{"qualification_session_id":"1","status":"approved"}"#;
    let outcome = deliver(&truemed(), from_truemed(Full::<Bytes>::from(session))).await;
    let (mut head, _) = outcome.handled.unwrap();
    assert!(Webhook::<Event>::from_request_parts(&mut head, &()).await.is_ok());
    assert!(Webhook::<Event>::from_request_parts(&mut head, &()).await.is_err(), "it was moved");
    assert!(Delivery::from_request_parts(&mut head, &()).await.is_ok());
    assert!(Delivery::from_request_parts(&mut head, &()).await.is_ok());
}
