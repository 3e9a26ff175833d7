use http::Response;

use crate::idempotency::Outcome;

/// Asserts what the [`IdempotencyLayer`](crate::idempotency::IdempotencyLayer) has done with a delivery, by the response
/// to it.
///
/// A service in the same process has the outcome in the extensions of its response; a response that came over a
/// connection has none.
///
/// # Panics
///
/// The response has another outcome or none; the message says which.
///
/// # Examples
///
/// A duplicate does not run the handler:
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
/// use tower_webhook::{
///     WebhookBody,
///     idempotency::{IdempotencyLayer, MemoryStore, Outcome},
///     provider::preset,
///     testing::{TestSender, assert_outcome},
/// };
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let stripe = TestSender::named("stripe")?;
/// let service = ServiceBuilder::new()
///     .layer(preset::stripe().key(stripe.key()).build()?.into_layer())
///     .layer(IdempotencyLayer::new(MemoryStore::new()))
///     .service(service_fn(async |_: Request<WebhookBody>| Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))));
///
/// let paid = stripe.event("invoice.paid")?;
/// for expected in [Outcome::First, Outcome::Replayed] {
///     let response = service.clone().oneshot(paid.request::<Full<Bytes>>()).await?;
///     assert_outcome(&response, expected);
/// }
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn assert_outcome<B>(response: &Response<B>, expected: Outcome) {
    let status = response.status();
    let found = response.extensions().get::<Outcome>();
    assert!(
        found == Some(&expected),
        "expected the outcome `{}`, but the response with status {status} has {}",
        expected.as_str(),
        found.map_or_else(
            || "none: the delivery was rejected before the idempotency layer, or an outer layer has made a new response".into(),
            |found| format!("`{}`", found.as_str()),
        ),
    );
}
