//! Idempotency: answers duplicates of an event without running the handler again.
//!
//! Providers deliver at least once: they retry, and a network can lose your answer. Mount [`IdempotencyLayer`] inside
//! the [`WebhookLayer`](crate::WebhookLayer). It claims the event before the handler runs, and commits it as done after
//! the handler has answered 2xx. If the handler fails, it releases the claim:
//!
//! ```text
//!  state of the event  what happens             what the layer does
//!  absent or expired   a delivery arrives       claims the event and runs the handler
//!  in progress         a delivery arrives       answers 503 with `Retry-After`
//!  done                a delivery arrives       answers the stored 2xx without a body
//!  in progress         the handler answers 2xx  commits: the event is done
//!  in progress         the handler fails        releases: the retry runs the handler again
//! ```
//!
//! A handler fails when it answers another status or an error, when it panics, and when its future is dropped. Done is
//! final: until the time to live has passed, no failure of another attempt changes it.
//!
//! | store | where it keeps the claims | shared by |
//! |---|---|---|
//! | [`MemoryStore`] | in this process, until it ends | the layers of this process |
//! | `RedisStore` (feature `redis`) | in a Redis or Valkey server | all replicas |
//! | `PostgresStore` (feature `postgres`) | in a PostgreSQL database | all replicas |
//! | [`BoxStore`] | in a store that is chosen when the program runs | |
//! | your own [`Store`] | where you choose | |
//!
//! A store holds a keyed hash and a status for each event: no id, no body and no header.
//!
//! # What no layer can do
//!
//! The process can die between the effect and the commit, and a handler can take longer than its lease. In both cases
//! the handler runs again. Only the transaction of the effect can prevent that: insert the [`EventKey`], which the
//! handler finds in the request's extensions, under a unique constraint in the same transaction as the effect. The file
//! `docs/idempotency.md` of this crate has the recipe.
//!
//! # Examples
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_webhook::{
//!     WebhookBody,
//!     idempotency::{IdempotencyLayer, MemoryStore, Outcome},
//!     provider::truemed::Truemed,
//! };
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let truemed = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?;
//! let service = ServiceBuilder::new()
//!     .layer(truemed.into_layer())
//!     .layer(IdempotencyLayer::new(MemoryStore::new()))
//!     .service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::default())));
//!
//! let delivery = || {
//!     let body = r#"{"qualification_session_id": "qs_1", "status": "approved"}"#;
//!     Request::post("/").header("x-truemed-api-key", "tm_live_8Jq2vXw9Lr5t").body(body.to_owned())
//! };
//! for outcome in [Outcome::First, Outcome::Replayed] {
//!     let response = service.clone().oneshot(delivery()?).await?;
//!     assert_eq!(response.status(), StatusCode::NO_CONTENT);
//!     assert_eq!(response.extensions().get(), Some(&outcome));
//! }
//! # Ok(())
//! # }
//! ```

mod attempt;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod background;
mod boxed;
#[cfg(feature = "tokio")]
mod heartbeat;
#[cfg(feature = "tokio")]
mod in_flight;
mod key;
mod layer;
mod memory;
mod outcome;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod response;
mod service;
mod store;

#[cfg(feature = "tokio")]
pub use self::in_flight::InFlight;
#[cfg(feature = "testing")]
pub(crate) use self::key::random;
#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresStore, PostgresStoreError};
#[cfg(feature = "redis")]
pub use self::redis::{RedisStore, RedisStoreError};
pub use self::{
    boxed::BoxStore,
    key::{EventKey, Pepper},
    layer::IdempotencyLayer,
    memory::{MemoryStore, StoreFull},
    outcome::Outcome,
    service::{IdempotencyFuture, IdempotencyService},
    store::{Attempt, Claim, ClaimToken, Commit, Done, Store},
};
use crate::BoxError;
pub use crate::delivery::{Identity, IdentityBuilder};
