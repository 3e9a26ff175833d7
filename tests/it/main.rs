//! Behaviour of the crate, through its public API and on real parts.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test says what must be by panicking"
)]

mod support;

mod auth;
mod bodies;
mod config;
mod datetime;
mod envelope;
mod handshake;
mod hostile_json;
mod idempotency;
mod json;
mod mediquo;
mod order;
mod peers;
mod presets;
mod privacy;
mod readiness;
mod replies;
mod signatures;
mod signed_example;
mod sockets;
mod stacks;
mod stored;
mod tagged;
mod traits;
mod truemed;
mod verified;
mod walk;
