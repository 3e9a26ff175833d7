//! The best known providers: how each signs, and where it states what an event is. Your event type is yours.
//!
//! Facts in italics are covered by the signature, and are [`Stated::Signed`](crate::Stated) in the
//! [`Delivery`](crate::Delivery); all others are [`Unsigned`](crate::Stated).
//!
//! | preset | header | signed | type | id | time | attempt |
//! |---|---|---|---|---|---|---|
//! | `github` | `X-Hub-Signature-256` | body | `X-GitHub-Event` | `X-GitHub-Delivery` | | |
//! | `stripe` | `Stripe-Signature` | time, body | *`type`* | *`id`* | *`t` of the header* | |
//! | `slack` | `X-Slack-Signature` | time, body | *`event.type`* | *`event_id`* | *`X-Slack-Request-Timestamp`* | `X-Slack-Retry-Num` |
//! | `shopify` | `X-Shopify-Hmac-Sha256` | body | `X-Shopify-Topic` | `X-Shopify-Webhook-Id` | `X-Shopify-Triggered-At` | |
//! | `standard_webhooks` | `webhook-signature` | id, time, body | *`type`* | *`webhook-id`* | *`webhook-timestamp`* | |
//! | `svix` | `svix-signature` | id, time, body | *`type`* | *`svix-id`* | *`svix-timestamp`* | |
//! | `gitlab` | `X-Gitlab-Token` | nothing: a fixed token | `X-Gitlab-Event` | `Idempotency-Key` | | |
//! | `linear` | `Linear-Signature` | body | *`type`* | `Linear-Delivery` | *`webhookTimestamp`* | |
//! | `metriport` | `x-metriport-signature` | body | *`meta.type`* | *`meta.messageId`* | *`meta.when`* | |
//! | `terra` | `terra-signature` | time, body | *`type`* | | *`t` of the header* | |
//! | `twilio` | `X-Twilio-Signature` | URL, form | | `I-Twilio-Idempotency-Token` | | |
//! | `discord` | `X-Signature-Ed25519` | time, body | *`event.type`* | *`id`* | *`X-Signature-Timestamp`* | |
//! | `sendgrid` | `X-Twilio-Email-Event-Webhook-Signature` | time, body | | | *`..-Webhook-Timestamp`* | |
//!
//! `gitlab` is always there. `discord` and `sendgrid` need the feature `asymmetric`, `standard_webhooks` and `svix`
//! the feature `standard-webhooks`, and all others `hmac`.
//!
//! Where the time is in a header, or is Linear's, and is signed, a delivery that is older or newer than 300 seconds is
//! refused: `tolerance` sets another bound. Metriport's time is told and not checked: its page does not say that a retry
//! has a new one. Rejections are answered with the [default statuses](crate::RejectionKind), except where a
//! preset says otherwise.
//!
//! # Examples
//!
//! ```
//! # #[cfg(feature = "hmac")] {
//! use serde::Deserialize;
//! use tower_webhook::{Delivery, Stated, provider::preset, tagged_enum};
//!
//! tagged_enum! {
//!     #[derive(Clone, Debug)]
//!     pub enum Event by "type" {
//!         InvoicePaid(InvoicePaid) = "invoice.paid",
//!     } // and `Unknown`, with the JSON of all other types
//! }
//!
//! #[derive(Clone, Debug, Deserialize)]
//! pub struct InvoicePaid { data: Data } // what the whole body holds
//! #[derive(Clone, Debug, Deserialize)]
//! pub struct Data { object: Invoice }
//! #[derive(Clone, Debug, Deserialize)]
//! pub struct Invoice { id: String }
//!
//! let layer = preset::stripe()
//!     .labelled_secret("2026-09", "whsec_old_and_random_enough")
//!     .labelled_secret("2026-11", "whsec_new_and_random_enough")
//!     .build()?
//!     .tagged::<Event>()
//!     .into_layer();
//!
//! /// What duplicates may be recognised by: an unsigned id is anyone's to choose.
//! fn key(delivery: &Delivery) -> Option<&str> {
//!     delivery.event_id().and_then(Stated::signed)
//! }
//! # let _ = (layer, key);
//! # }
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```
//!
//! `.tagged` looks for the type in the body. Where the table has it in a header, take `.tagged_by_header`: see
//! `github`. `.json::<E>()` takes any type that derives `Deserialize`, such as [`RawJson`](crate::json::RawJson) or
//! `serde_json::Value`, and `.raw()` takes a body of any kind, such as the form of a Slack command.

mod builder;
#[cfg(feature = "asymmetric")]
mod discord;
#[cfg(feature = "hmac")]
mod github;
mod gitlab;
#[cfg(feature = "hmac")]
mod linear;
#[cfg(feature = "hmac")]
mod metriport;
#[cfg(feature = "asymmetric")]
mod sendgrid;
#[cfg(feature = "hmac")]
mod shopify;
#[cfg(feature = "hmac")]
mod slack;
#[cfg(feature = "standard-webhooks")]
mod standard_webhooks;
#[cfg(feature = "hmac")]
mod stripe;
#[cfg(feature = "hmac")]
mod terra;
#[cfg(feature = "hmac")]
mod twilio;

use std::fmt;

use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{Envelope, Json};
use crate::{RejectionKind, WebhookBody, auth::Scheme, json::Tagged};

#[cfg(feature = "standard-webhooks")]
pub use self::standard_webhooks::{standard_webhooks, svix};
pub use self::{builder::PresetBuilder, gitlab::gitlab};
#[cfg(feature = "asymmetric")]
pub use self::{discord::discord, sendgrid::sendgrid};
#[cfg(feature = "hmac")]
pub use self::{
    github::github, linear::linear, metriport::metriport, shopify::shopify, slack::slack, stripe::stripe, terra::terra,
    twilio::twilio,
};

/// A provider that lacks nothing but your event type.
///
/// # Examples
///
/// See the [module](self).
#[derive(Clone)]
#[must_use = "a preset does nothing until it has an event type"]
pub struct Preset<S> {
    name: &'static str,
    scheme: S,
    envelope: Envelope,
    statuses: fn(RejectionKind) -> StatusCode,
}

impl<S: Scheme> Preset<S> {
    /// Receives JSON into this type: see [`Json::new`].
    pub fn json<E>(self) -> Json<E, S>
    where
        E: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.with(Json::new)
    }

    /// Receives JSON into this [`Tagged`] enum, whose type is in the body: see [`Json::tagged`].
    pub fn tagged<E>(self) -> Json<E, S>
    where
        E: Tagged + Clone + Send + Sync + 'static,
    {
        self.with(Json::tagged)
    }

    /// Receives bodies of any kind as they were sent: see [`Json::raw`].
    pub fn raw(self) -> Json<WebhookBody, S> {
        self.with(Json::raw)
    }

    fn with<E>(self, provider: fn(&'static str, S) -> Json<E, S>) -> Json<E, S>
    where
        E: Clone + Send + Sync + 'static,
    {
        provider(self.name, self.scheme).envelope(self.envelope).statuses(self.statuses)
    }
}

impl<S: fmt::Debug> fmt::Debug for Preset<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preset").field("name", &self.name).field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
