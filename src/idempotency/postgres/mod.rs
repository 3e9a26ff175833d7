mod connections;
mod effect;
mod error;
mod statements;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use http::StatusCode;
use tokio::time::Instant;
use tokio_postgres::{Config, NoTls, Row, types::Type};

pub use self::error::PostgresStoreError;
use self::{
    connections::{Connections, Parameters},
    statements::{BATCH, CLAIM, CLEAN, COMMIT, FIND, FIND_VERSION, LOCK, MIGRATION, RELEASE, RENEW, VERSION},
};
use super::{
    Attempt, Claim, ClaimToken, Commit, Done, EventKey, Store,
    background::{Background, runtime},
};

const TIMEOUT: Duration = Duration::from_secs(1);
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECTIONS: usize = 10;

/// How often this process deletes what has expired.
const CLEANING: Duration = Duration::from_secs(60);

/// A hundred years: the calendar of PostgreSQL ends.
const MAX_MILLIS: i64 = 100 * 365 * 24 * 60 * 60 * 1000;

/// A store in a PostgreSQL database, which all replicas of your service share.
///
/// Each step is one statement and one round trip. Leases and times to live are measured by the server. It holds a keyed
/// hash with a token or a status for each event, and deletes what has expired once a minute.
///
/// Its tables are in the folder `migrations` of this crate. Run that SQL with your own tool, or [`migrate`](Self::migrate).
///
/// A step that takes longer than [`timeout`](Self::timeout) fails. Until then it is sent again whenever its connection is
/// lost, over another one: closed, reset, silent for half of the timeout, or to a server that has been demoted.
/// `docs/idempotency.md` of this crate has a table of what each delivery is answered.
///
/// With the effect in the same database, [`EventKey::insert_in`] makes it exactly-once, which no store can do alone.
///
/// # Examples
///
/// ```no_run
/// use tower_webhook::idempotency::{IdempotencyLayer, Pepper, PostgresStore};
///
/// # async fn layer(pepper: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("postgres://webhooks@127.0.0.1/webhooks").await?;
/// let layer = IdempotencyLayer::with_pepper(store, Pepper::new(pepper)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    connections: Arc<Connections>,
    background: Arc<Background>,
    cleaned: Arc<Mutex<Option<Instant>>>,
    timeout: Duration,
}

impl PostgresStore {
    /// Connects to a database without TLS, and [checks](Self::check) it. There are 10 connections at most.
    ///
    /// The URL, or the text `host=.. dbname=..`, is that of the crate `tokio-postgres`. For TLS or another number of
    /// connections, use [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// The URL is not one of PostgreSQL, or see [`check`](Self::check).
    pub async fn connect(url: &str) -> Result<Self, PostgresStoreError> {
        let store = Self::connect_lazy(url)?;
        store.check().await?;
        Ok(store)
    }

    /// Makes a store that connects when its first step needs it, so that your service can start while PostgreSQL is down.
    ///
    /// Until it is up, deliveries are answered with 503. A wrong password and missing tables show only then, as errors of
    /// each step: log them with [`on_store_error`](super::IdempotencyLayer::on_store_error).
    ///
    /// # Errors
    ///
    /// The URL is not one of PostgreSQL.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_webhook::idempotency::PostgresStore;
    ///
    /// let store = PostgresStore::connect_lazy("postgres://webhooks@127.0.0.1/webhooks")?.timeout(Duration::from_secs(2));
    /// # Ok::<_, tower_webhook::idempotency::PostgresStoreError>(())
    /// ```
    pub fn connect_lazy(url: &str) -> Result<Self, PostgresStoreError> {
        let mut config: Config = url.parse().map_err(|_| PostgresStoreError::url())?;
        if config.get_tcp_user_timeout().is_none() {
            // The operating system's default takes minutes, and what was sent could arrive that late.
            config.tcp_user_timeout(5 * TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("tower-webhook");
        }
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, NoTls, manager)).max_size(CONNECTIONS).build();
        pool.map(Self::new).map_err(|_| PostgresStoreError::no_runtime())
    }

    /// A store on your own pool, for example with TLS or together with your handlers. It does not connect.
    ///
    /// A step holds a connection for one statement. Leave it enough of them: a delivery whose step gets none within the
    /// timeout is answered with 503.
    ///
    /// # Examples
    ///
    /// ```
    /// use deadpool_postgres::{Manager, Pool};
    /// use tokio_postgres::{Config, NoTls};
    /// use tower_webhook::idempotency::PostgresStore;
    ///
    /// let config: Config = "postgres://webhooks@127.0.0.1/webhooks".parse()?;
    /// // In place of `NoTls`, the connector of `tokio-postgres-rustls` or `postgres-native-tls`.
    /// let pool = Pool::builder(Manager::new(config, NoTls)).max_size(20).build()?;
    /// let store = PostgresStore::new(pool);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            connections: Arc::new(Connections::new(pool)),
            background: Arc::new(Background::new()),
            cleaned: Arc::default(),
            timeout: TIMEOUT,
        }
    }

    /// Sets how long a step may take: 1 second by default. A step that takes longer fails.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes the tables of this version, if they are missing, in the first schema of the user's `search_path`.
    ///
    /// It can run on several replicas at once, and takes a minute at most. The user needs the right to create tables, unless
    /// they are there: with a user that may only write, run the SQL in the folder `migrations` when you deploy.
    ///
    /// # Errors
    ///
    /// The server does not answer or refuses the user.
    ///
    /// Call it on a store of [`connect_lazy`](Self::connect_lazy) or [`new`](Self::new): [`connect`](Self::connect) fails while
    /// the tables are missing.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn store() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_webhook::idempotency::PostgresStore;
    ///
    /// let store = PostgresStore::connect_lazy("postgres://webhooks@127.0.0.1/webhooks")?;
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn migrate(&self) -> Result<(), PostgresStoreError> {
        if self.is_migrated().await? {
            return Ok(());
        }
        self.connections.run(&format!("{LOCK}\n{MIGRATION}"), MIGRATION_TIMEOUT).await
    }

    /// Tests that the tables of this version are there, and that the user may read and write them.
    ///
    /// # Errors
    ///
    /// The tables are missing or of an older version, the user has no right to them, or the server does not answer within
    /// the timeout. There is no tokio runtime, or it has no timer.
    pub async fn check(&self) -> Result<(), PostgresStoreError> {
        if !self.is_migrated().await? {
            return Err(PostgresStoreError::not_migrated());
        }
        let token = ClaimToken::fresh();
        let attempt = Attempt::new(EventKey::from_bytes(token.to_bytes()), token);
        self.claim(attempt, Duration::from_secs(1)).await?;
        self.release(attempt).await
    }

    async fn is_migrated(&self) -> Result<bool, PostgresStoreError> {
        let version = match self.ask(FIND_VERSION, &[]).await {
            Ok(row) => row.and_then(|row| row.try_get::<_, Option<i32>>(0).ok().flatten()),
            Err(error) if error.has_no_table() => None,
            Err(error) => return Err(error),
        };
        Ok(version.is_some_and(|version| version >= VERSION))
    }

    async fn ask(&self, statement: &str, parameters: Parameters<'_>) -> Result<Option<Row>, PostgresStoreError> {
        self.connections.ask(statement, parameters, self.timeout).await
    }

    /// Deletes what has expired, in a task of its own, if this process has not done so for a minute.
    fn clean(&self) {
        {
            let mut cleaned = self.cleaned.lock().unwrap_or_else(PoisonError::into_inner);
            if cleaned.is_some_and(|last| last.elapsed() < CLEANING) {
                return;
            }
            *cleaned = Some(Instant::now());
        }
        let Some(runtime) = runtime() else { return };
        let store = self.clone();
        runtime.spawn(async move {
            while let Ok(Some(row)) = store.ask(CLEAN, &[]).await {
                // What is left after an error is deleted a minute later.
                if row.try_get::<_, i64>(0).is_ok_and(|deleted| deleted < BATCH) {
                    return;
                }
            }
        });
    }
}

impl Store for PostgresStore {
    type Error = PostgresStoreError;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, PostgresStoreError> {
        self.background.last_for(lease);
        let (key, token, millis) = (attempt.key.as_bytes().as_slice(), attempt.token.to_bytes(), millis(lease));
        let claim = [(&key as _, Type::BYTEA), (&token.as_slice() as _, Type::BYTEA), (&millis as _, Type::INT8)];
        let found = match self.ask(CLAIM, &claim).await {
            // A server that cannot write still knows what is done.
            Err(error) if error.is_answer() => match self.ask(FIND, &[(&key, Type::BYTEA)]).await {
                Ok(Some(found)) => Some(found),
                _ => return Err(error),
            },
            found => found?,
        };
        self.clean();
        match found.map(|row| Entry::decode(&row).ok_or_else(PostgresStoreError::foreign)).transpose()? {
            // It may have been sent again, because its first answer was lost.
            Some(Entry::Claimed(by, _)) if by == attempt.token => Ok(Claim::Acquired),
            Some(Entry::Claimed(_, remaining)) => Ok(Claim::InProgress { remaining: Some(remaining) }),
            Some(Entry::Done(status)) => Ok(Claim::Done(status)),
            None => Ok(Claim::InProgress { remaining: None }),
        }
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, PostgresStoreError> {
        let (key, token) = (attempt.key.as_bytes().as_slice(), attempt.token.to_bytes());
        let (status, millis) = (i16::try_from(done.status.as_u16()).unwrap_or_default(), millis(done.ttl));
        let commit = [
            (&key as _, Type::BYTEA),
            (&token.as_slice() as _, Type::BYTEA),
            (&status as _, Type::INT2),
            (&millis as _, Type::INT8),
        ];
        let held = self.ask(COMMIT, &commit).await?.and_then(|row| row.try_get(0).ok());
        Ok(if held == Some(true) { Commit::Held } else { Commit::Late })
    }

    async fn release(&self, attempt: Attempt) -> Result<(), PostgresStoreError> {
        let (key, token) = (attempt.key.as_bytes().as_slice(), attempt.token.to_bytes());
        self.ask(RELEASE, &[(&key, Type::BYTEA), (&token.as_slice(), Type::BYTEA)]).await?;
        Ok(())
    }

    async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, PostgresStoreError> {
        let (key, token, millis) = (attempt.key.as_bytes().as_slice(), attempt.token.to_bytes(), millis(lease));
        let renew = [(&key as _, Type::BYTEA), (&token.as_slice() as _, Type::BYTEA), (&millis as _, Type::INT8)];
        Ok(self.ask(RENEW, &renew).await?.is_some())
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

/// What the row of a key says.
enum Entry {
    Claimed(ClaimToken, Duration),
    Done(StatusCode),
}

impl Entry {
    /// `None` if another program has written the row.
    fn decode(row: &Row) -> Option<Self> {
        match (row.try_get::<_, Option<&[u8]>>(0).ok()?, row.try_get::<_, Option<i16>>(1).ok()?) {
            (Some(token), None) => {
                let remaining = u64::try_from(row.try_get::<_, i64>(2).ok()?).unwrap_or_default();
                let token = ClaimToken::from_bytes(token.try_into().ok()?);
                Some(Self::Claimed(token, Duration::from_millis(remaining)))
            }
            (None, Some(status)) => {
                let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
                status.is_success().then_some(Self::Done(status))
            }
            _ => None,
        }
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX).clamp(1, MAX_MILLIS)
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
