//! A delivery becomes a job in a durable queue, under its event's key, and is answered once the job is stored.

use std::{fmt, time::Duration};

use apalis::prelude::{TaskBuilder, TaskSink};
use apalis_sqlite::{Config, SqliteStorage};
use axum::{Extension, Router, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, Serialize};
use sqlx::{Error, SqlitePool, migrate::MigrateError};
use tower_webhook::{
    Delivery, WebhookLayer,
    idempotency::{EventKey, IdempotencyLayer, Store},
    json::{DecodeError, decode_tagged},
    provider::{
        mediquo::{self, MediQuo},
        truemed::{self, Truemed},
    },
};

use crate::worker::HEARTBEAT;

/// What waits in the queue: the body as it was sent, which can be health data.
///
/// It is text and not an event, because a worker of apalis stops at a job that it cannot decode, and again at each
/// start. Text can always be decoded, and an event that cannot be decoded fails alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub provider: String,
    pub event_type: Option<String>,
    pub body: String,
}

/// Does not show the body, which must not get into logs.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// An event from the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Truemed(Box<truemed::Event>),
    MediQuo(Box<mediquo::Event>),
}

impl Job {
    /// The job of a delivery with this body.
    pub fn of(delivery: &Delivery, body: String) -> Self {
        let event_type = delivery.event_type().map(|event_type| event_type.into_inner().to_owned());
        Self { provider: delivery.provider().to_owned(), event_type, body }
    }

    /// The event, or `None` if this program does not know the provider.
    pub fn event(&self) -> Result<Option<Event>, DecodeError> {
        let (event_type, body) = (self.event_type.as_deref(), self.body.as_bytes());
        Ok(match self.provider.as_str() {
            "truemed" => Some(Event::Truemed(Box::new(decode_tagged(event_type, body)?))),
            "mediquo" => Some(Event::MediQuo(Box::new(decode_tagged(event_type, body)?))),
            _ => None,
        })
    }
}

pub type Queue = SqliteStorage<Job>;

/// Makes the tables of the queue.
///
/// Use it instead of `SqliteStorage::setup`, which also sets `synchronous = OFF` on one connection of the pool: a push
/// over that connection returns before the job is on the disk.
pub async fn open(pool: &SqlitePool) -> Result<Queue, MigrateError> {
    SqliteStorage::migrations().run(pool).await?;
    // Set a name: the default is the path of the type, and a change of the path would leave jobs behind.
    let config = Config::default().queue("webhooks").heartbeat_interval(HEARTBEAT);
    Ok(SqliteStorage::new(pool).with_config(config))
}

/// Deletes the jobs that have been done for this long, with their keys. Call it once a day, with a time longer than the
/// provider retries: 8 days for Truemed.
///
/// Use it instead of `vacuum_before`, which compares a number with a text and so deletes all finished jobs.
pub async fn forget(pool: &SqlitePool, done_for: Duration) -> Result<u64, Error> {
    let seconds = i64::try_from(done_for.as_secs()).unwrap_or(i64::MAX);
    let deleted = sqlx::query("DELETE FROM Jobs WHERE status = 'Done' AND done_at <= unixepoch() - ?")
        .bind(seconds)
        .execute(pool)
        .await?;
    Ok(deleted.rows_affected())
}

/// The routes of both providers.
pub fn router<St: Store>(
    queue: Queue,
    idempotency: IdempotencyLayer<St>,
    truemed: WebhookLayer<Truemed>,
    mediquo: WebhookLayer<MediQuo>,
) -> Router {
    Router::new()
        .route("/webhooks/truemed", post(hand_over).layer((truemed, idempotency.clone())))
        .route("/webhooks/mediquo", post(hand_over).layer((mediquo, idempotency)))
        .with_state(queue)
}

/// Stores a job and returns after the commit. If a job with this key exists, it changes nothing.
async fn hand_over(
    State(mut queue): State<Queue>,
    Extension(key): Extension<EventKey>,
    delivery: Delivery,
    body: String,
) -> StatusCode {
    let task = TaskBuilder::new(Job::of(&delivery, body)).idempotency_key(key.to_hex()).build();
    match queue.push_task(task).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => {
            eprintln!("not stored: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
