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

mod api_surface;
mod auth;
mod bodies;
mod by_get;
mod challenges;
mod config;
mod connection;
mod content_type;
mod datetime;
mod dead_letters;
mod deploy_page;
mod descriptions;
mod details;
mod differential;
mod envelope;
mod events;
mod forms;
mod handshake;
mod head_checks;
mod hostile_json;
mod idempotency;
mod integrations;
mod jobs;
mod json;
mod json_test_suite;
mod keys;
mod keys_elsewhere;
mod known_bugs;
mod mediquo;
mod nginx;
mod observe;
mod presets;
mod privacy;
mod readiness;
mod reasons;
mod receiver_suite;
mod responses;
mod scrub;
mod senders;
mod senders_page;
mod signatures;
mod signed_example;
mod sockets;
mod steps;
mod stored;
mod tagged;
mod test_events;
mod test_tools;
mod truemed;
mod values;
mod verified;
