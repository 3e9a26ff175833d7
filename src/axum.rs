//! Extractors for [axum](https://docs.rs/axum) handlers.
//!
//! [`Webhook<Event>`](Webhook) moves the event out of the request. [`Delivery`] is an extractor too. The layer works on
//! axum without this feature: `Extension<Event>` clones the event.
//!
//! # Examples
//!
//! ```
//! use axum::{Router, http::StatusCode, routing::post};
//! use tower_webhook::{Delivery, axum::Webhook, provider::truemed::{Event, Truemed}};
//!
//! async fn handle(delivery: Delivery, Webhook(event): Webhook<Event>) -> StatusCode {
//!     println!("{}, key {:?}: {event:?}", delivery.provider(), delivery.key_label());
//!     StatusCode::NO_CONTENT
//! }
//!
//! let layer = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer();
//! let app: Router = Router::new().route("/webhooks/truemed", post(handle).layer(layer));
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```

use std::{any::type_name, fmt};

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, Version, request::Parts};

use crate::{Delivery, response};

const PROBLEM: &str = r#"{"title":"the receiver is not set up for this delivery","kind":"missing_layer"}"#;

/// Extracts the event of the delivery. It moves the event out of the request.
///
/// # Errors
///
/// [`MissingLayer`] if the route has no [`WebhookLayer`](crate::WebhookLayer) for this event, or if the event was
/// extracted before.
///
/// # Examples
///
/// See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "taken apart in the arguments of handlers")]
pub struct Webhook<E>(pub E);

/// The rejection of an extractor whose route has no [`WebhookLayer`](crate::WebhookLayer), or that of another provider.
///
/// It is a bug in your program. The response is 500, so the provider retries, and tells the sender nothing about your
/// program. Find this type in the extensions of the response: its `Display` text says what is missing. Send a delivery
/// through your router in a test to find the bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingLayer {
    wanted: &'static str,
    /// The version of a request whose body nobody has read.
    unread: Option<Version>,
}

impl MissingLayer {
    fn new<T>(head: &Parts) -> Self {
        // A webhook layer, which would have read the body, leaves a `Delivery` behind.
        let is_body_read = head.extensions.get::<Delivery>().is_some();
        Self { wanted: type_name::<T>(), unread: (!is_body_read).then_some(head.version) }
    }
}

impl<E, S> FromRequestParts<S> for Webhook<E>
where
    E: Clone + Send + Sync + 'static,
    S: Send + Sync,
{
    type Rejection = MissingLayer;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        head.extensions.remove().map(Webhook).ok_or_else(|| MissingLayer::new::<E>(head))
    }
}

impl<S> FromRequestParts<S> for Delivery
where
    S: Send + Sync,
{
    type Rejection = MissingLayer;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        head.extensions.get().cloned().ok_or_else(|| MissingLayer::new::<Self>(head))
    }
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.wanted;
        write!(f, "no `{wanted}` in the request: add the `WebhookLayer` that makes it to this route")
    }
}

impl std::error::Error for MissingLayer {}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::INTERNAL_SERVER_ERROR, PROBLEM).into_response();
        response::mark_problem(response.headers_mut());
        if let Some(version) = self.unread {
            response::announce_close(response.headers_mut(), version);
        }
        response.extensions_mut().insert(self);
        response
    }
}
