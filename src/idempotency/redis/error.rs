use std::{error::Error, fmt};

use ::redis::RedisError;
use tokio::time::error::Elapsed;

/// Why a step of a [`RedisStore`](super::RedisStore) failed.
///
/// It shows the server's own words, and no key or record.
#[derive(Debug)]
pub struct RedisStoreError(Kind);

#[derive(Debug)]
enum Kind {
    Redis(RedisError),
    TimedOut,
    Foreign,
}

impl RedisStoreError {
    pub(super) fn foreign() -> Self {
        Self(Kind::Foreign)
    }

    /// Whether the server did not answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0 {
            Kind::Redis(error) => error.is_timeout(),
            Kind::TimedOut => true,
            Kind::Foreign => false,
        }
    }
}

impl From<RedisError> for RedisStoreError {
    fn from(error: RedisError) -> Self {
        Self(Kind::Redis(error))
    }
}

impl From<Elapsed> for RedisStoreError {
    fn from(_: Elapsed) -> Self {
        Self(Kind::TimedOut)
    }
}

impl fmt::Display for RedisStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Redis(_) => "redis failed",
            Kind::TimedOut => "redis did not answer in time",
            Kind::Foreign => "redis holds something else under the key of an event",
        })
    }
}

impl Error for RedisStoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Redis(error) => Some(error),
            Kind::TimedOut | Kind::Foreign => None,
        }
    }
}
