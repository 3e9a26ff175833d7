//! What the sender is answered.

use std::time::{Duration, SystemTime};

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, request::Parts};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    Rejection, RejectionKind, WebhookBody, WebhookLayer,
    auth::{ApiKey, Scheme},
    handshake::Handshake,
    provider::{Provider, RawDelivery},
};

use crate::support::{
    Delivered, TestResponse,
    bodies::{Script, Step},
    deliver, from_mediquo, from_truemed, mediquo, truemed,
};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;
const REPORT: &str = r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p"}}}"#;

type Body = Script;

fn body(text: &'static str) -> Body {
    Script::frames([text])
}

/// One request for each way in which a delivery can fail.
fn failures(genuine: fn(Body) -> Request<Body>) -> Vec<(RejectionKind, Request<Body>)> {
    let with = |change: &dyn Fn(&mut Request<Body>)| {
        let mut request = genuine(body("{}"));
        change(&mut request);
        request
    };
    vec![
        (RejectionKind::MethodNotAllowed, with(&|request| *request.method_mut() = Method::GET)),
        (
            RejectionKind::UnsupportedEncoding,
            with(&|request| drop(request.headers_mut().insert("content-encoding", HeaderValue::from_static("br")))),
        ),
        (RejectionKind::Unauthenticated, with(&|request| *request.headers_mut() = HeaderMap::new())),
        (RejectionKind::TooLarge, with(&|request| *request.body_mut() = body("{}").hinting(1 << 40))),
        (
            RejectionKind::Incomplete,
            with(&|request| *request.body_mut() = Script::new([Step::Error(std::io::ErrorKind::BrokenPipe)])),
        ),
        (
            RejectionKind::TimedOut,
            with(&|request| *request.body_mut() = Script::new([Step::Error(std::io::ErrorKind::TimedOut)])),
        ),
        (RejectionKind::Malformed, genuine(body("[]"))),
    ]
}

#[tokio::test]
async fn each_kind_has_its_status() {
    for (kind, request) in failures(from_mediquo) {
        let outcome = deliver(&mediquo(), request).await;
        assert_eq!(outcome.kind(), Some(kind));
        let expected = match kind {
            RejectionKind::Incomplete | RejectionKind::Malformed => 400,
            RejectionKind::Unauthenticated => 401,
            RejectionKind::MethodNotAllowed => 405,
            RejectionKind::TimedOut => 408,
            RejectionKind::TooLarge => 413,
            RejectionKind::UnsupportedEncoding => 415,
            other => panic!("{other:?}"),
        };
        assert_eq!(outcome.status, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn truemed_answers_a_failed_authentication_with_400() {
    for (kind, request) in failures(from_truemed) {
        let outcome = deliver(&truemed(), request).await;
        let expected =
            if kind == RejectionKind::Unauthenticated { StatusCode::BAD_REQUEST } else { kind.default_status() };
        assert_eq!(outcome.status, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_a_problem_document_that_names_the_kind() {
    let mut seen = Vec::new();
    for (kind, request) in failures(from_mediquo) {
        let outcome = deliver(&mediquo(), request).await;
        assert_eq!(outcome.head.headers["content-type"], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_slice(&outcome.body).unwrap();
        let name = problem["kind"].as_str().unwrap().to_owned();
        assert_eq!(name.replace('_', ""), format!("{kind:?}").to_lowercase());
        assert!(problem["title"].is_string());
        assert!(!seen.contains(&name));
        seen.push(name);
        let extra = |name: &str| outcome.head.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(extra("allow"), (kind == RejectionKind::MethodNotAllowed).then_some("POST"));
        assert_eq!(extra("accept-encoding"), (kind == RejectionKind::UnsupportedEncoding).then_some("identity"));
    }
}

/// Sends a genuine delivery to a handler that answers so.
async fn answered(response: TestResponse) -> Delivered {
    let response = Arc::new(Mutex::new(Some(response)));
    let handler = service_fn(move |_: Request<WebhookBody>| {
        let response = response.lock().unwrap().take().unwrap();
        async move { Ok::<_, Infallible>(response) }
    });
    let response = truemed().layer(handler).oneshot(from_truemed(body(SESSION))).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Delivered { status: head.status, head, body, handled: None }
}

#[tokio::test]
async fn truemed_is_answered_204_without_a_body_for_any_2xx() {
    for status in [200, 201, 202, 204, 206, 226] {
        let response = Response::builder()
            .status(status)
            .header("content-length", "4")
            .header("content-type", "text/plain")
            .header("content-encoding", "identity")
            .header("x-request-id", "7")
            .extension("kept")
            .body(Full::from("done"))
            .unwrap();
        let outcome = answered(response).await;
        assert_eq!(outcome.status, 204);
        assert!(outcome.body.is_empty());
        assert_eq!(
            outcome.head.headers,
            HeaderMap::from_iter([("x-request-id".parse().unwrap(), "7".parse().unwrap())])
        );
        assert_eq!(outcome.head.extensions.get(), Some(&"kept"));
        assert_eq!(outcome.kind(), None);
    }
}

#[tokio::test]
async fn what_is_not_2xx_leaves_as_it_is() {
    for status in [100, 301, 304, 400, 404, 409, 422, 500, 503] {
        let response = Response::builder().status(status).header("retry-after", "7").body(Full::from("why")).unwrap();
        let outcome = answered(response).await;
        assert_eq!((outcome.status.as_u16(), &*outcome.body), (status, &b"why"[..]));
        assert_eq!(outcome.head.headers["retry-after"], "7");
    }
}

#[tokio::test]
async fn mediquos_handler_answers_for_itself() {
    let outcome = deliver(&mediquo(), from_mediquo(body(REPORT))).await;
    assert_eq!((outcome.status.as_u16(), &*outcome.body), (200, &b"handled"[..]));
}

#[tokio::test]
async fn an_error_of_the_handler_passes_through() {
    #[derive(Debug, PartialEq)]
    struct Down;
    let handler = service_fn(async |_: Request<WebhookBody>| Err::<Response<Full<Bytes>>, _>(Down));
    let service = truemed().layer(handler);
    assert_eq!(service.oneshot(from_truemed(body(SESSION))).await.map(drop).unwrap_err(), Down);
}

#[tokio::test]
async fn the_hook_sees_the_refusal_and_replaces_the_response() {
    let (sender, seen) = std::sync::mpsc::channel();
    let layer = mediquo().on_rejection(move |refusal, response: Response<Bytes>| {
        let path = refusal.head().uri.path().to_owned();
        let sensitive = refusal.head().headers.get("x-webhook-signature").is_some_and(HeaderValue::is_sensitive);
        sender.send((refusal.rejection().kind(), path, refusal.body().cloned(), sensitive)).unwrap();
        assert_eq!(response.status(), refusal.rejection().kind().default_status());
        Response::builder().status(418).header("x-mine", "1").body(Bytes::from_static(b"mine")).unwrap()
    });
    for (kind, request) in failures(from_mediquo) {
        let credential = request.headers().contains_key("x-webhook-signature");
        let outcome = deliver(&layer, request).await;
        assert_eq!((outcome.status.as_u16(), &*outcome.body), (418, &b"mine"[..]));
        assert_eq!(outcome.head.headers["x-mine"], "1");
        assert_eq!(outcome.kind(), Some(kind), "the rejection stays in the extensions");
        let body = (kind == RejectionKind::Malformed).then(|| Bytes::from_static(b"[]"));
        assert_eq!(seen.try_recv().unwrap(), (kind, "/webhooks/mediquo".to_owned(), body, credential));
    }
    deliver(&layer, from_mediquo(body(REPORT))).await;
    assert!(seen.try_recv().is_err(), "an accepted delivery was shown");
}

#[tokio::test]
async fn a_hook_that_answers_204_sends_no_body() {
    for status in [204, 205, 304] {
        let layer = mediquo().on_rejection(move |_, mut response| {
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response
        });
        let outcome = deliver(&layer, from_mediquo(body("{}"))).await;
        assert_eq!(outcome.status, status);
        assert!(outcome.body.is_empty() && outcome.head.headers.is_empty(), "{:?}", outcome.head);
    }
}

/// Answers with an informational status wherever a provider or an endpoint verification can choose one.
struct Informational {
    status: StatusCode,
    scheme: ApiKey,
}

impl Provider for Informational {
    type Event = ();

    fn name(&self) -> &str {
        "acme"
    }

    fn scheme(&self) -> &dyn Scheme {
        &self.scheme
    }

    fn decode(&self, _: RawDelivery<'_>) -> Result<(), Rejection> {
        Ok(())
    }

    fn rejection_status(&self, _: RejectionKind) -> StatusCode {
        self.status
    }

    fn success_status(&self) -> Option<StatusCode> {
        Some(self.status)
    }
}

struct Continue(StatusCode);

impl Handshake for Continue {
    fn answer_unsigned(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        (head.method == Method::GET).then(|| Ok(Response::builder().status(self.0).body(Bytes::new()).unwrap()))
    }

    fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        (&**delivery.body() == b"ping").then(|| Response::builder().status(self.0).body(Bytes::new()).unwrap())
    }
}

#[tokio::test]
async fn a_status_that_is_not_final_becomes_500() {
    for status in [100, 101, 102, 103, 199].map(|status| StatusCode::from_u16(status).unwrap()) {
        let hooked = mediquo().on_rejection(move |_, mut response| {
            *response.status_mut() = status;
            response
        });
        for (kind, request) in failures(from_mediquo) {
            let outcome = deliver(&hooked, request).await;
            assert_eq!((outcome.status.as_u16(), outcome.kind()), (500, Some(kind)), "{status}");
        }

        let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build().unwrap();
        let layer = WebhookLayer::new(Informational { status, scheme }).handshake(Continue(status));
        let request =
            |method, key, text| Request::builder().method(method).header("x-acme-key", key).body(body(text)).unwrap();
        let right = "Zr41vw-new-and-random";
        for (method, key, text) in [("POST", "wrong", ""), ("POST", right, "ping"), ("GET", "", "")] {
            let outcome = deliver(&layer, request(method, key, text)).await;
            assert_eq!(outcome.status, 500, "{status} {method} {key} {text}");
        }
        // The handler has succeeded: 500 would make the provider send the event again.
        assert_eq!(deliver(&layer, request("POST", right, "")).await.status, 200);
    }
}

#[tokio::test]
async fn a_rejection_tells_where_the_body_went_wrong() {
    let outcome =
        deliver(&mediquo(), from_mediquo(body("{\"type\":\"patient_report_sent\",\n\"occurred_on\":\"now\"}"))).await;
    let rejection = outcome.rejection().unwrap();
    let error = rejection.decode_error().unwrap();
    assert_eq!((error.line(), error.path()), (2, "occurred_on"));
    assert_eq!(rejection.to_string(), format!("the body is not a documented event: {error}"));
    assert_eq!(Rejection::unauthenticated().decode_error(), None);
}

#[tokio::test]
async fn the_handler_finds_the_delivery_the_event_and_the_body() {
    struct Noon;
    impl tower_webhook::clock::Clock for Noon {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
        }
    }
    let outcome = deliver(&mediquo().clock(Noon), from_mediquo(body(REPORT))).await;
    let delivery = outcome.delivery();
    assert_eq!((delivery.provider(), delivery.key_label(), delivery.body_len()), ("mediquo", Some("1"), REPORT.len()));
    assert_eq!(delivery.received_at(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400));
    assert!(matches!(outcome.event(), tower_webhook::provider::mediquo::Event::ReportSent(_)));
    let (head, received) = outcome.handled.unwrap();
    assert_eq!(received, REPORT);
    assert!(head.headers["x-webhook-signature"].is_sensitive());
}
