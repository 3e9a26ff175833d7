//! The connection of a store: opened when a step needs it, and replaced when it is lost.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use ::redis::{AsyncConnectionConfig, Client, Cmd, RedisError, Value, aio::ConnectionLike};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::RedisStoreError;
use crate::idempotency::background::runtime;

/// The shortest time between two connections: neither a server that is down is to be flooded, nor the ports of this
/// machine. It is shorter where a step has little time.
const PAUSE: Duration = Duration::from_millis(100);

/// A command is sent again until its time is up, because each step of a store may arrive twice.
///
/// The `ConnectionManager` of the client does less: it keeps a connection that has gone silent, and lets the command fail
/// that finds a connection closed.
pub(super) struct Connection {
    source: Source,
    current: Mutex<Current>,
}

#[derive(Clone, Default)]
struct Current {
    newest: Option<Opening>,
    /// The one before, until the newest is open: it may be slow and not lost.
    silent: Option<Opening>,
}

enum Source {
    Server(Client),
    /// A connection that mends itself.
    Own(Arc<dyn Line>),
}

/// What a command is sent over. It pairs answers with commands, also after some were given up.
trait Line: Send + Sync {
    fn send<'a>(&self, command: &'a Cmd) -> Sent<'a>;
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<Value, RedisStoreError>> + Send + 'a>>;

impl<C> Line for C
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    fn send<'a>(&self, command: &'a Cmd) -> Sent<'a> {
        let mut connection = self.clone();
        Box::pin(async move {
            match connection.req_packed_command(command).await {
                Ok(Value::ServerError(error)) => Err(RedisStoreError::redis(&RedisError::from(error))),
                Ok(value) => Ok(value),
                Err(error) => Err(RedisStoreError::redis(&error)),
            }
        })
    }
}

/// A connection that is being opened, or has been. All steps that need it wait for the same one.
#[derive(Clone)]
struct Opening {
    line: watch::Receiver<Option<Result<Arc<dyn Line>, RedisStoreError>>>,
    begun: Instant,
}

impl Opening {
    fn send<'a>(&self, command: &'a Cmd) -> Sent<'a> {
        let mut line = self.line.clone();
        Box::pin(async move {
            let opened = match line.wait_for(Option::is_some).await {
                Ok(opened) => opened.clone(),
                // The task that opened it has ended, together with its runtime or for want of I/O.
                Err(_) => None,
            };
            opened.unwrap_or_else(|| Err(RedisStoreError::no_runtime()))?.send(command).await
        })
    }

    fn is(&self, other: &Self) -> bool {
        self.line.same_channel(&other.line)
    }

    fn is_open(&self) -> bool {
        matches!(*self.line.borrow(), Some(Ok(_)))
    }

    fn has_failed(&self) -> bool {
        matches!(*self.line.borrow(), Some(Err(_)))
    }
}

impl Connection {
    pub(super) fn to(server: Client) -> Self {
        Self { source: Source::Server(server), current: Mutex::default() }
    }

    pub(super) fn over<C>(own: C) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self { source: Source::Own(Arc::new(own)), current: Mutex::default() }
    }

    /// Sends a command until it is answered or `time` is up. If the server refuses it, `read` asks for what is stored
    /// instead: a server that cannot write still knows what is done.
    pub(super) async fn send(
        &self,
        command: &Cmd,
        read: Option<&Cmd>,
        time: Duration,
    ) -> Result<Value, RedisStoreError> {
        runtime().ok_or_else(RedisStoreError::no_runtime)?;
        let mut last = None;
        let answer = async {
            let answer = self.insist(command, time, &mut last).await;
            let (Some(read), Err(refusal)) = (read, &answer) else { return answer };
            if !refusal.is_answer() {
                return answer;
            }
            last = Some(refusal.clone());
            match self.insist(read, time, &mut None).await {
                Ok(Value::Nil) | Err(_) => answer,
                held => held,
            }
        };
        match timeout(time, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(last.unwrap_or_else(RedisStoreError::timed_out)),
        }
    }

    async fn insist(
        &self,
        command: &Cmd,
        time: Duration,
        last: &mut Option<RedisStoreError>,
    ) -> Result<Value, RedisStoreError> {
        let mut newest = self.newest(None, time).await;
        let mut earlier: Vec<Sent<'_>> = self.silent(&newest).iter().map(|silent| silent.send(command)).collect();
        loop {
            let mut sent = newest.send(command);
            // The other half of the time is for another connection.
            match timeout(time / 2, first(&mut earlier, &mut sent)).await {
                Ok(First::Earlier(value)) => {
                    self.keep_silent();
                    return Ok(value);
                }
                Ok(First::Newest(Err(error))) if error.is_passing() || (error.is_of_connection() && last.is_none()) => {
                    *last = Some(error);
                }
                Ok(First::Newest(answer)) => return answer,
                Err(_) => {
                    earlier.push(sent);
                    self.note_silent(&newest);
                }
            }
            newest = self.newest(Some(&newest), time).await;
        }
    }

    /// The newest connection, or another one if that is lost. Only the first step that has lost it opens one.
    async fn newest(&self, lost: Option<&Opening>, time: Duration) -> Opening {
        loop {
            let wait = {
                let mut current = self.lock();
                let is_lost = |newest: &Opening| newest.has_failed() || lost.is_some_and(|lost| lost.is(newest));
                let wait = match &current.newest {
                    Some(newest) if !is_lost(newest) => return newest.clone(),
                    Some(newest) => PAUSE.min(time / 4).saturating_sub(newest.begun.elapsed()),
                    None => Duration::ZERO,
                };
                if wait.is_zero() {
                    return current.newest.insert(self.open(time)).clone();
                }
                wait
            };
            sleep(wait).await;
        }
    }

    /// The connection before this one, until this one is open.
    fn silent(&self, newest: &Opening) -> Option<Opening> {
        let mut current = self.lock();
        if newest.is_open() {
            current.silent = None;
        }
        current.silent.clone()
    }

    /// Keeps this connection beside the one that replaces it.
    fn note_silent(&self, silent: &Opening) {
        let mut current = self.lock();
        let is_newest = current.newest.as_ref().is_some_and(|newest| newest.is(silent));
        if is_newest && (silent.is_open() || current.silent.is_none()) {
            current.silent = Some(silent.clone());
        }
    }

    /// The silent connection has answered, so no other is needed.
    fn keep_silent(&self) {
        let mut current = self.lock();
        if current.newest.as_ref().is_some_and(Opening::is_open) {
            return;
        }
        if let Some(slow) = current.silent.take() {
            current.newest = Some(slow);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a connection in a task of its own: the step that needs it may be given up before.
    fn open(&self, time: Duration) -> Opening {
        let (opened, line) = watch::channel(None);
        match &self.source {
            Source::Own(line) => drop(opened.send_replace(Some(Ok(Arc::clone(line))))),
            Source::Server(client) => {
                let client = client.clone();
                let config = AsyncConnectionConfig::new().set_connection_timeout(Some(time)).set_response_timeout(None);
                tokio::spawn(async move {
                    let line = match client.get_multiplexed_async_connection_with_config(&config).await {
                        Ok(connection) => Ok(Arc::new(connection) as Arc<dyn Line>),
                        Err(error) => Err(RedisStoreError::redis(&error)),
                    };
                    opened.send_replace(Some(line));
                });
            }
        }
        Opening { line, begun: Instant::now() }
    }
}

enum First {
    Earlier(Value),
    Newest(Result<Value, RedisStoreError>),
}

/// The answer over the newest connection, or over one of those before it if that comes first.
async fn first(earlier: &mut Vec<Sent<'_>>, newest: &mut Sent<'_>) -> First {
    poll_fn(|cx| {
        let mut answer = None;
        earlier.retain_mut(|sent| match sent.as_mut().poll(cx) {
            Poll::Ready(Ok(value)) => {
                answer = Some(value);
                false
            }
            Poll::Ready(Err(_)) => false,
            Poll::Pending => true,
        });
        match answer {
            Some(value) => Poll::Ready(First::Earlier(value)),
            None => newest.as_mut().poll(cx).map(First::Newest),
        }
    })
    .await
}
