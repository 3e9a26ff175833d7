mod jetstream;
mod postgres;
mod postgres_kills;
mod process;
mod queue;
mod support;
mod transaction;
mod worker;
