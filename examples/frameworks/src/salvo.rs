//! salvo: `TowerServiceCompat::compat` makes a handler of a tower service.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use salvo::{Router, http::ReqBody, prelude::TowerServiceCompat};
use tower::{ServiceBuilder, service_fn};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    ConfigError, WebhookBody,
    auth::Key,
    idempotency::{IdempotencyLayer, MemoryStore},
    json::RawJson,
    provider::preset,
};

use crate::Effects;

pub fn app(key: Key, deadline: Duration, effects: Effects) -> Result<Router, ConfigError> {
    let webhooks = preset::stripe().key(key).build()?.into_layer();
    let handler = service_fn(move |request: Request<WebhookBody>| {
        let effects = effects.clone();
        async move {
            if let Some(event) = request.extensions().get::<RawJson>() {
                effects.apply(event);
            }
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }
    });
    let service = ServiceBuilder::new()
        // When a body takes longer, the webhook layer answers 408.
        .layer(RequestBodyDeadlineLayer::new(deadline))
        .layer(webhooks)
        .layer(IdempotencyLayer::new(MemoryStore::new()))
        .service(handler);
    Ok(Router::with_path("webhooks/stripe").goal(TowerServiceCompat::<ReqBody, _, _, _>::compat(service)))
}
