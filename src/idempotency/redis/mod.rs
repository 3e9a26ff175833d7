mod connection;
mod error;

use std::{fmt, sync::Arc, time::Duration};

use ::redis::{Client, Cmd, IntoConnectionInfo, Value, aio::ConnectionLike, io::tcp::TcpSettings};
use http::StatusCode;
use tokio::runtime::Handle;

use self::connection::Connection;
pub use self::error::RedisStoreError;
use super::{
    Attempt, Claim, ClaimToken, Commit, Done, EventKey, Store,
    background::{Background, runtime},
};

const PREFIX: &str = "webhook:";
const TIMEOUT: Duration = Duration::from_secs(1);

/// A hundred years. Redis rejects times beyond its calendar.
const MAX_MILLIS: u64 = 100 * 365 * 24 * 60 * 60 * 1000;

const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

const RENEW: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

/// A store in Redis 7.0 or later, or in Valkey, which all replicas of your service share.
///
/// Each step is one command on one key and one round trip, so Redis Cluster works too. Leases and times to live are
/// measured by the server. It holds a keyed hash with a token or a status for each event.
///
/// A step that takes longer than [`timeout`](Self::timeout) fails. Until then it is sent again whenever its connection is
/// lost, over a new one: closed, reset, silent for half of the timeout, or to a server that has been demoted. A server that
/// is up again is therefore used by the next delivery. `docs/idempotency.md` of this crate has a table of what each
/// delivery is answered.
///
/// Configure the server with `maxmemory-policy noeviction` and an append-only file: when it loses an event, a duplicate
/// runs the handler again. Redis replicates asynchronously, so a fail-over can lose the last moment.
///
/// # Examples
///
/// ```no_run
/// use tower_webhook::idempotency::{IdempotencyLayer, Pepper, RedisStore};
///
/// # async fn layer(pepper: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::connect_with_prefix("redis://127.0.0.1/", "acme:webhook:").await?;
/// let layer = IdempotencyLayer::with_pepper(store, Pepper::new(pepper)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    connection: Arc<Connection>,
    background: Arc<Background>,
    prefix: Arc<str>,
    timeout: Duration,
}

impl RedisStore {
    /// Connects to a server and tests that it supports the commands of this store. Its keys start with `webhook:`.
    ///
    /// # Errors
    ///
    /// The URL is not a Redis URL, the server does not answer within a second, it refuses the user, or it is older than
    /// 7.0. There is no tokio runtime, or it has no I/O or no timer.
    pub async fn connect(url: &str) -> Result<Self, RedisStoreError> {
        Self::connect_with_prefix(url, PREFIX).await
    }

    /// Connects to a server with another prefix than `webhook:`, for a user who may only access keys with that prefix.
    ///
    /// # Errors
    ///
    /// See [`connect`](Self::connect).
    pub async fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, RedisStoreError> {
        runtime().ok_or_else(RedisStoreError::no_runtime)?;
        let store = Self::connect_lazy(url)?.prefix(prefix);
        let token = ClaimToken::fresh();
        let attempt = Attempt::new(EventKey::from_bytes(token.to_bytes()), token);
        store.claim(attempt, Duration::from_secs(1)).await?;
        store.release(attempt).await?;
        Ok(store)
    }

    /// Makes a store that connects when its first step needs it, so that your service can start while Redis is down.
    ///
    /// Until Redis is up, deliveries are answered with 503. A wrong password and a server that is too old show only then,
    /// as errors of each step: log them with [`on_store_error`](super::IdempotencyLayer::on_store_error).
    ///
    /// # Errors
    ///
    /// The URL is not a Redis URL. You call it in a tokio runtime that has no timer.
    pub fn connect_lazy(url: &str) -> Result<Self, RedisStoreError> {
        if Handle::try_current().is_ok() {
            runtime().ok_or_else(RedisStoreError::no_runtime)?;
        }
        let info = url.into_connection_info().map(|info| info.set_tcp_settings(tcp_settings()));
        let client = info.and_then(Client::open).map_err(|error| RedisStoreError::redis(&error))?;
        Ok(Self::on(Connection::to(client)))
    }

    /// A store on your own connection, for example to a cluster.
    ///
    /// It must replace itself when it is lost, also when it has gone silent. This store sends a step again over a clone of
    /// it. Enable the features that the connection needs on your own dependency on `redis`.
    pub fn new<C>(connection: C) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self::on(Connection::over(connection))
    }

    fn on(connection: Connection) -> Self {
        Self {
            connection: Arc::new(connection),
            background: Arc::new(Background::new()),
            prefix: Arc::from(PREFIX),
            timeout: TIMEOUT,
        }
    }

    /// Sets the prefix of every key: `webhook:` by default.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Arc::from(prefix);
        self
    }

    /// Sets how long a step may take: 1 second by default. A step that takes longer fails.
    ///
    /// To open a connection may take as long too.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn key(&self, key: EventKey) -> String {
        format!("{}{:032x}", self.prefix, key.to_u128())
    }

    /// The command that sets a key and returns what it held before.
    fn set(&self, key: EventKey, entry: Entry, life: Duration) -> Cmd {
        let mut command = Cmd::new();
        command.arg("SET").arg(self.key(key)).arg(entry.encode()).arg("GET").arg("PX").arg(millis(life));
        command
    }

    /// The script that does something to a key, if this attempt holds it.
    fn if_held(&self, script: &str, attempt: Attempt) -> Cmd {
        // With `EVALSHA`, a restarted server would ask for the script, and the request may have been dropped by then.
        let mut command = Cmd::new();
        command.arg("EVAL").arg(script).arg(1).arg(self.key(attempt.key)).arg(Entry::Claimed(attempt.token).encode());
        command
    }

    async fn swap(&self, command: &Cmd, read: Option<&Cmd>) -> Result<Option<Entry>, RedisStoreError> {
        match self.connection.send(command, read, self.timeout).await? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Entry::decode(&bytes).map(Some).ok_or(RedisStoreError::foreign()),
            _ => Err(RedisStoreError::foreign()),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, MAX_MILLIS)
}

/// Notices within seconds that a server has vanished. The operating system's default takes minutes, and what was sent
/// could arrive that late.
fn tcp_settings() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(5 * TIMEOUT);
    settings
}

impl Store for RedisStore {
    type Error = RedisStoreError;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, RedisStoreError> {
        self.background.last_for(lease);
        let mut command = self.set(attempt.key, Entry::Claimed(attempt.token), lease);
        command.arg("NX");
        let mut read = Cmd::new();
        read.arg("GET").arg(self.key(attempt.key));
        Ok(match self.swap(&command, Some(&read)).await? {
            None => Claim::Acquired,
            // It was sent again, because its first answer was lost.
            Some(Entry::Claimed(by)) if by == attempt.token => Claim::Acquired,
            Some(Entry::Claimed(_)) => Claim::InProgress { remaining: None },
            Some(Entry::Done(status)) => Claim::Done(status),
        })
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, RedisStoreError> {
        let found = self.swap(&self.set(attempt.key, Entry::Done(done.status), done.ttl), None).await?;
        Ok(if found == Some(Entry::Claimed(attempt.token)) { Commit::Held } else { Commit::Late })
    }

    async fn release(&self, attempt: Attempt) -> Result<(), RedisStoreError> {
        self.connection.send(&self.if_held(RELEASE, attempt), None, self.timeout).await?;
        Ok(())
    }

    async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, RedisStoreError> {
        let mut command = self.if_held(RENEW, attempt);
        command.arg(millis(lease));
        Ok(self.connection.send(&command, None, self.timeout).await? == Value::Int(1))
    }

    /// Commits in its own task if there is a tokio runtime, and tries again until the lease has run out.
    fn commit_detached(&self, attempt: Attempt, done: Done) {
        self.background.insist(self, move |store| async move { store.commit(attempt, done).await });
    }

    /// Releases in its own task if there is a tokio runtime, and tries again until the lease has run out.
    fn release_detached(&self, attempt: Attempt) {
        self.background.insist(self, move |store| async move { store.release(attempt).await });
    }
}

/// The value of a key: `P` and a token, or `D` and a status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Claimed(ClaimToken),
    Done(StatusCode),
}

impl Entry {
    fn encode(self) -> Vec<u8> {
        match self {
            Self::Claimed(token) => [b"P".as_slice(), &token.to_bytes()].concat(),
            Self::Done(status) => [b"D", status.as_str().as_bytes()].concat(),
        }
    }

    /// `None` if another program has written the value.
    fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (b'P', token) => Some(Self::Claimed(ClaimToken::from_bytes(token.try_into().ok()?))),
            (b'D', status) => StatusCode::from_bytes(status).ok().filter(StatusCode::is_success).map(Self::Done),
            _ => None,
        }
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
