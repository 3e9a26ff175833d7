use super::PresetBuilder;
use crate::{
    auth::{Ed25519, Ed25519Builder, Part},
    provider::{Envelope, Place},
};

/// Discord ([their page](https://docs.discord.com/developers/events/webhook-events)).
///
/// Ed25519 of time and body, in hex; the key is the application's public key. The type is that of webhook
/// events, the id that of interactions. Add [`DiscordPing`](crate::handshake::DiscordPing): without an answer to its pings,
/// and a 401 to its wrong signatures, Discord does not take the URL.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::DiscordPing, json::RawJson, provider::preset};
///
/// let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// let discord = preset::discord().public_key(key).build()?;
/// let layer = discord.json::<RawJson>().into_layer().handshake(DiscordPing::new());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn discord() -> PresetBuilder<Ed25519Builder> {
    let scheme = Ed25519::builder("x-signature-ed25519")
        .signed([Part::Timestamp, Part::Body])
        .timestamp_header("x-signature-timestamp")
        .noun("public key");
    let envelope = Envelope::new().event_type(Place::body("event.type")).event_id(Place::body("id"));
    PresetBuilder::new("discord", scheme, envelope).timed()
}
