//! (h) Keys that are looked up: what 10,000 tenants cost beside one, and beside a fixed key.
//!
//! A delivery of GitHub's kind, an HMAC-SHA256 of the body. The tenants take turns, so that their keys are not all in the
//! processor's cache, as in a server.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, reason = "a benchmark of deliveries that are right")]

use std::convert::Infallible;

use aws_lc_rs::hmac;
use benches::{Body, measure, samples, unsigned};
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use tower::{Layer, service_fn};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    auth::{Keys, keys::Tenants},
    provider::{Custom, preset},
};

const COUNTS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

fn key(number: usize) -> String {
    format!("the-secret-of-tenant-{number:05}")
}

/// Deliveries of so many tenants, by turns, and of one that nobody knows.
fn deliveries(count: usize, body: &Bytes) -> impl FnMut() -> Request<Body> + use<> {
    // Strides through the tenants, so that no prefetcher finds the next one.
    let signed: Vec<(Uri, HeaderValue)> = (0..count)
        .map(|number| number * 7_919 % count)
        .map(|number| {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key(number).as_bytes()), body);
            let signature = format!("sha256={}", data_encoding::HEXLOWER.encode(tag.as_ref()));
            (format!("/webhooks/tenant-{number}").parse().unwrap(), signature.parse().unwrap())
        })
        .collect();
    let (mut at, body) = (0, body.clone());
    move || {
        at = (at + 1) % signed.len();
        let (uri, signature) = signed.get(at).unwrap();
        let mut request = unsigned(Full::new(body.clone()));
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert("x-hub-signature-256", signature.clone());
        request
    }
}

fn tenants(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tenants");
    let [.., (_, body)] = samples();
    let mut member = |id: BenchmarkId, layer: &WebhookLayer<Custom<WebhookBody>>, count, status| {
        let mut request = deliveries(count, &body);
        group.bench_function(id, |bencher| measure(bencher, layer.layer(service_fn(handle)), status, &mut request));
    };
    let github = || preset::github();
    let fixed = github().key(key(0)).raw().build().unwrap().into_layer();
    member(BenchmarkId::new("fixed key", 1), &fixed, 1, StatusCode::OK);
    let handle = github().keys(Keys::new([key(0)])).raw().build().unwrap().into_layer();
    member(BenchmarkId::new("handle", 1), &handle, 1, StatusCode::OK);
    for count in COUNTS {
        let tenants = Tenants::by_path_segment(1);
        tenants.replace((0..count).map(|number| (format!("tenant-{number}"), key(number)))).unwrap();
        let layer = github().keys(tenants).raw().build().unwrap().into_layer();
        member(BenchmarkId::new("tenants", count), &layer, count, StatusCode::OK);
    }
    let nobody = github().keys(Tenants::by_path_segment(1)).raw().build().unwrap().into_layer();
    member(BenchmarkId::new("unknown tenant", 1), &nobody, 1, StatusCode::UNAUTHORIZED);
    let wrong = github().keys(Keys::new([key(1)])).raw().build().unwrap().into_layer();
    member(BenchmarkId::new("wrong key", 1), &wrong, 1, StatusCode::UNAUTHORIZED);
    group.finish();
}

async fn handle(_: Request<WebhookBody>) -> Result<Response<Body>, Infallible> {
    Ok(Response::default())
}

criterion_group! { name = all; config = benches::criterion(); targets = tenants }
criterion_main!(all);
