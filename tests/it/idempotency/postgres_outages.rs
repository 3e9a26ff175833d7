//! Every way to lose the connection to PostgreSQL, or PostgreSQL itself, and what each delivery is answered.
//!
//! `docs/idempotency.md` has the table. With `--nocapture`, the tests print how long each answer took.

#![allow(clippy::print_stdout, reason = "the time of each answer is to be read")]

use std::{net::TcpListener, process::Command, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, Pool};
use http::StatusCode;
use tokio::{
    sync::Notify,
    task::yield_now,
    time::{Instant, advance},
};
use tokio_postgres::NoTls;
use tower_webhook::idempotency::{
    Attempt, Claim, ClaimToken, Commit, Done, EventKey, IdempotencyLayer, Outcome, Pepper, PostgresStore, Store,
};

use super::{Answer, begin, deliver, poll_until, poll_until_runs, read};
use crate::support::{
    acting::{Act, Acting},
    place::PEPPER,
    postgres::{Postgres, Psql},
    proxy::Proxy,
    wait::{PATIENCE, until, within},
};

const LEASE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(1);
/// Beside the timeout, on a machine that is busy with other things.
const SLACK: Duration = Duration::from_millis(900);

/// A service whose store is connected through a proxy, and which has handled the event `old`.
struct Service {
    postgres: Postgres,
    proxy: Proxy,
    store: PostgresStore,
    handler: Acting,
}

impl Service {
    async fn start() -> Option<Self> {
        Some(Self::on(Postgres::start()?).await)
    }

    async fn on(postgres: Postgres) -> Self {
        let proxy = Proxy::to(postgres.address());
        let store = PostgresStore::connect(&postgres.url_at(proxy.address())).await.unwrap();
        let service = Self { postgres, proxy, store, handler: Acting::default() };
        assert_eq!(service.deliver("old").await, Answer::of_the_handler(204, Outcome::First));
        service
    }

    fn layer(&self) -> IdempotencyLayer<PostgresStore> {
        IdempotencyLayer::with_pepper(self.store.clone(), Pepper::new(PEPPER).unwrap())
    }

    async fn deliver(&self, event: &str) -> Answer {
        self.deliver_to(&self.layer(), event).await
    }

    async fn deliver_to(&self, layer: &IdempotencyLayer<PostgresStore>, event: &str) -> Answer {
        let from = Instant::now();
        let answer = deliver(layer, &self.handler, event).await;
        println!("{event}: {} {:?} after {:?}", answer.status, answer.outcome.unwrap(), from.elapsed());
        answer
    }

    /// No delivery notices what happened to the connections: not the next one, and none after it.
    async fn works(&self) {
        for event in ["one", "two"] {
            assert_eq!(self.deliver("old").await, Answer::replay(204));
            assert_eq!(self.deliver(event).await, Answer::of_the_handler(204, Outcome::First));
            assert_eq!(self.deliver(event).await, Answer::replay(204));
        }
    }

    async fn is_refused_in_time(&self) {
        for event in ["old", "new"] {
            let from = Instant::now();
            let answer = self.deliver(event).await;
            assert_eq!((answer.status, answer.outcome), (503, Some(Outcome::Unavailable)));
            assert!((TIMEOUT - SLACK..TIMEOUT + SLACK).contains(&from.elapsed()), "{:?}", from.elapsed());
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_reset_or_silenced_is_replaced_before_the_next_delivery_is_answered() {
    for cut in [Proxy::close, Proxy::reset, Proxy::silence] {
        let Some(service) = Service::start().await else { return };
        cut(&service.proxy);
        service.works().await;
    }
}

#[tokio::test]
async fn a_connection_that_the_server_ended_is_replaced() {
    let Some(service) = Service::start().await else { return };
    let others = "datname = current_database() AND pid <> pg_backend_pid()";
    service.postgres.ask(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"));
    service.works().await;
}

/// The addresses lead to another server after a failover, and the old connections to one that only reads.
#[tokio::test]
async fn a_connection_that_may_only_read_is_replaced() {
    let Some(postgres) = Postgres::start_alone() else { return };
    let service = Service::on(postgres).await;
    let mut old = service.postgres.connect();
    assert_eq!(old.ask("SHOW default_transaction_read_only"), ["off"]);
    // What a role has set when it connects goes before what the server has read since.
    service.postgres.ask("ALTER ROLE CURRENT_USER SET default_transaction_read_only = off");
    service.postgres.ask("ALTER SYSTEM SET default_transaction_read_only = on");
    service.postgres.ask("SELECT pg_reload_conf()");
    within("the old connections to have read it", async {
        while old.ask("SHOW default_transaction_read_only") != ["on"] {
            yield_now().await;
        }
    })
    .await;
    // A connection younger than 100 ms is not replaced: another one would lead to the same server.
    service.postgres.ask("SELECT pg_sleep(0.1)");
    service.works().await;
}

#[tokio::test]
async fn a_server_that_was_restarted_is_connected_to_by_the_next_delivery() {
    let Some(postgres) = Postgres::start_alone() else { return };
    let mut service = Service::on(postgres).await;
    service.postgres.restart();
    service.works().await;
}

#[tokio::test]
async fn a_network_that_was_silent_is_used_again_by_the_first_delivery_after_it() {
    let Some(service) = Service::start().await else { return };
    service.proxy.silence_all();
    service.is_refused_in_time().await;
    service.proxy.mend();
    service.works().await;
}

#[tokio::test]
async fn a_hundred_deliveries_at_once_find_the_lost_connections_replaced() {
    let Some(mut service) = Service::start().await else { return };
    service.store = service.store.timeout(4 * TIMEOUT);
    // With 16 no other delivery waits for a connection, and with 1 there are lost connections that nobody uses.
    let cuts: [(fn(&Proxy), _); 4] =
        [(Proxy::close, 100), (Proxy::silence, 100), (Proxy::silence, 16), (Proxy::silence, 1)];
    for (cut, count) in cuts {
        let before = service.proxy.taken();
        cut(&service.proxy);
        let mut deliveries = tokio::task::JoinSet::new();
        for number in 0..count {
            let (layer, handler) = (service.layer(), service.handler.clone());
            deliveries.spawn(async move { deliver(&layer, &handler, &format!("{before} {number}")).await });
        }
        let answers = within("the answers", deliveries.join_all()).await;
        assert!(answers.iter().all(|answer| answer.outcome == Some(Outcome::First)), "{answers:?}");
        let opened = service.proxy.taken() - before;
        assert!(opened <= 20, "{opened} connections");
    }
}

#[tokio::test]
async fn a_step_that_begins_while_the_server_is_down_is_done_when_it_is_up() {
    let Some(service) = Service::start().await else { return };
    let store = service.store.clone().timeout(60 * TIMEOUT);
    service.proxy.lead_to(TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    service.proxy.close();
    let before = service.proxy.taken();
    let mut claim = tokio_test::task::spawn(store.claim(attempt(), LEASE));
    poll_until("two connections that are closed", &mut claim, || service.proxy.taken() == before + 2).await;
    service.proxy.lead_to(service.postgres.address());
    assert_eq!(claim.await.unwrap(), Claim::Acquired);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_at_once() {
    let Some(postgres) = Postgres::start() else { return };
    let nobody = PostgresStore::connect_lazy(&postgres.url().replace("webhooks@", "nobody@")).unwrap();
    let store = PostgresStore::connect(&postgres.url()).await.unwrap();
    postgres.ask("DROP TABLE webhook_events");
    for (store, why) in [(nobody, "role \"nobody\" does not exist"), (store, "\"webhook_events\" does not exist")] {
        let from = Instant::now();
        let error = store.timeout(20 * TIMEOUT).claim(attempt(), LEASE).await.unwrap_err();
        assert!(error.to_string().contains(why) && from.elapsed() < 10 * TIMEOUT, "{error} {:?}", from.elapsed());
    }
}

/// Raised by a trigger, once.
#[tokio::test]
async fn a_statement_is_tried_again_if_it_can_succeed_a_moment_later() {
    let Some(postgres) = Postgres::start() else { return };
    let store = PostgresStore::connect(&postgres.url()).await.unwrap();
    postgres.ask("CREATE SEQUENCE tries");
    let passing = ["08006", "57P01", "57P03", "53300", "40001", "40P01", "25006"];
    for (code, passes) in passing.map(|code| (code, true)).into_iter().chain([("23514", false), ("42501", false)]) {
        let once = "IF nextval('tries') = 1 THEN RAISE EXCEPTION 'not now' USING ERRCODE";
        postgres.ask("ALTER SEQUENCE tries RESTART");
        postgres.ask(&format!(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN {once} = '{code}'; END IF; RETURN NULL; END $$"
        ));
        let refuse = "BEFORE INSERT ON webhook_events FOR EACH STATEMENT EXECUTE FUNCTION refuse()";
        postgres.ask(&format!("CREATE OR REPLACE TRIGGER refuse {refuse}"));
        // A connection younger than 100 ms is not replaced: another one would lead to the same server.
        postgres.ask("SELECT pg_sleep(0.1)");
        let claim = store.claim(attempt(), LEASE).await;
        let tries = postgres.ask("SELECT last_value FROM tries");
        assert_eq!((claim.is_ok(), &*tries[0]), if passes { (true, "2") } else { (false, "1") }, "{code}: {claim:?}");
        postgres.ask("DELETE FROM webhook_events");
    }
}

fn attempt() -> Attempt {
    Attempt::new(EventKey::from_bytes([7; 16]), ClaimToken::fresh())
}

/// A database in which claims of `attempt` wait for another transaction. In a test whose time is paused, time passes
/// only when the test says so: a task that never rests keeps the runtime from advancing it.
struct Slow {
    postgres: Postgres,
    transaction: Psql,
}

impl Slow {
    async fn start() -> Option<Self> {
        let postgres = Postgres::start()?;
        tokio::spawn(async {
            loop {
                yield_now().await;
            }
        });
        let mut transaction = postgres.connect();
        transaction.ask("BEGIN; INSERT INTO webhook_events (key, status, expires_at) VALUES (decode(repeat('07', 16), 'hex'), 204, now())");
        Some(Self { postgres, transaction })
    }

    /// The processes of the claims that wait, the first one first, once there are so many.
    #[expect(clippy::disallowed_methods, reason = "the time of the test is paused")]
    async fn waiting(&self, claims: usize) -> Vec<String> {
        let begun = std::time::Instant::now();
        loop {
            let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' ORDER BY query_start";
            let found = self.postgres.ask(sql);
            if found.len() == claims {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "waited for {claims} claims, and {found:?} wait");
            yield_now().await;
        }
    }

    fn end_transaction(&mut self) {
        self.transaction.ask("ROLLBACK");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_connection_is_heard_beside_the_one_that_replaces_it() {
    let Some(mut slow) = Slow::start().await else { return };
    let store = PostgresStore::connect(&slow.postgres.url()).await.unwrap();
    let claim = tokio::spawn(async move { store.claim(attempt(), LEASE).await });
    slow.waiting(1).await;
    advance(TIMEOUT / 2).await;
    let second = slow.waiting(2).await.remove(1);
    let signal = |name: &str| assert!(Command::new("kill").args([name, &second]).status().unwrap().success());
    signal("-STOP");
    slow.end_transaction();
    assert_eq!(claim.await.unwrap().unwrap(), Claim::Acquired);
    signal("-CONT");
}

#[tokio::test(start_paused = true)]
async fn a_slow_connection_that_fails_leaves_the_step_to_the_one_that_replaces_it() {
    let Some(mut slow) = Slow::start().await else { return };
    let store = PostgresStore::connect(&slow.postgres.url()).await.unwrap();
    let claim = tokio::spawn(async move { store.claim(attempt(), LEASE).await });
    slow.waiting(1).await;
    advance(TIMEOUT / 2).await;
    let first = slow.waiting(2).await.remove(0);
    slow.postgres.ask(&format!("SELECT pg_terminate_backend({first})"));
    slow.waiting(1).await;
    slow.end_transaction();
    assert_eq!(claim.await.unwrap().unwrap(), Claim::Acquired);
}

/// Another step has been answered meanwhile, so the server has too much to do, and is not down.
#[tokio::test(start_paused = true)]
async fn a_slow_connection_is_waited_for_where_there_is_no_room_for_another() {
    let Some(mut slow) = Slow::start().await else { return };
    let pool = Pool::builder(Manager::new(slow.postgres.url().parse().unwrap(), NoTls)).max_size(1).build().unwrap();
    let (taken, store) = (pool.get().await.unwrap(), PostgresStore::new(pool.clone()));
    let claim = |key: u8| {
        let (store, attempt) = (store.clone(), Attempt::new(EventKey::from_bytes([key; 16]), ClaimToken::fresh()));
        tokio::spawn(async move { store.claim(attempt, LEASE).await.unwrap() })
    };
    let (quick, waits) = (claim(1), claim(7));
    until("both to wait for the connection", || pool.status().waiting == 2).await;
    drop(taken);
    assert_eq!(quick.await.unwrap(), Claim::Acquired);
    slow.waiting(1).await;
    advance(TIMEOUT / 2).await;
    yield_now().await;
    slow.end_transaction();
    assert_eq!(waits.await.unwrap(), Claim::Acquired);
    assert_eq!(pool.status().size, 1);
}

#[tokio::test]
async fn an_answer_that_takes_most_of_the_timeout_is_waited_for() {
    let Some(mut service) = Service::start().await else { return };
    service.store = service.store.timeout(4 * TIMEOUT);
    service.proxy.delay(4 * TIMEOUT * 7 / 10);
    assert_eq!(service.deliver("new").await, Answer::of_the_handler(204, Outcome::First));
    assert_eq!(service.deliver("new").await, Answer::replay(204));
}

#[tokio::test]
async fn a_success_is_committed_and_a_failure_released_over_a_new_connection() {
    let Some(service) = Service::start().await else { return };
    for (event, cut) in [("closed", Proxy::close as fn(&Proxy)), ("reset", Proxy::reset), ("silent", Proxy::silence)] {
        let go = Arc::new(Notify::new());
        let handler = Acting::new([Act::Wait(Arc::clone(&go))]);
        let layer = service.layer();
        let mut running = begin(&layer, &handler, event);
        poll_until_runs(&mut running, &handler, 1).await;
        cut(&service.proxy);
        go.notify_one();
        assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::First), "{event}");
        assert_eq!(service.deliver(event).await, Answer::replay(204));

        let attempt = Attempt::new(EventKey::from_bytes([7; 16]), ClaimToken::fresh());
        assert_eq!(service.store.claim(attempt, LEASE).await.unwrap(), Claim::Acquired);
        cut(&service.proxy);
        service.store.release(attempt).await.unwrap();
    }
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_acquired_over_a_new_connection() {
    let Some(service) = Service::start().await else { return };
    // The server gets the claim, and the connection ends before its answer comes.
    service.proxy.delay(TIMEOUT / 4);
    let attempt = Attempt::new(EventKey::from_bytes([7; 16]), ClaimToken::fresh());
    let mut claim = tokio_test::task::spawn(service.store.claim(attempt, LEASE));
    let landed = "SELECT count(*) FROM webhook_events WHERE encode(key, 'hex') LIKE '0707%'";
    poll_until("the claim to land", &mut claim, || service.postgres.ask(landed) == ["1"]).await;
    service.proxy.close();
    service.proxy.delay(Duration::ZERO);
    assert_eq!(claim.await.unwrap(), Claim::Acquired);
    assert_eq!(service.store.commit(attempt, Done::new(StatusCode::OK, LEASE)).await.unwrap(), Commit::Held);
}

#[tokio::test]
async fn what_could_not_be_told_is_told_in_the_background() {
    let Some(service) = Service::start().await else { return };
    let go = Arc::new(Notify::new());
    let handler = Acting::new([Act::Wait(Arc::clone(&go)), Act::Wait(Arc::default())]);
    let layer = service.layer();
    let mut done = begin(&layer, &handler, "done");
    poll_until_runs(&mut done, &handler, 1).await;
    let mut dropped = begin(&layer, &handler, "dropped");
    poll_until_runs(&mut dropped, &handler, 2).await;
    service.proxy.silence_all();
    // As a server does whose sender hangs up.
    drop(dropped);
    go.notify_one();
    assert_eq!(read(done.await.unwrap()).await, Answer::of_the_handler(204, Outcome::Uncommitted));
    service.proxy.mend();
    assert_eq!(after_the_claim(&service, "done").await, Answer::replay(204));
    assert_eq!(after_the_claim(&service, "dropped").await, Answer::of_the_handler(204, Outcome::First));
}

/// The answer to the first delivery that does not find the event in progress, long before the lease runs out.
async fn after_the_claim(service: &Service, event: &str) -> Answer {
    within("the end of a claim", async {
        let from = Instant::now();
        loop {
            let answer = service.deliver(event).await;
            if answer.outcome != Some(Outcome::InProgress) {
                assert!(from.elapsed() < LEASE / 4, "the lease has run out: {:?}", from.elapsed());
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_postgres_knows_to_be_done_does_not_run_while_it_refuses_to_write() {
    let Some(postgres) = Postgres::start_alone() else { return };
    let service = Service::on(postgres).await;
    let (layer, open) = (service.layer(), service.layer().fail_open());
    let read_only = async |value: &str| {
        service.postgres.ask(&format!("ALTER SYSTEM SET default_transaction_read_only = {value}"));
        service.postgres.ask("SELECT pg_reload_conf()");
        within("the server to have read it", async {
            while service.postgres.connect().ask("SHOW default_transaction_read_only") != [value] {
                yield_now().await;
            }
        })
        .await;
    };
    read_only("on").await;
    for layer in [&layer, &open] {
        assert_eq!(service.deliver_to(layer, "old").await, Answer::replay(204));
    }
    assert_eq!(service.deliver_to(&layer, "new").await.outcome, Some(Outcome::Unavailable));
    assert_eq!(service.deliver_to(&open, "open").await.outcome, Some(Outcome::Unclaimed));
    let mut writes = service.postgres.connect();
    writes.ask("SET default_transaction_read_only = off; ALTER SYSTEM SET default_transaction_read_only = off");
    writes.ask("SELECT pg_reload_conf()");
    within("the server to write again", async {
        while service.deliver("new").await.outcome != Some(Outcome::First) {
            yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_down_or_hangs_is_an_answer_in_time_and_is_found_when_it_is_up() {
    let Some(postgres) = Postgres::start_alone() else { return };
    let mut service = Service::on(postgres).await;
    service.postgres.signal("STOP");
    service.is_refused_in_time().await;
    service.postgres.signal("CONT");
    service.works().await;
    // What had landed in it is released, though that came over another connection.
    assert_eq!(after_the_claim(&service, "new").await, Answer::of_the_handler(204, Outcome::First));
    service.postgres.kill();
    for event in ["old", "down"] {
        assert_eq!(service.deliver(event).await.outcome, Some(Outcome::Unavailable));
    }
    service.postgres.restart();
    for event in ["old", "new"] {
        assert_eq!(service.deliver(event).await, Answer::replay(204));
    }
    assert_eq!(service.deliver("down").await, Answer::of_the_handler(204, Outcome::First));
}

#[tokio::test]
async fn a_server_that_is_down_is_not_flooded_with_connections() {
    let Some(service) = Service::start().await else { return };
    // The proxy takes them, and closes them at once.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    service.proxy.lead_to(nowhere);
    service.proxy.close();
    assert_eq!(service.deliver("old").await.outcome, Some(Outcome::Unavailable));
    let (from, before) = (Instant::now(), service.proxy.taken());
    let mut deliveries = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (layer, handler) = (service.layer(), service.handler.clone());
        deliveries.spawn(async move { deliver(&layer, &handler, &number.to_string()).await.outcome });
    }
    let outcomes = within("a hundred answers", deliveries.join_all()).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Some(Outcome::Unavailable)), "{outcomes:?}");
    let (taken, most) = (service.proxy.taken() - before, from.elapsed().as_millis() / 100 + 2);
    assert!(u128::try_from(taken).unwrap() <= most, "{taken} connections, and at most {most} in this time");
}

#[tokio::test]
async fn a_service_starts_while_postgres_is_down_and_has_it_when_it_is_up() {
    let Some(mut postgres) = Postgres::start_alone() else { return };
    postgres.kill();
    let error = PostgresStore::connect(&postgres.url()).await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    let store = PostgresStore::connect_lazy(&postgres.url()).unwrap();
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    assert_eq!(deliver(&layer, &Acting::default(), "e").await.outcome, Some(Outcome::Unavailable));
    postgres.restart();
    assert_eq!(deliver(&layer, &Acting::default(), "e").await, Answer::of_the_handler(204, Outcome::First));
}

#[tokio::test]
async fn a_user_that_is_put_right_is_used_by_the_next_delivery() {
    let Some(postgres) = Postgres::start() else { return };
    let role = format!("late_{}", postgres.ask("SELECT current_database()").concat());
    let store = PostgresStore::connect_lazy(&postgres.url().replace("webhooks@", &format!("{role}@"))).unwrap();
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    assert_eq!(deliver(&layer, &Acting::default(), "e").await.outcome, Some(Outcome::Unavailable));
    postgres.ask(&format!("CREATE ROLE {role} LOGIN SUPERUSER"));
    assert_eq!(deliver(&layer, &Acting::default(), "e").await.outcome, Some(Outcome::First));
}

/// What tokio itself says of it is a panic.
#[test]
fn a_runtime_without_a_timer_or_none_at_all_is_an_error() {
    let Some(postgres) = Postgres::start() else { return };
    let needs = "postgres needs a tokio runtime with I/O and a timer: `Builder::enable_all`";
    let no_timer = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let error = no_timer.block_on(PostgresStore::connect(&postgres.url())).unwrap_err();
    assert_eq!(error.to_string(), needs);
    let mut connecting = tokio_test::task::spawn(PostgresStore::connect("postgres://127.0.0.1/"));
    let std::task::Poll::Ready(error) = connecting.poll() else { panic!("there is no runtime to wait on") };
    assert_eq!(error.unwrap_err().to_string(), needs);
}

#[test]
fn a_store_that_was_made_before_the_runtime_has_no_runtime_of_its_own() {
    let Some(postgres) = Postgres::start() else { return };
    let store = PostgresStore::connect_lazy(&postgres.url()).unwrap();
    let attempt = Attempt::new(EventKey::from_bytes([7; 16]), ClaimToken::fresh());
    store.release_detached(attempt);
    assert!(tokio_test::task::spawn(store.claim(attempt, LEASE)).poll().is_ready(), "there is nothing to wait on");
    for claim in [Claim::Acquired, Claim::Done(StatusCode::OK)] {
        // The connections of the first end with it.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(store.claim(attempt, LEASE)).unwrap(), claim);
        runtime.block_on(store.commit(attempt, Done::new(StatusCode::OK, LEASE))).unwrap();
    }
}
