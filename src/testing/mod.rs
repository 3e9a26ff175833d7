//! For tests of your own: a clock that is set by hand, a store that fails, and what every store must do.
//!
//! # Examples
//!
//! Eight days later, without waiting for them:
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
mod failing;

pub use self::{
    clock::ManualClock,
    failing::{FailingStore, Fault, Step},
};
