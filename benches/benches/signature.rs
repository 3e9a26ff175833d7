//! (g) Signed deliveries: what more candidates cost, and what a refusal costs.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, reason = "a benchmark of settings that are right")]

use std::convert::Infallible;

use aws_lc_rs::hmac;
use benches::{Body, measure, samples, unsigned};
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use jiff::Timestamp;
use tower::{Layer, service_fn};
use tower_webhook::{
    WebhookBody,
    clock::Clock,
    provider::{
        mediquo::{ConsultationPayload, Notification},
        preset,
    },
};

const SECRET: &[u8] = b"Yc6mZa1Kd0Fe7Rt4aN3s8Jq2vXw9Lr5t";
const SIGNED_AT: i64 = 1_704_063_600;

struct Fixed(i64);

impl Clock for Fixed {
    fn now(&self) -> std::time::SystemTime {
        Timestamp::from_second(self.0).unwrap().into()
    }
}

fn signature(criterion: &mut Criterion) {
    let [(_, body), ..] = samples();
    let secret = BASE64.encode(SECRET);
    let layer = |now| {
        let standard = preset::standard_webhooks().key(&*secret).json::<Notification<ConsultationPayload>>();
        standard.build().unwrap().into_layer().clock(Fixed(now))
    };
    let genuine = format!("v1,{}", sign(SECRET, &body));
    let forged = format!("v1,{}", sign(b"another", &body));
    let list = [vec![forged.as_str(); 7], vec![genuine.as_str()]].concat().join(" ");
    let mut group = criterion.benchmark_group("signature");
    let mut member = |name: &str, status: StatusCode, now: i64, signature: &str| {
        let headers = headers(signature);
        let request = || {
            let mut request = unsigned(Full::new(body.clone()));
            request.headers_mut().extend(headers.clone());
            request
        };
        group.bench_function(name, |bencher| measure(bencher, layer(now).layer(service_fn(handle)), status, request));
    };
    member("accepted", StatusCode::OK, SIGNED_AT, &genuine);
    member("accepted, the last of 8", StatusCode::OK, SIGNED_AT, &list);
    member("wrong signature", StatusCode::UNAUTHORIZED, SIGNED_AT, &forged);
    member("malformed signature", StatusCode::UNAUTHORIZED, SIGNED_AT, "v1,AAAA");
    member("stale", StatusCode::UNAUTHORIZED, SIGNED_AT + 301, &genuine);
    group.finish();
}

fn sign(secret: &[u8], body: &Bytes) -> String {
    let content = [format!("msg_1.{SIGNED_AT}.").as_bytes(), body].concat();
    BASE64.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), &content).as_ref())
}

fn headers(signature: &str) -> HeaderMap {
    [("webhook-id", "msg_1"), ("webhook-timestamp", &SIGNED_AT.to_string()), ("webhook-signature", signature)]
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

async fn handle(_: Request<WebhookBody>) -> Result<Response<Body>, Infallible> {
    Ok(Response::default())
}

criterion_group! { name = all; config = benches::criterion(); targets = signature }
criterion_main!(all);
