//! (a) Decoding alone: the same bytes into the same types.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark of bytes that are right")]

use std::hint::black_box;

use benches::{Derived, DerivedTruemed, Tag, samples};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tower_webhook::{
    json::{Tagged, decode_tagged},
    provider::{
        mediquo::{self, ConsultationFinished, ReportSent},
        truemed::{self, ItemEligibilityUpdated, QualificationSessionComplete},
    },
};

fn decode(criterion: &mut Criterion) {
    for (name, body) in samples() {
        match name {
            "consultation" => group::<mediquo::Event, ConsultationFinished, Derived>(criterion, name, &body),
            "report" => group::<mediquo::Event, ReportSent, Derived>(criterion, name, &body),
            "session" => group::<truemed::Event, QualificationSessionComplete, DerivedTruemed>(criterion, name, &body),
            "update" => group::<truemed::Event, ItemEligibilityUpdated, DerivedTruemed>(criterion, name, &body),
            other => panic!("{other}"),
        }
    }
}

/// `E` is the enum of events, `K` the known variant, and `D` what `serde`'s derive makes of the enum.
fn group<E, K, D>(criterion: &mut Criterion, name: &str, body: &[u8])
where
    E: Tagged,
    K: DeserializeOwned,
    D: DeserializeOwned,
{
    let mut group = criterion.benchmark_group(format!("decode/{name}"));
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("floor", |bencher| bencher.iter(|| from_str::<K>(black_box(body))));
    group.bench_function("ours", |bencher| bencher.iter(|| decode_tagged::<E>(black_box(body)).unwrap()));
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
