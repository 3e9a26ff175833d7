use super::PresetBuilder;
use crate::{
    auth::{Hmac, HmacBuilder},
    provider::{Envelope, Place},
};

/// Linear ([their page](https://linear.app/developers/webhooks#securing-webhooks)).
///
/// HMAC-SHA256 of the body, in hex. The time is in the body, and so it is checked after the signature.
///
/// The id is in a header that is not signed, and the time is in the body that is. So a retry that carries a new time is a
/// new event to the idempotency layer (feature `idempotency`), unless
/// [`identified_by`](crate::provider::Json::identified_by) says what tells events apart.
///
/// # Examples
///
/// ```
/// use tower_webhook::{json::RawJson, provider::preset};
///
/// let layer = preset::linear().secret("lin_wh_new_and_random_enough").build()?.json::<RawJson>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn linear() -> PresetBuilder<HmacBuilder> {
    let scheme = Hmac::sha256("linear-signature")
        .timestamp_in_body("webhookTimestamp")
        .timestamp_in_milliseconds()
        .noun("signing secret");
    let envelope = Envelope::new().event_type(Place::body("type")).event_id(Place::known_header("linear-delivery"));
    PresetBuilder::new("linear", scheme, envelope).timed()
}
