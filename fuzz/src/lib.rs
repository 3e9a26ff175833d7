//! The laws that the fuzz targets check, one module each. A target is a binary in `fuzz_targets` that hands its input to
//! the function `law` of the module with its name.
//!
//! An input is read as a list of choices ([`draw::Draw`]), so that what a sender has to get right, such as a signature, is
//! often right.

pub mod body;
pub mod decoders;
pub mod description;
pub mod draw;
pub mod envelope;
pub mod handshake;
pub mod identity;
pub mod keys;
pub mod scrub;
pub mod send;
pub mod service;
pub mod signature;
pub mod standard_webhooks;
pub mod store;
pub mod tagged;
pub mod time;
pub mod tree;
pub mod twilio;
