//! Exactly-once effects: duplicates of an event are answered without running the handler again.
//!
//! Senders deliver at least once: they retry, and networks cut answers off. [`IdempotencyLayer`] is mounted
//! inside of the [`WebhookLayer`](crate::WebhookLayer), claims the event before the handler runs, and remembers
//! that it has had its effect once the handler has answered 2xx:
//!
//! ```text
//!  an event's state      what comes          what is done
//!  absent, or run out    a delivery          claimed; the handler runs
//!  in progress           a delivery          503 with `Retry-After`
//!  done                  a delivery          the stored 2xx, without a body; the handler does not run
//!  in progress           2xx of the handler  done
//!  in progress           anything else       given back: the retry runs
//! ```
//!
//! Anything else is another status, an error, a panic, and a future that was dropped. Done is done: no failure
//! of another attempt takes it back before its time to live has passed.
//!
//! | | where the claims are | who shares them |
//! |---|---|---|
//! | [`MemoryStore`] | in this process | its layers; gone when it ends |
//! | `RedisStore` (feature `redis`) | in a Redis or Valkey server | all replicas |
//! | [`AnyStore`], or your own [`Store`] | behind a type that is chosen when the program runs | |
//!
//! What a store holds is a keyed hash and a status: no id, no body and no header.
//!
//! # What no layer can do
//!
//! Between the effect and its record there is a moment in which the process can die, and a handler can outlast
//! its lease. In both cases the handler runs again. Only the effect's own transaction closes that: insert the
//! [`EventKey`], which the handler finds in the request's extensions, under a unique constraint in the same
//! transaction as the effect. [docs/idempotency.md] has the recipe.
//!
//! [docs/idempotency.md]: https://github.com/tower-webhook/tower-webhook/blob/main/docs/idempotency.md
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

mod any;
mod attempt;
mod guard;
#[cfg(feature = "tokio")]
mod in_flight;
mod key;
mod layer;
mod memory;
mod outcome;
mod pepper;
mod random;
#[cfg(feature = "redis")]
mod redis;
mod refusal;
mod service;
mod store;

#[cfg(feature = "tokio")]
pub use self::in_flight::InFlight;
#[cfg(feature = "redis")]
pub use self::redis::{RedisStore, RedisStoreError};
pub use self::{
    any::AnyStore,
    key::EventKey,
    layer::IdempotencyLayer,
    memory::{MemoryStore, StoreFull},
    outcome::Outcome,
    pepper::Pepper,
    service::{IdempotencyFuture, IdempotencyService},
    store::{BoxError, Claim, Commit, Store, Token},
};
pub use crate::delivery::{Identity, IdentityBuilder};
