//! Any provider that sends JSON, in 17 lines of one's own: `cargo run --example custom_provider`.

#![allow(clippy::print_stdout, reason = "it shows what it receives")]

use std::error::Error;

use axum::{Router, routing::post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower_webhook::{auth::Header, axum::Webhook, provider::Json};

/// It is for this demonstration, which listens on this machine only.
const KEY: &str = "acme-demonstration-key";

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug)]
    enum Event {
        OrderPaid(Order) = "order.paid",
        OrderSent(Order) = "order.sent",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    id: String,
    cents: u64,
}

async fn handle(Webhook(event): Webhook<Event>) {
    println!("{event:?}"); // OrderPaid, OrderSent, or Unknown with the JSON that was sent
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let scheme = Header::builder("x-acme-key").key(KEY).build()?;
    let acme = Json::<Event, _>::tagged("acme", scheme).into_layer();
    let app = Router::new().route("/webhooks/acme", post(handle).layer(acme));

    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!(
        r#"curl -i http://127.0.0.1:3000/webhooks/acme -H "x-acme-key: {KEY}" -d '{{"type":"order.paid","id":"o-1","cents":1250}}'"#
    );
    axum::serve(listener, app).await?;
    Ok(())
}
