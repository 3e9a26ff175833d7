//! Two ways to handle an event durably: a job queue, and a transaction. The programs are in `src/bin`.
//!
//! Each is shown on SQLite, which needs no server, and on PostgreSQL. The queue is shown on NATS JetStream too.

pub mod database;
pub mod jetstream;
pub mod postgres_queue;
pub mod postgres_transaction;
pub mod queue;
pub mod server;
pub mod transaction;
pub mod worker;
