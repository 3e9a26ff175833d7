use super::PresetBuilder;
use crate::{
    auth::{EcdsaP256, EcdsaP256Builder, Encoding, Part},
    provider::Envelope,
};

/// SendGrid's event webhook ([their page](https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features)).
///
/// ECDSA on P-256 of time and body, DER in base64; the key is the base64 that SendGrid shows. A delivery is an
/// array of events: each has its own type and id, and the delivery none.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==";
/// let layer = preset::sendgrid().public_key(key).build()?.json::<Vec<serde_json::Value>>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn sendgrid() -> PresetBuilder<EcdsaP256Builder> {
    let scheme = EcdsaP256::builder("x-twilio-email-event-webhook-signature")
        .encoding(Encoding::Base64)
        .signed([Part::Timestamp, Part::Body])
        .timestamp_header("x-twilio-email-event-webhook-timestamp")
        .noun("verification key");
    PresetBuilder::new("sendgrid", scheme, Envelope::new()).timed()
}
