//! `examples/hyper.rs` without the layer: the whole body, decoded as the one event it is known to
//! be, printed as that, and 204. No key, no limit, no other event.

#![allow(clippy::disallowed_methods, reason = "an application may read its environment")]
#![allow(clippy::print_stdout, reason = "it shows what it receives")]

#[path = "../../../../examples/common/mod.rs"]
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
use serde::de::DeserializeOwned;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::timeout::{DeadlineBody, RequestBodyDeadlineLayer};
use tower_webhook::provider::{mediquo::ConsultationFinished, truemed::QualificationSessionComplete};

use common::{Failure, Settings};

const TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let settings = Settings::from_env()?;
    let deadline = ServiceBuilder::new().layer(RequestBodyDeadlineLayer::new(TIMEOUT));
    let truemed = deadline
        .clone()
        .service_fn(|request| handle::<QualificationSessionComplete>(request, "QualificationSessionComplete"));
    let mediquo = deadline.service_fn(|request| handle::<ConsultationFinished>(request, "ConsultationFinished"));

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

async fn handle<E: Debug + DeserializeOwned>(
    request: Request<DeadlineBody<Incoming>>,
    variant: &str,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let Ok(body) = request.into_body().collect().await else {
        return empty(StatusCode::BAD_REQUEST);
    };
    let body = body.to_bytes();
    let Some(event) = std::str::from_utf8(&body).ok().and_then(|text| serde_json::from_str::<E>(text).ok()) else {
        return empty(StatusCode::BAD_REQUEST);
    };
    println!("{variant}({event:?})");
    empty(StatusCode::NO_CONTENT)
}

fn empty(status: StatusCode) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}
