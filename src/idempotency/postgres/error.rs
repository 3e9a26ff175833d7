use std::{error::Error, fmt, io, iter::successors};

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

/// Why a step of a [`PostgresStore`](super::PostgresStore) failed.
///
/// `Display` gives the cause in one line, for a log: the words of the server or the operating system and the SQLSTATE,
/// but no event key and nothing that is stored under one.
#[derive(Clone, Debug)]
pub struct PostgresStoreError(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// The client's own error is not kept, because its details can quote the key.
    Postgres {
        cause: String,
        state: Option<SqlState>,
        is_lost: bool,
    },
    TimedOut,
    Url,
    Foreign,
    NotMigrated,
    NoRuntime,
}

impl PostgresStoreError {
    pub(crate) fn postgres(error: &tokio_postgres::Error) -> Self {
        if let Some(error) = error.as_db_error() {
            let state = error.code().clone();
            return Self::because(&format!("{} ({})", error.message(), state.code()), Some(state), false);
        }
        let causes = || successors(Some(error as &dyn Error), |&error| error.source());
        let text = causes().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        let is_lost = error.is_closed() || causes().any(|cause| cause.is::<io::Error>());
        // The client has no name for a server that answers nonsense.
        Self::because(&text, None, is_lost || text.starts_with("unexpected message"))
    }

    pub(crate) fn pool(error: &PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::postgres(error),
            PoolError::Timeout(_) => Self::timed_out(),
            error => Self::because(&error.to_string(), None, false),
        }
    }

    fn because(cause: &str, state: Option<SqlState>, is_lost: bool) -> Self {
        let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(Kind::Postgres { cause, state, is_lost })
    }

    pub(super) fn timed_out() -> Self {
        Self(Kind::TimedOut)
    }

    pub(super) fn url() -> Self {
        Self(Kind::Url)
    }

    pub(super) fn foreign() -> Self {
        Self(Kind::Foreign)
    }

    pub(super) fn not_migrated() -> Self {
        Self(Kind::NotMigrated)
    }

    pub(super) fn no_runtime() -> Self {
        Self(Kind::NoRuntime)
    }

    /// Whether the server did not answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0, Kind::TimedOut)
    }

    /// Whether the same statement can succeed a moment later: the connection is lost, the server is not ready yet or has
    /// no connection left, or another statement was in the way.
    pub(super) fn is_passing(&self) -> bool {
        let Kind::Postgres { state, is_lost, .. } = &self.0 else { return false };
        // Class 08 is the connection, and 57P is what a server says that starts, ends or crashes.
        let is_passing = |state: &SqlState| {
            state.code().starts_with("08")
                || state.code().starts_with("57P")
                || [
                    SqlState::TOO_MANY_CONNECTIONS,
                    SqlState::T_R_SERIALIZATION_FAILURE,
                    SqlState::T_R_DEADLOCK_DETECTED,
                ]
                .contains(state)
        };
        *is_lost || state.as_ref().is_some_and(is_passing)
    }

    /// Whether another connection can be better: this one leads to a server that has been demoted.
    pub(super) fn is_of_connection(&self) -> bool {
        self.has_state(&SqlState::READ_ONLY_SQL_TRANSACTION)
    }

    pub(super) fn has_no_table(&self) -> bool {
        self.has_state(&SqlState::UNDEFINED_TABLE)
    }

    /// Whether it is what the server has answered.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.0, Kind::Postgres { state: Some(_), .. })
    }

    fn has_state(&self, wanted: &SqlState) -> bool {
        matches!(&self.0, Kind::Postgres { state: Some(state), .. } if state == wanted)
    }
}

impl fmt::Display for PostgresStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Postgres { cause, .. } => write!(f, "postgres failed: {cause}"),
            Kind::TimedOut => f.write_str("postgres did not answer in time"),
            Kind::Url => f.write_str("not a URL of PostgreSQL: expected `postgres://user@host/database`"),
            Kind::Foreign => f.write_str("postgres holds something else under the key of an event"),
            Kind::NotMigrated => f.write_str(
                "postgres has no tables of this version: run `PostgresStore::migrate` or the SQL in `migrations`",
            ),
            Kind::NoRuntime => {
                f.write_str("postgres needs a tokio runtime with I/O and a timer: `Builder::enable_all`")
            }
        }
    }
}

impl Error for PostgresStoreError {}
