//! (e) How the cost of an accepted delivery grows: with its size, its frames, and the live keys.
//!
//! The event is a report with one long string, of which decoding is little more than a copy: more
//! of a structure would hide the layer's part.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, reason = "a benchmark of deliveries that are right")]

use std::{
    convert::Infallible,
    hint::black_box,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use benches::{KEY, MEDIQUO, delivery, measure, samples};
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tower::{Layer, service_fn};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    provider::mediquo::{MediQuo, MediQuoBuilder, Notification, ReportSentPayload},
};

const SIZES: [usize; 7] = [200, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];
const FRAMES: [usize; 8] = [1, 4, 16, 64, 256, 1024, 4096, 16_384];
const KEYS: [usize; 5] = [1, 2, 4, 8, 16];

fn size(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth/size");
    let layer = layer(MediQuo::builder());
    for size in SIZES {
        let body = report(size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("ours", size), |bencher| {
            measure(bencher, layer.layer(service_fn(handle)), StatusCode::OK, || {
                delivery(MEDIQUO, KEY, Full::new(body.clone()))
            });
        });
        group.bench_function(BenchmarkId::new("floor", size), |bencher| {
            bencher.iter(|| decode(black_box(&body)));
        });
    }
    group.finish();
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth/frames");
    let layer = layer(MediQuo::builder());
    let body = report(64 << 10);
    for count in FRAMES {
        let frames = Frames::new(&body, count);
        group.bench_function(BenchmarkId::new("ours", count), |bencher| {
            measure(bencher, layer.layer(service_fn(handle)), StatusCode::OK, || {
                delivery(MEDIQUO, KEY, frames.clone())
            });
        });
        group.bench_function(BenchmarkId::new("floor", count), |bencher| {
            let service = service_fn(async |request: Request<Frames>| {
                decode(&request.into_body().collect().await?.to_bytes());
                Ok::<_, Infallible>(Response::new(()))
            });
            measure(bencher, service, StatusCode::OK, || delivery(MEDIQUO, KEY, frames.clone()));
        });
    }
    group.finish();
}

fn keys(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth/keys");
    let [(_, body), ..] = samples();
    for count in KEYS {
        let others = (1..count).map(|number| format!("mq_retired_{number:02}_a_key_as_long_as_the_other"));
        let layer = layer(others.fold(MediQuo::builder(), MediQuoBuilder::signature));
        group.bench_function(BenchmarkId::new("ours", count), |bencher| {
            measure(bencher, layer.layer(service_fn(handle)), StatusCode::OK, || {
                delivery(MEDIQUO, KEY, Full::new(body.clone()))
            });
        });
    }
    group.finish();
}

/// With the key that matches last.
fn layer(other_keys: MediQuoBuilder) -> WebhookLayer<MediQuo> {
    other_keys.signature(KEY).build().unwrap().into_layer()
}

async fn handle(_: Request<WebhookBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::default())
}

fn decode(body: &[u8]) -> Notification<ReportSentPayload> {
    serde_json::from_str(std::str::from_utf8(body).unwrap()).unwrap()
}

/// An event of this size, nearly all of it one string.
fn report(size: usize) -> Bytes {
    let [head, tail] = [
        r#"{"type":"patient_report_sent","occurred_on":1704063600,"payload":{"type":"soap","content":{"plan":""#,
        r#""},"patient":{"code":"p-7"}}}"#,
    ];
    [head, &"x".repeat(size - head.len() - tail.len()), tail].concat().into()
}

/// A body that comes in as many frames as wanted, all of them there.
#[derive(Clone)]
struct Frames {
    frames: Arc<[Bytes]>,
    next: usize,
}

impl Frames {
    fn new(body: &Bytes, count: usize) -> Self {
        let len = body.len() / count;
        Self { frames: (0..count).map(|number| body.slice(number * len..(number + 1) * len)).collect(), next: 0 }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = self.frames.get(self.next).cloned();
        self.next += 1;
        Poll::Ready(frame.map(|data| Ok(Frame::data(data))))
    }
}

criterion_group! { name = all; config = benches::criterion(); targets = size, frames, keys }
criterion_main!(all);
