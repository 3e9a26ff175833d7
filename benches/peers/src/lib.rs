//! What the groups share: one body, one answer, and one way to measure.

use std::{
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkGroup, Throughput, measurement::WallTime};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use serde::de::DeserializeOwned;

/// A delivery's body, in one frame.
pub type Body = Full<Bytes>;
/// The answer of every handler.
pub type Answer = Response<Empty<Bytes>>;

/// MediQuo's sample of a finished consultation, as it travels.
#[must_use]
pub fn body() -> Bytes {
    benches::compact(benches::CONSULTATION).into()
}

/// A delivery with the headers that a client sends, and these.
///
/// # Panics
///
/// One of them is no header.
pub fn delivery<const N: usize>(body: Bytes, headers: [(&'static str, &str); N]) -> Request<Body> {
    let usual = [("host", "hooks.example.com"), ("user-agent", "Provider/1.0"), ("accept", "*/*")];
    let mut request = Request::post("/webhooks").header("content-type", "application/json");
    for (name, value) in usual.into_iter().chain(headers) {
        request = request.header(name, value);
    }
    request.body(Body::new(body)).expect("headers")
}

/// Uses an event, and answers 204.
pub fn answer<T>(event: T) -> Answer {
    black_box(event);
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// What a handler does where no extractor does it: the whole body, then JSON.
///
/// # Panics
///
/// The body is not a `T`.
pub async fn read<T: DeserializeOwned>(body: impl http_body_util::BodyExt<Data = Bytes>) -> T {
    let Ok(body) = BodyExt::collect(body).await else { panic!("the body broke off") };
    decode(&body.to_bytes())
}

/// JSON as fast as `serde_json` reads it, for whoever is free to choose: UTF-8 is checked once, for the whole body.
///
/// # Panics
///
/// The body is not a `T`.
#[must_use]
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_str(std::str::from_utf8(body).expect("UTF-8")).expect("the documented event")
}

/// Drives a future that wakes itself a few times, and never waits for anything else.
///
/// # Panics
///
/// It waits.
pub fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..16 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("it waits")
}

/// One group: the same delivery by several means.
pub struct Group<'a> {
    group: BenchmarkGroup<'a, WallTime>,
}

impl<'a> Group<'a> {
    /// Begins a group.
    #[must_use]
    pub fn new(criterion: &'a mut criterion::Criterion, name: &str) -> Self {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body().len() as u64));
        Self { group }
    }

    /// Measures a genuine delivery, without the time to make it.
    ///
    /// # Panics
    ///
    /// The genuine delivery is not answered with 204, or the forged one is.
    pub fn member(
        &mut self,
        name: &str,
        genuine: &Request<Body>,
        forged: Option<&Request<Body>>,
        mut deliver: impl FnMut(Request<Body>) -> StatusCode,
    ) {
        assert_eq!(deliver(genuine.clone()), 204, "{name}");
        if let Some(forged) = forged {
            assert_ne!(deliver(forged.clone()), 204, "{name} took a forged delivery");
        }
        self.group.bench_function(name, |bencher| {
            bencher.iter_batched(|| genuine.clone(), &mut deliver, BatchSize::NumIterations(16));
        });
    }
}
