use super::PresetBuilder;
use crate::{
    auth::Signature,
    provider::{Envelope, Place, TimeFormat},
};

/// Metriport ([page](https://docs.metriport.com/medical-api/getting-started/webhooks)).
///
/// HMAC-SHA256 of the body, in hex. Add [`Challenge::metriport`](crate::handshake::Challenge::metriport): Metriport delivers only
/// to endpoints that answer its pings. Answer within 4 seconds.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let metriport = preset::metriport().key("Zr41vw-new-and-random").build()?;
/// let layer = metriport.into_layer().handshake(Challenge::metriport());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn metriport() -> PresetBuilder {
    let scheme = Signature::hmac_sha256("x-metriport-signature").noun("webhook key");
    let envelope = Envelope::new()
        .event_type(Place::body("meta.type"))
        .event_id(Place::body("meta.messageId"))
        .sent_at(Place::body("meta.when"), TimeFormat::Rfc3339);
    PresetBuilder::new("metriport", scheme, envelope)
}
