//! Stores each event's key and effect in one transaction: `cargo run --bin transaction`. See the README.

use std::path::Path;

use example_durable::{
    database::{self, WAIT},
    server::{self, Failure, variable, variable_or},
    transaction,
};
use tower_webhook::provider::truemed::Truemed;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let truemed = Truemed::builder().api_key(variable("TRUEMED_API_KEY")?).build()?.into_layer();
    let idempotency = server::idempotency()?;

    let pool = database::open(Path::new(&variable_or("DATABASE", "transaction.db")), WAIT).await?;
    transaction::open(&pool).await?;
    server::serve(transaction::router(pool, idempotency, truemed)).await
}
