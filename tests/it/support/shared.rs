//! The servers that replicas share, for the tests that do the same on each.

use std::time::Duration;

use tower_webhook::idempotency::{BoxStore, PostgresStore, RedisStore, Store};

use super::{postgres::Postgres, redis::Redis};

pub(crate) trait Shared: Sized {
    /// What the example reads its URL from.
    const VARIABLE: &'static str;

    /// How long a step may take under load. A connection to PostgreSQL is a process, which takes longer to start.
    const TIMEOUT: Duration;

    /// `None`, with a word about it, if it is not installed.
    fn start() -> Option<Self>;
    /// One that the test may stop, and that keeps what it has answered.
    fn start_durable() -> Option<Self>;
    fn url(&self) -> String;
    async fn store(&self, timeout: Duration) -> BoxStore;
    fn kill(&mut self);
    fn restart(&mut self);
    fn signal(&self, name: &str);
    fn advance(&self, passed: Duration);
    /// How many events are claimed or done.
    fn events(&self) -> usize;
    /// `P` for an event that is claimed, and `D204` for one that is done.
    fn state(&self, key: &str) -> String;
}

impl Shared for Redis {
    const VARIABLE: &'static str = "REDIS_URL";
    const TIMEOUT: Duration = Duration::from_millis(250);

    fn start() -> Option<Self> {
        Self::start()
    }

    fn start_durable() -> Option<Self> {
        Self::start_durable()
    }

    fn url(&self) -> String {
        self.url()
    }

    async fn store(&self, timeout: Duration) -> BoxStore {
        RedisStore::connect(&self.url()).await.unwrap().timeout(timeout).boxed()
    }

    fn kill(&mut self) {
        self.kill();
    }

    fn restart(&mut self) {
        self.restart();
    }

    fn signal(&self, name: &str) {
        self.signal(name);
    }

    fn advance(&self, passed: Duration) {
        self.advance(passed);
    }

    fn events(&self) -> usize {
        String::from_utf8(self.connect().ask(&["DBSIZE"]).concat()).unwrap().parse().unwrap()
    }

    fn state(&self, key: &str) -> String {
        let entry = self.connect().ask(&["GET", &format!("webhook:{key}")]).concat();
        let length = if entry.starts_with(b"P") { 1 } else { entry.len() };
        String::from_utf8(entry[..length].to_vec()).unwrap()
    }
}

impl Shared for Postgres {
    const VARIABLE: &'static str = "DATABASE_URL";
    const TIMEOUT: Duration = Duration::from_secs(1);

    fn start() -> Option<Self> {
        Self::start()
    }

    fn start_durable() -> Option<Self> {
        Self::start_alone()
    }

    fn url(&self) -> String {
        self.url()
    }

    async fn store(&self, timeout: Duration) -> BoxStore {
        PostgresStore::connect(&self.url()).await.unwrap().timeout(timeout).boxed()
    }

    fn kill(&mut self) {
        self.kill();
    }

    fn restart(&mut self) {
        self.restart();
    }

    fn signal(&self, name: &str) {
        self.signal(name);
    }

    fn advance(&self, passed: Duration) {
        self.advance(passed);
    }

    fn events(&self) -> usize {
        self.ask("SELECT count(*) FROM webhook_events WHERE expires_at > now()")[0].parse().unwrap()
    }

    fn state(&self, key: &str) -> String {
        let state = "CASE WHEN status IS NULL THEN 'P' ELSE 'D' || status END";
        self.ask(&format!("SELECT {state} FROM webhook_events WHERE encode(key, 'hex') = '{key}'")).concat()
    }
}

/// Makes a test on each server of each function.
macro_rules! on_each_server {
    ($($name:ident)+) => {
        mod redis {
            $(#[test]
            fn $name() {
                super::$name::<$crate::support::redis::Redis>();
            })+
        }

        mod postgres {
            $(#[test]
            fn $name() {
                super::$name::<$crate::support::postgres::Postgres>();
            })+
        }
    };
}

pub(crate) use on_each_server;
