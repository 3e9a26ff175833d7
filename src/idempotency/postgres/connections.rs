//! A statement over one connection of a pool, or over another one when that is lost.

use std::{
    future::{pending, poll_fn},
    pin::Pin,
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use deadpool_postgres::{Object, Pool};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

use super::PostgresStoreError;
use crate::idempotency::background::runtime;

/// The shortest time between two connections to a server that is down, for all steps together: neither the server is to
/// be flooded when it starts, nor the ports of this machine.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) type Parameters<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

type Answer = Result<Option<Row>, PostgresStoreError>;
type Sent<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// A statement is sent again until its time is up, because each step of a store may arrive twice.
pub(super) struct Connections {
    pool: Pool,
    answered: std::sync::Mutex<Option<Instant>>,
    is_down: AtomicBool,
    /// When a connection to a server that is down was last tried.
    tried: Mutex<Option<Instant>>,
}

impl Connections {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, answered: std::sync::Mutex::default(), is_down: AtomicBool::new(false), tried: Mutex::new(None) }
    }

    /// The first row that the server answers, within `time`.
    ///
    /// A statement is sent by itself and not prepared, so it takes one round trip on each connection, and works behind a
    /// pooler that mixes them.
    pub(super) async fn ask(&self, statement: &str, parameters: Parameters<'_>, time: Duration) -> Answer {
        let answer = self.insist(statement, parameters, time).await;
        if answer.is_ok() {
            *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        answer
    }

    async fn insist(&self, statement: &str, parameters: Parameters<'_>, time: Duration) -> Answer {
        runtime().ok_or_else(PostgresStoreError::no_runtime)?;
        let (begun, mut last) = (Instant::now(), None);
        let deadline = begun + time;
        let mut earlier: Vec<Sent<'_>> = Vec::new();
        while Instant::now() < deadline {
            let client = match timeout_at(deadline, first(&mut earlier, self.connect())).await {
                Ok(First::Earlier(row)) => return Ok(row),
                Ok(First::Newest(Ok(client))) => client,
                Ok(First::Newest(Err(error))) if error.is_passing() => {
                    last = Some(error);
                    continue;
                }
                Ok(First::Newest(Err(error))) => return Err(error),
                Err(_) => break,
            };
            // If it leads to a server that has been demoted, or is being started, the next one will too.
            let is_new = Object::metrics(&client).age() < PAUSE;
            let mut sent: Sent<'_> = Box::pin(Lent::new(client, time / 2).ask(statement, parameters));
            // The other half of the time is for another connection.
            match timeout_at(deadline.min(Instant::now() + time / 2), first(&mut earlier, &mut sent)).await {
                Ok(First::Earlier(row)) => return Ok(row),
                Ok(First::Newest(Err(error))) if error.is_passing() || (error.is_of_connection() && !is_new) => {
                    self.drop_idle(begun);
                    last = Some(error);
                    if is_new {
                        sleep(PAUSE.min(time / 4)).await;
                    }
                }
                Ok(First::Newest(answer)) => return answer,
                Err(_) => {
                    // If no connection answers, those that are idle are lost too.
                    let is_silent = self.answered() < Some(begun);
                    if is_silent {
                        self.drop_idle(begun);
                    }
                    let has_room = self.has_room();
                    // It may be slow and not lost. It only makes room for another one, if no one else can.
                    if has_room || !is_silent {
                        earlier.push(sent);
                    }
                    // A server that has too much to do is not to be connected to anew.
                    if !has_room && !is_silent {
                        break;
                    }
                }
            }
        }
        match timeout_at(deadline, first(&mut earlier, pending::<()>())).await {
            Ok(First::Earlier(row)) => Ok(row),
            _ => Err(last.unwrap_or_else(PostgresStoreError::timed_out)),
        }
    }

    /// Runs several statements as one transaction.
    pub(super) async fn run(&self, statements: &str, time: Duration) -> Result<(), PostgresStoreError> {
        runtime().ok_or_else(PostgresStoreError::no_runtime)?;
        let run = async {
            let lent = Lent::new(self.connect().await?, Duration::ZERO);
            lent.run(statements).await
        };
        timeout(time, run).await.unwrap_or_else(|_| Err(PostgresStoreError::timed_out()))
    }

    /// A connection that the pool has, or a new one. While the server is down, one step tries for all.
    async fn connect(&self) -> Result<Object, PostgresStoreError> {
        let _tried = if self.is_down.load(Ordering::Relaxed) {
            let mut tried = self.tried.lock().await;
            if let (true, Some(last)) = (self.is_down.load(Ordering::Relaxed), *tried) {
                sleep_until(last + PAUSE).await;
            }
            *tried = Some(Instant::now());
            Some(tried)
        } else {
            None
        };
        let client = self.pool.get().await.map_err(|error| PostgresStoreError::pool(&error));
        self.is_down.store(client.is_err(), Ordering::Relaxed);
        client
    }

    /// When a statement was last answered, over any connection.
    fn answered(&self) -> Option<Instant> {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a step would get another connection.
    fn has_room(&self) -> bool {
        let status = self.pool.status();
        status.waiting == 0 && (status.available > 0 || status.size < status.max_size)
    }

    /// Drops the connections that nobody has used since, as they may be lost in the same way.
    fn drop_idle(&self, since: Instant) {
        self.pool.retain(|_, metrics| metrics.last_used() < since.elapsed());
    }
}

/// A connection that goes back to the pool, unless it has been silent for too long or has failed.
struct Lent {
    client: Option<Object>,
    begun: Instant,
    patience: Duration,
}

impl Lent {
    fn new(client: Object, patience: Duration) -> Self {
        Self { client: Some(client), begun: Instant::now(), patience }
    }

    async fn ask(mut self, statement: &str, parameters: Parameters<'_>) -> Answer {
        let Some(client) = &self.client else { return Ok(None) };
        let answer = client.query_typed(statement, parameters).await;
        self.settle(answer).map(|rows| rows.into_iter().next())
    }

    async fn run(mut self, statements: &str) -> Result<(), PostgresStoreError> {
        let Some(client) = &self.client else { return Ok(()) };
        let answer = client.batch_execute(statements).await;
        self.settle(answer)
    }

    fn settle<T>(&mut self, answer: Result<T, tokio_postgres::Error>) -> Result<T, PostgresStoreError> {
        let answer = answer.map_err(|error| PostgresStoreError::postgres(&error));
        let is_lost = |error: &PostgresStoreError| error.is_passing() || error.is_of_connection();
        let client = self.client.take();
        if answer.as_ref().is_err_and(is_lost) {
            client.map(Object::take);
        }
        answer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // What the server still answers to a request that was cancelled does no harm to the next statement.
        if self.begun.elapsed() >= self.patience {
            self.client.take().map(Object::take);
        }
    }
}

enum First<T> {
    Earlier(Option<Row>),
    Newest(T),
}

/// The output of the newest future, or the answer over an earlier connection if that comes first.
async fn first<T>(earlier: &mut Vec<Sent<'_>>, newest: impl Future<Output = T>) -> First<T> {
    let mut newest = std::pin::pin!(newest);
    poll_fn(|cx| {
        let mut answer = None;
        earlier.retain_mut(|sent| match sent.as_mut().poll(cx) {
            Poll::Ready(Ok(row)) => {
                answer = Some(row);
                false
            }
            Poll::Ready(Err(_)) => false,
            Poll::Pending => true,
        });
        match answer {
            Some(row) => Poll::Ready(First::Earlier(row)),
            None => newest.as_mut().poll(cx).map(First::Newest),
        }
    })
    .await
}
