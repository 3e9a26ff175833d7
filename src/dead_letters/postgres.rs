use std::fmt;

use deadpool_postgres::Pool;
use tokio_postgres::types::Type;

use super::{DeadLetter, DeadLetters, Kept};
use crate::{BoxError, idempotency::PostgresStoreError};

const MIGRATION: &str = include_str!("../../migrations/webhook_dead_letters.sql");
/// Two programs that start at once would both make the table; the number is arbitrary.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7308332045806135148);";
/// `CREATE TABLE IF NOT EXISTS` asks for the right to make tables even where there is nothing to make.
const IS_MIGRATED: &str = "SELECT 1 WHERE to_regclass('webhook_dead_letters') IS NOT NULL";

/// The row is on the disk before the answer, also where the database does not wait for it by default.
const KEEP: &str = "
    WITH durably AS (
        SELECT set_config('synchronous_commit', CASE before WHEN 'off' THEN 'on' ELSE before END, true)
        FROM current_setting('synchronous_commit') AS before
    )
    INSERT INTO webhook_dead_letters (id, receipt, letter)
    SELECT $1, $2::text::jsonb, $3 FROM durably
    ON CONFLICT (id) DO UPDATE SET receipt = excluded.receipt, letter = excluded.letter";
const OLDEST: &str = "SELECT letter FROM webhook_dead_letters ORDER BY kept_at, id LIMIT $1";
const REMOVE: &str = "DELETE FROM webhook_dead_letters WHERE id = $1";

/// Keeps dead letters in a table of a PostgreSQL database, `webhook_dead_letters`.
///
/// The column `receipt` is the readable part as JSON, so that you can query it; `letter` is encrypted. Make the table
/// with [`migrate`](Self::migrate), or with the SQL in `migrations/webhook_dead_letters.sql`. Nothing removes rows but
/// you. The sink needs `SELECT, INSERT, UPDATE` on the table, and `DELETE` to [`remove`](Self::remove) letters.
///
/// # Examples
///
/// Sends what was kept again, through a function of yours:
///
/// ```
/// use tower_webhook::{BoxError, dead_letters::{OpenLetter, PostgresLetters, PrivateKey}};
///
/// # async fn send(_: OpenLetter) -> Result<(), BoxError> { Ok(()) }
/// async fn send_again(letters: &PostgresLetters, key: &PrivateKey) -> Result<(), BoxError> {
///     for letter in letters.oldest(100).await? {
///         send(letter.open(key)?).await?;
///         letters.remove(&letter).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct PostgresLetters {
    pool: Pool,
}

impl PostgresLetters {
    /// A sink on your own pool, with TLS if your connector has it. It does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Makes the table if it is not there. Several replicas may call it at once.
    ///
    /// # Errors
    ///
    /// The database does not answer, or the user may not make tables.
    pub async fn migrate(&self) -> Result<(), BoxError> {
        let client = self.pool.get().await.map_err(|error| PostgresStoreError::pool(&error))?;
        let failed = |error| PostgresStoreError::postgres(&error);
        if client.query_typed(IS_MIGRATED, &[]).await.map_err(failed)?.is_empty() {
            client.batch_execute(&format!("{LOCK}\n{MIGRATION}")).await.map_err(failed)?;
        }
        Ok(())
    }

    /// The letters that were kept first, at most this many.
    ///
    /// # Errors
    ///
    /// The database does not answer, or a row is no letter.
    pub async fn oldest(&self, limit: u32) -> Result<Vec<DeadLetter>, BoxError> {
        let client = self.pool.get().await.map_err(|error| PostgresStoreError::pool(&error))?;
        let rows = client.query_typed(OLDEST, &[(&i64::from(limit), Type::INT8)]).await;
        let rows = rows.map_err(|error| PostgresStoreError::postgres(&error))?;
        let letter = |row: tokio_postgres::Row| Ok(DeadLetter::from_bytes(row.try_get::<_, &[u8]>(0)?)?);
        rows.into_iter().map(letter).collect()
    }

    /// Removes a letter, once it was handled. It is no error if it is not there.
    ///
    /// # Errors
    ///
    /// The database does not answer.
    pub async fn remove(&self, letter: &DeadLetter) -> Result<(), BoxError> {
        let client = self.pool.get().await.map_err(|error| PostgresStoreError::pool(&error))?;
        let removed = client.execute_typed(REMOVE, &[(&letter.receipt().id(), Type::TEXT)]).await;
        removed.map_err(|error| PostgresStoreError::postgres(&error))?;
        Ok(())
    }
}

impl DeadLetters for PostgresLetters {
    fn keep(&self, letter: DeadLetter) -> Kept {
        let pool = self.pool.clone();
        Box::pin(async move {
            let client = pool.get().await.map_err(|error| PostgresStoreError::pool(&error))?;
            let (id, receipt) = (letter.receipt().id(), letter.receipt().to_json_text());
            let row = [(&id as _, Type::TEXT), (&receipt as _, Type::TEXT), (&letter.to_bytes() as _, Type::BYTEA)];
            client.execute_typed(KEEP, &row).await.map_err(|error| PostgresStoreError::postgres(&error))?;
            Ok(())
        })
    }
}

impl fmt::Debug for PostgresLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresLetters").finish_non_exhaustive()
    }
}
