use super::PresetBuilder;
use crate::{
    auth::{Encoding, Part, Signature},
    provider::Envelope,
};

/// SendGrid's event webhook ([page](https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features)).
///
/// ECDSA on P-256 of time and body, DER in base64. The key is the base64 that SendGrid shows. A delivery is an array of
/// events: each has its own type and id, and the delivery has none.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvF\
///     YPAZFceEu/1FwCM/QmGUhA==";
/// let layer = preset::sendgrid().key(key).json::<Vec<serde_json::Value>>().build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn sendgrid() -> PresetBuilder {
    let scheme = Signature::ecdsa_p256("x-twilio-email-event-webhook-signature")
        .encoding(Encoding::Base64)
        .signed([Part::Timestamp, Part::Body])
        .timestamp_header("x-twilio-email-event-webhook-timestamp")
        .noun("verification key");
    PresetBuilder::new("sendgrid", scheme, Envelope::new())
}
