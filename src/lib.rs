#![doc = include_str!("docs.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod auth;
#[cfg(feature = "axum")]
pub mod axum;
pub mod clock;
mod config;
mod delivery;
pub mod handshake;
#[cfg(feature = "idempotency")]
pub mod idempotency;
pub mod json;
pub mod provider;
mod receive;
mod rejection;
#[cfg(feature = "testing")]
pub mod testing;
mod urlencoded;

pub use config::{ConfigError, ConfigErrorKind};
pub use delivery::{Delivery, Stated};
pub use jiff;
pub use receive::{Refusal, ResponseBody, ResponseFuture, WebhookBody, WebhookLayer, WebhookService};
pub use rejection::{Rejection, RejectionKind};

/// What [`open_enum!`] and [`tagged_enum!`] expand to; no part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use serde;

    pub use crate::json::macros::{FromText, read_unit};

    pub mod stored {
        pub use crate::json::stored::{deserialize, serialize};
    }
}
