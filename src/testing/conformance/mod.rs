//! Tests of the rules that every [`Store`] must follow.
//!
//! [`check`] is the whole suite: it tests each rule, then takes random steps and compares the answers with a model. It runs
//! on one thread; [`check_on_threads`] lets tasks meet on several.

mod model;
mod rules;
mod threads;

use std::{error::Error, fmt, pin::Pin, time::Duration};

pub use self::model::walk;
use crate::{
    BoxError,
    idempotency::{Attempt, ClaimToken, EventKey, Store},
};

/// Checks that a [`Store`] follows every rule. `advance` must let the time of the store pass.
///
/// For a store with a [`ManualClock`](super::ManualClock), advance that clock. For a server, age its entries by the same
/// amount: with Redis, subtract it from each key's `PTTL` by `PEXPIRE`. The suite uses leases and times to live of hours,
/// so its own running time does not matter. It uses random keys and does not remove them.
///
/// A store may leave out `renew`, `commit_detached` and `release_detached`, so their absence is not a violation. The suite
/// polls concurrent claims in turns on one thread: [`check_on_threads`] finds races of threads.
///
/// # Errors
///
/// The first violation that it finds.
///
/// # Examples
///
/// See [`testing`](super).
pub async fn check<St: Store>(store: &St, mut advance: impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    rules::claims(store, &mut advance).await?;
    rules::races(store).await?;
    rules::done(store, &mut advance).await?;
    rules::releases(store, &mut advance).await?;
    rules::detached_commits(store, &mut advance).await?;
    rules::lost_leases(store, &mut advance).await?;
    rules::renewals(store, &mut advance).await?;
    for seed in 0..WALKS {
        walk(store, &mut advance, seed, STEPS).await?;
    }
    Ok(())
}

/// Checks that claims, renewals, commits and releases of the same keys are atomic on several threads.
///
/// `spawn` must start each task on a runtime of several threads; the store is cloned for each. On a store in memory, one
/// call can miss a race: repeat it.
///
/// # Errors
///
/// The first violation that it finds.
///
/// # Examples
///
/// ```
/// use tower_webhook::{idempotency::MemoryStore, testing::conformance};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), conformance::Violation> {
/// conformance::check_on_threads(&MemoryStore::new(), |task| drop(tokio::spawn(task))).await
/// # }
/// ```
pub async fn check_on_threads<St: Store + Clone>(
    store: &St,
    spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>),
) -> Result<(), Violation> {
    threads::check(store, &spawn).await
}

const WALKS: u64 = 20;
const STEPS: usize = 200;

/// Both are much longer than a check takes.
const LEASE: Duration = Duration::from_secs(10_000);
const TTL: Duration = Duration::from_secs(100_000);

/// A rule that a store has broken.
#[derive(Debug)]
pub struct Violation {
    rule: String,
    found: String,
}

impl Violation {
    /// The text of the rule.
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

/// A key that no other run uses, because tokens are random.
fn fresh_key() -> EventKey {
    EventKey::from_bytes(ClaimToken::fresh().to_bytes())
}

fn attempt_on(key: EventKey) -> Attempt {
    Attempt::new(key, ClaimToken::fresh())
}

/// Turns an answer that breaks the rule into a violation.
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
