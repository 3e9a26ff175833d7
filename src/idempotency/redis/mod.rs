mod error;
mod record;

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
use self::record::Record;
use super::{Claim, Commit, EventKey, Store, Token};

const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// A store in Redis 7.0 or later, or Valkey, that all replicas share.
///
/// Each step is one command on one key, so that Redis Cluster serves it too, and one round trip. Time is the
/// server's. A record is a keyed hash, and a token or a status.
///
/// A step that takes longer than [`timeout`](Self::timeout) fails. The connection mends itself when it breaks: what comes
/// while there is none waits for that long and then fails. A server that lives on as a read-only replica breaks none: its
/// fail-over must close the clients' connections, as Redis does when it is demoted by Sentinel or Cluster.
///
/// The server should not evict (`maxmemory-policy noeviction`), and keep an append-only file: what it loses runs again.
/// Replication of Redis is asynchronous, so a fail-over can lose the records of the last moment.
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
    /// Connects, and asks the server whether it knows the command of a claim. Every key begins with `webhook:`.
    ///
    /// # Errors
    ///
    /// The URL is none of Redis, the server does not answer, refuses the user, or is older than 7.0.
    pub async fn connect(url: &str) -> Result<Self, RedisStoreError> {
        Self::connect_with_prefix(url, PREFIX).await
    }

    /// The same for a user who may touch keys with another prefix only.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    pub async fn connect_with_prefix(url: &str, prefix: &str) -> Result<Self, RedisStoreError> {
        let info = url.into_connection_info()?.set_tcp_settings(tcp_settings());
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            // Each step is bounded by `timeout`, which can be set to more.
            .set_response_timeout(None)
            // A server that comes back is found within this.
            .set_max_delay(Duration::from_millis(500))
            .set_number_of_retries(2);
        let connection = ConnectionManager::new_with_config(Client::open(info)?, config).await?;
        let store = Self::new(connection).prefix(prefix);
        let (key, token) = (EventKey::from_bytes(Token::fresh().to_bytes()), Token::fresh());
        store.claim(key, token, Duration::from_secs(1)).await?;
        store.release(key, token).await?;
        Ok(store)
    }
}

const PREFIX: &str = "webhook:";
const TIMEOUT: Duration = Duration::from_secs(1);

/// In seconds: a record that nobody waits for outlasts what lasts for half of the default lease.
const RECORD_AGAIN_AFTER: [u64; 5] = [1, 2, 4, 8, 16];

/// A server that is gone without a word is noticed before the system would give up, which takes minutes.
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
    /// Uses this connection, such as one to a cluster, or one with TLS and settings of your own. The features of
    /// `redis` that it needs are added to your own dependency on that crate.
    pub fn new(connection: C) -> Self {
        Self { connection, prefix: Arc::from(PREFIX), timeout: TIMEOUT }
    }

    /// Begins every key with this. The default is `webhook:`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Arc::from(prefix);
        self
    }

    /// How long a step may take. The default is a second.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn key(&self, key: EventKey) -> String {
        format!("{}{:032x}", self.prefix, key.to_u128())
    }

    /// Sets a key, and gives what it held.
    fn set(&self, key: EventKey, record: Record, life: Duration) -> Cmd {
        let mut command = Cmd::new();
        let millis = u64::try_from(life.as_millis()).unwrap_or(u64::MAX).clamp(1, MAX_MILLIS);
        command.arg("SET").arg(self.key(key)).arg(record.encode().as_ref()).arg("GET").arg("PX").arg(millis);
        command
    }

    async fn run(&self, command: &Cmd) -> Result<Option<Record>, RedisStoreError> {
        let mut connection = self.connection.clone();
        match timeout(self.timeout, connection.req_packed_command(command)).await?? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Record::decode(&bytes).map(Some).ok_or(RedisStoreError::foreign()),
            Value::ServerError(error) => Err(RedisError::from(error).into()),
            _ => Err(RedisStoreError::foreign()),
        }
    }
}

/// A hundred years. Redis refuses what ends beyond its calendar.
const MAX_MILLIS: u64 = 100 * 365 * 24 * 60 * 60 * 1000;

impl<C> Store for RedisStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    type Error = RedisStoreError;

    async fn claim(&self, key: EventKey, token: Token, lease: Duration) -> Result<Claim, RedisStoreError> {
        let mut command = self.set(key, Record::Claimed(token), lease);
        command.arg("NX");
        Ok(match self.run(&command).await? {
            None => Claim::Acquired,
            // A connection that sends again what it lost the answer to, as one to a cluster does, finds its own claim.
            Some(Record::Claimed(by)) if by == token => Claim::Acquired,
            Some(Record::Claimed(_)) => Claim::InProgress { remaining: None },
            Some(Record::Done(status)) => Claim::Done(status),
        })
    }

    async fn commit(
        &self,
        key: EventKey,
        token: Token,
        status: StatusCode,
        ttl: Duration,
    ) -> Result<Commit, RedisStoreError> {
        let found = self.run(&self.set(key, Record::Done(status), ttl)).await?;
        Ok(if found == Some(Record::Claimed(token)) { Commit::Held } else { Commit::Late })
    }

    async fn release(&self, key: EventKey, token: Token) -> Result<(), RedisStoreError> {
        // Not by its digest: a server that has been restarted would ask for the script, and who hears it may be gone.
        let mut command = Cmd::new();
        command.arg("EVAL").arg(RELEASE).arg(1).arg(self.key(key)).arg(Record::Claimed(token).encode().as_ref());
        let mut connection = self.connection.clone();
        timeout(self.timeout, command.exec_async(&mut connection)).await??;
        Ok(())
    }

    /// In a task of its own, if a runtime is there.
    fn abandon(&self, key: EventKey, token: Token) {
        if let Ok(runtime) = Handle::try_current() {
            let store = self.clone();
            runtime.spawn(async move { store.release(key, token).await });
        }
    }

    /// In a task of its own, if a runtime is there. It has time: who was not answered comes again after the lease.
    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        if let Ok(runtime) = Handle::try_current() {
            let store = self.clone();
            runtime.spawn(async move {
                for wait in RECORD_AGAIN_AFTER {
                    if store.commit(key, token, status, ttl).await.is_ok() {
                        return;
                    }
                    sleep(Duration::from_secs(wait)).await;
                }
                let _ = store.commit(key, token, status, ttl).await;
            });
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
