//! Letters in a table.

use deadpool_postgres::{Manager, Pool};
use http_body_util::Full;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;
use tower_webhook::dead_letters::{Keeper, PostgresLetters, PrivateKey};

use super::{DECODABLE, Handling, UNDECODABLE, public_key, receipt_key};
use crate::support::{from_truemed, postgres::Postgres, truemed};

fn sink(postgres: &Postgres) -> PostgresLetters {
    let manager = Manager::new(postgres.url().parse().unwrap(), NoTls);
    PostgresLetters::new(Pool::builder(manager).max_size(2).build().unwrap())
}

#[tokio::test]
async fn each_letter_is_a_row_that_shows_no_byte_of_the_body_and_a_retry_adds_none() {
    let Some(postgres) = Postgres::start() else { return };
    let (letters, key) = (sink(&postgres), PrivateKey::generate());
    letters.migrate().await.unwrap();
    letters.migrate().await.unwrap();
    let layer = truemed().dead_letters(Keeper::new(letters.clone(), key.public_key(), receipt_key()));
    let handling = Handling::that_fails_for_good(500);
    for body in [UNDECODABLE, UNDECODABLE, DECODABLE] {
        assert_eq!(handling.deliver(&layer, from_truemed(Full::from(body))).await.status(), 204);
    }
    let kept = letters.oldest(100).await.unwrap();
    let bodies: Vec<_> = kept.iter().map(|letter| letter.open(&key).unwrap().body().clone()).collect();
    assert_eq!(bodies, [UNDECODABLE, DECODABLE]);
    let rows = postgres.ask("SELECT receipt->>'provider', replace(encode(letter, 'escape'), E'\\n', ' '), receipt FROM webhook_dead_letters");
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert!(row.starts_with("truemed") && !row.contains("canary"), "{row}");
    }
    letters.remove(&kept[0]).await.unwrap();
    letters.remove(&kept[0]).await.unwrap();
    assert_eq!(letters.oldest(100).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_letter_that_was_answered_survives_the_servers_crash_and_none_is_promised_without_a_server() {
    let Some(mut postgres) = Postgres::start_alone() else { return };
    postgres.ask("ALTER DATABASE postgres SET synchronous_commit = off");
    let (letters, key) = (sink(&postgres), PrivateKey::generate());
    letters.migrate().await.unwrap();
    let layer = truemed().dead_letters(Keeper::new(letters.clone(), key.public_key(), receipt_key()));
    let handling = Handling::default();
    assert_eq!(handling.deliver(&layer, from_truemed(Full::from(UNDECODABLE))).await.status(), 204);
    postgres.kill();
    assert_eq!(handling.deliver(&layer, from_truemed(Full::from(UNDECODABLE))).await.status(), 503);
    postgres.restart();
    let [letter] = &*sink(&postgres).oldest(100).await.unwrap() else { panic!("one letter") };
    assert_eq!(letter.open(&key).unwrap().body(), UNDECODABLE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_at_once_all_make_the_table() {
    let Some(postgres) = Postgres::start() else { return };
    for _ in 0..10 {
        let starting: JoinSet<_> =
            (0..8).map(|_| sink(&postgres)).map(|sink| async move { sink.migrate().await }).collect();
        starting.join_all().await.into_iter().for_each(Result::unwrap);
        postgres.ask("DROP TABLE webhook_dead_letters");
    }
}

#[tokio::test]
async fn these_rights_are_enough() {
    let Some(postgres) = Postgres::start() else { return };
    sink(&postgres).migrate().await.unwrap();
    let role = format!("keeper_{}", postgres.ask("SELECT current_database()").concat());
    postgres.ask(&format!("CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE ON webhook_dead_letters TO {role}"));
    let url = postgres.url().replace("webhooks@", &format!("{role}@"));
    let letters = PostgresLetters::new(Pool::builder(Manager::new(url.parse().unwrap(), NoTls)).build().unwrap());
    letters.migrate().await.expect("there is nothing to make");
    let layer = truemed().dead_letters(Keeper::new(letters.clone(), public_key(), receipt_key()));
    for _ in 0..2 {
        let delivered = Handling::default().deliver(&layer, from_truemed(Full::from(UNDECODABLE))).await;
        assert_eq!(delivered.status(), 204);
    }
    let [letter] = &*letters.oldest(2).await.unwrap() else { panic!("one letter") };
    letters.remove(letter).await.expect_err("it may not remove");
    postgres.ask(&format!("GRANT DELETE ON webhook_dead_letters TO {role}"));
    letters.remove(letter).await.unwrap();
}

#[test]
fn a_sink_shows_nothing_of_its_connection() {
    let manager = Manager::new("postgres://webhooks:canary@localhost/canary".parse().unwrap(), NoTls);
    let letters = PostgresLetters::new(Pool::builder(manager).build().unwrap());
    assert_eq!(format!("{letters:?}"), "PostgresLetters { .. }");
}
