//! Serves gRPC and webhooks on one port: `cargo run -p example-tonic`.
//!
//! To make it yours, delete the lines that end in `// demo`.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

#[path = "../../demo/mod.rs"] // demo
mod demo; // demo

use std::{env, error::Error, io, time::Duration};

use axum::{Router, http::StatusCode, routing::post};
use tokio::{net::TcpListener, signal, time::sleep};
use tonic::service::Routes;
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::provider::{mediquo, truemed};
use tower_webhook::{RejectedDelivery, axum::Webhook};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let truemed = truemed::Truemed::builder().api_key(secret("TRUEMED_API_KEY")?).build()?.into_layer();
    let mediquo = mediquo::MediQuo::builder().signature(secret("MEDIQUO_WEBHOOK_SIGNATURE")?).build()?.into_layer();

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    // Before anything can be delivered.
    let (stop, grace) = (shutdown()?, shutdown()?);
    let (truemed, mediquo) = demo::start(&listener, truemed, mediquo)?; // demo

    let webhooks = Router::new()
        .route("/webhooks/truemed", post(on_truemed).layer(truemed.inspect_rejection(log)))
        .route("/webhooks/mediquo", post(on_mediquo).layer(mediquo.inspect_rejection(log)))
        // When a body takes longer, the webhook layers answer 408. gRPC streams have no such deadline.
        .layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    // Add further gRPC services to `Routes`.
    let (_health, health_service) = tonic_health::server::health_reporter();
    let grpc = Routes::new(health_service).into_axum_router();
    let app = grpc.merge(webhooks).fallback(async || StatusCode::NOT_FOUND);

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

fn log(rejected: RejectedDelivery<'_>) {
    eprintln!("{}: {}", rejected.head().uri.path(), rejected.rejection());
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
