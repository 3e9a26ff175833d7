//! The effect in one transaction with the key of its event.

use std::{error::Error, time::Duration};

use deadpool_postgres::{Manager, Pool};
use tokio::task::JoinSet;
use tokio_postgres::NoTls;
use tower_webhook::idempotency::EventKey;

use crate::support::{postgres::Postgres, wait::within};

struct Effects {
    postgres: Postgres,
    pool: Pool,
}

impl Effects {
    fn start() -> Option<Self> {
        let postgres = Postgres::start()?;
        postgres.ask("CREATE TABLE effects (key bytea NOT NULL)");
        let pool = Pool::builder(Manager::new(postgres.url().parse().unwrap(), NoTls)).max_size(20).build().unwrap();
        Some(Self { postgres, pool })
    }

    fn count(&self) -> String {
        self.postgres.ask("SELECT (SELECT count(*) FROM effects), (SELECT count(*) FROM webhook_effects)").concat()
    }
}

fn key(number: u8) -> EventKey {
    EventKey::from_bytes([number; 16])
}

/// Whether the effect happened now.
async fn settle(pool: &Pool, key: EventKey, fail: bool) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let is_first = key.insert_in(&transaction).await?;
    if is_first {
        transaction.execute("INSERT INTO effects VALUES ($1)", &[&key.as_bytes().as_slice()]).await?;
    }
    if fail {
        transaction.execute("SELECT 1/0", &[]).await?;
    }
    transaction.commit().await?;
    Ok(is_first)
}

#[tokio::test]
async fn a_key_is_new_once() {
    let Some(effects) = Effects::start() else { return };
    for (number, is_first) in [(1, true), (1, false), (2, true), (1, false), (2, false)] {
        assert_eq!(settle(&effects.pool, key(number), false).await.unwrap(), is_first);
    }
    assert_eq!(effects.count(), "2|2");
}

#[tokio::test]
async fn an_effect_that_fails_takes_its_key_back() {
    let Some(effects) = Effects::start() else { return };
    for _ in 0..3 {
        settle(&effects.pool, key(1), true).await.unwrap_err();
        assert_eq!(effects.count(), "0|0");
    }
    assert!(settle(&effects.pool, key(1), false).await.unwrap());
    settle(&effects.pool, key(1), true).await.unwrap_err();
    assert_eq!(effects.count(), "1|1");
}

#[tokio::test]
async fn of_many_at_once_one_has_the_effect() {
    let Some(effects) = Effects::start() else { return };
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let pool = effects.pool.clone();
        tasks.spawn(async move { settle(&pool, key(1), false).await.unwrap() });
    }
    let firsts = within("a hundred transactions", tasks.join_all()).await.into_iter().filter(|first| *first).count();
    assert_eq!((firsts, effects.count().as_str()), (1, "1|1"));
}

#[tokio::test]
async fn a_second_transaction_waits_for_the_first_and_has_the_effect_if_that_is_rolled_back() {
    let Some(effects) = Effects::start() else { return };
    for (end, is_first) in [("ROLLBACK", true), ("COMMIT", false)] {
        let key = key(u8::from(is_first));
        let mut other = effects.postgres.connect();
        other.ask(&format!("BEGIN; INSERT INTO webhook_effects (key) VALUES ('\\x{}')", key.to_hex()));
        let mut second = tokio_test::task::spawn(settle(&effects.pool, key, false));
        within("the second to wait", async {
            let waits =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while effects.postgres.ask(waits) != ["1"] {
                tokio_test::assert_pending!(second.poll());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        other.ask(end);
        assert_eq!(within("the second", second).await.unwrap(), is_first, "{end}");
    }
}

#[tokio::test]
async fn the_errors_of_the_client_stay_its_own() {
    let Some(effects) = Effects::start() else { return };
    effects.postgres.ask("DROP TABLE webhook_effects");
    let mut client = effects.pool.get().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    let error = key(1).insert_in(&transaction).await.unwrap_err();
    assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("42P01"));
}
