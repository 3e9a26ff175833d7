mod error;

use std::{fmt, sync::Arc, time::Duration};

use ::redis::{
    Client, Cmd, IntoConnectionInfo, RedisError, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    io::tcp::TcpSettings,
};
use http::StatusCode;
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

pub use self::error::RedisStoreError;
use super::{Attempt, Claim, ClaimToken, Commit, Done, EventKey, Store};

const PREFIX: &str = "webhook:";
const TIMEOUT: Duration = Duration::from_secs(1);

/// A hundred years. Redis refuses times beyond its calendar.
const MAX_MILLIS: u64 = 100 * 365 * 24 * 60 * 60 * 1000;

/// The pauses between the tries of a detached commit, in seconds. They add up to half of the default lease.
const COMMIT_AGAIN_AFTER: [u64; 5] = [1, 2, 4, 8, 16];

const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Keeps the claims in Redis 7.0 or later, or in Valkey, for all replicas of your service.
///
/// Each step is one command on one key and one round trip, so Redis Cluster works too. Leases and times to live are
/// measured by the server. It holds a keyed hash with a token or a status for each event.
///
/// A step that takes longer than [`timeout`](Self::timeout) fails. A broken connection is replaced in the background;
/// until then, steps wait for at most the timeout and fail. A server that becomes a read-only replica must close the
/// connections of its clients, as Redis does when Sentinel or Cluster demotes it.
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
pub struct RedisStore<C = ConnectionManager> {
    connection: C,
    prefix: Arc<str>,
    timeout: Duration,
}

impl RedisStore {
    /// Connects to a server and tests that it supports the commands of this store. Its keys start with `webhook:`.
    ///
    /// # Errors
    ///
    /// The URL is not a Redis URL, the server does not answer, it refuses the user, or it is older than 7.0.
    pub async fn connect(url: &str) -> Result<Self, RedisStoreError> {
        Self::connect_with_prefix(url, PREFIX).await
    }

    /// Connects like [`connect`](Self::connect), with another prefix, for a user who may only access keys with that.
    ///
    /// # Errors
    ///
    /// The same as those of [`connect`](Self::connect).
    pub async fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, RedisStoreError> {
        let info = url
            .into_connection_info()
            .map_err(|error| RedisStoreError::redis(&error))?
            .set_tcp_settings(tcp_settings());
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            // `timeout` bounds each step instead, as it can be longer than the client's default.
            .set_response_timeout(None)
            // How long it can take until a server that is back is noticed.
            .set_max_delay(Duration::from_millis(500))
            .set_number_of_retries(2);
        let client = Client::open(info).map_err(|error| RedisStoreError::redis(&error))?;
        let connection =
            ConnectionManager::new_with_config(client, config).await.map_err(|error| RedisStoreError::redis(&error))?;
        let store = Self::new(connection).prefix(prefix);
        let token = ClaimToken::fresh();
        let attempt = Attempt::new(EventKey::from_bytes(token.to_bytes()), token);
        store.claim(attempt, Duration::from_secs(1)).await?;
        store.release(attempt).await?;
        Ok(store)
    }
}

/// Notices within seconds that a server has vanished. The operating system's default takes minutes.
fn tcp_settings() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(5 * TIMEOUT);
    settings
}

impl<C> RedisStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    /// A store on a connection of your own, for example to a cluster or with TLS.
    ///
    /// Enable the features that the connection needs on your own dependency on `redis`.
    pub fn new(connection: C) -> Self {
        Self { connection, prefix: Arc::from(PREFIX), timeout: TIMEOUT }
    }

    /// Sets the prefix of every key: `webhook:` by default.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Arc::from(prefix);
        self
    }

    /// Sets how long a step may take: 1 second by default. A step that takes longer fails.
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
        let millis = u64::try_from(life.as_millis()).unwrap_or(u64::MAX).clamp(1, MAX_MILLIS);
        command.arg("SET").arg(self.key(key)).arg(entry.encode()).arg("GET").arg("PX").arg(millis);
        command
    }

    async fn run(&self, command: &Cmd) -> Result<Value, RedisStoreError> {
        let mut connection = self.connection.clone();
        match timeout(self.timeout, connection.req_packed_command(command)).await {
            Ok(Ok(Value::ServerError(error))) => Err(RedisStoreError::redis(&RedisError::from(error))),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(RedisStoreError::redis(&error)),
            Err(_) => Err(RedisStoreError::timed_out()),
        }
    }

    async fn swap(&self, command: &Cmd) -> Result<Option<Entry>, RedisStoreError> {
        match self.run(command).await? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Entry::decode(&bytes).map(Some).ok_or(RedisStoreError::foreign()),
            _ => Err(RedisStoreError::foreign()),
        }
    }
}

impl<C> Store for RedisStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    type Error = RedisStoreError;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, RedisStoreError> {
        let mut command = self.set(attempt.key, Entry::Claimed(attempt.token), lease);
        command.arg("NX");
        Ok(match self.swap(&command).await? {
            None => Claim::Acquired,
            // A cluster connection repeats a command whose answer it has lost, and then finds its own claim.
            Some(Entry::Claimed(by)) if by == attempt.token => Claim::Acquired,
            Some(Entry::Claimed(_)) => Claim::InProgress { remaining: None },
            Some(Entry::Done(status)) => Claim::Done(status),
        })
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, RedisStoreError> {
        let found = self.swap(&self.set(attempt.key, Entry::Done(done.status), done.ttl)).await?;
        Ok(if found == Some(Entry::Claimed(attempt.token)) { Commit::Held } else { Commit::Late })
    }

    async fn release(&self, attempt: Attempt) -> Result<(), RedisStoreError> {
        // Not `EVALSHA`: a restarted server would ask for the script, when the request may have been dropped already.
        let mut command = Cmd::new();
        command.arg("EVAL").arg(RELEASE).arg(1).arg(self.key(attempt.key)).arg(Entry::Claimed(attempt.token).encode());
        self.run(&command).await?;
        Ok(())
    }

    /// Commits in a task of its own if there is a tokio runtime. It retries for half a minute: a sender that got no
    /// answer retries after the lease.
    fn commit_detached(&self, attempt: Attempt, done: Done) {
        if let Ok(runtime) = Handle::try_current() {
            let store = self.clone();
            runtime.spawn(async move {
                for wait in COMMIT_AGAIN_AFTER {
                    if store.commit(attempt, done).await.is_ok() {
                        return;
                    }
                    sleep(Duration::from_secs(wait)).await;
                }
                let _ = store.commit(attempt, done).await;
            });
        }
    }

    /// Releases in a task of its own if there is a tokio runtime.
    fn release_detached(&self, attempt: Attempt) {
        if let Ok(runtime) = Handle::try_current() {
            let store = self.clone();
            runtime.spawn(async move { store.release(attempt).await });
        }
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

impl<C> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
