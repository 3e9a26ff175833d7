//! What is particular to Redis: what stands in it, and what happens without it.

use std::{process::Command, sync::Arc, time::Duration};

use ::redis::{
    Client, Cmd, Pipeline, RedisFuture, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use http::StatusCode;
use tower_webhook::idempotency::{
    Attempt, Claim, ClaimToken, Done, EventKey, IdempotencyLayer, Outcome, Pepper, RedisStore, RedisStoreError, Store,
};

use super::{Answer, begin, deliver, poll_until_runs};
use crate::support::{
    acting::{Act, Acting},
    place::PEPPER,
    programs::{skip, skip_because},
    redis::Redis,
    wait::{until, within},
};

const LEASE: Duration = Duration::from_secs(60);

fn key() -> EventKey {
    EventKey::from_bytes([0xab; 16])
}

fn attempt() -> Attempt {
    Attempt::new(key(), ClaimToken::fresh())
}

#[tokio::test]
async fn an_entry_is_a_hash_and_a_status_under_the_prefix_and_expires() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap().prefix("acme:");
    let name = format!("acme:{}", key().to_hex());
    let mut server = redis.connect();

    let attempt = attempt();
    store.claim(attempt, LEASE).await.unwrap();
    assert_eq!(server.ask(&["GET", &name]), [[b"P".as_slice(), &attempt.token.to_bytes()].concat()]);
    store.commit(attempt, Done::new(StatusCode::NO_CONTENT, 2 * LEASE)).await.unwrap();
    assert_eq!(server.ask(&["GET", &name]), [b"D204"]);
    let left: u64 = String::from_utf8(server.ask(&["PTTL", &name]).remove(0)).unwrap().parse().unwrap();
    assert!((60_001..=120_000).contains(&left), "{left}");
    assert_eq!(server.ask(&["KEYS", "*"]), [name.as_bytes()], "one key for one event");
}

#[tokio::test]
async fn nothing_of_an_event_is_in_redis() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    deliver(&layer, &Acting::default(), "canary-of-jane").await;
    let mut server = redis.connect();
    let mut stored = Vec::new();
    for name in server.ask(&["KEYS", "*"]) {
        stored.extend(server.ask(&["GET", std::str::from_utf8(&name).unwrap()]).concat());
        stored.extend(name);
    }
    assert!(stored.starts_with(b"D204webhook:"), "{}", stored.escape_ascii());
    assert!(!stored.escape_ascii().to_string().contains("canary"));
}

#[tokio::test]
async fn each_step_is_one_command() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let before = commands(&redis);
    let attempts = [attempt(), attempt()];
    store.claim(attempts[0], LEASE).await.unwrap();
    store.release(attempts[0]).await.unwrap();
    store.claim(attempts[1], LEASE).await.unwrap();
    store.commit(attempts[1], Done::new(StatusCode::OK, LEASE)).await.unwrap();
    assert_eq!(commands(&redis) - before, 4);
}

#[tokio::test]
async fn a_delivery_is_two_commands_and_a_duplicate_is_one() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    let handler = Acting::new([Act::Answer(204), Act::Answer(500), Act::Wait(Arc::default())]);
    let mut before = commands(&redis);
    let mut passed = || {
        let now = commands(&redis);
        now - std::mem::replace(&mut before, now)
    };
    deliver(&layer, &handler, "done").await;
    deliver(&layer, &handler, "failed").await;
    assert_eq!(passed(), 4);
    let mut running = begin(&layer, &handler, "running");
    poll_until_runs(&mut running, &handler, 3).await;
    assert_eq!(passed(), 1);
    for _ in 0..10 {
        assert_eq!(deliver(&layer, &handler, "running").await.outcome, Some(Outcome::InProgress));
        assert_eq!(deliver(&layer, &handler, "done").await, Answer::replay(204));
    }
    // What a task sent meanwhile came before this one.
    deliver(&layer, &handler, "another").await;
    assert_eq!(passed(), 22);
}

fn commands(redis: &Redis) -> usize {
    let stats = redis.connect().ask(&["INFO", "commandstats"]).concat();
    let stats = String::from_utf8(stats).unwrap();
    let calls = |line: &str| line.split(['=', ',']).nth(1).unwrap().parse::<usize>().unwrap();
    // Not what the test itself asks, nor what runs inside of a script.
    let of_store = ["cmdstat_set:", "cmdstat_evalsha:", "cmdstat_eval:", "cmdstat_script|load:"];
    stats.lines().filter(|line| of_store.iter().any(|name| line.starts_with(name))).map(calls).sum()
}

#[tokio::test]
async fn what_somebody_else_wrote_is_an_error_and_stays() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let name = format!("webhook:{}", key().to_hex());
    let mut server = redis.connect();
    for foreign in ["", "P", "D", "D100", "D500", "D1000", "Psecret", "canary"] {
        server.ask(&["SET", &name, foreign]);
        let error = store.claim(attempt(), LEASE).await.unwrap_err();
        assert_eq!(error.to_string(), "redis holds something else under the key of an event");
        assert!(!format!("{error:?}").contains("canary"));
        store.release(attempt()).await.unwrap();
        assert_eq!(server.ask(&["GET", &name]), [foreign.as_bytes()]);
    }
    server.ask(&["DEL", &name]);
    server.ask(&["LPUSH", &name, "canary"]);
    let error = store.claim(attempt(), LEASE).await.unwrap_err();
    assert!(!error.is_timeout() && !format!("{error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn no_time_is_too_long_or_too_short() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let first = attempt();
    assert_eq!(store.claim(first, Duration::ZERO).await.unwrap(), Claim::Acquired);
    store.commit(first, Done::new(StatusCode::OK, Duration::MAX)).await.unwrap();
    let claim = store.claim(attempt(), LEASE).await.unwrap();
    assert_eq!(claim, Claim::Done(StatusCode::OK));
}

/// The calendar of Redis ends before `Duration::MAX` does.
#[tokio::test]
async fn the_longest_time_is_a_hundred_years() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let name = format!("webhook:{}", key().to_hex());
    let days = || {
        let left = String::from_utf8(redis.connect().ask(&["PTTL", &name]).remove(0)).unwrap();
        (left.parse::<f64>().unwrap() / 86_400_000.0).round()
    };
    let first = attempt();
    assert_eq!(store.claim(first, Duration::MAX).await.unwrap(), Claim::Acquired);
    assert_eq!(days(), 36_500.0);
    redis.advance(LEASE * 60 * 24);
    assert_eq!(days(), 36_499.0);
    assert!(store.renew(first, Duration::MAX).await.unwrap());
    assert_eq!(days(), 36_500.0);
    store.commit(first, Done::new(StatusCode::OK, Duration::MAX)).await.unwrap();
    assert_eq!(days(), 36_500.0);
}

#[test]
fn a_server_that_has_vanished_is_given_up_by_the_system_after_five_seconds() {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=setsockopt"]).arg(std::env::current_exe().unwrap());
    let Ok(traced) = strace.args(["--exact", "idempotency::redis::each_step_is_one_command"]).output() else {
        return skip("strace");
    };
    let lines = String::from_utf8_lossy(&traced.stderr);
    if !traced.status.success() || lines.contains("SKIPPED") {
        return skip_because("`strace` may not trace here, or there is no `redis-server`");
    }
    assert!(lines.contains("TCP_USER_TIMEOUT, [5000]"), "{lines}");
}

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for_and_what_landed_is_released() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap().timeout(Duration::from_millis(200));
    let layer = IdempotencyLayer::with_pepper(store.clone(), Pepper::new(PEPPER).unwrap());
    let handler = Acting::default();
    deliver(&layer, &handler, "old").await;

    redis.signal("STOP");
    for event in ["new", "old"] {
        let answer = deliver(&layer, &handler, event).await;
        assert_eq!((answer.status, answer.outcome), (503, Some(Outcome::Unavailable)));
    }
    assert!(store.claim(attempt(), LEASE).await.unwrap_err().is_timeout());
    redis.signal("CONT");

    assert_eq!(when_up(&layer, &handler, "new").await, Answer::of_the_handler(204, Outcome::First));
    assert_eq!(when_up(&layer, &handler, "old").await, Answer::replay(204));
}

/// A connection that sends others in place of each command, and hears the answer to the last of them.
#[derive(Clone)]
struct Sends(MultiplexedConnection, fn(&Cmd) -> Vec<Cmd>);

impl Sends {
    async fn to(redis: &Redis, instead: fn(&Cmd) -> Vec<Cmd>) -> Self {
        Self(Client::open(redis.url()).unwrap().get_multiplexed_async_connection().await.unwrap(), instead)
    }
}

impl ConnectionLike for Sends {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async {
            let mut answer = Ok(Value::Nil);
            for command in (self.1)(command) {
                answer = self.0.req_packed_command(&command).await;
            }
            answer
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.0.req_packed_commands(commands, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }
}

#[tokio::test]
async fn a_claim_that_was_sent_again_is_acquired() {
    let Some(redis) = Redis::start() else { return };
    // As a connection to a cluster does when it loses the first answer.
    let store = RedisStore::new(Sends::to(&redis, |command| vec![command.clone(), command.clone()]).await);
    assert_eq!(store.claim(attempt(), LEASE).await.unwrap(), Claim::Acquired);
    let others = store.claim(attempt(), LEASE).await.unwrap();
    assert_eq!(others, Claim::InProgress { remaining: None });
}

#[tokio::test]
async fn an_answer_that_no_entry_has_and_none_at_all_are_errors() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::new(Sends::to(&redis, |_| vec![::redis::cmd("PING")]).await);
    let error = store.claim(attempt(), LEASE).await.unwrap_err();
    assert_eq!(error.to_string(), "redis holds something else under the key of an event");
    assert!(!error.is_timeout());
    redis.signal("STOP");
    let error = store.timeout(Duration::from_millis(50)).claim(attempt(), LEASE).await.unwrap_err();
    redis.signal("CONT");
    assert_eq!((error.to_string().as_str(), error.is_timeout()), ("redis did not answer in time", true));
}

#[tokio::test]
async fn no_step_takes_longer_than_the_timeout_and_each_may_take_as_long() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    for timeout in [Duration::from_millis(200), Duration::from_millis(1500)] {
        let store = store.clone().timeout(timeout);
        redis.signal("STOP");
        for step in ["claim", "commit", "release"] {
            let from = tokio::time::Instant::now();
            let error = match step {
                "claim" => store.claim(attempt(), LEASE).await.map(drop).unwrap_err(),
                "commit" => store.commit(attempt(), Done::new(StatusCode::OK, LEASE)).await.map(drop).unwrap_err(),
                _ => store.release(attempt()).await.unwrap_err(),
            };
            assert!(error.is_timeout(), "{error:?}");
            assert!((timeout..3 * timeout).contains(&from.elapsed()), "{step}: {:?}", from.elapsed());
        }
        redis.signal("CONT");
    }
}

#[tokio::test]
async fn a_server_that_is_restarted_is_found_again() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    let handler = Acting::default();
    let mut redis = redis;
    redis.kill();
    let answer = deliver(&layer, &handler, "e").await;
    assert_eq!((answer.status, answer.outcome), (503, Some(Outcome::Unavailable)));
    redis.restart();
    assert_eq!(when_up(&layer, &handler, "e").await, Answer::of_the_handler(204, Outcome::First));
    assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
}

/// The answer to the first retry that the store has an answer to.
async fn when_up(layer: &IdempotencyLayer<RedisStore>, handler: &Acting, event: &str) -> Answer {
    within("an answer of the store, long before a lease runs out", async {
        loop {
            let answer = deliver(layer, handler, event).await;
            if !matches!(answer.outcome, Some(Outcome::Unavailable | Outcome::InProgress)) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_server_that_is_not_there_or_too_old_is_an_error_at_the_start() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [format!("redis://{nowhere}/"), "http://127.0.0.1/".to_owned(), String::new()] {
        let error: RedisStoreError = RedisStore::connect(&url).await.unwrap_err();
        let cause = error.to_string();
        let cause = cause.strip_prefix("redis failed: ").unwrap();
        assert!(cause.contains("refused") || cause.contains("URL"), "{cause}");
    }
}

#[tokio::test]
async fn an_error_shows_no_url() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [
        format!("redis://canary:canary@{nowhere}/"),
        format!("redis://:canary@{nowhere}/canary"),
        format!("http://canary:canary@{nowhere}/"),
        format!("redis://:canary canary@{nowhere}"),
        "redis://:canary@".to_owned(),
        "canary".to_owned(),
    ] {
        let error = RedisStore::connect(&url).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn an_error_says_its_cause_in_one_line_and_shows_no_key() {
    let Some(redis) = Redis::start() else { return };
    // As after `rename-command`. The server answers with the arguments.
    let unknown = |command: &Cmd| {
        let Some(::redis::Arg::Simple(key)) = command.args_iter().nth(1) else { panic!() };
        let mut unknown = ::redis::cmd("SET2");
        unknown.arg(key);
        vec![unknown]
    };
    let store = RedisStore::new(Sends::to(&redis, unknown).await);
    let error = store.claim(attempt(), LEASE).await.unwrap_err();
    assert!(error.to_string().contains("unknown command"), "{error}");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("webhook:") && !text.contains("abab") && text.lines().count() == 1, "{text}");
    }
}

#[tokio::test]
async fn debug_shows_no_password() {
    let Some(redis) = Redis::start() else { return };
    redis.connect().ask(&["ACL", "SETUSER", "webhook", "on", ">canary", "~webhook:*", "+set", "+eval", "+get", "+del"]);
    let url = redis.url().replace("//", "//webhook:canary@");
    let store = RedisStore::connect(&url).await.expect("these rights are enough");
    assert_eq!(format!("{store:?}"), r#"RedisStore { prefix: "webhook:", timeout: 1s, .. }"#);
    let error = RedisStore::connect(&url.replace("canary", "canary2")).await.unwrap_err();
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn what_landed_in_a_server_that_has_forgotten_the_script_is_given_back_too() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap().timeout(Duration::from_millis(200));
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
    let handler = Acting::default();
    // As a restart does.
    redis.connect().ask(&["SCRIPT", "FLUSH"]);
    redis.signal("STOP");
    assert_eq!(deliver(&layer, &handler, "new").await.outcome, Some(Outcome::Unavailable));
    tokio::time::sleep(Duration::from_millis(400)).await;
    redis.signal("CONT");
    assert_eq!(when_up(&layer, &handler, "new").await, Answer::of_the_handler(204, Outcome::First));
}

/// A sender that got no answer retries, so this commit must not be lost.
#[tokio::test]
async fn a_detached_commit_is_tried_again() {
    let Some(redis) = Redis::start() else { return };
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let first = attempt();
    store.claim(first, LEASE).await.unwrap();
    redis.connect().ask(&["CONFIG", "SET", "maxmemory", "1"]);
    store.commit_detached(first, Done::new(StatusCode::NO_CONTENT, LEASE));
    let mut server = redis.connect();
    until("a commit that is refused", || {
        String::from_utf8(server.ask(&["INFO", "errorstats"]).concat()).unwrap().contains("errorstat_OOM")
    })
    .await;
    server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    within("the commit", async {
        while store.claim(attempt(), LEASE).await.unwrap() != Claim::Done(StatusCode::NO_CONTENT) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
