//! The stores, each with a way to let its time pass.

use std::{sync::Arc, time::Duration};

use tower_webhook::{
    idempotency::{BoxStore, IdempotencyLayer, MemoryStore, Pepper, PostgresStore, RedisStore, Store},
    testing::{FailingStore, ManualClock},
};

use super::{postgres::Postgres, redis::Redis};

pub(crate) const PEPPER: &str = "b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58";

/// A store, and where it is.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) store: FailingStore<BoxStore>,
    time: Time,
}

#[derive(Clone)]
enum Time {
    Manual(ManualClock),
    Redis(Arc<Redis>),
    Postgres(Arc<Postgres>),
}

impl Place {
    pub(crate) fn memory() -> Self {
        let clock = ManualClock::new();
        let store = MemoryStore::new().clock(clock.clone());
        Self { store: FailingStore::new(store.boxed()), time: Time::Manual(clock) }
    }

    /// A store whose time passes by itself.
    pub(crate) fn of(store: BoxStore) -> Self {
        Self { store: FailingStore::new(store), time: Time::Manual(ManualClock::new()) }
    }

    /// `None` if there is no server to start.
    pub(crate) async fn redis() -> Option<Self> {
        let redis = Redis::start()?;
        let store = RedisStore::connect(&redis.url()).await.unwrap();
        Some(Self { store: FailingStore::new(store.boxed()), time: Time::Redis(Arc::new(redis)) })
    }

    /// `None` if there is no server to start.
    pub(crate) async fn postgres() -> Option<Self> {
        let postgres = Postgres::start()?;
        let store = PostgresStore::connect(&postgres.url()).await.unwrap();
        Some(Self { store: FailingStore::new(store.boxed()), time: Time::Postgres(Arc::new(postgres)) })
    }

    pub(crate) fn advance(&self, passed: Duration) {
        match &self.time {
            Time::Manual(clock) => clock.advance(passed),
            Time::Redis(redis) => redis.advance(passed),
            Time::Postgres(postgres) => postgres.advance(passed),
        }
    }

    /// The layer of one replica: with a pepper that all have.
    pub(crate) fn layer(&self) -> IdempotencyLayer<FailingStore<BoxStore>> {
        IdempotencyLayer::with_pepper(self.store.clone(), Pepper::new(PEPPER).unwrap())
    }
}

/// Makes a test on each store of each function.
macro_rules! on_each_store {
    ($(async fn $name:ident($place:ident: Place) $body:block)+) => {
        $(async fn $name($place: $crate::support::place::Place) $body)+

        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::place::Place::memory()).await;
            })+
        }

        mod redis {
            $(#[tokio::test]
            async fn $name() {
                if let Some(place) = $crate::support::place::Place::redis().await {
                    super::$name(place).await;
                }
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                if let Some(place) = $crate::support::place::Place::postgres().await {
                    super::$name(place).await;
                }
            })+
        }
    };
}

pub(crate) use on_each_store;
