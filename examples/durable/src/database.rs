//! The file that both examples write to.

use std::{path::Path, time::Duration};

use sqlx::{
    Error, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// How long a delivery waits for the file by default. It must be less than what the sender waits for an answer, and
/// less than the lease of the idempotency layer.
pub const WAIT: Duration = Duration::from_secs(5);

/// Opens the file, or makes it.
pub async fn open(path: &Path, wait: Duration) -> Result<SqlitePool, Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A 204 is a promise. With NORMAL or OFF, a power cut loses what was committed last.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(wait);
    // SQLite has one writer at a time: more connections would only wait for each other.
    SqlitePoolOptions::new().max_connections(4).acquire_timeout(wait).connect_with(options).await
}
