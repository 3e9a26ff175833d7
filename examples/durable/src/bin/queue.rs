//! Puts the events of both providers into a queue, and runs its worker: `cargo run --bin queue`. See the README.

use std::path::Path;

use example_durable::{
    database::{self, WAIT},
    queue,
    server::{self, Failure, GRACE, variable, variable_or},
    worker,
};
use tokio::{sync::watch, time::timeout};
use tower_webhook::provider::{mediquo::MediQuo, truemed::Truemed};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let truemed = Truemed::builder().api_key(variable("TRUEMED_API_KEY")?).build()?.into_layer();
    let mediquo = MediQuo::builder().signature(variable("MEDIQUO_WEBHOOK_SIGNATURE")?).build()?.into_layer();
    let idempotency = server::idempotency()?;

    let pool = database::open(Path::new(&variable_or("DATABASE", "queue.db")), WAIT).await?;
    let queue = queue::open(&pool).await?;
    let (stop, stopping) = watch::channel(false);
    let worker = tokio::spawn(worker::work(queue.clone(), worker::print, stopping));

    server::serve(queue::router(queue, idempotency, truemed, mediquo)).await?;
    stop.send_replace(true);
    // Jobs that have not ended by then run again at the next start.
    if let Ok(ended) = timeout(GRACE, worker).await {
        ended??;
    }
    Ok(())
}
