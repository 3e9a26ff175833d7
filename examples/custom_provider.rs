//! Any provider that sends JSON, in 19 lines of one's own: `cargo run --example custom_provider`.

#![allow(clippy::print_stdout, reason = "it shows what it receives")]

use std::error::Error;

use axum::{Router, http::StatusCode, routing::post};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tower_webhook::{auth::Header, axum::Webhook, provider::Json};

/// It is for this demonstration, which listens on this machine only.
const KEY: &str = "acme-demonstration-key";

#[derive(Clone, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
enum Event {
    OrderPaid {
        id: String,
        cents: u64,
    },
    OrderSent {
        id: String,
        carrier: String,
    },
    #[serde(untagged)]
    Unknown(Value),
}

async fn handle(Webhook(event): Webhook<Event>) -> StatusCode {
    match event {
        Event::OrderPaid { id, cents } => println!("order {id} is paid: {cents} cents"),
        Event::OrderSent { id, carrier } => println!("order {id} travels with {carrier}"),
        Event::Unknown(json) => println!("unknown: {json}"),
    }
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let scheme = Header::builder("x-acme-key").key(KEY).build()?;
    let acme = Json::<Event, _>::new("acme", scheme).into_layer();
    let app = Router::new().route("/webhooks/acme", post(handle).layer(acme));

    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!(
        r#"curl -i http://127.0.0.1:3000/webhooks/acme -H "x-acme-key: {KEY}" -d '{{"type":"order_paid","data":{{"id":"o-1","cents":1250}}}}'"#
    );
    axum::serve(listener, app).await?;
    Ok(())
}
