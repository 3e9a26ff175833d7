//! Receives the webhooks of Truemed and MediQuo on hyper, without a framework: `cargo run --example hyper`.
//!
//! To make it yours, delete the lines that end in `// demo`. It needs, beside `tower-webhook`: `http-body-util`, `hyper`,
//! `hyper-util` (features `server-auto`, `server-graceful`, `service`, `tokio`), `tokio` (`full`), `tower` (`util`), and
//! `tower-http` (`timeout`).

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)] // demo

mod demo; // demo

use std::{convert::Infallible, env, error::Error, fmt::Debug, io, pin::pin, time::Duration};

use http_body_util::Either;
use hyper::{Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::{conn::auto, graceful::GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::{net::TcpListener, signal, sync::watch, time};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::timeout::{DeadlineBody, RequestBodyDeadlineLayer};
use tower_webhook::provider::{mediquo, truemed};
use tower_webhook::{RejectedDelivery, WebhookBody};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let truemed = truemed::Truemed::builder().api_key(secret("TRUEMED_API_KEY")?).build()?.into_layer();
    let mediquo = mediquo::MediQuo::builder().signature(secret("MEDIQUO_WEBHOOK_SIGNATURE")?).build()?.into_layer();

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    // Before anything can be delivered.
    let mut shutdown = pin!(shutdown()?);
    let (truemed, mediquo) = demo::start(&listener, truemed, mediquo)?; // demo

    let truemed = truemed.inspect_rejection(log).layer(service_fn(handle::<truemed::Event>));
    let mediquo = mediquo.inspect_rejection(log).layer(service_fn(handle::<mediquo::Event>));
    let app = service_fn(move |request: Request<DeadlineBody<Incoming>>| {
        let (truemed, mediquo) = (truemed.clone(), mediquo.clone());
        async move {
            match request.uri().path() {
                "/webhooks/truemed" => Ok(truemed.oneshot(request).await?.map(Either::Left)),
                "/webhooks/mediquo" => Ok(mediquo.oneshot(request).await?.map(Either::Left)),
                _ => Response::builder().status(StatusCode::NOT_FOUND).body(Either::Right(String::new())),
            }
        }
    });
    // When a body takes longer, the webhook layers answer 408.
    let app = RequestBodyDeadlineLayer::new(Duration::from_secs(10)).layer(app);

    let server = auto::Builder::new(TokioExecutor::new());
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let Ok((stream, _)) = accepted else {
            time::sleep(Duration::from_millis(100)).await; // a lack of file descriptors, for example, passes
            continue;
        };
        let (requests, in_progress) = watch::channel(0);
        let app = app.clone();
        let counted = service_fn(move |request| {
            let (response, counted) = (app.clone().oneshot(request), InProgress::new(&requests));
            async move {
                let _counted = counted;
                response.await
            }
        });
        let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(counted));
        let connection = connections.watch(connection.into_owned());
        tokio::spawn(async move {
            tokio::select! { _ = connection => {} () = idle(in_progress) => {} }
        });
    }
    drop(listener);
    // A sender that never finishes its request does not keep the server running.
    let _ = time::timeout(Duration::from_secs(15), connections.shutdown()).await;
    Ok(())
}

async fn handle<E: Debug + Send + Sync + 'static>(
    request: Request<WebhookBody>,
) -> Result<Response<String>, Infallible> {
    let status = match request.extensions().get::<E>() {
        Some(event) => {
            println!("{event:?}");
            StatusCode::NO_CONTENT
        }
        None => StatusCode::INTERNAL_SERVER_ERROR, // no layer for this event
    };
    let mut response = Response::default();
    *response.status_mut() = status;
    Ok(response)
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

/// A request that the connection has not answered yet.
struct InProgress(watch::Sender<usize>);

impl InProgress {
    fn new(requests: &watch::Sender<usize>) -> Self {
        requests.send_modify(|count| *count += 1);
        Self(requests.clone())
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Ends when ten seconds have passed without a request in progress: the sender is silent, or its head does not end.
/// hyper has such a limit for the heads of HTTP/1 alone.
async fn idle(mut in_progress: watch::Receiver<usize>) {
    loop {
        match time::timeout(Duration::from_secs(10), in_progress.changed()).await {
            Err(_) if *in_progress.borrow() == 0 => break,
            Ok(Err(_)) => break, // the connection has ended
            _ => {}
        }
    }
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
