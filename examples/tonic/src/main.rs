//! gRPC and webhooks on one port: `cargo run -p example-tonic`.

#![allow(clippy::disallowed_methods, reason = "an application may read its environment")]
#![allow(clippy::print_stdout, reason = "it shows what it receives")]

#[path = "../../common/mod.rs"]
mod common;

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::post};
use tonic::service::Routes;
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    axum::Webhook,
    provider::{
        mediquo::{self, MediQuo},
        truemed::{self, Truemed},
    },
};

use common::{Failure, Settings};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let settings = Settings::from_env()?;
    let truemed = Truemed::builder().api_key(&settings.truemed_api_key).build()?.into_layer();
    let mediquo = MediQuo::builder().signature(&settings.mediquo_signature).build()?.into_layer();

    let webhooks = Router::new()
        .route("/webhooks/truemed", post(on_truemed).layer(truemed.body_limit(settings.max_body_bytes)))
        .route("/webhooks/mediquo", post(on_mediquo).layer(mediquo.body_limit(settings.max_body_bytes)))
        // Outside of the webhook layers, which answer 408 when it runs out. gRPC streams may take longer.
        .layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));

    // Further gRPC services go to `Routes` too.
    let (_health, health_service) = tonic_health::server::health_reporter();
    let grpc = Routes::new(health_service).into_axum_router();
    let app = grpc.merge(webhooks).fallback(async || StatusCode::NOT_FOUND);

    let listener = settings.listen().await?;
    let server = axum::serve(listener, app).with_graceful_shutdown(common::ctrl_c());
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { common::ctrl_c().await; common::grace().await } => {}
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
