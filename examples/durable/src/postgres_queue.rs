//! A delivery becomes a job in a queue on PostgreSQL, under its event's key, and is answered once the job is stored.

use std::error::Error;

use apalis::prelude::{TaskBuilder, TaskSink};
use apalis_postgres::{Config, PostgresStorage};
use axum::{Extension, Router, extract::State, http::StatusCode, routing::post};
use sqlx::{PgPool, migrate::MigrateError};
use tower_webhook::{
    Delivery, WebhookLayer,
    idempotency::{EventKey, IdempotencyLayer, Store},
    provider::{mediquo::MediQuo, truemed::Truemed},
};

use crate::{queue::Job, worker::HEARTBEAT};

pub type Queue = PostgresStorage<Job>;

/// Makes the tables of the queue. The user needs the right to create the extension `hstore`.
pub async fn open(pool: &PgPool) -> Result<Queue, MigrateError> {
    PostgresStorage::migrations().run(pool).await?;
    Ok(PostgresStorage::new(pool).with_config(Config::default().queue("webhooks").heartbeat_interval(HEARTBEAT)))
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

/// Stores a job and returns after the commit. It takes a clone of the queue for each delivery, so that no job of another
/// one is in the same `INSERT`.
async fn hand_over(
    State(mut queue): State<Queue>,
    Extension(key): Extension<EventKey>,
    delivery: Delivery,
    body: String,
) -> StatusCode {
    let task = TaskBuilder::new(Job::of(&delivery, body)).idempotency_key(key.to_hex()).build();
    match queue.push_task(task).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) if is_duplicate(&error) => StatusCode::NO_CONTENT,
        Err(error) => {
            eprintln!("not stored: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Whether the queue has a job with this key: its `INSERT` has no `ON CONFLICT`, so that is an error there.
fn is_duplicate(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.any(|cause| match cause.downcast_ref::<sqlx::Error>() {
        Some(sqlx::Error::Database(error)) => {
            error.is_unique_violation() && error.constraint() == Some("idx_jobs_idempotency_key")
        }
        _ => match cause.downcast_ref::<apalis_postgres::Error>() {
            Some(apalis_postgres::Error::Database(sqlx::Error::Database(error))) => {
                error.is_unique_violation() && error.constraint() == Some("idx_jobs_idempotency_key")
            }
            _ => false,
        },
    })
}
