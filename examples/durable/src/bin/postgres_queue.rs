//! Puts the events of both providers into a queue on PostgreSQL, and runs its worker: `cargo run --bin postgres_queue`.

use example_durable::{
    database::WAIT,
    postgres_queue,
    server::{self, Failure, GRACE, variable},
    worker,
};
use sqlx::postgres::PgPoolOptions;
use tokio::{sync::watch, time::timeout};
use tower_webhook::provider::{mediquo::MediQuo, truemed::Truemed};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let truemed = Truemed::builder().api_key(variable("TRUEMED_API_KEY")?).build()?.into_layer();
    let mediquo = MediQuo::builder().signature(variable("MEDIQUO_WEBHOOK_SIGNATURE")?).build()?.into_layer();
    let idempotency = server::idempotency()?;

    let pool = PgPoolOptions::new().acquire_timeout(WAIT).connect(&variable("DATABASE_URL")?).await?;
    let queue = postgres_queue::open(&pool).await?;
    let (stop, stopping) = watch::channel(false);
    let worker = tokio::spawn(worker::work_on_postgres(queue.clone(), worker::print, stopping));

    server::serve(postgres_queue::router(queue, idempotency, truemed, mediquo)).await?;
    stop.send_replace(true);
    // Jobs that have not ended by then run again at the next start.
    if let Ok(ended) = timeout(GRACE, worker).await {
        ended??;
    }
    Ok(())
}
