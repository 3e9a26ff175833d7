use super::PresetBuilder;
use crate::{
    auth::{Part, Signature},
    provider::{Envelope, Place},
};

/// Discord ([page](https://docs.discord.com/developers/events/webhook-events)).
///
/// Ed25519 of time and body, in hex. The key is the application's public key. The type is that of webhook events, the id
/// that of interactions. Add [`Challenge::discord`](crate::handshake::Challenge::discord): Discord accepts a URL only if it answers
/// pings, and answers wrong signatures with 401.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// let discord = preset::discord().key(key).build()?;
/// let layer = discord.into_layer().handshake(Challenge::discord());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn discord() -> PresetBuilder {
    let scheme = Signature::ed25519("x-signature-ed25519")
        .signed([Part::Timestamp, Part::Body])
        .timestamp_header("x-signature-timestamp");
    let envelope = Envelope::new().event_type(Place::body("event.type")).event_id(Place::body("id"));
    PresetBuilder::new("discord", scheme, envelope)
}
