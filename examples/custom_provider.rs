//! Receives the webhooks of any provider that sends JSON: `cargo run --example custom_provider`.
//!
//! To make it yours, delete the lines that end in `// demo`.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

mod demo; // demo

use std::{env, error::Error};

use axum::{Router, routing::post};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower_webhook::{auth::Header, axum::Webhook, provider::Json};

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug)]
    enum Event by "type" {
        LabReady(Lab) = "lab.ready",
        LabCancelled(Lab) = "lab.cancelled",
    }
}

#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown with `Debug` only")]
struct Lab {
    data: Data,
}

#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown with `Debug` only")]
struct Data {
    patient: String,
    tests: u32,
}

async fn on_acme(Webhook(event): Webhook<Event>) {
    println!("{event:?}"); // LabReady, LabCancelled, or Unknown with the JSON that was sent
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = env::var("ACME_KEY");
    let key = demo::or_made_up("ACME_KEY", key)?; // demo
    let scheme = Header::builder("x-acme-key").key(key.map_err(|_| "ACME_KEY is not set")?).build()?;
    let acme = Json::<Event, _>::tagged("acme", scheme).into_layer().on_rejection(|rejected, response| {
        eprintln!("acme: {}", rejected.rejection());
        response
    });
    let app = Router::new().route("/webhooks/acme", post(on_acme).layer(acme));

    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    demo::print_curl_lines(&listener)?; // demo
    axum::serve(listener, app).await?;
    Ok(())
}
