//! The effect and its event's key in one transaction: both are stored, or neither is.

use axum::{Extension, Router, extract::State, http::StatusCode, routing::post};
use sqlx::{Error, SqlitePool};
use tower_webhook::{
    WebhookLayer,
    axum::Webhook,
    idempotency::{EventKey, IdempotencyLayer, Store},
    provider::truemed::{Event, Truemed},
};

/// `decisions` and `unread_events` stand for whatever the effect is; nothing in them would stop a second one.
///
/// Keep a key for longer than the provider retries, which is 7 days for Truemed.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS webhook_events (
    key BLOB PRIMARY KEY,
    stored_at INTEGER NOT NULL DEFAULT (unixepoch())
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions (subject TEXT NOT NULL, decision TEXT);
CREATE TABLE IF NOT EXISTS unread_events (json TEXT NOT NULL);
";

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The effect happened now.
    Now,
    /// The effect had happened before.
    Before,
}

/// Makes the tables.
pub async fn open(pool: &SqlitePool) -> Result<(), Error> {
    sqlx::raw_sql(TABLES).execute(pool).await?;
    Ok(())
}

/// The route of Truemed.
pub fn router<St: Store>(
    pool: SqlitePool,
    idempotency: IdempotencyLayer<St>,
    truemed: WebhookLayer<Truemed>,
) -> Router {
    Router::new().route("/webhooks/truemed", post(handle).layer((truemed, idempotency))).with_state(pool)
}

async fn handle(
    State(pool): State<SqlitePool>,
    Extension(key): Extension<EventKey>,
    Webhook(event): Webhook<Event>,
) -> StatusCode {
    match settle(&pool, &key, &event).await {
        Ok(Settled::Now) => println!("effect {}", key.to_hex()),
        Ok(Settled::Before) => println!("replay {}", key.to_hex()),
        Err(error) => {
            eprintln!("not settled: {error}");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    StatusCode::NO_CONTENT
}

/// What an event does. It stands for your own effect.
pub enum Effect {
    Decision {
        subject: String,
        decision: Option<String>,
    },
    /// Truemed does not send it again after a 204, so keep it for a version that can decode it.
    Unread {
        json: String,
    },
}

impl Effect {
    pub fn of(event: &Event) -> Result<Self, serde_json::Error> {
        Ok(match event {
            Event::QualificationSessionComplete(session) => Self::Decision {
                subject: session.qualification_session_id.clone(),
                decision: Some(session.status.as_str().to_owned()),
            },
            Event::ItemEligibilityUpdated(update) => {
                let item = &update.data.object;
                let decision = item.eligibility.as_ref().map(|eligibility| eligibility.as_str().to_owned());
                Self::Decision { subject: item.sku.clone(), decision }
            }
            unread => Self::Unread { json: serde_json::to_string(unread)? },
        })
    }
}

/// The recipe. The key goes first: on PostgreSQL too, a second transaction waits there until the first has ended.
async fn settle(pool: &SqlitePool, key: &EventKey, event: &Event) -> Result<Settled, Error> {
    let mut transaction = pool.begin().await?;
    let inserted = sqlx::query("INSERT INTO webhook_events (key) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(key.as_bytes().as_slice())
        .execute(&mut *transaction)
        .await?;
    if inserted.rows_affected() == 0 {
        return Ok(Settled::Before);
    }
    match Effect::of(event).map_err(|error| Error::Encode(error.into()))? {
        Effect::Decision { subject, decision } => {
            sqlx::query("INSERT INTO decisions (subject, decision) VALUES (?, ?)")
                .bind(subject)
                .bind(decision)
                .execute(&mut *transaction)
                .await?;
        }
        Effect::Unread { json } => {
            sqlx::query("INSERT INTO unread_events (json) VALUES (?)").bind(json).execute(&mut *transaction).await?;
        }
    }
    transaction.commit().await?;
    Ok(Settled::Now)
}
