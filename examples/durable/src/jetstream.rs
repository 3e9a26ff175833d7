//! A delivery becomes a message in NATS JetStream, and is answered once the stream has it.
//!
//! The message's `Nats-Msg-Id` is the event's key, so the stream itself drops a duplicate within its window.

use std::{error::Error, time::Duration};

use async_nats::{
    HeaderMap,
    header::NATS_MESSAGE_ID,
    jetstream::{self, Context, stream},
};
use axum::{Extension, Router, extract::State, http::StatusCode, routing::post};
use tokio::time::timeout;
use tower_webhook::{
    Delivery, WebhookLayer,
    idempotency::{EventKey, IdempotencyLayer, Store},
    provider::{mediquo::MediQuo, truemed::Truemed},
};

use crate::{database::WAIT, queue::Job, server::Failure};

pub const STREAM: &str = "WEBHOOKS";

/// For how long the stream knows a key: longer than the provider retries. The server keeps these keys in its memory.
const DUPLICATES: Duration = Duration::from_secs(8 * 24 * 60 * 60);

type AnyError = Box<dyn Error + Send + Sync>;

/// Connects, and makes the stream, which keeps its messages on the disk.
pub async fn open(url: &str) -> Result<Context, Failure> {
    let stream = jetstream::new(async_nats::connect(url).await?);
    let config = stream::Config {
        name: STREAM.to_owned(),
        subjects: vec!["webhooks.>".to_owned()],
        duplicate_window: DUPLICATES,
        storage: stream::StorageType::File,
        ..stream::Config::default()
    };
    stream.get_or_create_stream(config).await?;
    Ok(stream)
}

/// The routes of both providers.
pub fn router<St: Store>(
    stream: Context,
    idempotency: IdempotencyLayer<St>,
    truemed: WebhookLayer<Truemed>,
    mediquo: WebhookLayer<MediQuo>,
) -> Router {
    Router::new()
        .route("/webhooks/truemed", post(hand_over).layer((truemed, idempotency.clone())))
        .route("/webhooks/mediquo", post(hand_over).layer((mediquo, idempotency)))
        .with_state(stream)
}

async fn hand_over(
    State(stream): State<Context>,
    Extension(key): Extension<EventKey>,
    delivery: Delivery,
    body: String,
) -> StatusCode {
    let job = Job::of(&delivery, body);
    match timeout(WAIT, publish(&stream, key, &job)).await.unwrap_or_else(|late| Err(late.into())) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => {
            eprintln!("not stored: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Returns once the server has the message, or has had it before.
async fn publish(stream: &Context, key: EventKey, job: &Job) -> Result<(), AnyError> {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, key.to_hex());
    let subject = format!("webhooks.{}", job.provider);
    let sent = stream.publish_with_headers(subject, headers, serde_json::to_vec(job)?.into()).await?;
    sent.await?;
    Ok(())
}
