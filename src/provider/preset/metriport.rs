use super::PresetBuilder;
use crate::{
    auth::{Hmac, HmacBuilder},
    provider::{Envelope, Place, TimeFormat},
};

/// Metriport ([their page](https://docs.metriport.com/medical-api/getting-started/webhooks)).
///
/// HMAC-SHA256 of the body, in hex. Add [`MetriportPing`](crate::handshake::MetriportPing): an endpoint that does not
/// answer pings is not delivered to. The answer is due within 4 seconds.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::MetriportPing, json::RawJson, provider::preset};
///
/// let metriport = preset::metriport().secret("Zr41vw-new-and-random").build()?;
/// let layer = metriport.json::<RawJson>().into_layer().handshake(MetriportPing::new());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn metriport() -> PresetBuilder<HmacBuilder> {
    let scheme = Hmac::sha256("x-metriport-signature").noun("webhook key");
    let envelope = Envelope::new()
        .event_type(Place::body("meta.type"))
        .event_id(Place::body("meta.messageId"))
        .sent_at(Place::body("meta.when"), TimeFormat::Rfc3339);
    PresetBuilder::new("metriport", scheme, envelope)
}
