//! What is particular to PostgreSQL: what stands in it, and what happens to that.

use std::time::Duration;

use deadpool_postgres::{Manager, Pool, Runtime};
use http::StatusCode;
use tokio_postgres::NoTls;
use tower_webhook::idempotency::{
    Attempt, Claim, ClaimToken, Commit, Done, EventKey, IdempotencyLayer, Outcome, Pepper, PostgresStore, Store,
};

use super::{Answer, deliver};
use crate::support::{
    acting::Acting,
    place::PEPPER,
    postgres::{MIGRATION, Postgres},
    wait::{until, within},
};

const LEASE: Duration = Duration::from_secs(60);

fn key() -> EventKey {
    EventKey::from_bytes([0xab; 16])
}

fn attempt() -> Attempt {
    Attempt::new(key(), ClaimToken::fresh())
}

/// A store that has written nothing yet.
fn store_on(postgres: &Postgres) -> PostgresStore {
    PostgresStore::connect_lazy(&postgres.url()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_entry_is_a_hash_and_a_token_or_a_status_and_expires() {
    let Some(postgres) = Postgres::start() else { return };
    let store = store_on(&postgres);
    let entry = || {
        postgres
            .ask("SELECT encode(key, 'hex'), encode(token, 'hex'), status, round(extract(epoch FROM expires_at - now()) / 10) FROM webhook_events")
    };
    let attempt = attempt();
    store.claim(attempt, LEASE).await.unwrap();
    let key = key().to_hex();
    assert_eq!(entry(), [format!("{key}|{}||6", hex(&attempt.token.to_bytes()))]);
    store.commit(attempt, Done::new(StatusCode::NO_CONTENT, 2 * LEASE)).await.unwrap();
    assert_eq!(entry(), [format!("{key}||204|12")]);
}

#[tokio::test]
async fn nothing_of_an_event_is_in_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let layer = IdempotencyLayer::with_pepper(store_on(&postgres), Pepper::new(PEPPER).unwrap());
    deliver(&layer, &Acting::default(), "canary-of-jane").await;
    let stored = postgres.ask("SELECT * FROM webhook_events").concat();
    assert!(stored.contains("|204|") && !stored.contains("canary"), "{stored}");
    assert!(!stored.contains(&hex(b"canary")), "{stored}");
}

#[tokio::test]
async fn each_step_is_one_transaction_and_a_duplicate_writes_nothing() {
    let Some(postgres) = Postgres::start() else { return };
    let store = store_on(&postgres);
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    let written = || postgres.ask("SELECT pg_current_xact_id()")[0].parse::<u64>().unwrap();
    deliver(&layer, &Acting::default(), "first").await;
    // What deletes what has expired is done by then.
    within("a moment without transactions", async {
        let mut before = written();
        while written() != before + 1 {
            before = written();
        }
    })
    .await;
    let statements = || {
        let sql = "SELECT pg_stat_force_next_flush(); SELECT n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = 'webhook_events'";
        postgres.ask(sql).last().unwrap().clone()
    };
    assert_eq!(deliver(&layer, &Acting::default(), "first").await, Answer::replay(204));
    // The server counts what a connection has done within a second.
    until("the count of the first delivery", || statements() == "1|1|0").await;
    for _ in 0..10 {
        assert_eq!(deliver(&layer, &Acting::default(), "first").await, Answer::replay(204));
    }
    assert_eq!(statements(), "1|1|0");
}

#[tokio::test]
async fn a_claim_tells_how_long_it_lasts_and_no_time_is_too_long_or_too_short() {
    let Some(postgres) = Postgres::start() else { return };
    let store = store_on(&postgres);
    let first = attempt();
    assert_eq!(store.claim(first, LEASE).await.unwrap(), Claim::Acquired);
    assert_eq!(store.claim(first, LEASE).await.unwrap(), Claim::Acquired, "it was sent again");
    postgres.advance(LEASE / 2);
    let claim = store.claim(attempt(), LEASE).await.unwrap();
    let Claim::InProgress { remaining: Some(remaining) } = claim else { panic!("{claim:?}") };
    assert!((LEASE / 4..=LEASE / 2).contains(&remaining), "{remaining:?}");

    let short = Attempt::new(EventKey::from_bytes([1; 16]), ClaimToken::fresh());
    assert_eq!(store.claim(short, Duration::ZERO).await.unwrap(), Claim::Acquired);
    store.commit(short, Done::new(StatusCode::OK, Duration::MAX)).await.unwrap();
    let claim = store.claim(Attempt::new(short.key, ClaimToken::fresh()), LEASE).await.unwrap();
    assert_eq!(claim, Claim::Done(StatusCode::OK));
}

/// On connections of their own, the release of a request that was cancelled can overtake its claim.
#[tokio::test]
async fn a_claim_that_comes_after_its_release_is_not_made() {
    let Some(postgres) = Postgres::start() else { return };
    let store = store_on(&postgres);
    let first = attempt();
    store.release(first).await.unwrap();
    assert_ne!(store.claim(first, LEASE).await.unwrap(), Claim::Acquired);
    let next = attempt();
    assert_eq!(store.claim(next, LEASE).await.unwrap(), Claim::Acquired);
    assert_eq!(store.commit(next, Done::new(StatusCode::OK, LEASE)).await.unwrap(), Commit::Held);
}

#[tokio::test]
async fn what_has_expired_is_deleted_and_what_lives_stays() {
    let Some(postgres) = Postgres::start() else { return };
    postgres.ask(
        "INSERT INTO webhook_events (key, status, expires_at) \
         SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), 204, now() + CASE WHEN n <= 2500 THEN -1 ELSE 1 END * interval '1 hour' \
         FROM generate_series(1, 2510) AS n",
    );
    let pool = Pool::builder(Manager::new(postgres.url().parse().unwrap(), NoTls)).max_size(1).build().unwrap();
    PostgresStore::new(pool).claim(attempt(), LEASE).await.unwrap();
    // The task that deletes ends, and with it the pool, the connection and its task.
    let tasks = tokio::runtime::Handle::current().metrics();
    until("the end of the deletion", || tasks.num_alive_tasks() == 0).await;
    assert_eq!(postgres.ask("SELECT count(*) FROM webhook_events"), ["11"]);
}

#[tokio::test]
async fn tables_that_are_missing_or_old_are_an_error_at_the_start_and_can_be_made() {
    let Some(postgres) = Postgres::start() else { return };
    let missing = "postgres has no tables of this version: run `PostgresStore::migrate` or the SQL in `migrations`";
    postgres.ask("UPDATE webhook_migrations SET version = 0");
    assert_eq!(PostgresStore::connect(&postgres.url()).await.unwrap_err().to_string(), missing);
    postgres.ask("DROP TABLE webhook_events, webhook_effects, webhook_migrations");
    assert_eq!(PostgresStore::connect(&postgres.url()).await.unwrap_err().to_string(), missing);

    let store = store_on(&postgres);
    let (first, second) = tokio::join!(store.migrate(), store.migrate());
    first.and(second).unwrap();
    PostgresStore::connect(&postgres.url()).await.unwrap();
    // By hand, and again.
    postgres.ask(MIGRATION);
    assert_eq!(postgres.ask("SELECT version FROM webhook_migrations"), ["1"]);
}

#[tokio::test]
async fn these_rights_are_enough_and_fewer_are_an_error_at_the_start() {
    let Some(postgres) = Postgres::start() else { return };
    let name = postgres.ask("SELECT current_database()").concat();
    let role = format!("guest_{name}");
    postgres.ask(&format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON webhook_events, webhook_migrations TO {role}"));
    let url = postgres.url().replace("webhooks@", &format!("{role}@"));
    let error = PostgresStore::connect(&url).await.unwrap_err();
    assert_eq!(error.to_string(), "postgres failed: permission denied for table webhook_events (42501)");
    postgres.ask(&format!("GRANT INSERT, UPDATE, DELETE ON webhook_events TO {role}"));
    let store = PostgresStore::connect(&url).await.unwrap();
    store.migrate().await.expect("there is nothing to make");
}

#[tokio::test]
async fn an_error_says_its_cause_in_one_line_and_shows_no_key_and_no_url() {
    let Some(postgres) = Postgres::start() else { return };
    let store = store_on(&postgres);
    postgres.ask("ALTER TABLE webhook_events ADD CONSTRAINT never CHECK (octet_length(key) = 0) NOT VALID");
    let error = store.claim(attempt(), LEASE).await.unwrap_err();
    assert!(error.to_string().contains("violates check constraint"), "{error}");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("abab") && text.lines().count() == 1, "{text}");
    }

    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [
        format!("postgres://canary:canary@{nowhere}/canary"),
        format!("postgres://canary:canary@{nowhere}/?canary=canary"),
        "http://canary:canary@127.0.0.1/".to_owned(),
        "canary".to_owned(),
        "host=127.0.0.1 port=canary".to_owned(),
    ] {
        let error = PostgresStore::connect(&url).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    assert_eq!(format!("{store:?}"), "PostgresStore { timeout: 1s, .. }");
}

#[tokio::test]
async fn a_pool_of_your_own_is_used_by_steps_that_wait_for_their_turn() {
    let Some(postgres) = Postgres::start() else { return };
    let pool = Pool::builder(Manager::new(postgres.url().parse().unwrap(), NoTls)).max_size(1).build().unwrap();
    let store = PostgresStore::new(pool.clone()).timeout(Duration::from_secs(10));
    let layer = IdempotencyLayer::with_pepper(store.clone(), Pepper::new(PEPPER).unwrap());
    let mut deliveries = tokio::task::JoinSet::new();
    for number in 0..50 {
        let layer = layer.clone();
        deliveries.spawn(async move { deliver(&layer, &Acting::default(), &number.to_string()).await });
    }
    let answers = within("fifty answers", deliveries.join_all()).await;
    assert!(answers.iter().all(|answer| answer.outcome == Some(Outcome::First)), "{answers:?}");
    assert_eq!(pool.status().size, 1);

    // A step that gets no connection is an answer in time, and so is one on a pool that is closed.
    let taken = pool.get().await.unwrap();
    let error = store.clone().timeout(Duration::from_millis(50)).claim(attempt(), LEASE).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    drop(taken);
    pool.close();
    let error = store.claim(attempt(), LEASE).await.unwrap_err();
    assert!(!error.is_timeout() && error.to_string().contains("closed"), "{error}");
}

const DAYS: &str = "SELECT round(extract(epoch FROM expires_at - now()) / 86400) FROM webhook_events";

/// The calendar of PostgreSQL ends before `Duration::MAX` does.
#[tokio::test]
async fn the_longest_time_is_a_hundred_years() {
    let Some(postgres) = Postgres::start() else { return };
    let store = store_on(&postgres);
    let first = attempt();
    assert_eq!(store.claim(first, Duration::MAX).await.unwrap(), Claim::Acquired);
    assert_eq!(postgres.ask(DAYS), ["36500"]);
    postgres.advance(LEASE * 60 * 24);
    assert_eq!(postgres.ask(DAYS), ["36499"]);
    assert!(store.renew(first, Duration::MAX).await.unwrap());
    assert_eq!(postgres.ask(DAYS), ["36500"]);
    store.commit(first, Done::new(StatusCode::OK, Duration::MAX)).await.unwrap();
    assert_eq!(postgres.ask(DAYS), ["36500"]);
}

#[tokio::test]
async fn what_somebody_else_wrote_is_an_error_and_stays() {
    let Some(postgres) = Postgres::start() else { return };
    let store = store_on(&postgres);
    for check in ["check", "token_check", "status_check"] {
        postgres.ask(&format!("ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_{check}"));
    }
    for foreign in ["NULL, NULL", "'canary', NULL", "NULL, 500", "NULL, -1", "decode(repeat('07', 16), 'hex'), 204"] {
        postgres.ask("DELETE FROM webhook_events");
        let key = key().to_hex();
        postgres.ask(&format!(
            "INSERT INTO webhook_events (key, token, status, expires_at) VALUES (decode('{key}', 'hex'), {foreign}, now() + interval '1 hour')"
        ));
        let row = || postgres.ask("SELECT * FROM webhook_events");
        let before = row();
        let error = store.claim(attempt(), LEASE).await.unwrap_err();
        assert_eq!(error.to_string(), "postgres holds something else under the key of an event", "{foreign}");
        assert!(!error.is_timeout() && !format!("{error:?}").contains("canary"));
        store.release(attempt()).await.unwrap();
        assert_eq!(row(), before);
    }
}

#[tokio::test]
async fn a_pool_that_waits_for_less_than_a_step_is_a_timeout() {
    let Some(postgres) = Postgres::start() else { return };
    let pool = Pool::builder(Manager::new(postgres.url().parse().unwrap(), NoTls)).max_size(1);
    let pool = pool.runtime(Runtime::Tokio1).wait_timeout(Some(Duration::ZERO)).build().unwrap();
    let _taken = pool.get().await.unwrap();
    let error = PostgresStore::new(pool.clone()).timeout(10 * LEASE).claim(attempt(), LEASE).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.to_string(), "postgres did not answer in time");
}
