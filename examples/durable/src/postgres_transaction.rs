//! The effect and its event's key in one transaction on PostgreSQL, which several replicas share.

use std::{error::Error, time::Duration};

use axum::{Extension, Router, extract::State, http::StatusCode, routing::post};
use deadpool_postgres::{Manager, Pool};
use tokio::time::timeout;
use tokio_postgres::{NoTls, types::Type};
use tower_webhook::{
    WebhookLayer,
    axum::Webhook,
    idempotency::{EventKey, IdempotencyLayer, PostgresStore, Store},
    provider::truemed::{Event, Truemed},
};

use crate::{
    database::WAIT,
    server::Failure,
    transaction::{Effect, Settled},
};

/// As in [`transaction`](crate::transaction): nothing in them would stop a second effect.
///
/// Replicas that start at once make them one after the other: `IF NOT EXISTS` does not see what is being made.
const TABLES: &str = "
SELECT pg_advisory_xact_lock(20261127);
CREATE TABLE IF NOT EXISTS decisions (subject text NOT NULL, decision text);
CREATE TABLE IF NOT EXISTS unread_events (json text NOT NULL);
";

/// How long a claim outlives a crash. It is renewed while a handler runs.
pub const LEASE: Duration = Duration::from_secs(10);

type AnyError = Box<dyn Error + Send + Sync>;

/// Makes the tables, and a store for the idempotency layer on the same pool.
pub async fn open(url: &str) -> Result<(Pool, PostgresStore), Failure> {
    let pool = Pool::builder(Manager::new(url.parse()?, NoTls)).max_size(20).build()?;
    let store = PostgresStore::new(pool.clone());
    store.migrate().await?;
    pool.get().await?.batch_execute(TABLES).await?;
    Ok((pool, store))
}

/// The route of Truemed.
pub fn router<St: Store>(pool: Pool, idempotency: IdempotencyLayer<St>, truemed: WebhookLayer<Truemed>) -> Router {
    let idempotency = idempotency.lease(LEASE).heartbeat();
    Router::new().route("/webhooks/truemed", post(handle).layer((truemed, idempotency))).with_state(pool)
}

async fn handle(
    State(pool): State<Pool>,
    Extension(key): Extension<EventKey>,
    Webhook(event): Webhook<Event>,
) -> StatusCode {
    // A transaction that is given up may still be committed. Its retry finds the key.
    let settled = timeout(WAIT, settle(&pool, key, &event)).await.unwrap_or_else(|late| Err(late.into()));
    match settled {
        Ok(Settled::Now) => println!("effect {}", key.to_hex()),
        Ok(Settled::Before) => println!("replay {}", key.to_hex()),
        Err(error) => {
            eprintln!("not settled: {}", said(&error));
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    StatusCode::NO_CONTENT
}

/// The words of the server and the SQLSTATE: the error itself says `db error`, and its details can quote a row.
fn said(error: &AnyError) -> String {
    match error.downcast_ref().and_then(tokio_postgres::Error::as_db_error) {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => error.to_string(),
    }
}

/// The recipe. A second transaction with the key waits at `insert_in` until the first has ended.
async fn settle(pool: &Pool, key: EventKey, event: &Event) -> Result<Settled, AnyError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    if !key.insert_in(&transaction).await? {
        return Ok(Settled::Before);
    }
    match Effect::of(event)? {
        Effect::Decision { subject, decision } => {
            let decision = [(&subject as _, Type::TEXT), (&decision as _, Type::TEXT)];
            transaction.execute_typed("INSERT INTO decisions (subject, decision) VALUES ($1, $2)", &decision).await?;
        }
        Effect::Unread { json } => {
            transaction.execute_typed("INSERT INTO unread_events (json) VALUES ($1)", &[(&json, Type::TEXT)]).await?;
        }
    }
    transaction.commit().await?;
    Ok(Settled::Now)
}
