use std::{error::Error, fmt};

use ::redis::RedisError;

/// Why a step of a [`RedisStore`](super::RedisStore) failed.
///
/// `Display` gives the cause in one line, for a log: the words of the server or the operating system, but no event key
/// and nothing that is stored under one.
#[derive(Debug)]
pub struct RedisStoreError(Kind);

#[derive(Debug)]
enum Kind {
    /// Not the client's own error, whose text can quote the key.
    Redis {
        cause: String,
        timed_out: bool,
    },
    TimedOut,
    Foreign,
}

impl RedisStoreError {
    pub(super) fn redis(error: &RedisError) -> Self {
        let text = error.to_string();
        // A server that lacks a command, such as one that was renamed, quotes its arguments, and the key is one of them.
        let text = text.split(", with args").next().unwrap_or_default();
        let cause = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(Kind::Redis { cause, timed_out: error.is_timeout() })
    }

    pub(super) fn timed_out() -> Self {
        Self(Kind::TimedOut)
    }

    pub(super) fn foreign() -> Self {
        Self(Kind::Foreign)
    }

    /// Whether the server did not answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self.0 {
            Kind::Redis { timed_out, .. } => timed_out,
            Kind::TimedOut => true,
            Kind::Foreign => false,
        }
    }
}

impl fmt::Display for RedisStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Redis { cause, .. } => write!(f, "redis failed: {cause}"),
            Kind::TimedOut => f.write_str("redis did not answer in time"),
            Kind::Foreign => f.write_str("redis holds something else under the key of an event"),
        }
    }
}

impl Error for RedisStoreError {}
