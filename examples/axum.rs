//! Receives the webhooks of Truemed and MediQuo on axum, with logs and metrics: `cargo run --example axum`.
//!
//! To make it yours, delete the lines that end in `// demo`.

#![allow(clippy::disallowed_methods, clippy::print_stdout)] // demo

mod demo; // demo

use std::{env, error::Error, io, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::{net::TcpListener, signal, time::sleep};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::axum::Webhook;
use tower_webhook::observe::{MetricsObserver, TracingObserver};
use tower_webhook::provider::{mediquo, truemed};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let metrics = recorder()?;
    // What was measured waits in memory for this or for a scrape.
    let upkeep = metrics.clone();
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    let observer = || (TracingObserver::new(), MetricsObserver::new());

    let truemed = truemed::Truemed::builder().api_key(secret("TRUEMED_API_KEY")?).build()?.into_layer();
    let mediquo = mediquo::MediQuo::builder().signature(secret("MEDIQUO_WEBHOOK_SIGNATURE")?).build()?.into_layer();

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    // Before anything can be delivered.
    let (stop, grace) = (shutdown()?, shutdown()?);
    let (truemed, mediquo) = demo::start(&listener, truemed, mediquo)?; // demo

    let app = Router::new()
        .route("/webhooks/truemed", post(on_truemed).layer(truemed.observer(observer())))
        .route("/webhooks/mediquo", post(on_mediquo).layer(mediquo.observer(observer())))
        // For Prometheus alone: let no proxy pass it on.
        .route("/metrics", get(async move || metrics.render()))
        // When a body takes longer, the webhook layers answer 408.
        .layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    let server = axum::serve(listener, app).with_graceful_shutdown(stop);
    tokio::select! {
        ended = server.into_future() => ended?,
        // A sender that never finishes its request does not keep the server running.
        () = async { grace.await; sleep(Duration::from_secs(15)).await } => {}
    }
    Ok(())
}

async fn on_truemed(Webhook(event): Webhook<truemed::Event>) -> StatusCode {
    println!("{event:?}");
    StatusCode::NO_CONTENT
}

async fn on_mediquo(Webhook(event): Webhook<mediquo::Event>) -> StatusCode {
    println!("{event:?}");
    StatusCode::NO_CONTENT
}

/// Keeps the metrics until Prometheus asks for them.
fn recorder() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0])?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &[1e3, 4e3, 16e3, 64e3, 256e3, 1e6])?
        .install_recorder()
}

/// Reads a secret from the environment.
fn secret(name: &str) -> Result<String, Box<dyn Error>> {
    let value = env::var(name);
    let value = demo::or_made_up(name, value)?; // demo
    value.map_err(|_| format!("{name} is not set").into())
}

/// Listens for Ctrl-C and for the signal that stops a container. The future ends with the first of them.
#[cfg(unix)]
fn shutdown() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    })
}

#[cfg(not(unix))]
fn shutdown() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(signal::ctrl_c().await) })
}
