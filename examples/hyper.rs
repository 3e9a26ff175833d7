//! Truemed and MediQuo on hyper, without a framework: `cargo run --example hyper`.

#![allow(clippy::disallowed_methods, reason = "an application may read its environment")]
#![allow(clippy::print_stdout, reason = "it shows what it receives")]

mod common;

use std::{convert::Infallible, fmt::Debug, pin::pin, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, StatusCode, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    WebhookBody,
    provider::{
        mediquo::{self, MediQuo},
        truemed::{self, Truemed},
    },
};

use common::{Failure, Settings};

const TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let settings = Settings::from_env()?;
    let truemed = Truemed::builder().api_key(&settings.truemed_api_key).build()?.into_layer();
    let mediquo = MediQuo::builder().signature(&settings.mediquo_signature).build()?.into_layer();

    // Outside of the webhook layers, which answer 408 when it runs out.
    let deadline = ServiceBuilder::new().layer(RequestBodyDeadlineLayer::new(TIMEOUT));
    let truemed = deadline.clone().layer(truemed.body_limit(settings.max_body_bytes));
    let truemed = truemed.service_fn(handle::<truemed::Event>);
    let mediquo = deadline.layer(mediquo.body_limit(settings.max_body_bytes));
    let mediquo = mediquo.service_fn(handle::<mediquo::Event>);

    let app = service_fn(move |request: Request<Incoming>| {
        let (truemed, mediquo) = (truemed.clone(), mediquo.clone());
        async move {
            match request.uri().path() {
                "/webhooks/truemed" => Ok(truemed.oneshot(request).await?.map(BodyExt::boxed)),
                "/webhooks/mediquo" => Ok(mediquo.oneshot(request).await?.map(BodyExt::boxed)),
                _ => empty(StatusCode::NOT_FOUND).map(|response| response.map(BodyExt::boxed)),
            }
        }
    });

    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(TIMEOUT);
    let connections = GracefulShutdown::new();
    let listener = settings.listen().await?;
    let mut ctrl_c = pin!(common::ctrl_c());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, say: that passes.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut ctrl_c => break,
        };
        let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()));
        let connection = connections.watch(connection.into_owned());
        tokio::spawn(async {
            // An error is the sender's: it has gone, or does not speak HTTP.
            let _ = connection.await;
        });
    }
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = common::grace() => {}
    }
    Ok(())
}

async fn handle<E: Debug + Send + Sync + 'static>(
    request: Request<WebhookBody>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let Some(event) = request.extensions().get::<E>() else {
        return empty(StatusCode::INTERNAL_SERVER_ERROR); // no layer for this event
    };
    println!("{event:?}");
    empty(StatusCode::NO_CONTENT)
}

fn empty(status: StatusCode) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}
