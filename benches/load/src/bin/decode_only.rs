//! `examples/hyper.rs` without the layer: the whole body, decoded as the one event it is known to
//! be, printed as that, and 204. No key, no limit, no other event.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program, not a library")]

#[path = "../../../../examples/demo/mod.rs"]
mod demo;

use std::{convert::Infallible, env, error::Error, fmt::Debug, io, pin::pin, time::Duration};

use http_body_util::{BodyExt, Either};
use hyper::{Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::{conn::auto, graceful::GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use serde::de::DeserializeOwned;
use tokio::{net::TcpListener, signal, sync::watch, time};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::timeout::{DeadlineBody, RequestBodyDeadlineLayer};
use tower_webhook::provider::{
    mediquo::{ConsultationPayload, Notification},
    truemed::QualificationSessionComplete,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    // Before anything can be delivered.
    let mut shutdown = pin!(shutdown()?);
    demo::announce(&listener, &[])?;

    let truemed = service_fn(|request| handle::<QualificationSessionComplete>(request, "QualificationSessionComplete"));
    let mediquo = service_fn(|request| handle::<Notification<ConsultationPayload>>(request, "ConsultationFinished"));
    let app = service_fn(move |request: Request<DeadlineBody<Incoming>>| async move {
        match request.uri().path() {
            "/webhooks/truemed" => Ok(truemed.oneshot(request).await?.map(Either::Left)),
            "/webhooks/mediquo" => Ok(mediquo.oneshot(request).await?.map(Either::Left)),
            _ => Response::builder().status(StatusCode::NOT_FOUND).body(Either::Right(String::new())),
        }
    });
    let app = RequestBodyDeadlineLayer::new(Duration::from_secs(10)).layer(app);

    let server = auto::Builder::new(TokioExecutor::new());
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let Ok((stream, _)) = accepted else {
            time::sleep(Duration::from_millis(100)).await; // out of file descriptors, say: that passes
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

async fn handle<E: Debug + DeserializeOwned>(
    request: Request<DeadlineBody<Incoming>>,
    variant: &str,
) -> Result<Response<String>, Infallible> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    match std::str::from_utf8(&body).ok().and_then(|text| serde_json::from_str::<E>(text).ok()) {
        Some(event) => println!("{variant}({event:?})"),
        None => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    Ok(response)
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
