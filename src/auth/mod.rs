//! Authentication: how a delivery proves that it comes from the provider.
//!
//! | scheme | what it verifies |
//! |---|---|
//! | [`ApiKey`] | a fixed key in a header, in the URL or in the body, a password (Basic), or a bearer token |
//! | `Signature` (feature `signatures`) | an HMAC, Ed25519, ECDSA or RSA signature in a header or elsewhere; you configure what is signed |
//! | `StandardWebhooks` (feature `signatures`) | the signatures of [standardwebhooks.com](https://www.standardwebhooks.com) and Svix |
//! | `Twilio` (feature `signatures`) | Twilio's signature of the URL and a form, with `POST` or `GET` |
//! | [`scheme.and(other)`](Scheme::and), [`scheme.or(other)`](Scheme::or) | two schemes, or one of two |
//! | [`bearer_fn`] | a bearer token, with your own function |
//! | [`scheme_fn`] | the head of the request, with your own function |
//! | [`DangerousAcceptAll`] | nothing |
//!
//! Every scheme takes its keys with `.key(..)`, once per live key: see [`Key`] for labels and encodings. To replace keys
//! while deliveries arrive, and for many tenants with keys of their own, use `.keys(..)` with a source: see [`keys`].
//!
//! A credential that is missing, repeated, empty, too long, too short, or in another letter case is rejected.
//! [`Rejection::reason`](crate::Rejection::reason) tells you which of these it was; the sender never learns it. Schemes
//! that sign the body reject malformed signatures, and stale times in headers, before the body is read.
//!
//! # Examples
//!
//! Two keys are live while you rotate, and the sender also needs a password:
//!
//! ```
//! use tower_webhook::auth::{ApiKey, Key, Scheme};
//!
//! let scheme = ApiKey::header("x-acme-key")
//!     .key(Key::new("kx7Gq2-old-and-random").label("2026-09"))
//!     .key(Key::new("Zr41vw-new-and-random").label("2026-11"))
//!     .build()?
//!     .and(ApiKey::basic("acme").key("correct:horse:battery:staple").build()?);
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```
//!
//! Write your own scheme as a function, or as an implementation of [`Scheme`]. Choose one at run time with
//! `Arc<dyn Scheme>`:
//!
//! ```
//! use std::{net::IpAddr, sync::Arc};
//! use tower_webhook::{auth::{ApiKey, Scheme, scheme_fn}, provider::Custom};
//!
//! # let in_the_mesh = true;
//! let scheme: Arc<dyn Scheme> = if in_the_mesh {
//!     Arc::new(scheme_fn(|head| head.extensions.get::<IpAddr>().is_some_and(|peer| peer.is_loopback())))
//! } else {
//!     Arc::new(ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?)
//! };
//! let layer = Custom::builder("acme", scheme).build()?.into_layer();
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```

mod api_key;
mod key;
pub mod keys;
#[cfg(feature = "signatures")]
mod public_url;
mod scheme;
mod secret;
#[cfg(feature = "signatures")]
mod signature;
#[cfg(feature = "testing")]
pub(crate) mod signing;
#[cfg(feature = "signatures")]
mod standard_webhooks;
#[cfg(feature = "signatures")]
mod twilio;
mod uri;
mod verified;

#[cfg(feature = "testing")]
pub(crate) use self::keys::KeyText;
pub(crate) use self::keys::{KeySettings, Secrets};
use self::secret::Secret;
#[cfg(feature = "signatures")]
pub(crate) use self::signature::SignatureSettings;
pub use self::{
    api_key::{ApiKey, ApiKeyBuilder, bearer_fn},
    key::Key,
    keys::Keys,
    scheme::{DangerousAcceptAll, Head, Scheme, scheme_fn},
    verified::Verified,
};
#[cfg(feature = "signatures")]
pub use self::{
    signature::{At, Encoding, Part, Signature, SignatureBuilder},
    standard_webhooks::{StandardWebhooks, StandardWebhooksBuilder},
    twilio::{Twilio, TwilioBuilder},
};
