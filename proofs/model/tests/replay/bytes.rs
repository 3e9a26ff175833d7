//! What an event takes in each store, for the table of sizes in docs/deploy.md.

use std::{fs, time::Duration};

use http::StatusCode;
use tower_webhook::idempotency::{Attempt, ClaimToken, Done, EventKey, MemoryStore, PostgresStore, RedisStore, Store};

use crate::support::{postgres::Postgres, redis::Redis};

/// Claims and commits this many events, each under a key that is as random as a hash.
async fn fill(store: &impl Store, events: u32) {
    for event in 0..events {
        let mut key = [0; 16];
        for (index, bytes) in key.chunks_mut(4).enumerate() {
            bytes.copy_from_slice(&event.wrapping_mul(0x9e37_79b1).rotate_left(7 * index as u32).to_be_bytes());
        }
        let attempt = Attempt::new(EventKey::from_bytes(key), ClaimToken::fresh());
        assert!(store.claim(attempt, Duration::from_secs(600)).await.is_ok());
        assert!(store.commit(attempt, Done::new(StatusCode::NO_CONTENT, Duration::from_secs(600_000))).await.is_ok());
    }
}

fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn bytes_of_an_event() {
    let (store, before) = (MemoryStore::with_capacity(2_000_000), resident());
    fill(&store, 1_000_000).await;
    println!("memory: {} bytes", (resident() - before) / 1_000_000);

    let redis = Redis::start().expect("a Redis");
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let used = || {
        let info = redis.connect().ask(&["INFO", "memory"]).concat();
        let info = String::from_utf8(info).unwrap();
        info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse::<usize>().unwrap()
    };
    let before = used();
    fill(&store, 50_000).await;
    println!("Redis: {} bytes", (used() - before) / 50_000);

    let postgres = Postgres::start().expect("a PostgreSQL");
    let store = PostgresStore::connect(&postgres.url()).await.unwrap();
    fill(&store, 50_000).await;
    let size = |vacuum: &str| {
        postgres.ask(vacuum);
        let size = postgres.ask("SELECT pg_total_relation_size('webhook_events')");
        size.concat().trim().parse::<usize>().unwrap() / 50_000
    };
    println!("PostgreSQL: {} bytes, {} after VACUUM FULL", size("SELECT 1"), size("VACUUM FULL webhook_events"));
}
