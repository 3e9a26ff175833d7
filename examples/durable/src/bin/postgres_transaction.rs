//! Stores each event's key and effect in one transaction on PostgreSQL: `cargo run --bin postgres_transaction`.

use example_durable::{
    postgres_transaction,
    server::{self, Failure, variable},
};
use tower_webhook::provider::truemed::Truemed;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let truemed = Truemed::builder().api_key(variable("TRUEMED_API_KEY")?).build()?.into_layer();
    let (pool, store) = postgres_transaction::open(&variable("DATABASE_URL")?).await?;
    let idempotency = server::idempotency_on(store)?;
    server::serve(postgres_transaction::router(pool, idempotency, truemed)).await
}
