//! Presets: ready-made configurations for well-known providers. You add the key and your event type.
//!
//! A preset knows the signature header, what is signed, and where the type and the id are. Values in italics are
//! covered by the signature, and are [`Stated::Signed`](crate::Stated) in the [`Delivery`](crate::Delivery). All others
//! are [`Unsigned`](crate::Stated): whoever replays a recorded delivery can change them.
//!
#![doc = include_str!("table.md")]
//!
//! A signed time must be within 300 seconds of the time of arrival: change it with
//! [`tolerance`](PresetBuilder::tolerance). Metriport's time is reported and not checked, because its page does not say
//! whether a retry has a new one. Rejections have the [default statuses](crate::RejectionKind) unless the preset's docs
//! say otherwise.
//!
//! # Examples
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tower_webhook::{Delivery, Stated, auth::Key, provider::preset, tagged_enum};
//!
//! tagged_enum! {
//!     #[derive(Clone, Debug)]
//!     pub enum Event {
//!         InvoicePaid(InvoicePaid) = "invoice.paid",
//!     } // and `Unknown`, with the JSON of all other types
//! }
//!
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! pub struct InvoicePaid { data: Data } // the whole body
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! pub struct Data { object: Invoice }
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! pub struct Invoice { id: String }
//!
//! let layer = preset::stripe()
//!     .key(Key::new("whsec_old_and_random_enough").label("2026-09"))
//!     .key(Key::new("whsec_new_and_random_enough").label("2026-11"))
//!     .tagged::<Event>()
//!     .build()?
//!     .into_layer();
//!
//! /// Recognises duplicates: anyone can choose an unsigned id.
//! fn key(delivery: &Delivery) -> Option<&str> {
//!     delivery.event_id().and_then(Stated::signed)
//! }
//! # let _ = (layer, key);
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```
//!
//! `.tagged::<E>()` decodes into an enum of events, by the type in a header or in a member of the body.
//! `.json::<E>()` decodes into any type that implements `Deserialize`, such as [`RawJson`](crate::json::RawJson).
//! `.raw()` accepts a body of any kind, such as the form of a Slack command.

mod builder;
mod generated;

pub use self::{builder::PresetBuilder, generated::*};
use super::Sender;

/// The preset whose description this is.
fn described(json: &str) -> PresetBuilder {
    PresetBuilder::of(Sender::from_json(json))
}

/// Finds a preset by the name of its function, for providers that come from a file or a database.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::by_name("gitlab").expect("it exists").key("Zr41vw-new-and-random").build()?.into_layer();
/// assert!(preset::by_name("no such preset").is_none());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[must_use]
pub fn by_name(name: &str) -> Option<PresetBuilder> {
    NAMES.contains(&name).then(|| description(name)).flatten().map(described)
}

/// The description of a sender of this crate.
pub(super) fn description(name: &str) -> Option<&'static str> {
    DESCRIPTIONS.iter().find(|(own, _)| *own == name).map(|(_, json)| *json)
}
