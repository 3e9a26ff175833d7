//! Puts the events of both providers into a queue, and runs its worker: `cargo run --bin queue`. See the README.

use std::path::Path;

use apalis::prelude::BoxDynError;
use example_durable::{
    database::{self, WAIT},
    queue::{self, Event, Job},
    server::{self, Failure, GRACE, variable, variable_or},
    worker::{self, JobKey},
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
    let worker = tokio::spawn(worker::work(queue.clone(), effect, stopping));

    server::serve(queue::router(queue, idempotency, truemed, mediquo)).await?;
    stop.send_replace(true);
    // Jobs that have not ended by then run again at the next start.
    if let Ok(ended) = timeout(GRACE, worker).await {
        ended??;
    }
    Ok(())
}

/// The effect of an event.
async fn effect(job: Job, key: JobKey) -> Result<(), BoxDynError> {
    match job.event()? {
        Some(Event::Truemed(event)) => println!("{event:?}"),
        Some(Event::MediQuo(event)) => println!("{event:?}"),
        None => return Err("a provider that this program does not know".into()),
    }
    println!("effect {}", key.0);
    Ok(())
}
