//! Shared by both programs: settings from the environment, and a server that shuts down gracefully.

#![allow(clippy::disallowed_methods, reason = "an application may read its environment")]

use std::{env, error::Error, fmt, io, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, signal};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore, Pepper, Store};

/// How long requests and effects may still take after Ctrl-C.
pub const GRACE: Duration = Duration::from_secs(15);
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// The variable's value. There is no default for a key.
pub fn variable(name: &'static str) -> Result<String, Failure> {
    env::var(name).map_err(|_| Failure(format!("{name} is not set")))
}

pub fn variable_or(name: &'static str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// The layer that makes the keys, with the pepper of `IDEMPOTENCY_PEPPER`, because the keys outlive the process.
///
/// Its memory answers most duplicates without a transaction, but correctness does not depend on it.
pub fn idempotency() -> Result<IdempotencyLayer<MemoryStore>, Failure> {
    idempotency_on(MemoryStore::new())
}

/// The same on another store, for example one that several replicas share.
pub fn idempotency_on<St: Store>(store: St) -> Result<IdempotencyLayer<St>, Failure> {
    Ok(IdempotencyLayer::with_pepper(store, Pepper::new(variable("IDEMPOTENCY_PEPPER")?)?))
}

/// Serves on `LISTEN` until Ctrl-C, or until the container is stopped.
pub async fn serve(app: Router) -> Result<(), Failure> {
    let listener = TcpListener::bind(variable_or("LISTEN", "127.0.0.1:3000")).await?;
    // Before anything can be delivered.
    let (stop, grace) = (shutdown()?, shutdown()?);
    println!("listening on http://{}", listener.local_addr()?);
    // When a body takes longer, the webhook layers answer 408.
    let app = app.layer(RequestBodyDeadlineLayer::new(BODY_DEADLINE));
    let server = axum::serve(listener, app).with_graceful_shutdown(stop);
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { grace.await; tokio::time::sleep(GRACE).await } => {}
    }
    Ok(())
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

/// Any error, by its text: what `main` returns is shown with `Debug`.
pub struct Failure(String);

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
