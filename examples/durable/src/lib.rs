//! Two ways to handle an event durably: a job queue, and a transaction. The programs are in `src/bin`.

pub mod database;
pub mod queue;
pub mod server;
pub mod transaction;
pub mod worker;
