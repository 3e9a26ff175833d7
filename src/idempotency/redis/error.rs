use std::{error::Error, fmt};

use ::redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why a step of a [`RedisStore`](super::RedisStore) failed.
///
/// `Display` gives the cause in one line, for a log: the words of the server or the operating system, but no event key
/// and nothing that is stored under one.
#[derive(Clone, Debug)]
pub struct RedisStoreError(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// The client's own error is not kept, because its text can quote the key.
    Redis {
        cause: String,
        kind: ErrorKind,
        timed_out: bool,
    },
    TimedOut,
    Foreign,
    NoRuntime,
}

impl RedisStoreError {
    pub(super) fn redis(error: &RedisError) -> Self {
        let text = error.to_string();
        // A server that lacks a command, for example because it was renamed, quotes the arguments, which include the
        // key.
        let text = text.split(", with args").next().unwrap_or_default();
        let cause = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(Kind::Redis { cause, kind: error.kind(), timed_out: error.is_timeout() })
    }

    pub(super) fn timed_out() -> Self {
        Self(Kind::TimedOut)
    }

    pub(super) fn foreign() -> Self {
        Self(Kind::Foreign)
    }

    pub(super) fn no_runtime() -> Self {
        Self(Kind::NoRuntime)
    }

    /// Whether the server did not answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self.0 {
            Kind::Redis { timed_out, .. } => timed_out,
            Kind::TimedOut => true,
            Kind::Foreign | Kind::NoRuntime => false,
        }
    }

    /// Whether the same command can succeed a moment later: the connection is lost, or the server is not ready yet.
    pub(super) fn is_passing(&self) -> bool {
        use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, TryAgain};
        let Kind::Redis { kind, .. } = &self.0 else { return false };
        matches!(
            kind,
            ErrorKind::Io
                | ErrorKind::Parse
                | ErrorKind::ClusterConnectionNotFound
                | ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | TryAgain)
        )
    }

    /// Whether another connection can be better: this one leads to a server that has been demoted, or was opened in a
    /// runtime that has ended.
    pub(super) fn is_of_connection(&self) -> bool {
        matches!(self.0, Kind::Redis { kind: ErrorKind::Server(ServerErrorKind::ReadOnly), .. } | Kind::NoRuntime)
    }

    /// Whether it is what the server has answered.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.0, Kind::Redis { kind: ErrorKind::Server(_) | ErrorKind::Extension, .. })
    }
}

impl fmt::Display for RedisStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Redis { cause, .. } => write!(f, "redis failed: {cause}"),
            Kind::TimedOut => f.write_str("redis did not answer in time"),
            Kind::Foreign => f.write_str("redis holds something else under the key of an event"),
            Kind::NoRuntime => f.write_str("redis needs a tokio runtime with I/O and a timer: `Builder::enable_all`"),
        }
    }
}

impl Error for RedisStoreError {}
