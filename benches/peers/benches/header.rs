//! A key in a header. `floor` is the work without a check: the whole body, then JSON.
#![expect(clippy::unwrap_used, reason = "a benchmark of settings and bytes that are right")]

use std::convert::Infallible;

use axum::{Json, Router, extract::Request as AxumRequest, routing::post};
use bench_peers::{Body, Group, answer, body, delivery, finish, read};
use benches::{Derived, KEY};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, Request, StatusCode};
use serde::de::DeserializeOwned;
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_http::{body::Limited, limit::RequestBodyLimitLayer, validate_request::ValidateRequestHeaderLayer};
use tower_webhook::{
    WebhookBody,
    axum::Webhook,
    provider::mediquo::{ConsultationPayload, Event, MediQuo, Notification},
};

const LIMIT: usize = 1 << 20;
const NAME: &str = "x-webhook-signature";

fn requests() -> (Request<Body>, Request<Body>) {
    let signed = |key| delivery(body(), [(NAME, key)]);
    (signed(KEY), signed("mq_of-somebody-else"))
}

/// Service level, the event already known: the best case of the peers.
fn service(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "peers/header/service");
    let (genuine, forged) = requests();

    let mut floor = service_fn(|request: Request<Body>| async {
        Ok::<_, Infallible>(answer(read::<Notification<ConsultationPayload>>(request.into_body()).await))
    });
    group.member("floor", &genuine, None, |request| finish(floor.call(request)).unwrap().status());

    let layer = MediQuo::builder().signature(KEY).build().unwrap().into_layer();
    let mut ours = layer.layer(service_fn(|mut request: Request<WebhookBody>| async move {
        Ok::<_, Infallible>(answer(request.extensions_mut().remove::<Event>().unwrap()))
    }));
    group.member("ours", &genuine, Some(&forged), |request| finish(ours.call(request)).unwrap().status());

    group.member(
        "tower-http, known variant",
        &genuine,
        Some(&forged),
        tower_http::<Notification<ConsultationPayload>>(),
    );
    group.member("tower-http, tagged enum", &genuine, Some(&forged), tower_http::<Derived>());
}

fn tower_http<T: DeserializeOwned>() -> impl FnMut(Request<Body>) -> StatusCode {
    let mut service = ServiceBuilder::new()
        .layer(ValidateRequestHeaderLayer::has_header_value(NAME, KEY).unwrap())
        .layer(RequestBodyLimitLayer::new(LIMIT))
        .service_fn(|request: Request<Limited<Body>>| async {
            Ok::<_, Infallible>(answer(read::<T>(request.into_body()).await))
        });
    move |request| finish(service.call(request)).unwrap().status()
}

/// Through a router of axum.
fn axum(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "peers/header/axum");
    let (genuine, forged) = requests();

    let layer = MediQuo::builder().signature(KEY).build().unwrap().into_layer();
    let ours = post(|Webhook(event): Webhook<Event>| async { answer(event).status() });
    group.member("ours", &genuine, Some(&forged), through(ours.layer(layer)));
    group.member(
        "Json, known variant",
        &genuine,
        Some(&forged),
        through(post(json::<Notification<ConsultationPayload>>)),
    );
    group.member("Json, tagged enum", &genuine, Some(&forged), through(post(json::<Derived>)));
}

/// As it is usually written: the body is read before the key is looked at.
async fn json<T>(headers: HeaderMap, Json(event): Json<T>) -> StatusCode {
    if headers.get(NAME).is_none_or(|value| value != KEY) {
        return StatusCode::UNAUTHORIZED;
    }
    answer(event).status()
}

fn through(route: axum::routing::MethodRouter) -> impl FnMut(Request<Body>) -> StatusCode {
    let mut router = Router::new().route("/webhooks", route);
    move |request| {
        let request: AxumRequest = request.map(axum::body::Body::new);
        finish(router.call(request)).unwrap().status()
    }
}

criterion_group! { name = all; config = benches::criterion(); targets = service, axum }
criterion_main!(all);
