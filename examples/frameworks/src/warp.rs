//! warp: `warp::service` makes a tower service of a filter, which takes the event out of the extensions. hyper-util
//! serves what is layered around it.

use std::{convert::Infallible, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    ConfigError,
    auth::Key,
    idempotency::{IdempotencyLayer, MemoryStore},
    json::RawJson,
    provider::preset,
};
use warp::{Filter, hyper::body::Incoming};

use crate::Effects;

type Request = warp::http::Request<Incoming>;

pub fn app(
    key: Key,
    deadline: Duration,
    effects: Effects,
) -> Result<
    impl Service<
        Request,
        Response = warp::http::Response<
            impl warp::hyper::body::Body<Data = warp::hyper::body::Bytes, Error: std::error::Error + Send + Sync>
            + Send
            + 'static,
        >,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + 'static,
    ConfigError,
> {
    let webhooks = preset::stripe().key(key).build()?.into_layer();
    let handler = warp::path!("webhooks" / "stripe").and(warp::ext::get::<RawJson>()).map(move |event: RawJson| {
        effects.apply(&event);
        warp::reply()
    });
    Ok(ServiceBuilder::new()
        // When a body takes longer, the webhook layer answers 408.
        .layer(RequestBodyDeadlineLayer::new(deadline))
        .layer(webhooks)
        .layer(IdempotencyLayer::new(MemoryStore::new()))
        .service(warp::service(handler)))
}

/// Serves the app for good.
pub async fn serve(listener: TcpListener, key: Key, deadline: Duration, effects: Effects) -> Result<(), ConfigError> {
    let app = app(key, deadline, effects)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let app = TowerToHyperService::new(app.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            drop(server.serve_connection(TokioIo::new(stream), app).await);
        });
    }
}
