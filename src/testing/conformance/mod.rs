//! What every [`Store`] must do.
//!
//! [`check`] is the whole suite: each rule on keys of its own, and then random walks beside a model.

mod model;
mod rules;

use std::{error::Error, fmt, time::Duration};

use crate::idempotency::{BoxError, EventKey, Store, Token};

/// Checks all that a [`Store`] promises. `advance` lets the time of the store pass.
///
/// A store that measures by a [`ManualClock`](super::ManualClock) advances that. For a server, make the records in it
/// as much older: with Redis, by `PEXPIRE` of what `PTTL` says. Leases and times to live in it are of hours, so that the
/// time that the suite itself takes does not matter. It uses random keys and leaves its records behind.
///
/// It does not see whether `abandon` and `record` do what they are for, as a store may leave them out, nor a race between
/// threads: claims at once are polled in turns on one.
///
/// # Errors
///
/// The first rule that the store breaks.
///
/// # Examples
///
/// See [`testing`](super).
pub async fn check<St: Store>(store: &St, mut advance: impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    rules::claims(store, &mut advance).await?;
    rules::races(store).await?;
    rules::done(store, &mut advance).await?;
    rules::releases(store, &mut advance).await?;
    rules::records(store, &mut advance).await?;
    rules::lost_leases(store, &mut advance).await?;
    for seed in 0..WALKS {
        walk(store, &mut advance, seed, STEPS).await?;
    }
    Ok(())
}

const WALKS: u64 = 20;
const STEPS: usize = 200;

/// Takes random steps on a few keys, and compares each answer with that of a model: at most one live claim per
/// key, and what is done is not lost before its time. The same seed takes the same steps.
///
/// # Errors
///
/// The first answer that differs, with the steps on its key until then.
///
/// # Examples
///
/// ```
/// use tower_webhook::{idempotency::MemoryStore, testing::{ManualClock, conformance}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), conformance::Violation> {
/// let clock = ManualClock::new();
/// let store = MemoryStore::new().clock(clock.clone());
/// conformance::walk(&store, async |passed| clock.advance(passed), 42, 1000).await
/// # }
/// ```
pub async fn walk<St: Store>(
    store: &St,
    mut advance: impl AsyncFnMut(Duration),
    seed: u64,
    steps: usize,
) -> Result<(), Violation> {
    model::walk(store, &mut advance, seed, steps).await
}

/// Long beside the time that a check takes.
const LEASE: Duration = Duration::from_secs(10_000);
const TTL: Duration = Duration::from_secs(100_000);

/// What a store did against the rules.
#[derive(Debug)]
pub struct Violation {
    rule: String,
    found: String,
}

impl Violation {
    /// The rule, in words.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, but: {}", self.rule, self.found)
    }
}

impl Error for Violation {}

/// A key that no other run uses, as a token is random.
fn fresh_key() -> EventKey {
    EventKey::from_bytes(Token::fresh().to_bytes())
}

/// What must be, and what is.
fn expect<T: fmt::Debug, E: Into<BoxError>>(
    rule: &str,
    found: Result<T, E>,
    is_right: impl FnOnce(&T) -> bool,
) -> Result<(), Violation> {
    match found {
        Ok(found) if is_right(&found) => Ok(()),
        Ok(found) => Err(Violation { rule: rule.to_owned(), found: format!("{found:?}") }),
        Err(error) => Err(Violation { rule: rule.to_owned(), found: error.into().to_string() }),
    }
}
