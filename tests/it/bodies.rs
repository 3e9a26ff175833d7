//! The body on its way in.

use std::io::ErrorKind;

use bytes::{Buf, Bytes};
use http_body_util::{BodyExt, Empty, Full, combinators::MapErr};
use tower_webhook::RejectionKind;

use crate::support::{
    bodies::{Endless, Script, Step},
    deliver, fixture, from_truemed, truemed,
};

const BODY: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

async fn kind(
    body: impl http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
) -> Option<RejectionKind> {
    let outcome = deliver(&truemed(), from_truemed(body)).await;
    assert_eq!(outcome.handled.is_none(), outcome.kind().is_some());
    outcome.kind()
}

#[tokio::test]
async fn one_frame_reaches_the_handler_in_the_same_allocation() {
    let body = Bytes::from(BODY.to_owned());
    let outcome = deliver(&truemed(), from_truemed(Full::new(body.clone()))).await;
    let (_, received) = outcome.handled.unwrap();
    assert_eq!(received, body);
    assert_eq!(received.as_ptr(), body.as_ptr());
}

#[tokio::test]
async fn the_result_does_not_depend_on_how_the_body_is_split() {
    let body = fixture("truemed/qualification_session_complete.json");
    for size in 1..=body.len() {
        let frames = body.chunks(size).map(Bytes::copy_from_slice);
        let outcome = deliver(&truemed(), from_truemed(Script::frames(frames))).await;
        assert_eq!(outcome.status, 204, "frames of {size}");
        assert_eq!(outcome.handled.unwrap().1, body, "frames of {size}");
    }
}

#[tokio::test]
async fn empty_frames_pauses_and_trailers_change_nothing() {
    let (first, second) = BODY.split_at(20);
    let steps = [
        Step::Data(Bytes::new()),
        Step::Pause,
        Step::Data(first.into()),
        Step::Data(Bytes::new()),
        Step::Pause,
        Step::Data(second.into()),
        Step::Data(Bytes::new()),
        Step::Trailers,
    ];
    let outcome = deliver(&truemed(), from_truemed(Script::new(steps))).await;
    assert_eq!(outcome.handled.unwrap().1, BODY);
}

#[tokio::test]
async fn a_frame_in_several_pieces_is_read_whole() {
    let (first, second) = BODY.split_at(20);
    let body = Full::new(Bytes::from(first).chain(Bytes::from(second)));
    let outcome = deliver(&truemed(), from_truemed(body)).await;
    assert_eq!(outcome.handled.unwrap().1, BODY);
}

#[tokio::test]
async fn no_body_is_malformed() {
    assert_eq!(kind(Empty::<Bytes>::new()).await, Some(RejectionKind::Malformed));
    assert_eq!(kind(Full::<Bytes>::default()).await, Some(RejectionKind::Malformed));
    assert_eq!(kind(Script::new([])).await, Some(RejectionKind::Malformed));
}

#[tokio::test]
async fn the_limit_is_taken_and_one_more_byte_is_not() {
    let layer = truemed().body_limit(BODY.len());
    for size in [1, 7, BODY.len()] {
        let frames = || BODY.as_bytes().chunks(size).map(Bytes::from_static);
        assert_eq!(deliver(&layer, from_truemed(Script::frames(frames()))).await.status, 204, "frames of {size}");

        let one_more = frames().chain([Bytes::from_static(b" ")]);
        let outcome = deliver(&layer, from_truemed(Script::frames(one_more))).await;
        assert_eq!(outcome.status, 413, "frames of {size}");
    }
    assert_eq!(deliver(&truemed().body_limit(0), from_truemed(Full::<Bytes>::from("1"))).await.status, 413);
    assert_eq!(deliver(&truemed().body_limit(usize::MAX), from_truemed(Full::<Bytes>::from(BODY))).await.status, 204);
}

#[tokio::test]
async fn the_default_limit_is_one_mebibyte() {
    let padded = |len: usize| format!("{BODY}{}", " ".repeat(len - BODY.len()));
    assert_eq!(kind(Full::<Bytes>::from(padded(1 << 20))).await, None);
    assert_eq!(kind(Full::<Bytes>::from(padded((1 << 20) + 1))).await, Some(RejectionKind::TooLarge));
}

#[tokio::test]
async fn a_size_hint_above_the_limit_is_refused_even_if_it_lies() {
    assert_eq!(kind(Script::frames([BODY]).hinting(1 << 30)).await, Some(RejectionKind::TooLarge));
    assert_eq!(kind(Script::frames([BODY]).hinting(1)).await, None);
    assert_eq!(kind(Script::frames([BODY]).hinting(1 << 20)).await, None);
}

#[tokio::test]
async fn a_content_length_above_the_limit_is_refused_whatever_the_body_says() {
    let mut request = from_truemed(Full::<Bytes>::from(BODY));
    request.headers_mut().insert("content-length", (1 << 30).into());
    assert_eq!(deliver(&truemed(), request).await.status, 413);
}

#[tokio::test]
async fn an_unreadable_content_length_is_left_to_the_server() {
    for length in ["many", "-1", "99999999999999999999999999", "5, 5"] {
        let mut request = from_truemed(Full::<Bytes>::from(BODY));
        request.headers_mut().insert("content-length", length.parse().unwrap());
        assert_eq!(deliver(&truemed(), request).await.status, 204, "{length}");
    }
}

#[tokio::test]
async fn an_error_ends_the_delivery() {
    let broken = |kind| Script::new([Step::Data(BODY.into()), Step::Error(kind), Step::Stall]);
    assert_eq!(kind(broken(ErrorKind::ConnectionReset)).await, Some(RejectionKind::Incomplete));
    assert_eq!(kind(broken(ErrorKind::UnexpectedEof)).await, Some(RejectionKind::Incomplete));
    assert_eq!(kind(broken(ErrorKind::TimedOut)).await, Some(RejectionKind::TimedOut));
    let outcome = deliver(&truemed(), from_truemed(broken(ErrorKind::ConnectionReset))).await;
    assert_eq!(outcome.status, 400);
    assert!(!outcome.body.windows(6).any(|window| window == b"canary"));
}

#[tokio::test(start_paused = true)]
async fn the_timeouts_of_tower_http_are_answered_with_408() {
    use std::time::Duration;
    use tower::{Layer, ServiceExt};
    use tower_http::timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer};

    let stalling = || from_truemed(Script::new([Step::Data("{".into()), Step::Stall]));
    let handler = crate::support::Handler::default();

    let idle = RequestBodyTimeoutLayer::new(Duration::from_secs(5)).layer(truemed().layer(handler.clone()));
    assert_eq!(idle.oneshot(stalling()).await.unwrap().status(), 408);

    let total = RequestBodyDeadlineLayer::new(Duration::from_secs(10)).layer(truemed().layer(handler.clone()));
    assert_eq!(total.oneshot(stalling()).await.unwrap().status(), 408);
    assert!(handler.take_request().is_none());
}

#[tokio::test]
async fn a_timeout_is_found_below_other_errors() {
    #[derive(Debug)]
    struct Outer(std::io::Error);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("outer")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let body: MapErr<_, fn(std::io::Error) -> Outer> =
        Script::new([Step::Error(ErrorKind::TimedOut)]).map_err(Outer as fn(std::io::Error) -> Outer);
    assert_eq!(kind(body).await, Some(RejectionKind::TimedOut));
}

#[tokio::test]
async fn a_body_of_empty_frames_ends_after_4096_of_them() {
    let empty = |count| std::iter::repeat_with(|| Step::Data(Bytes::new())).take(count);
    let steps = |count| Script::new(empty(count).chain([Step::Data(BODY.into())]));
    assert_eq!(kind(steps(4096)).await, None);
    assert_eq!(kind(steps(4097)).await, Some(RejectionKind::Incomplete));
    assert_eq!(kind(Endless { frame: Bytes::new(), polls: 0 }).await, Some(RejectionKind::Incomplete));
}

#[tokio::test]
async fn a_body_of_trailers_ends_too() {
    let trailers = std::iter::repeat_with(|| Step::Trailers).take(5000);
    assert_eq!(kind(Script::new(trailers)).await, Some(RejectionKind::Incomplete));
}

#[test]
fn a_layer_outside_can_answer_with_an_empty_body() {
    use std::time::Duration;
    use tower::Layer;
    use tower_http::timeout::TimeoutLayer;
    fn is_service<S: tower::Service<http::Request<Full<Bytes>>>>(_: &S) {}

    let timeout = TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(5));
    is_service(&timeout.layer(truemed().layer(crate::support::Handler::default())));
    let body = tower_webhook::ResponseBody::<Full<Bytes>>::default();
    assert!(http_body::Body::is_end_stream(&body) && http_body::Body::size_hint(&body).exact() == Some(0));
}
