mod process;
mod queue;
mod support;
mod transaction;
mod worker;
