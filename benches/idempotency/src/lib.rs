//! What the benchmark and the count share.

use std::{convert::Infallible, hint::black_box};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use tower_webhook::{WebhookBody, idempotency::Identity};

/// A delivery as the webhook layer hands it on.
#[must_use]
pub fn delivery(number: u64) -> Request<WebhookBody> {
    let mut request = Request::new(WebhookBody::default());
    request.extensions_mut().insert(Identity::of_content("bench", &number.to_ne_bytes()));
    request
}

/// The handler that does nothing.
///
/// # Errors
///
/// None.
pub async fn handle(request: Request<WebhookBody>) -> Result<Response<Empty<Bytes>>, Infallible> {
    black_box(request);
    Ok(Response::new(Empty::new()))
}
