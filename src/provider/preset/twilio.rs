use http::StatusCode;

use super::PresetBuilder;
use crate::{
    RejectionKind,
    auth::Twilio,
    provider::{Envelope, Place},
};

/// Twilio ([page](https://www.twilio.com/docs/usage/webhooks/webhooks-security)).
///
/// HMAC-SHA1 of your public URL and the parameters of the form, in base64. Take forms with
/// [`raw`](super::PresetBuilder::raw). No time is signed, so a recorded delivery can be replayed. The response to a wrong
/// signature is 403, as in Twilio's own examples.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let twilio = preset::twilio().key("Zr41vw-new-and-random").public_url("https://hooks.example.com/twilio");
/// let layer = twilio.raw().build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn twilio() -> PresetBuilder {
    let envelope = Envelope::new().event_id(Place::header("i-twilio-idempotency-token"));
    PresetBuilder::new("twilio", Twilio::builder(), envelope).rejection_status(|kind| match kind {
        RejectionKind::Unauthenticated => StatusCode::FORBIDDEN,
        other => other.default_status(),
    })
}
