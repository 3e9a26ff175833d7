//! What the layer does with the inner service's readiness.

use std::{convert::Infallible, pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{
    Layer, Service, ServiceBuilder, ServiceExt,
    limit::{ConcurrencyLimitLayer, RateLimitLayer},
    service_fn,
};
use tower_test::mock;
use tower_webhook::WebhookBody;

use crate::support::{
    Handler,
    bodies::{Script, Step, Untouchable},
    from_truemed, truemed,
};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

type Mocked = (
    mock::Mock<Request<WebhookBody>, Response<Full<Bytes>>>,
    mock::Handle<Request<WebhookBody>, Response<Full<Bytes>>>,
);

#[tokio::test]
async fn the_inner_service_is_made_ready_before_it_is_called_and_not_before_the_body_is_there() {
    let (inner, mut handle): Mocked = mock::pair();
    handle.allow(0);
    let mut service = truemed().layer(inner);

    // The layer is ready while the inner service is not.
    assert!(matches!(
        std::future::poll_fn(|cx| std::task::Poll::Ready(Service::<Request<Script>>::poll_ready(&mut service, cx)))
            .await,
        std::task::Poll::Ready(Ok(()))
    ));
    let mut response = task::spawn(service.call(from_truemed(Script::frames([SESSION]))));
    assert_pending!(response.poll());

    handle.allow(1);
    assert!(response.is_woken());
    assert_pending!(response.poll());
    let (request, send) = handle.next_request().await.unwrap();
    assert_eq!(request.body().bytes(), SESSION);
    send.send_response(Response::new(Full::from("done")));
    assert_eq!(assert_ready_ok!(response.poll()).status(), 204);
}

#[tokio::test]
async fn an_error_of_readiness_passes_through() {
    let (inner, mut handle): Mocked = mock::pair();
    handle.send_error("closed");
    let error = truemed().layer(inner).oneshot(from_truemed(Script::frames([SESSION]))).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "closed");
}

#[tokio::test]
async fn an_error_of_readiness_after_a_wait_lets_go_of_the_inner_service() {
    let (inner, mut handle): Mocked = mock::pair();
    handle.allow(0);
    let held = std::sync::Arc::new(());
    let holds = std::sync::Arc::clone(&held);
    let inner = ServiceBuilder::new()
        .map_request(move |request: Request<WebhookBody>| {
            let _holds = &holds;
            request
        })
        .service(inner);
    let mut service = truemed().layer(inner);
    let before = std::sync::Arc::strong_count(&held);
    let mut response = task::spawn(service.call(from_truemed(Script::frames([SESSION]))));
    assert_pending!(response.poll());
    assert!(std::sync::Arc::strong_count(&held) > before);
    handle.send_error("closed");
    let error = assert_ready!(response.poll()).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "closed");
    assert_eq!(std::sync::Arc::strong_count(&held), before);
}

#[tokio::test]
async fn a_refusal_takes_no_place_in_the_inner_service() {
    let (inner, mut handle): Mocked = mock::pair();
    handle.allow(0);
    let request = Request::post("/").body(Untouchable).unwrap();
    let mut response = task::spawn(truemed().layer(inner).call(request));
    assert_eq!(assert_ready_ok!(response.poll()).status(), 400);
}

fn slow_handler()
-> impl Service<Request<WebhookBody>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send> + Clone {
    service_fn(async |_: Request<WebhookBody>| Ok(Response::new(Full::default())))
}

#[tokio::test]
async fn a_sender_that_never_finishes_does_not_hold_the_only_place() {
    let service = ServiceBuilder::new().layer(truemed()).layer(ConcurrencyLimitLayer::new(1)).service(slow_handler());

    let stalled = service.clone().oneshot(from_truemed(Script::new([Step::Data("{".into()), Step::Stall])));
    let mut stalled = task::spawn(stalled);
    assert_pending!(stalled.poll());

    for _ in 0..3 {
        let mut genuine = task::spawn(service.clone().oneshot(from_truemed(Script::frames([SESSION]))));
        assert_eq!(assert_ready_ok!(genuine.poll()).status(), 204);
    }
    drop(stalled);
}

#[tokio::test]
async fn a_place_is_given_back_however_a_delivery_ends() {
    let (inner, mut handle): Mocked = mock::pair();
    let service = ServiceBuilder::new().layer(truemed()).layer(ConcurrencyLimitLayer::new(1)).service(inner);
    let begin =
        || task::spawn(service.clone().oneshot(from_truemed(Script::new([Step::Pause, Step::Data(SESSION.into())]))));

    // Dropped while the body arrives, while the inner service is not ready, and while it works.
    let mut dropped = begin();
    assert_pending!(dropped.poll());
    drop(dropped);

    handle.allow(0);
    let mut dropped = begin();
    assert_pending!(dropped.poll());
    assert_pending!(dropped.poll());
    drop(dropped);

    handle.allow(1);
    let mut dropped = begin();
    assert_pending!(dropped.poll());
    assert_pending!(dropped.poll());
    drop(handle.next_request().await.unwrap());
    drop(dropped);

    // Refused after the body was read.
    let mut refused = task::spawn(service.clone().oneshot(from_truemed(Script::frames(["[]"]))));
    assert_eq!(assert_ready_ok!(refused.poll()).status(), 400);

    handle.allow(1);
    let mut genuine = begin();
    assert_pending!(genuine.poll());
    assert_pending!(genuine.poll());
    let (_, send) = handle.next_request().await.unwrap();
    send.send_response(Response::new(Full::default()));
    assert_eq!(assert_ready_ok!(genuine.poll()).status(), 204);
}

#[tokio::test]
async fn a_buffer_inside_is_called_when_ready() {
    let service = ServiceBuilder::new().layer(truemed()).buffer(1).service(slow_handler());
    for _ in 0..5 {
        let response = service.clone().oneshot(from_truemed(Script::frames([SESSION]))).await.unwrap();
        assert_eq!(response.status(), 204);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_inside_holds_deliveries_back() {
    let limit = RateLimitLayer::new(1, Duration::from_secs(1));
    let service = ServiceBuilder::new().layer(truemed()).buffer(1).layer(limit).service(slow_handler());
    let began = tokio::time::Instant::now();
    for _ in 0..3 {
        let response = service.clone().oneshot(from_truemed(Script::frames([SESSION]))).await.unwrap();
        assert_eq!(response.status(), 204);
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "three deliveries at one a second");
}

#[tokio::test]
async fn the_future_can_be_dropped_before_its_first_poll_and_the_service_used_again() {
    let handler = Handler::default();
    let mut service = truemed().layer(handler.clone());
    drop(service.call(from_truemed(Script::frames([SESSION]))));
    assert!(handler.take_request().is_none());
    assert_eq!(service.call(from_truemed(Script::frames([SESSION]))).await.unwrap().status(), 204);
    assert!(handler.take_request().is_some());
}

#[tokio::test]
#[should_panic(expected = "`ResponseFuture` polled after completion")]
async fn polled_after_completion_it_panics_and_does_not_hang() {
    let mut service = truemed().layer(Handler::default());
    let mut response = pin!(service.call(Request::post("/").body(Untouchable).unwrap()));
    assert_eq!(response.as_mut().await.unwrap().status(), 400);
    let _ = assert_ready!(task::spawn(response).poll());
}
