//! (d) A delivery that is refused by its head, beside the one that is accepted.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, reason = "a benchmark of settings that are right")]

use std::convert::Infallible;

use benches::{Body, KEY, MEDIQUO, delivery, measure, samples, unsigned};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_LENGTH};
use http_body_util::Full;
use tower::{Layer, service_fn};
use tower_webhook::{WebhookBody, provider::mediquo::MediQuo};

const WRONG: &str = "mq_Yc6mZa1Kd0Fe7Rt4aN3s8Jq2vXw9Lr5tBq1K";

fn refuse(criterion: &mut Criterion) {
    let [(_, body), ..] = samples();
    let layer = MediQuo::builder().signature(KEY).build().unwrap().into_layer();
    let mut group = criterion.benchmark_group("refuse");
    let mut member = |name: &str, status: StatusCode, request: &dyn Fn() -> Request<Body>| {
        group.bench_function(name, |bencher| measure(bencher, layer.layer(service_fn(handle)), status, request));
    };
    let body = || Full::new(body.clone());

    member("accepted", StatusCode::OK, &|| delivery(MEDIQUO, KEY, body()));
    member("wrong key", StatusCode::UNAUTHORIZED, &|| delivery(MEDIQUO, WRONG, body()));
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
    group.bench_function("request alone", |bencher| bencher.iter(|| delivery(MEDIQUO, WRONG, body())));
    group.finish();
}

async fn handle(_: Request<WebhookBody>) -> Result<Response<Body>, Infallible> {
    Ok(Response::default())
}

criterion_group! { name = all; config = benches::criterion(); targets = refuse }
criterion_main!(all);
