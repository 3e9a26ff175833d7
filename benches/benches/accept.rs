//! (b) and (c) An accepted delivery, from the call to the drop of the response:
//! through the layer alone, through an axum router, and by the means that people write by hand.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark of deliveries that are right")]

use std::{convert::Infallible, fmt::Debug};

use axum::Router;
use benches::{Body, Derived, DerivedTruemed, KEY, MEDIQUO, TRUEMED, delivery, measure, mediquo, routers, samples};
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde::de::DeserializeOwned;
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_http::{body::Limited, limit::RequestBodyLimitLayer, validate_request::ValidateRequestHeaderLayer};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    provider::{
        Provider,
        mediquo::{ConsultationPayload, Notification, ReportSentPayload},
        truemed::{ItemEligibilityUpdated, QualificationSessionComplete, Truemed},
    },
};

fn accept(criterion: &mut Criterion) {
    let truemed = || Truemed::builder().api_key(KEY).build().unwrap().into_layer();
    for (name, body) in samples() {
        match name {
            "consultation" => {
                group::<_, Notification<ConsultationPayload>, Derived>(criterion, name, &mediquo(), &MEDIQUO, &body);
            }
            "report" => {
                group::<_, Notification<ReportSentPayload>, Derived>(criterion, name, &mediquo(), &MEDIQUO, &body);
            }
            "session" => {
                group::<_, QualificationSessionComplete, DerivedTruemed>(criterion, name, &truemed(), &TRUEMED, &body);
            }
            "update" => {
                group::<_, ItemEligibilityUpdated, DerivedTruemed>(criterion, name, &truemed(), &TRUEMED, &body);
            }
            other => panic!("{other}"),
        }
    }
}

/// `K` is the known variant, and `D` what `serde`'s derive makes of the enum.
fn group<P, K, D>(criterion: &mut Criterion, name: &str, layer: &WebhookLayer<P>, header: &HeaderName, body: &Bytes)
where
    P: Provider,
    K: DeserializeOwned,
    D: DeserializeOwned,
{
    let mut group = criterion.benchmark_group(format!("accept/{name}"));
    let request = || delivery(header.clone(), KEY, Full::new(body.clone()));
    group.bench_function("floor", |bencher| {
        measure(bencher, service_fn(floor::<K>), StatusCode::NO_CONTENT, request);
    });
    group.bench_function("ours", |bencher| {
        let service = layer.layer(service_fn(look_up::<P::Event>));
        measure(bencher, service, StatusCode::NO_CONTENT, request);
    });
    group.bench_function("tower-http", |bencher| {
        measure(bencher, tower_http(header, service_fn(from_slice::<D, _>)), StatusCode::NO_CONTENT, request);
    });
    group.bench_function("tower-http, known type", |bencher| {
        measure(bencher, tower_http(header, service_fn(from_slice::<K, _>)), StatusCode::NO_CONTENT, request);
    });
    group.finish();
}

type Answer = Result<Response<Body>, Infallible>;

fn no_content() -> Answer {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

async fn floor<K: DeserializeOwned>(request: Request<Body>) -> Answer {
    let body = request.into_body().collect().await?.to_bytes();
    serde_json::from_str::<K>(std::str::from_utf8(&body).unwrap()).unwrap();
    no_content()
}

async fn look_up<E: Send + Sync + 'static>(request: Request<WebhookBody>) -> Answer {
    request.extensions().get::<E>().unwrap();
    no_content()
}

async fn from_slice<T, B>(request: Request<B>) -> Answer
where
    T: DeserializeOwned,
    B: http_body::Body<Error: Debug>,
{
    let body = request.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice::<T>(&body).unwrap();
    no_content()
}

/// The layers of tower-http that come nearest: a header's value, compared with `==`, and a limit.
fn tower_http<S>(
    header: &HeaderName,
    service: S,
) -> impl Service<Request<Body>, Response = Response<impl Sized>, Error = Infallible>
where
    S: Service<Request<Limited<Body>>, Response = Response<Body>, Error = Infallible>,
{
    ServiceBuilder::new()
        .layer(ValidateRequestHeaderLayer::has_header_value(header.as_str(), KEY).unwrap())
        .layer(RequestBodyLimitLayer::new(1 << 20))
        .service(service)
}

fn axum(criterion: &mut Criterion) {
    let [(name, body), ..] = samples();
    let mut group = criterion.benchmark_group(format!("axum/{name}"));
    let mut member = |name: &str, app: Router| {
        group.bench_function(name, |bencher| {
            measure(bencher, app.clone(), StatusCode::NO_CONTENT, || delivery(MEDIQUO, KEY, Full::new(body.clone())));
        });
    };
    for (name, app) in routers() {
        member(name, app);
    }
    group.finish();
}

criterion_group! { name = all; config = benches::criterion(); targets = accept, axum }
criterion_main!(all);
