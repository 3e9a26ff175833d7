//! Where the layer can be mounted, as programs that compile and answer.

use std::convert::Infallible;

use axum::{Extension, Router, routing::post};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::service::TowerToHyperService;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    Delivery, WebhookBody,
    axum::{MissingLayer, Webhook},
    provider::truemed::Event,
};

use crate::support::{from_truemed, mediquo, truemed};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

async fn handle(delivery: Delivery, Webhook(event): Webhook<Event>, body: Bytes) -> StatusCode {
    assert_eq!((delivery.provider(), event.event_type()), ("truemed", "qualification_session_complete"));
    assert_eq!(body, SESSION);
    StatusCode::OK
}

async fn status(app: Router) -> StatusCode {
    app.oneshot(from_truemed(axum::body::Body::from(SESSION))).await.unwrap().status()
}

#[tokio::test]
async fn axum_in_every_place() {
    let path = "/webhooks/truemed";
    assert_eq!(status(Router::new().route(path, post(handle).layer(truemed()))).await, 204);
    assert_eq!(status(Router::new().route(path, post(handle)).layer(truemed())).await, 204);
    assert_eq!(status(Router::new().route(path, post(handle)).route_layer(truemed())).await, 204);
    let builder =
        ServiceBuilder::new().layer(RequestBodyDeadlineLayer::new(std::time::Duration::from_secs(10))).layer(truemed());
    assert_eq!(status(Router::new().route(path, post(handle)).layer(builder)).await, 204);
    let service = truemed().layer(service_fn(async |request: Request<WebhookBody>| {
        assert_eq!(request.body().bytes(), SESSION);
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    }));
    assert_eq!(status(Router::new().route_service(path, service.clone())).await, 204);
    assert_eq!(status(Router::new().nest_service("/webhooks", service)).await, 204);
}

#[tokio::test]
async fn axum_with_an_extension() {
    let handle =
        async |Extension(event): Extension<Event>| assert_eq!(event.event_type(), "qualification_session_complete");
    assert_eq!(status(Router::new().route("/webhooks/truemed", post(handle).layer(truemed()))).await, 204);
}

#[tokio::test]
async fn axum_without_the_layer_tells_the_operator_and_not_the_sender() {
    for (app, wanted) in [
        (Router::new().route("/webhooks/truemed", post(async |_: Webhook<Event>| ())), "truemed::event::Event"),
        (Router::new().route("/webhooks/truemed", post(async |_: Delivery| ())), "Delivery"),
    ] {
        let response = app.oneshot(from_truemed(axum::body::Body::from(SESSION))).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let text = response.extensions().get::<MissingLayer>().unwrap().to_string();
        assert!(text.contains(wanted) && text.contains("WebhookLayer"), "{text}");
        let sent = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(sent, r#"{"title":"the receiver is not set up for this delivery","kind":"missing_layer"}"#);
    }
}

#[tokio::test]
async fn axum_with_another_providers_layer_says_so() {
    let body = r#"{"type":"x"}"#;
    let app = Router::new().route("/", post(async |_: Webhook<Event>| ()).layer(mediquo()));
    let response =
        app.oneshot(crate::support::from_mediquo(axum::body::Body::from(body)).map(|body| body)).await.unwrap();
    assert_eq!(response.status(), 404, "another path");
    let app = Router::new().route("/webhooks/mediquo", post(async |_: Webhook<Event>| ()).layer(mediquo()));
    let response = app.oneshot(crate::support::from_mediquo(axum::body::Body::from(body))).await.unwrap();
    assert_eq!(response.status(), 500);
}

#[tokio::test]
async fn hyper_through_tower_to_hyper_service() {
    let service = truemed().layer(service_fn(async |request: Request<WebhookBody>| {
        let event = request.extensions().get::<Event>().unwrap();
        assert_eq!(event.event_type(), "qualification_session_complete");
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    }));
    let service = TowerToHyperService::new(service);
    let response = hyper::service::Service::call(&service, from_truemed(Full::<Bytes>::from(SESSION))).await.unwrap();
    assert_eq!(response.status(), 204);

    // A connection of hyper takes it with hyper's own body.
    fn served<S>(_: &S)
    where
        S: hyper::service::Service<Request<hyper::body::Incoming>, Response: Sized, Error: Into<tower::BoxError>>,
    {
    }
    served(&service);
}

#[tokio::test]
async fn boxed_services_inside_and_outside() {
    let inner =
        service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let inner = tower::util::BoxCloneSyncService::new(inner);
    let outer = tower::util::BoxCloneSyncService::new(truemed().layer(inner));
    let response = outer.oneshot(from_truemed(Full::<Bytes>::from(SESSION))).await.unwrap();
    assert_eq!(response.status(), 204);
}

#[tokio::test]
async fn layers_of_two_providers_on_two_routes() {
    let app = Router::new()
        .route("/webhooks/truemed", post(handle).layer(truemed()))
        .route("/webhooks/mediquo", post(async || StatusCode::ACCEPTED).layer(mediquo()));
    assert_eq!(status(app.clone()).await, 204);
    let body = r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p"}}}"#;
    let response = app.oneshot(crate::support::from_mediquo(axum::body::Body::from(body))).await.unwrap();
    assert_eq!(response.status(), 202);
}
