//! Receives the webhooks of any provider that sends JSON: `cargo run --example custom_provider`.
//!
//! To make it yours, delete the lines that end in `// demo`.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)] // demo

mod demo; // demo

use std::{env, error::Error};

use axum::{Router, routing::post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower_webhook::{
    auth::ApiKey,
    axum::Webhook,
    provider::{Custom, Envelope, Place},
    tagged_enum,
};

tagged_enum! {
    #[derive(Clone, Debug)]
    enum Event {
        LabReady(Lab) = "lab.ready",
        Ping = "ping",
    }
}

/// The whole body: `{"meta": {"event": "lab.ready"}, "data": {"patient": "p-7"}}`
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Lab {
    data: Data,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Data {
    patient: String,
}

async fn on_acme(Webhook(event): Webhook<Event>) {
    println!("{event:?}"); // LabReady, Ping, or Unknown with the JSON that was sent
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = env::var("ACME_KEY");
    let key = demo::or_made_up("ACME_KEY", key)?; // demo
    let scheme = ApiKey::header("x-acme-key").key(key.map_err(|_| "ACME_KEY is not set")?).build()?;
    let acme = Custom::builder("acme", scheme)
        .envelope(Envelope::new().event_type(Place::body("meta.event")))
        .tagged::<Event>()
        .build()?
        .into_layer()
        .inspect_rejection(|rejected| eprintln!("acme: {}", rejected.rejection()));
    let app = Router::new().route("/webhooks/acme", post(on_acme).layer(acme));

    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    demo::print_curl_lines(&listener)?; // demo
    axum::serve(listener, app).await?;
    Ok(())
}
