//! Publishes the events of both providers to NATS JetStream: `cargo run --bin jetstream`. See the README.

use example_durable::{
    jetstream,
    server::{self, Failure, variable, variable_or},
};
use tower_webhook::provider::{mediquo::MediQuo, truemed::Truemed};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let truemed = Truemed::builder().api_key(variable("TRUEMED_API_KEY")?).build()?.into_layer();
    let mediquo = MediQuo::builder().signature(variable("MEDIQUO_WEBHOOK_SIGNATURE")?).build()?.into_layer();
    let stream = jetstream::open(&variable_or("NATS_URL", "nats://127.0.0.1:4222")).await?;
    server::serve(jetstream::router(stream, server::idempotency()?, truemed, mediquo)).await
}
