//! (d) A delivery that is refused by its head, beside the one that is accepted.
#![expect(missing_docs, reason = "macros of criterion")]

use std::convert::Infallible;

use benches::{Body, KEY, MEDIQUO, WRONG_KEY, delivery, measure, mediquo, samples, unsigned};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_LENGTH};
use http_body_util::Full;
use tower::{Layer, service_fn};
use tower_webhook::WebhookBody;

fn refuse(criterion: &mut Criterion) {
    let [(_, body), ..] = samples();
    let layer = mediquo();
    let mut group = criterion.benchmark_group("refuse");
    let mut member = |name: &str, status: StatusCode, request: &dyn Fn() -> Request<Body>| {
        group.bench_function(name, |bencher| measure(bencher, layer.layer(service_fn(handle)), status, request));
    };
    let body = || Full::new(body.clone());

    member("accepted", StatusCode::OK, &|| delivery(MEDIQUO, KEY, body()));
    member("wrong key", StatusCode::UNAUTHORIZED, &|| delivery(MEDIQUO, WRONG_KEY, body()));
    member("missing key", StatusCode::UNAUTHORIZED, &|| unsigned(body()));
    member("wrong method", StatusCode::METHOD_NOT_ALLOWED, &|| {
        let mut request = delivery(MEDIQUO, KEY, body());
        *request.method_mut() = Method::GET;
        request
    });
    member("declared too large", StatusCode::PAYLOAD_TOO_LARGE, &|| {
        let mut request = delivery(MEDIQUO, KEY, body());
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1048577"));
        request
    });
    group.finish();
}

async fn handle(_: Request<WebhookBody>) -> Result<Response<Body>, Infallible> {
    Ok(Response::default())
}

criterion_group! { name = all; config = benches::criterion(); targets = refuse }
criterion_main!(all);
