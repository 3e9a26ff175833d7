//! The effects of the jobs, at least once each: if a worker dies after an effect, it runs again. To prevent that, store
//! the effect with the job's key in one transaction, as in [`transaction`](crate::transaction).

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

use crate::{
    postgres_queue,
    queue::{Event, Job, Queue},
};

/// How often a worker reports that it is alive. The name of a dead worker is free again after this time.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// The name of the worker, the same in every run: after a crash, it takes back the jobs of its name.
const NAME: &str = "webhooks";
/// How often the worker looks for jobs. Without this, a worker of apalis looks only at each heartbeat.
const POLL: Duration = Duration::from_millis(100);
const RESTART: Duration = Duration::from_secs(1);
/// The backoff between attempts. The queue gives a job up after 25 attempts, in some 15 minutes with this backoff, and
/// keeps it as `Failed`. Without a backoff, it would give up after 25 polls.
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

/// Two functions of the same text: the bounds of apalis on a backend are longer than what they save.
macro_rules! work {
    ($(#[$docs:meta])* $name:ident, $queue:ty) => {
        $(#[$docs])*
        pub async fn $name<F, Fut>(
            queue: $queue,
            effect: F,
            stopping: watch::Receiver<bool>,
        ) -> Result<(), InvalidBackoff>
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
                    // An error means that the sender was dropped, which also stops the worker.
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
    };
}

work! {
    /// Works until it is told to stop, and then waits for the running effects.
    ///
    /// One error of the database stops a worker of apalis, so it is started again. The text of an effect's error is stored
    /// with the job: put nothing personal into it.
    work, Queue
}

work! {
    /// The same on PostgreSQL.
    work_on_postgres, postgres_queue::Queue
}

/// An effect that prints.
pub async fn print(job: Job, key: JobKey) -> Result<(), BoxDynError> {
    match job.event()? {
        Some(Event::Truemed(event)) => println!("{event:?}"),
        Some(Event::MediQuo(event)) => println!("{event:?}"),
        None => return Err("a provider that this program does not know".into()),
    }
    println!("effect {}", key.0);
    Ok(())
}
