//! (h) Keys that are looked up: what 10,000 tenants cost beside one, and beside a fixed key.
//!
//! A delivery of GitHub's kind, an HMAC-SHA256 of the body. In `tenants`, the next delivery is another tenant's, so that
//! with many of them no key is in the processor's fastest cache. `layers` is the control: as many layers, each with a
//! fixed key of its own, by turns and without any look-up. `one busy tenant` is one among as many.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, reason = "a benchmark of deliveries that are right")]

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use aws_lc_rs::hmac;
use benches::{Body, measure, samples, unsigned};
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    auth::{Keys, keys::Tenants},
    provider::{
        Custom,
        preset::{self, PresetBuilder},
    },
};

const COUNTS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

fn key(number: usize) -> String {
    format!("the-secret-of-tenant-{number:05}")
}

/// The tenants by turns, in strides, so that no prefetcher finds the next one.
fn turns(count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |number| number * 7_919 % count)
}

/// Deliveries of these tenants, by turns.
fn deliveries(turns: &[usize], body: &Bytes) -> impl FnMut() -> Request<Body> + use<> {
    let signed = |number: &usize| -> (Uri, HeaderValue) {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key(*number).as_bytes()), body);
        let signature = format!("sha256={}", data_encoding::HEXLOWER.encode(tag.as_ref()));
        (format!("/webhooks/tenant-{number}").parse().unwrap(), signature.parse().unwrap())
    };
    let signed: Vec<_> = turns.iter().map(signed).collect();
    let (mut turn, body) = (0, body.clone());
    move || {
        let (uri, signature) = signed.get(turn).unwrap();
        turn = (turn + 1) % signed.len();
        let mut request = unsigned(Full::new(body.clone()));
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert("x-hub-signature-256", signature.clone());
        request
    }
}

/// Services that take turns, in step with the deliveries.
struct ByTurns<S> {
    services: Vec<S>,
    turn: usize,
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for ByTurns<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.services.get_mut(self.turn).unwrap().poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        let answer = self.services.get_mut(self.turn).unwrap().call(request);
        self.turn = (self.turn + 1) % self.services.len();
        answer
    }
}

type Github = WebhookLayer<Custom<WebhookBody>>;

fn github(settings: impl FnOnce(PresetBuilder) -> PresetBuilder) -> Github {
    settings(preset::github()).raw().build().unwrap().into_layer()
}

fn with_key(number: usize) -> Github {
    github(|settings| settings.key(key(number)))
}

fn with_keys(number: usize) -> Github {
    github(|settings| settings.keys(Keys::new([key(number)])))
}

fn with_tenants(count: usize) -> Github {
    let tenants = Tenants::by_path_segment(1);
    tenants.replace((0..count).map(|number| (format!("tenant-{number}"), key(number)))).unwrap();
    github(|settings| settings.keys(tenants))
}

fn tenants(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tenants");
    let [.., (_, body)] = samples();
    let mut member = |id, layers: &[Github], turns: &[usize], status| {
        let mut service =
            ByTurns { services: layers.iter().map(|layer| layer.layer(service_fn(handle))).collect(), turn: 0 };
        let mut request = deliveries(turns, &body);
        group.bench_function(id, |bencher| measure(bencher, &mut service, status, &mut request));
    };
    for count in COUNTS {
        let turns: Vec<usize> = turns(count).collect();
        let layers: Vec<Github> = turns.iter().map(|number| with_key(*number)).collect();
        let tenants = [with_tenants(count)];
        member(BenchmarkId::new("layers", count), &layers, &turns, StatusCode::OK);
        member(BenchmarkId::new("tenants", count), &tenants, &turns, StatusCode::OK);
        member(BenchmarkId::new("one busy tenant", count), &tenants, &[0], StatusCode::OK);
    }
    let nobody = github(|settings| settings.keys(Tenants::by_path_segment(1)));
    member(BenchmarkId::new("keys", 1), &[with_keys(0)], &[0], StatusCode::OK);
    member(BenchmarkId::new("wrong key", 1), &[with_keys(1)], &[0], StatusCode::UNAUTHORIZED);
    member(BenchmarkId::new("unknown tenant", 1), &[nobody], &[0], StatusCode::UNAUTHORIZED);
    group.finish();
}

async fn handle(_: Request<WebhookBody>) -> Result<Response<Body>, Infallible> {
    Ok(Response::default())
}

criterion_group! { name = all; config = benches::criterion(); targets = tenants }
criterion_main!(all);
