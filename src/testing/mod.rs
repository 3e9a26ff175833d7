//! Helpers for your own tests.
//!
//! | item | use it to test |
//! |---|---|
//! | [`TestSender`] | your service and your handler, with genuine and spoiled deliveries of any sender |
//! | [`assert_outcome`] | that a duplicate did not run your handler again |
//! | [`receiver`] | your whole receiver, under attack |
//! | [`TestEvent`] | what you do with an event of Truemed or of MediQuo |
//! | [`ManualClock`] | what depends on time, without waiting |
//! | [`FailingStore`] | what your service answers while its store fails |
//! | [`Scrubber`], [`scrub`] | on what a provider has really sent, without the personal data in it |
//! | [`conformance`] | a [`Store`](crate::idempotency::Store) of your own |
//!
//! # Examples
//!
//! Test a store whose times to live are days, without waiting for them:
//!
//! ```
//! use std::time::Duration;
//! use tower_webhook::{idempotency::MemoryStore, testing::{ManualClock, conformance}};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), conformance::Violation> {
//! let clock = ManualClock::new();
//! let store = MemoryStore::new().clock(clock.clone());
//! conformance::check(&store, async |passed| clock.advance(passed)).await
//! # }
//! ```

mod clock;
pub mod conformance;
mod delivery;
#[cfg(any(feature = "mediquo", feature = "truemed"))]
pub(crate) mod event;
mod failing;
mod outcome;
pub mod receiver;
mod scrub;
mod sender;

#[cfg(any(feature = "mediquo", feature = "truemed"))]
pub use self::event::TestEvent;
pub use self::{
    clock::ManualClock,
    delivery::{Spoil, TestDelivery},
    failing::{FailingStore, Fault, Step},
    outcome::assert_outcome,
    scrub::{Scrubber, scrub},
    sender::TestSender,
};

#[expect(clippy::panic, reason = "a mistake in a test makes it fail")]
#[track_caller]
pub(crate) fn or_fail<V>(what: &str, result: Result<V, impl std::fmt::Display>) -> V {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what}: {error}"),
    }
}
