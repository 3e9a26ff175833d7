#![expect(clippy::unwrap_used, reason = "a benchmark of requests that are right")]

use std::{fmt::Debug, hint::black_box};

use criterion::{BatchSize, Bencher};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tower::{Service, ServiceExt};

use crate::finish;

/// [`KEY`](crate::KEY) but for the case of its last letter.
pub const WRONG_KEY: &str = "mq_Yc6mZa1Kd0Fe7Rt4aN3s8Jq2vXw9Lr5tBq1K";
/// Where MediQuo's key travels.
pub const MEDIQUO: HeaderName = HeaderName::from_static("x-webhook-signature");
/// Where Truemed's key travels.
pub const TRUEMED: HeaderName = HeaderName::from_static("x-truemed-api-key");

/// A delivery, with its key in this header and the headers that a client sends.
pub fn delivery<B>(name: HeaderName, key: &'static str, body: B) -> Request<B> {
    let mut request = unsigned(body);
    request.headers_mut().insert(name, HeaderValue::from_static(key));
    request
}

/// A delivery without a key.
pub fn unsigned<B>(body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/webhooks");
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::from_static("hooks.example.com"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("Provider/1.0"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

/// So few that they stay in the cache, as a server's request does, which has just been read.
const BATCH: BatchSize = BatchSize::NumIterations(16);

/// Measures a service from the call to the drop of the response, having seen that it answers with
/// this status. The making of the request is not measured: a server makes it from the wire.
///
/// # Panics
///
/// It answers with another status, fails, or waits.
pub fn measure<S, B, R>(
    bencher: &mut Bencher<'_>,
    mut service: S,
    status: StatusCode,
    mut request: impl FnMut() -> Request<B>,
) where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Debug,
{
    let mut answer = |request| finish(async { service.ready().await.unwrap().call(request).await.unwrap() });
    assert_eq!(answer(request()).status(), status, "this would measure something else");
    bencher.iter_batched(|| black_box(request()), |request| drop(answer(request)), BATCH);
}
