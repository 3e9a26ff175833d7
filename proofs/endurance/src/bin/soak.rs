//! The server of the soak: `examples/axum.rs` and `examples/idempotent.rs` in one, with both stores at once. Truemed and
//! GitHub keep their events in Redis, MediQuo and Stripe in PostgreSQL.
//!
//! The header `soak-does` says what the handler is to do, and the header `soak-outcome` what the idempotency layer did.
#![allow(clippy::disallowed_methods, reason = "a program, not a library")]

use std::{env, error::Error, io, time::Duration};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::map_response,
    response::Response,
    routing::{MethodRouter, get, post},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::sleep,
};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    Delivery, WebhookLayer,
    idempotency::{IdempotencyLayer, InFlight, Outcome, Pepper, PostgresStore, RedisStore, Store},
    observe::{MetricsObserver, TracingObserver},
    provider::{Provider, mediquo::MediQuo, preset, truemed::Truemed},
};

/// Below the time that the load runs, so that both stores forget as much as they learn.
const TTL: Duration = Duration::from_secs(60);
/// On a machine with much other work, a store can need more than the default of a second, and 503 is then right.
const TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0])?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &[1e3, 4e3, 16e3, 64e3, 256e3, 1e6])?
        .install_recorder()?;

    let in_flight = InFlight::new();
    let redis = once(RedisStore::connect_lazy(&env::var("REDIS_URL")?)?.timeout(TIMEOUT), &in_flight)?;
    let postgres = PostgresStore::connect_lazy(&env::var("DATABASE_URL")?)?.timeout(TIMEOUT);
    postgres.migrate().await?;
    let postgres = once(postgres, &in_flight)?;

    let truemed = Truemed::builder().api_key(env::var("TRUEMED_KEY")?).build()?.into_layer();
    let mediquo = MediQuo::builder().signature(env::var("MEDIQUO_KEY")?).build()?.into_layer();
    let github = preset::github().key(env::var("GITHUB_KEY")?).build()?.into_layer();
    let stripe = preset::stripe().key(env::var("STRIPE_KEY")?).build()?.into_layer();
    let app = Router::new()
        .route("/webhooks/truemed", route(truemed, redis.clone()))
        .route("/webhooks/github", route(github, redis))
        .route("/webhooks/mediquo", route(mediquo, postgres.clone()))
        .route("/webhooks/stripe", route(stripe, postgres))
        .route("/metrics", get(async move || metrics.render()))
        .layer(map_response(show))
        .layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));

    let listener = TcpListener::bind(env::var("LISTEN")?).await?;
    let mut stop = signal(SignalKind::terminate())?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop.recv().await;
        })
        .await?;
    in_flight.drained().await;
    Ok(())
}

fn once<S: Store>(store: S, in_flight: &InFlight) -> Result<IdempotencyLayer<S>, Box<dyn Error>> {
    let pepper = Pepper::new(env::var("IDEMPOTENCY_PEPPER")?)?;
    let layer = IdempotencyLayer::with_pepper(store, pepper).ttl(TTL).detached(in_flight);
    Ok(layer.on_store_error(|error| eprintln!("STORE {error}")))
}

fn route<P: Provider, S: Store>(layer: WebhookLayer<P>, once: IdempotencyLayer<S>) -> MethodRouter {
    let observer = (TracingObserver::new(), MetricsObserver::new());
    post(handle).layer((layer.observer(observer), once))
}

async fn handle(headers: HeaderMap, delivery: Delivery) -> StatusCode {
    println!("{delivery:?}");
    match headers.get("soak-does").map(HeaderValue::as_bytes) {
        Some(b"fail") => return StatusCode::INTERNAL_SERVER_ERROR,
        Some(b"wait") => sleep(Duration::from_millis(100)).await,
        _ => {}
    }
    StatusCode::NO_CONTENT
}

async fn show(mut response: Response) -> Response {
    let outcome = response.extensions().get::<Outcome>().map(|outcome| HeaderValue::from_static(outcome.as_str()));
    outcome.map(|outcome| response.headers_mut().insert("soak-outcome", outcome));
    response
}
