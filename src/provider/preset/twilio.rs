use http::StatusCode;

use super::PresetBuilder;
use crate::{
    RejectionKind,
    auth::{Twilio, TwilioBuilder},
    provider::{Envelope, Place},
};

/// Twilio ([their page](https://www.twilio.com/docs/usage/webhooks/webhooks-security)).
///
/// HMAC-SHA1 of your public URL and the parameters of the form, in base64. Forms are taken with
/// [`raw`](super::Preset::raw). No time is signed, so a recorded delivery can be sent again. A wrong signature is answered
/// with 403, as in Twilio's own examples.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let twilio = preset::twilio().auth_token("Zr41vw-new-and-random").public_url("https://hooks.example.com/twilio");
/// let layer = twilio.build()?.raw().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn twilio() -> PresetBuilder<TwilioBuilder> {
    let envelope = Envelope::new().event_id(Place::known_header("i-twilio-idempotency-token"));
    PresetBuilder::new("twilio", Twilio::builder(), envelope).statuses(|kind| match kind {
        RejectionKind::Unauthenticated => StatusCode::FORBIDDEN,
        other => other.default_status(),
    })
}
