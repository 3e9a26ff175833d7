//! (h) What the idempotency layer adds to a handler that does nothing, and how many events Redis takes.
//!
//! The part with Redis asks the server at `REDIS_URL`, to which it adds entries, and is skipped without one.
#![expect(missing_docs, reason = "macros of criterion")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a benchmark of deliveries that are right")]
#![expect(clippy::disallowed_methods, reason = "a benchmark may read its environment")]

use std::{env, hint::black_box, time::Duration};

use bench_idempotency::{delivery, handle};
use benches::finish;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::StatusCode;
use redis::{Client, aio::ConnectionManager, cmd};
use tokio::task::JoinSet;
use tower::{Layer, Service, service_fn};
use tower_webhook::idempotency::{
    Attempt, Claim, ClaimToken, Commit, Done, EventKey, IdempotencyLayer, Identity, MemoryStore, Pepper, RedisStore,
    Store,
};

const PEPPER: &str = "b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58";

fn layer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("idempotency/layer");
    let mut number = 0;
    let mut next = move || {
        number += 1;
        delivery(number)
    };
    group.bench_function("bare", |bencher| {
        let mut service = service_fn(handle);
        bencher.iter_batched(&mut next, |request| finish(service.call(request)).unwrap(), BatchSize::SmallInput);
    });
    group.bench_function("first", |bencher| {
        let mut service = IdempotencyLayer::new(MemoryStore::new()).layer(service_fn(handle));
        bencher.iter_batched(&mut next, |request| finish(service.call(request)).unwrap(), BatchSize::SmallInput);
    });
    group.bench_function("duplicate", |bencher| {
        let mut service = IdempotencyLayer::new(MemoryStore::new()).layer(service_fn(handle));
        finish(service.call(delivery(0))).unwrap();
        bencher.iter_batched(|| delivery(0), |request| finish(service.call(request)).unwrap(), BatchSize::SmallInput);
    });
    group.bench_function("first, BoxStore", |bencher| {
        let store = MemoryStore::new().boxed();
        let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
        let mut service = layer.layer(service_fn(handle));
        bencher.iter_batched(&mut next, |request| finish(service.call(request)).unwrap(), BatchSize::SmallInput);
    });
    group.finish();

    let mut group = criterion.benchmark_group("idempotency/identity");
    group.bench_function("two parts", |bencher| {
        bencher.iter(|| Identity::builder("truemed", black_box(b"{}")).part("qs_0123456789").part("approved").build());
    });
    for size in [1 << 10, 16 << 10] {
        let body = vec![b'x'; size];
        group.bench_function(format!("content of {size} bytes"), |bencher| {
            bencher.iter(|| Identity::of_content("mediquo", black_box(&body)));
        });
    }
    group.finish();
}

const IN_FLIGHT: usize = 64;
const PAIRS: usize = 10_000;

/// Over one connection: pairs of claim and commit, and as many pairs of `PING`.
fn redis(criterion: &mut Criterion) {
    let Ok(url) = env::var("REDIS_URL") else {
        eprintln!("skipped: idempotency/redis, as REDIS_URL is not set");
        return;
    };
    // One thread: on a machine of two cores the server has the other.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(RedisStore::connect(&url)).unwrap().timeout(Duration::from_secs(10));
    let connection = runtime.block_on(ConnectionManager::new(Client::open(url).unwrap())).unwrap();
    let pair = move || {
        let store = store.clone();
        async move {
            let token = ClaimToken::fresh();
            let attempt = Attempt::new(EventKey::from_bytes(token.to_bytes()), token);
            assert_eq!(store.claim(attempt, Duration::from_secs(60)).await.unwrap(), Claim::Acquired);
            let commit = store.commit(attempt, Done::new(StatusCode::NO_CONTENT, Duration::from_secs(60))).await;
            assert_eq!(commit.unwrap(), Commit::Held);
        }
    };
    let pings = move || {
        let mut connection = connection.clone();
        async move {
            for _ in 0..2 {
                cmd("PING").query_async::<()>(&mut connection).await.unwrap();
            }
        }
    };
    let mut group = criterion.benchmark_group("idempotency/redis");
    group.throughput(Throughput::Elements(u64::try_from(PAIRS / IN_FLIGHT * IN_FLIGHT).unwrap()));
    group.bench_function("claim and commit", |bencher| {
        bencher.iter(|| runtime.block_on(in_flight(pair.clone())));
    });
    group.bench_function("PING twice", |bencher| {
        bencher.iter(|| runtime.block_on(in_flight(pings.clone())));
    });
    group.finish();
}

async fn in_flight<F>(pair: impl Fn() -> F + Clone + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let pair = pair.clone();
        tasks.spawn(async move {
            for _ in 0..PAIRS / IN_FLIGHT {
                pair().await;
            }
        });
    }
    tasks.join_all().await;
}

criterion_group! { name = all; config = benches::criterion(); targets = layer, redis }
criterion_main!(all);
