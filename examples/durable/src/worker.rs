//! The effects of the jobs, at least once each: a worker that dies after an effect has it again. Where that must not be,
//! the effect is inserted with the job's key in one transaction, as in [`transaction`](crate::transaction).

use std::time::Duration;

use apalis::{
    layers::retry::{
        HasherRng,
        backoff::{ExponentialBackoffMaker, InvalidBackoff, MakeBackoff},
    },
    prelude::{
        AbortError, BackendExt, BoxDynError, FromRequest, RetryPolicy, Task, WorkerBuilder, WorkerBuilderExt,
        WorkerError,
    },
};
use tokio::{sync::watch, time::sleep};

use crate::queue::{Job, Queue};

/// How often a worker says that it lives. A name whose worker died is free again after this.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// The same in every run: a worker that starts takes back what its name held when it died.
const NAME: &str = "webhooks";
/// A worker of apalis looks for jobs only when it is woken: without this, every heartbeat.
const POLL: Duration = Duration::from_millis(100);
const RESTART: Duration = Duration::from_secs(1);
/// The queue gives a job up after 25 attempts: with these, in some 15 minutes. It stays there, as `Failed`. Without a
/// backoff it would be given up after 25 polls.
const RETRIES: usize = 24;
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(60);
const JITTER: f64 = 0.5;

/// The key of the job's event, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobKey(pub String);

impl FromRequest<Task<Job>> for JobKey {
    type Error = AbortError;

    async fn from_request(task: &Task<Job>) -> Result<Self, AbortError> {
        let key = task.idempotency_key().ok_or_else(|| AbortError::new("a job without a key"))?;
        Ok(Self(key.to_owned()))
    }
}

/// Works until it is told to stop, and then waits for the effects at work.
///
/// One error of the database ends a worker of apalis, so it is started again. The text of an effect's error is stored
/// with the job: nothing personal belongs in it.
pub async fn work<F, Fut>(queue: Queue, effect: F, stopping: watch::Receiver<bool>) -> Result<(), InvalidBackoff>
where
    F: FnMut(Job, JobKey) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(), BoxDynError>> + Send + 'static,
{
    let mut backoff = ExponentialBackoffMaker::new(FIRST_RETRY, LAST_RETRY, JITTER, HasherRng::default())?;
    loop {
        let worker = WorkerBuilder::new(NAME)
            .backend(queue.clone().poll_with_interval(POLL))
            .retry(RetryPolicy::retries(RETRIES).with_backoff(backoff.make_backoff()))
            .build(effect.clone());
        let mut stop = stopping.clone();
        let stop = async move {
            // An error is that the sender was dropped, which ends it too.
            let _ = stop.wait_for(|stop| *stop).await;
            Ok::<_, WorkerError>(())
        };
        match worker.run_until(stop).await {
            Ok(()) => return Ok(()),
            Err(_) if *stopping.borrow() => return Ok(()),
            Err(error) => eprintln!("the worker ended, and starts again: {error}"),
        }
        sleep(RESTART).await;
    }
}
