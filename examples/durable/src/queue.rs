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
/// Not an event: a worker of apalis ends where it cannot read a job, and meets the same one when it starts again. This
/// can always be read, and an event that cannot fails alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub provider: String,
    pub event_type: Option<String>,
    pub body: String,
}

/// Without the body, which is what gets into logs.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// An event that has waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Truemed(Box<truemed::Event>),
    MediQuo(Box<mediquo::Event>),
}

impl Job {
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
/// Not by `SqliteStorage::setup`: it also sets `synchronous = OFF` on one connection of the pool, over which a push
/// then ends before it is on the disk.
pub async fn open(pool: &SqlitePool) -> Result<Queue, MigrateError> {
    SqliteStorage::migrations().run(pool).await?;
    // A name of our own: the default is the path of the type, and jobs would be left behind where that changes.
    let config = Config::default().queue("webhooks").heartbeat_interval(HEARTBEAT);
    Ok(SqliteStorage::new(pool).with_config(config))
}

/// Deletes the jobs that have been done for so long, and their keys with them. Call it once a day, with more than the
/// provider sends again for: 8 days for Truemed.
///
/// Not `vacuum_before`, which deletes all that is done: it compares a number with a text.
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

/// The push ends with its commit. Where there is a job of this key, it changes nothing.
async fn hand_over(
    State(mut queue): State<Queue>,
    Extension(key): Extension<EventKey>,
    delivery: Delivery,
    body: String,
) -> StatusCode {
    let event_type = delivery.event_type().map(|event_type| event_type.into_inner().to_owned());
    let job = Job { provider: delivery.provider().to_owned(), event_type, body };
    let task = TaskBuilder::new(job).idempotency_key(key.to_hex()).build();
    match queue.push_task(task).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => {
            eprintln!("not stored: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
