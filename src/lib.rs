#![doc = include_str!("docs.md")]
// The links of the page to what a feature brings.
#![cfg_attr(feature = "signatures", doc = "", doc = "[presets]: provider::preset")]
#![cfg_attr(not(feature = "signatures"), doc = "", doc = "[presets]: #features")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod auth;
#[cfg(feature = "axum")]
pub mod axum;
pub mod clock;
#[cfg(feature = "dead-letters")]
pub mod dead_letters;
mod delivery;
mod error;
pub mod handshake;
mod headers;
#[cfg(feature = "idempotency")]
pub mod idempotency;
pub mod json;
pub mod observe;
pub mod provider;
mod receive;
mod rejection;
mod response;
#[cfg(any(feature = "dead-letters", feature = "idempotency"))]
mod secret_text;
#[cfg(feature = "testing")]
pub mod testing;
mod urlencoded;

pub use delivery::{Delivery, Stated};
pub use error::{BoxError, ConfigError, ConfigErrorKind};
pub use jiff;
pub use receive::{RejectedDelivery, ResponseFuture, WebhookBody, WebhookLayer, WebhookService};
pub use rejection::{Rejection, RejectionKind, RejectionReason};
pub use response::ResponseBody;

/// What the macros expand to; not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use serde;

    pub use crate::json::{drift::unknown_value, macros::from_text};

    pub mod stored {
        pub use crate::json::stored::{deserialize, serialize};
    }
}

/// Compiles the code of the documents as tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../docs/cookbook.md")]
    struct Cookbook;

    #[doc = include_str!("../docs/deploy.md")]
    struct Deploy;

    #[doc = include_str!("../docs/idempotency.md")]
    struct Idempotency;

    #[doc = include_str!("../docs/senders.md")]
    struct Senders;
}
