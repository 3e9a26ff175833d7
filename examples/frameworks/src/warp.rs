//! warp: `warp::service` makes a tower service of a filter, which takes the event out of the extensions. hyper-util
//! serves what is layered around it.

use std::time::Duration;

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    ConfigError,
    auth::Key,
    idempotency::{IdempotencyLayer, MemoryStore},
    json::RawJson,
    provider::preset,
};
use warp::Filter;

use crate::Effects;

/// Serves the webhooks for good.
pub async fn serve(listener: TcpListener, key: Key, deadline: Duration, effects: Effects) -> Result<(), ConfigError> {
    let webhooks = preset::stripe().key(key).build()?.into_layer();
    let handler = warp::path!("webhooks" / "stripe").and(warp::ext::get::<RawJson>()).map(move |event: RawJson| {
        effects.apply(&event);
        warp::reply()
    });
    let service = ServiceBuilder::new()
        // When a body takes longer, the webhook layer answers 408.
        .layer(RequestBodyDeadlineLayer::new(deadline))
        .layer(webhooks)
        .layer(IdempotencyLayer::new(MemoryStore::new()))
        .service(warp::service(handler));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            drop(server.serve_connection(TokioIo::new(stream), service).await);
        });
    }
}
