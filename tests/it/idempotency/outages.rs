//! Every way to lose the connection to Redis, or Redis itself, and what each delivery is answered.
//!
//! `docs/idempotency.md` has the table. With `--nocapture`, the tests print how long each answer took.

#![allow(clippy::print_stdout, reason = "the time of each answer is to be read")]

use std::{net::TcpListener, sync::Arc, time::Duration};

use ::redis::Client;
use http::StatusCode;
use tokio::{sync::Notify, time::Instant};
use tokio_test::assert_pending;
use tower_webhook::idempotency::{
    Attempt, Claim, ClaimToken, Commit, Done, EventKey, IdempotencyLayer, Outcome, Pepper, RedisStore, Store,
};

use super::{Answer, begin, deliver, poll_until, poll_until_runs, read};
use crate::support::{
    acting::{Act, Acting},
    place::PEPPER,
    proxy::Proxy,
    redis::Redis,
    wait::{block_until, within},
};

const LEASE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(1);
/// Beside the timeout, on a machine that is busy with other things.
const SLACK: Duration = Duration::from_millis(900);

/// A service whose store is connected through a proxy, and which has handled the event `old`.
struct Service {
    redis: Redis,
    proxy: Proxy,
    store: RedisStore,
    handler: Acting,
}

impl Service {
    async fn start() -> Option<Self> {
        Self::on(Redis::start()?).await
    }

    async fn on(redis: Redis) -> Option<Self> {
        let proxy = Proxy::to(redis.address());
        let store = RedisStore::connect(&proxy.url()).await.unwrap();
        let service = Self { redis, proxy, store, handler: Acting::default() };
        assert_eq!(service.deliver("old").await, Answer::of_the_handler(204, Outcome::First));
        Some(service)
    }

    fn layer(&self) -> IdempotencyLayer<RedisStore> {
        IdempotencyLayer::with_pepper(self.store.clone(), Pepper::new(PEPPER).unwrap())
    }

    async fn deliver(&self, event: &str) -> Answer {
        self.deliver_to(&self.layer(), event).await
    }

    async fn deliver_to(&self, layer: &IdempotencyLayer<RedisStore>, event: &str) -> Answer {
        let from = Instant::now();
        let answer = deliver(layer, &self.handler, event).await;
        println!("{event}: {} {:?} after {:?}", answer.status, answer.outcome.unwrap(), from.elapsed());
        answer
    }

    /// No delivery notices what happened to the connection: not the next one, and none after it.
    async fn works(&self) {
        for event in ["one", "two"] {
            assert_eq!(self.deliver("old").await, Answer::replay(204));
            assert_eq!(self.deliver(event).await, Answer::of_the_handler(204, Outcome::First));
            assert_eq!(self.deliver(event).await, Answer::replay(204));
        }
    }

    /// A delivery whose handler runs, and waits to be let go.
    async fn running<'a>(
        &self,
        layer: &IdempotencyLayer<RedisStore>,
        handler: &Acting,
        event: &'a str,
    ) -> tokio_test::task::Spawn<
        impl Future<
            Output = Result<
                http::Response<tower_webhook::ResponseBody<http_body_util::Full<bytes::Bytes>>>,
                &'static str,
            >,
        > + use<'a>,
    > {
        let mut running = begin(layer, handler, event);
        poll_until_runs(&mut running, handler, 1).await;
        running
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_is_replaced_before_the_next_delivery_is_answered() {
    let Some(service) = Service::start().await else { return };
    service.proxy.close();
    service.works().await;
    assert_eq!(service.proxy.taken(), 2);
}

#[tokio::test]
async fn a_connection_that_was_reset_is_replaced_before_the_next_delivery_is_answered() {
    let Some(service) = Service::start().await else { return };
    service.proxy.reset();
    service.works().await;
    assert_eq!(service.proxy.taken(), 2);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_as_it_was_idle_is_replaced() {
    let Some(service) = Service::start().await else { return };
    let mut server = service.redis.connect();
    server.ask(&["CONFIG", "SET", "timeout", "1"]);
    // What asks is not idle.
    block_until("the server to close the connection", || clients(&service.redis) == 1);
    service.works().await;
}

fn clients(redis: &Redis) -> usize {
    let clients = redis.connect().ask(&["CLIENT", "LIST"]).concat();
    String::from_utf8(clients).unwrap().lines().filter(|line| !line.contains("cmd=config")).count()
}

#[tokio::test]
async fn a_connection_that_the_server_killed_is_replaced() {
    let Some(service) = Service::start().await else { return };
    service.redis.connect().ask(&["CLIENT", "KILL", "TYPE", "normal"]);
    service.works().await;
}

#[tokio::test]
async fn a_server_that_was_restarted_is_connected_to_by_the_next_delivery() {
    let Some(redis) = Redis::start_durable() else { return };
    let Some(mut service) = Service::on(redis).await else { return };
    service.redis.restart();
    service.works().await;
}

#[tokio::test]
async fn a_connection_that_has_gone_silent_is_replaced_before_the_next_delivery_is_answered() {
    let Some(service) = Service::start().await else { return };
    service.proxy.silence();
    service.works().await;
    assert_eq!(service.proxy.taken(), 2);
}

#[tokio::test]
async fn a_network_that_was_silent_is_used_again_by_the_first_delivery_after_it() {
    let Some(service) = Service::start().await else { return };
    service.proxy.silence_all();
    for event in ["old", "new"] {
        let from = Instant::now();
        let answer = service.deliver(event).await;
        assert_eq!((answer.status, answer.outcome), (503, Some(Outcome::Unavailable)));
        assert!((TIMEOUT..TIMEOUT + SLACK).contains(&from.elapsed()), "{:?}", from.elapsed());
    }
    service.proxy.mend();
    service.works().await;
}

#[tokio::test]
async fn what_waits_for_a_connection_waits_for_one() {
    let Some(service) = Service::start().await else { return };
    for cut in [Proxy::close, Proxy::silence] {
        let before = service.proxy.taken();
        cut(&service.proxy);
        let mut deliveries = tokio::task::JoinSet::new();
        for number in 0..100 {
            let (layer, handler) = (service.layer(), service.handler.clone());
            deliveries.spawn(async move { deliver(&layer, &handler, &format!("{before} {number}")).await });
        }
        let answers = within("a hundred answers", deliveries.join_all()).await;
        assert!(answers.iter().all(|answer| answer.outcome == Some(Outcome::First)), "{answers:?}");
        assert_eq!(service.proxy.taken(), before + 1);
    }
}

#[tokio::test]
async fn an_answer_that_takes_most_of_the_timeout_is_waited_for() {
    let Some(service) = Service::start().await else { return };
    service.proxy.delay(TIMEOUT * 7 / 10);
    for event in ["one", "two"] {
        assert_eq!(service.deliver(event).await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(service.deliver(event).await, Answer::replay(204));
    }
}

#[tokio::test]
async fn a_slow_connection_is_used_while_another_is_being_opened() {
    let Some(service) = Service::start().await else { return };
    service.proxy.delay(TIMEOUT * 6 / 10);
    let before = service.proxy.taken();
    let mut first = begin(&service.layer(), &service.handler, "old");
    poll_until("another connection", &mut first, || service.proxy.taken() > before).await;
    let (first, second) = tokio::join!(first, service.deliver("old"));
    assert_eq!((read(first.unwrap()).await, second), (Answer::replay(204), Answer::replay(204)));
}

#[tokio::test]
async fn a_success_is_committed_over_a_new_connection() {
    let Some(service) = Service::start().await else { return };
    for (event, cut) in [("closed", Proxy::close as fn(&Proxy)), ("reset", Proxy::reset), ("silent", Proxy::silence)] {
        let go = Arc::new(Notify::new());
        let handler = Acting::new([Act::Wait(Arc::clone(&go))]);
        let running = service.running(&service.layer(), &handler, event).await;
        cut(&service.proxy);
        go.notify_one();
        assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::First), "{event}");
        assert_eq!(service.deliver(event).await, Answer::replay(204));
    }
}

#[tokio::test]
async fn a_failure_is_released_over_a_new_connection() {
    let Some(service) = Service::start().await else { return };
    for cut in [Proxy::close, Proxy::reset, Proxy::silence] {
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
    let mut server = service.redis.connect();
    poll_until("the claim to land", &mut claim, || server.ask(&["DBSIZE"]) == [b"2"]).await;
    service.proxy.close();
    service.proxy.delay(Duration::ZERO);
    assert_eq!(claim.await.unwrap(), Claim::Acquired);
    assert_eq!(service.store.commit(attempt, Done::new(StatusCode::OK, LEASE)).await.unwrap(), Commit::Held);
}

#[tokio::test]
async fn a_success_that_two_commits_did_not_tell_is_told_in_the_background() {
    let Some(service) = Service::start().await else { return };
    let go = Arc::new(Notify::new());
    let handler = Acting::new([Act::Wait(Arc::clone(&go))]);
    let running = service.running(&service.layer(), &handler, "new").await;
    service.proxy.silence_all();
    go.notify_one();
    assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::Uncommitted));
    service.proxy.mend();
    let answer = after_the_claim(&service, "new").await;
    assert_eq!((answer, handler.runs()), (Answer::replay(204), 1));
}

#[tokio::test]
async fn a_release_that_could_not_be_sent_is_sent_when_it_can_be() {
    let Some(service) = Service::start().await else { return };
    let layer = service.layer();
    let go = Arc::new(Notify::new());
    let mut running = service.running(&layer, &Acting::new([Act::Wait(go)]), "new").await;
    service.proxy.silence_all();
    assert_pending!(running.poll());
    // As a server does whose sender hangs up. The first tries fail.
    drop(running);
    let answer = service.deliver("old").await;
    assert_eq!(answer.outcome, Some(Outcome::Unavailable));
    service.proxy.mend();
    assert_eq!(after_the_claim(&service, "new").await, Answer::of_the_handler(204, Outcome::First));
}

#[tokio::test]
async fn a_release_is_tried_again_as_long_as_the_lease_lasts() {
    let Some(redis) = Redis::start_durable() else { return };
    let Some(mut service) = Service::on(redis).await else { return };
    let [first, next] = [(); 2].map(|()| Attempt::new(EventKey::from_bytes([7; 16]), ClaimToken::fresh()));
    assert_eq!(service.store.claim(first, 10 * LEASE).await.unwrap(), Claim::Acquired);
    service.redis.kill();
    service.store.release_detached(first);
    tokio::time::pause();
    tokio::time::sleep(8 * LEASE).await;
    tokio::time::resume();
    service.redis.restart();
    within("the release", async {
        while service.store.claim(next, LEASE).await.unwrap() != Claim::Acquired {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
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
async fn what_redis_knows_to_be_done_does_not_run_while_the_connection_is_lost_and_errors_are_ignored() {
    let Some(service) = Service::start().await else { return };
    let layer = service.layer().fail_open();
    for cut in [Proxy::close, Proxy::reset, Proxy::silence] {
        cut(&service.proxy);
        assert_eq!(service.deliver_to(&layer, "old").await, Answer::replay(204));
    }
    service.proxy.silence_all();
    let runs = service.handler.runs();
    assert_eq!(service.deliver_to(&layer, "new").await.outcome, Some(Outcome::Unclaimed));
    assert_eq!(service.handler.runs(), runs + 1);
}

#[tokio::test]
async fn what_redis_knows_to_be_done_does_not_run_while_it_refuses_to_write() {
    let Some(service) = Service::start().await else { return };
    let (layer, open) = (service.layer(), service.layer().fail_open());
    let go = Arc::new(Notify::new());
    let running = service.running(&layer, &Acting::new([Act::Wait(Arc::clone(&go))]), "running").await;
    let mut server = service.redis.connect();
    for (refusal, [name, on, off]) in [
        ("OOM", ["maxmemory", "1", "0"]),
        ("NOREPLICAS", ["min-replicas-to-write", "1", "0"]),
        ("READONLY", ["", "", ""]),
    ] {
        let set = |server: &mut crate::support::redis::Connection, value: &str, of: &[&str]| {
            server.ask(&if name.is_empty() { of.to_vec() } else { vec!["CONFIG", "SET", name, value] });
        };
        set(&mut server, on, &["REPLICAOF", "127.0.0.1", "1"]);
        for layer in [&layer, &open] {
            assert_eq!(service.deliver_to(layer, "old").await, Answer::replay(204), "{refusal}");
            assert_eq!(service.deliver_to(layer, "running").await.outcome, Some(Outcome::InProgress), "{refusal}");
        }
        let taken = service.proxy.taken();
        assert_eq!(service.deliver_to(&layer, refusal).await.outcome, Some(Outcome::Unavailable));
        // Another connection may lead to another server, which only helps if this one has been demoted.
        assert!(refusal == "READONLY" || service.proxy.taken() == taken, "{refusal}");
        set(&mut server, off, &["REPLICAOF", "NO", "ONE"]);
        assert_eq!(service.deliver_to(&layer, refusal).await, Answer::of_the_handler(204, Outcome::First));
    }
    go.notify_one();
    assert_eq!(read(running.await.unwrap()).await, Answer::of_the_handler(204, Outcome::First));
}

#[tokio::test]
async fn a_server_that_was_demoted_is_left_for_the_one_that_its_name_leads_to() {
    let (Some(service), Some(promoted)) = (Service::start().await, Redis::start()) else { return };
    let [host, port] = ["127.0.0.1".to_owned(), promoted.address().port().to_string()];
    let mut next = promoted.connect();
    next.ask(&["REPLICAOF", &host, &service.redis.address().port().to_string()]);
    let mut first = service.redis.connect();
    block_until("the replica to be in step", || first.ask(&["WAIT", "1", "1000"]) == [b"1"]);
    next.ask(&["REPLICAOF", "NO", "ONE"]);
    service.proxy.lead_to(promoted.address());
    first.ask(&["REPLICAOF", &host, &port]);
    service.works().await;
    assert_eq!(service.proxy.taken(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_ready_yet_is_asked_again() {
    let Some(service) = Service::start().await else { return };
    for (number, text) in [
        "-LOADING Redis is loading the dataset in memory\r\n",
        "-MASTERDOWN Link with MASTER is down\r\n",
        "-CLUSTERDOWN The cluster is down\r\n",
        "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
        "-READONLY You can't write against a read only replica.\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        service.proxy.answer(text, 1);
        assert_eq!(service.deliver("old").await, Answer::replay(204), "{text}");
        service.proxy.answer(text, 1);
        let event = format!("new {number}");
        assert_eq!(service.deliver(&event).await, Answer::of_the_handler(204, Outcome::First), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_ready_for_long_is_an_answer_in_time() {
    let Some(service) = Service::start().await else { return };
    service.proxy.answer("-LOADING Redis is loading the dataset in memory\r\n", usize::MAX);
    let from = Instant::now();
    assert_eq!(service.deliver("old").await.outcome, Some(Outcome::Unavailable));
    assert!((TIMEOUT - SLACK..TIMEOUT + SLACK).contains(&from.elapsed()), "{:?}", from.elapsed());
    service.proxy.answer("", 0);
    service.works().await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_that_of_another_step() {
    let Some(service) = Service::start().await else { return };
    service.proxy.delay(TIMEOUT * 6 / 5);
    for event in ["old", "new"] {
        assert_eq!(service.deliver(event).await.outcome, Some(Outcome::Unavailable));
    }
    service.proxy.delay(Duration::ZERO);
    for number in 0..20 {
        let event = format!("{number}");
        assert_eq!(service.deliver(&event).await, Answer::of_the_handler(204, Outcome::First));
        assert_eq!(service.deliver("old").await, Answer::replay(204));
    }
    assert_eq!(after_the_claim(&service, "new").await, Answer::of_the_handler(204, Outcome::First));
}

#[tokio::test]
async fn a_server_that_stays_demoted_is_not_flooded_with_connections() {
    let Some(service) = Service::start().await else { return };
    let (from, before) = (Instant::now(), service.proxy.taken());
    service.redis.connect().ask(&["REPLICAOF", "127.0.0.1", "1"]);
    for number in 0..20 {
        assert_eq!(service.deliver(&format!("{number}")).await.outcome, Some(Outcome::Unavailable));
        assert_eq!(service.deliver("old").await, Answer::replay(204));
    }
    let most = from.elapsed().as_millis() / 100 + 1;
    let taken = service.proxy.taken() - before;
    assert!(u128::try_from(taken).unwrap() <= most, "{taken} connections, and at most {most} in this time");
}

#[tokio::test]
async fn a_server_that_answers_nonsense_is_connected_to_anew() {
    let Some(service) = Service::start().await else { return };
    service.proxy.answer("HTTP/1.1 400 Bad Request\r\n\r\n", 1);
    assert_eq!(service.deliver("old").await, Answer::replay(204));
    service.works().await;
}

#[tokio::test]
async fn a_server_that_is_down_is_an_answer_in_time_and_is_found_when_it_is_up() {
    let Some(redis) = Redis::start_durable() else { return };
    let Some(mut service) = Service::on(redis).await else { return };
    service.redis.kill();
    for event in ["old", "new"] {
        let from = Instant::now();
        let answer = service.deliver(event).await;
        assert_eq!((answer.status, answer.outcome), (503, Some(Outcome::Unavailable)));
        assert!(from.elapsed() < TIMEOUT + SLACK, "{:?}", from.elapsed());
    }
    service.redis.restart();
    service.works().await;
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_an_error_that_says_so() {
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = RedisStore::connect(&format!("redis://{nowhere}/")).await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}

/// What tokio itself says of it is a panic.
#[test]
fn a_runtime_without_a_timer_or_none_at_all_is_an_error_when_the_store_is_made() {
    let Some(redis) = Redis::start() else { return };
    let needs = "redis needs a tokio runtime with I/O and a timer: `Builder::enable_all`";
    let bare = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let no_timer = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let no_io = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for runtime in [&bare, &no_timer, &no_io] {
        let error = runtime.block_on(RedisStore::connect(&redis.url())).unwrap_err();
        assert_eq!(error.to_string(), needs);
    }
    let lazily = no_timer.block_on(async { RedisStore::connect_lazy(&redis.url()) });
    assert_eq!(lazily.unwrap_err().to_string(), needs);
    let mut connecting = tokio_test::task::spawn(RedisStore::connect("redis://127.0.0.1/"));
    let std::task::Poll::Ready(error) = connecting.poll() else { panic!("there is no runtime to wait on") };
    assert_eq!(error.unwrap_err().to_string(), needs);
}

#[test]
fn a_store_that_was_made_before_the_runtime_has_no_runtime_of_its_own() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect_lazy(&redis.url()).unwrap();
    let attempt = Attempt::new(EventKey::from_bytes([7; 16]), ClaimToken::fresh());
    store.release_detached(attempt);
    assert!(tokio_test::task::spawn(store.claim(attempt, LEASE)).poll().is_ready(), "there is nothing to wait on");
    for claim in [Claim::Acquired, Claim::Done(StatusCode::OK)] {
        // The connection of the first ends with it.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(store.claim(attempt, LEASE)).unwrap(), claim);
        runtime.block_on(store.commit(attempt, Done::new(StatusCode::OK, LEASE))).unwrap();
    }
}

#[tokio::test]
async fn a_service_starts_while_redis_is_down_and_has_it_when_it_is_up() {
    let Some(mut redis) = Redis::start() else { return };
    redis.kill();
    let store = RedisStore::connect_lazy(&redis.url()).unwrap().prefix("acme:");
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    let handler = Acting::default();
    assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::Unavailable));
    redis.restart();
    assert_eq!(deliver(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
    assert_eq!(redis.connect().ask(&["KEYS", "acme:*"]).len(), 1);

    let error = RedisStore::connect_lazy("http://127.0.0.1/").unwrap_err();
    assert!(error.to_string().contains("URL"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_that_is_put_right_is_used_by_the_next_delivery() {
    let Some(redis) = Redis::start() else { return };
    let mut server = redis.connect();
    server.ask(&["ACL", "SETUSER", "webhook", "on", ">right", "~*", "+@all"]);
    let store = RedisStore::connect_lazy(&redis.url().replace("//", "//webhook:wrong@")).unwrap();
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    assert_eq!(deliver(&layer, &Acting::default(), "e").await.outcome, Some(Outcome::Unavailable));
    server.ask(&["ACL", "SETUSER", "webhook", ">wrong"]);
    assert_eq!(deliver(&layer, &Acting::default(), "e").await.outcome, Some(Outcome::First));
}

#[tokio::test]
async fn a_connection_of_your_own_that_mends_itself_is_sent_to_again() {
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::to(redis.address());
    let connection = Client::open(proxy.url()).unwrap().get_connection_manager().await.unwrap();
    let store = RedisStore::new(connection);
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    for event in ["one", "two"] {
        assert_eq!(deliver(&layer, &Acting::default(), event).await.outcome, Some(Outcome::First));
        proxy.close();
        assert_eq!(deliver(&layer, &Acting::default(), event).await, Answer::replay(204));
    }
}
