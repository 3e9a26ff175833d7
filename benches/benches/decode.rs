//! (a) Decoding alone: the same bytes into the same types.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark of bytes that are right")]

use std::{hint::black_box, time::SystemTime};

use benches::{Derived, DerivedTruemed, KEY, Tag, samples};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tower_webhook::{
    Delivery,
    auth::Verified,
    provider::{
        Provider, RawDelivery,
        mediquo::{self, ConsultationPayload, Notification, ReportSentPayload},
        truemed::{self, ItemEligibilityUpdated, QualificationSessionComplete},
    },
};

fn decode(criterion: &mut Criterion) {
    let mediquo = mediquo::MediQuo::builder().signature(KEY).build().unwrap();
    let truemed = truemed::Truemed::builder().api_key(KEY).build().unwrap();
    for (name, body) in samples() {
        match name {
            "consultation" => group::<_, Notification<ConsultationPayload>, Derived>(criterion, &mediquo, name, &body),
            "report" => group::<_, Notification<ReportSentPayload>, Derived>(criterion, &mediquo, name, &body),
            "session" => group::<_, QualificationSessionComplete, DerivedTruemed>(criterion, &truemed, name, &body),
            "update" => group::<_, ItemEligibilityUpdated, DerivedTruemed>(criterion, &truemed, name, &body),
            other => panic!("{other}"),
        }
    }
}

/// `K` is the known variant, and `D` what `serde`'s derive makes of the enum.
fn group<P, K, D>(criterion: &mut Criterion, provider: &P, name: &str, body: &Bytes)
where
    P: Provider,
    K: DeserializeOwned,
    D: DeserializeOwned,
{
    let mut group = criterion.benchmark_group(format!("decode/{name}"));
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("floor", |bencher| bencher.iter(|| from_str::<K>(black_box(body))));
    let (head, ()) = http::Request::new(()).into_parts();
    let known = Delivery::new("mediquo", Verified::new(), SystemTime::UNIX_EPOCH, body.len());
    let decode = |body| provider.decode(RawDelivery::new(&head, body, &known)).unwrap();
    group.bench_function("ours", |bencher| bencher.iter(|| decode(black_box(body))));
    group.bench_function("derive", |bencher| bencher.iter(|| from_str::<D>(black_box(body))));
    group.bench_function("two passes", |bencher| {
        bencher.iter(|| {
            let tag = from_str::<Tag>(black_box(body));
            (tag.mediquo.is_some(), tag.truemed.is_some(), from_str::<K>(black_box(body)))
        });
    });
    group.bench_function("value", |bencher| {
        bencher.iter(|| serde_json::from_value::<K>(from_str::<Value>(black_box(body))).unwrap());
    });
    group.bench_function("sonic-rs", |bencher| bencher.iter(|| sonic_rs::from_slice::<K>(black_box(body)).unwrap()));
    group.bench_function("simd-json", |bencher| {
        // It needs the bytes for itself; a body that is shared has to be copied.
        bencher.iter(|| simd_json::serde::from_slice::<K>(&mut black_box(body).to_vec()).unwrap());
    });
    group.finish();
}

fn from_str<'a, T: Deserialize<'a>>(body: &'a [u8]) -> T {
    serde_json::from_str(std::str::from_utf8(body).unwrap()).unwrap()
}

criterion_group! { name = all; config = benches::criterion(); targets = decode }
criterion_main!(all);
