use super::PresetBuilder;
use crate::{
    auth::Signature,
    provider::{Envelope, Place},
};

/// Linear ([page](https://linear.app/developers/webhooks#securing-webhooks)).
///
/// HMAC-SHA256 of the body, in hex. The time is in the body, so it is checked after the signature.
///
/// The id is in an unsigned header, and the time is in the signed body. So a retry with a new time is a new event for
/// the idempotency layer (feature `idempotency`), unless you set what identifies an event with
/// [`identified_by`](crate::provider::CustomBuilder::identified_by).
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::linear().key("lin_wh_new_and_random_enough").build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn linear() -> PresetBuilder {
    let scheme = Signature::hmac_sha256("linear-signature")
        .timestamp_in_body("webhookTimestamp")
        .timestamp_in_milliseconds()
        .noun("signing secret");
    let envelope = Envelope::new().event_type(Place::body("type")).event_id(Place::header("linear-delivery"));
    PresetBuilder::new("linear", scheme, envelope)
}
