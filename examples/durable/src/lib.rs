//! Two ways in which an event has its effect once, whatever dies in between. Their programs are in `src/bin`.

pub mod database;
pub mod queue;
pub mod server;
pub mod transaction;
pub mod worker;
