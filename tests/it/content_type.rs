//! The optional list of media types.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use tower_webhook::{
    ConfigErrorKind, RejectionKind, RejectionReason, WebhookLayer, handshake::Challenge, provider::truemed::Truemed,
};

use crate::support::{Delivered, bodies::Untouchable, deliver, from_mediquo, from_truemed, mediquo, truemed};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

fn json_only() -> WebhookLayer<Truemed> {
    truemed().content_type("application/json").unwrap()
}

fn with<B>(mut request: Request<B>, content_types: &[&'static str]) -> Request<B> {
    for content_type in content_types {
        request.headers_mut().append(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    request
}

async fn accepted(layer: &WebhookLayer<Truemed>, content_types: &[&'static str]) -> bool {
    let body = Full::<Bytes>::from(SESSION);
    deliver(layer, with(from_truemed(body), content_types)).await.status == StatusCode::NO_CONTENT
}

async fn refused_unread(content_types: &[&'static str]) -> Delivered {
    let outcome = deliver(&json_only(), with(from_truemed(Untouchable), content_types)).await;
    assert_eq!(outcome.kind(), Some(RejectionKind::UnsupportedMediaType), "{content_types:?}");
    assert_eq!(outcome.status, 415);
    outcome
}

#[tokio::test]
async fn the_listed_types_are_accepted_whatever_their_case_and_parameters() {
    for content_type in
        ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;"]
    {
        assert!(accepted(&json_only(), &[content_type]).await, "{content_type}");
    }
    let two = json_only().content_type("application/cloudevents+json").unwrap();
    for content_type in ["application/json", "application/cloudevents+json;x=1"] {
        assert!(accepted(&two, &[content_type]).await, "{content_type}");
    }
}

#[tokio::test]
async fn another_type_is_refused_with_the_body_unread() {
    for content_type in [
        "text/plain",
        "application/json5",
        "application/jso",
        "application/problem+json",
        "application/*",
        "*/*",
        "",
        ";application/json",
        "text/plain; x=application/json",
        "application/json, text/plain",
        "multipart/form-data; boundary=application/json",
    ] {
        let outcome = refused_unread(&[content_type]).await;
        assert_eq!(outcome.rejection().unwrap().reason(), None, "{content_type}");
    }
}

#[tokio::test]
async fn once_a_type_is_listed_it_must_be_stated_exactly_once() {
    let outcome = refused_unread(&[]).await;
    assert_eq!(outcome.rejection().unwrap().reason(), Some(&RejectionReason::MissingHeader(CONTENT_TYPE)));
    for twice in [["application/json", "application/json"], ["application/json", "text/plain"]] {
        let outcome = refused_unread(&twice).await;
        assert_eq!(outcome.rejection().unwrap().reason(), Some(&RejectionReason::RepeatedHeader(CONTENT_TYPE)));
    }
}

#[tokio::test]
async fn the_answer_says_what_is_accepted_and_can_be_told_from_a_compressed_body() {
    let layer = mediquo().content_type("application/json").unwrap().content_type("text/json").unwrap();
    let outcome = deliver(&layer, with(from_mediquo(Untouchable), &["text/plain"])).await;
    let accept: Vec<_> = outcome.head.headers.get_all("accept").iter().collect();
    assert_eq!(accept, ["application/json", "text/json"]);
    assert!(!outcome.head.headers.contains_key("accept-encoding"));
    assert_eq!(
        outcome.body,
        r#"{"title":"the content type is not one that is accepted","kind":"unsupported_media_type"}"#
    );
    let text = outcome.rejection().unwrap().to_string();
    assert_eq!(text, "the content type is not one that is accepted");
}

#[tokio::test]
async fn method_and_coding_come_first_and_the_credential_after() {
    let mut get = with(from_truemed(Untouchable), &["text/plain"]);
    *get.method_mut() = http::Method::GET;
    assert_eq!(deliver(&json_only(), get).await.kind(), Some(RejectionKind::MethodNotAllowed));
    let mut compressed = with(from_truemed(Untouchable), &["text/plain"]);
    compressed.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(deliver(&json_only(), compressed).await.kind(), Some(RejectionKind::UnsupportedEncoding));
    let anonymous = with(Request::post("/").body(Untouchable).unwrap(), &["text/plain"]);
    assert_eq!(deliver(&json_only(), anonymous).await.kind(), Some(RejectionKind::UnsupportedMediaType));
    let anonymous = with(Request::post("/").body(Untouchable).unwrap(), &["application/json"]);
    assert_eq!(deliver(&json_only(), anonymous).await.kind(), Some(RejectionKind::Unauthenticated));
}

#[tokio::test]
async fn an_unsigned_endpoint_verification_needs_no_type() {
    let layer = json_only().handshake(Challenge::meta("a-token-for-this-test").unwrap());
    let uri = "/?hub.mode=subscribe&hub.verify_token=a-token-for-this-test&hub.challenge=7";
    let outcome = deliver(&layer, Request::get(uri).body(Untouchable).unwrap()).await;
    assert_eq!((outcome.status, &*outcome.body), (StatusCode::OK, &b"7"[..]));
}

#[test]
fn what_no_request_could_state_is_an_error() {
    for media_type in
        ["", "json", "/", "application/", "/json", "application/*", "*/*", "a/b/c", "a/b; charset=utf-8", "a/b ", "ä/b"]
    {
        let error = truemed().content_type(media_type).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Malformed, "{media_type}");
        assert_eq!(
            error.to_string(),
            "content type is not well-formed: expected a type and a subtype without parameters, such as application/json"
        );
    }
}

#[tokio::test]
async fn a_setting_of_one_layer_is_not_that_of_its_clone() {
    let open = truemed();
    let strict = open.clone().content_type("application/json").unwrap();
    assert!(accepted(&open, &["text/plain"]).await);
    assert!(!accepted(&strict, &["text/plain"]).await);
}
