//! The order of the walk: the head is settled before a byte of the body is read.

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_webhook::RejectionKind;

use crate::support::{API_KEY, Handler, bodies::Untouchable, deliver, from_truemed, truemed};

async fn refused_untouched(request: Request<Untouchable>) -> (http::StatusCode, RejectionKind) {
    let handler = Handler::default();
    let mut service = truemed().layer(handler.clone());
    let clones = handler.clones();
    let response = service.call(request).await.unwrap();
    assert_eq!(handler.clones(), clones, "the inner service was cloned");
    assert_eq!(handler.readied(), 0, "the inner service was made ready");
    let kind = response.extensions().get::<tower_webhook::Rejection>().expect("a rejection").kind();
    (response.status(), kind)
}

#[tokio::test]
async fn a_wrong_missing_or_doubled_key_is_refused_with_the_body_unread() {
    let bare = || Request::post("/").body(Untouchable).unwrap();
    let with = |values: &[&str]| {
        let mut request = bare();
        for value in values {
            request.headers_mut().append("x-truemed-api-key", HeaderValue::from_str(value).unwrap());
        }
        request
    };
    for request in [
        bare(),
        with(&["wrong"]),
        with(&[""]),
        with(&[API_KEY, API_KEY]),
        with(&[API_KEY, "wrong"]),
        with(&["wrong", API_KEY]),
    ] {
        assert_eq!(refused_untouched(request).await, (400.try_into().unwrap(), RejectionKind::Unauthenticated));
    }
}

#[tokio::test]
async fn only_post_is_received() {
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "BREW"] {
        let mut request = from_truemed(Untouchable);
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        assert_eq!(refused_untouched(request).await, (405.try_into().unwrap(), RejectionKind::MethodNotAllowed));
    }
}

#[tokio::test]
async fn only_identity_is_received() {
    for encodings in [&["gzip"][..], &["br"], &["identity, gzip"], &["identity", "gzip"], &["\u{7f}x"]] {
        let mut request = from_truemed(Untouchable);
        for encoding in encodings {
            request.headers_mut().append(
                "content-encoding",
                HeaderValue::from_bytes(encoding.as_bytes()).unwrap_or(HeaderValue::from_static("unheard-of")),
            );
        }
        assert_eq!(refused_untouched(request).await, (415.try_into().unwrap(), RejectionKind::UnsupportedEncoding));
    }
    for encoding in ["identity", "IDENTITY", "identity, identity", ""] {
        let mut request = from_truemed(Full::<Bytes>::from(r#"{"qualification_session_id":"1","status":"approved"}"#));
        request.headers_mut().insert("content-encoding", HeaderValue::from_static(encoding));
        assert_eq!(deliver(&truemed(), request).await.status, 204, "{encoding:?}");
    }
}

#[tokio::test]
async fn what_an_outer_layer_has_decompressed_is_received_and_counted_as_it_arrives() {
    const SESSION: &str = r#"{"qualification_session_id":"1","status":"approved"}"#;
    for (limit, status) in [(SESSION.len(), 204), (SESSION.len() - 1, 413)] {
        // As tower-http's layer does: the header goes, and the length with it.
        let decompress = |mut request: Request<Full<Bytes>>| {
            assert_eq!(request.headers_mut().remove("content-encoding").unwrap(), "gzip");
            request.headers_mut().remove("content-length");
            request.map(|_| Full::<Bytes>::from(SESSION))
        };
        let service = ServiceBuilder::new()
            .map_request(decompress)
            .layer(truemed().body_limit(limit))
            .service(Handler::default());
        let mut request = from_truemed(Full::<Bytes>::from("20 bytes of gzip say"));
        request.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
        request.headers_mut().insert("content-length", 20.into());
        assert_eq!(service.oneshot(request).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn the_content_type_does_not_decide() {
    for content_type in ["text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded", "?"] {
        let mut request = from_truemed(Full::<Bytes>::from(r#"{"qualification_session_id":"1","status":"approved"}"#));
        request.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
        assert_eq!(deliver(&truemed(), request).await.status, 204, "{content_type}");
    }
}

#[tokio::test]
async fn a_declared_length_above_the_limit_is_refused_unread_and_only_after_the_key() {
    let mut request = from_truemed(Untouchable);
    request.headers_mut().insert("content-length", HeaderValue::from_static("10000000000000"));
    assert_eq!(refused_untouched(request).await, (413.try_into().unwrap(), RejectionKind::TooLarge));

    let mut request = Request::post("/").body(Untouchable).unwrap();
    request.headers_mut().insert("content-length", HeaderValue::from_static("10000000000000"));
    assert_eq!(refused_untouched(request).await, (400.try_into().unwrap(), RejectionKind::Unauthenticated));
}

#[tokio::test]
async fn an_accepted_head_clones_the_inner_service_once_and_readies_it_after_the_body() {
    let handler = Handler::default();
    let mut service = truemed().layer(handler.clone());
    let clones = handler.clones();
    let body = Full::<Bytes>::from(r#"{"qualification_session_id":"1","status":"approved"}"#);
    let future = service.call(from_truemed(body));
    assert_eq!((handler.clones(), handler.readied()), (clones + 1, 0));
    assert_eq!(future.await.unwrap().status(), 204);
    assert_eq!((handler.clones(), handler.readied()), (clones + 1, 1));
}
