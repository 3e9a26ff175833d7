//! `SIGKILL` in each window between the program and PostgreSQL.

#![allow(clippy::print_stdout, reason = "what was in the database at each kill is to be read")]

use std::time::Duration;

use tokio::time::timeout;

use crate::support::{
    eventually,
    postgres::Postgres,
    program::Program,
    sender::{deliver, send, session},
    window::{Stop, Window},
};

const KILLS: usize = 10;

/// Each message of a delivery, in its order: the claim of the layer, the transaction of the handler, and the commit of the
/// layer.
const MESSAGES: [&str; 6] = [
    "INSERT INTO webhook_events AS held (key, token, expires_at)\n    SELECT",
    "START TRANSACTION",
    "INSERT INTO webhook_effects",
    "INSERT INTO decisions",
    "COMMIT",
    "RETURNING EXISTS (SELECT FROM held)",
];

async fn start(postgres: &Postgres, window: &Window) -> Program {
    let url = postgres.url_at(window.address);
    Program::start_with(env!("CARGO_BIN_EXE_postgres_transaction"), &[("DATABASE_URL", &url)]).await
}

/// Kills in each window, and then delivers every event again.
async fn kill_in_each_window(kills: usize) {
    let Some(postgres) = Postgres::start() else { return };
    let window = Window::to(postgres.address()).await;
    // Makes the tables.
    start(&postgres, &window).await.kill().await;

    let mut events = 0;
    for stop in MESSAGES.into_iter().flat_map(|message| [Stop::Before(message), Stop::After(message)]) {
        let before: usize = count(&postgres, "decisions");
        for _ in 0..kills {
            let mut program = start(&postgres, &window).await;
            window.stop_at(Some(stop));
            let connection = send(program.address, "truemed", &session(events)).await.unwrap();
            events += 1;
            timeout(Duration::from_secs(60), window.reached()).await.unwrap_or_else(|_| panic!("{stop:?}"));
            program.kill().await;
            window.stop_at(None);
            drop(connection);
        }
        let effects = count(&postgres, "decisions") - before;
        println!("killed {kills} times {stop:?}: {effects} effects so far");
        let is_committed = matches!(stop, Stop::After("COMMIT") | Stop::Before(LAST) | Stop::After(LAST));
        assert_eq!(effects, if is_committed { kills } else { 0 }, "{stop:?}");
    }

    // The senders come again when the leases of the dead have expired.
    postgres.advance(Duration::from_secs(11));
    let program = start(&postgres, &window).await;
    for number in 0..events {
        eventually("204", async || (deliver(program.address, &session(number)).await == Some(204)).then_some(())).await;
    }
    let effects = postgres.ask("SELECT count(*), count(DISTINCT subject) FROM decisions").concat();
    assert_eq!(effects, format!("{events}|{events}"), "one effect each");
    assert_eq!(count(&postgres, "webhook_effects"), events);
    println!("{events} kills, {events} events, one effect each");
}

const LAST: &str = MESSAGES[5];

fn count(postgres: &Postgres, table: &str) -> usize {
    postgres.ask(&format!("SELECT count(*) FROM {table}")).concat().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_killed_in_any_window_has_one_effect_of_each_event() {
    kill_in_each_window(1).await;
}

#[ignore = "`.ci/run` does it"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_kills_in_each_window_leave_one_effect_of_each_event() {
    kill_in_each_window(KILLS).await;
}
