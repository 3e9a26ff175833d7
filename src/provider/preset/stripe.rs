use super::PresetBuilder;
use crate::{
    auth::{Part, Signature},
    provider::{Envelope, Place},
};

/// Stripe ([page](https://docs.stripe.com/webhooks#verify-manually)).
///
/// HMAC-SHA256 of `t`, a dot and the body, in hex. The header has time and signature: `t=..,v1=..`. The key is the whole text
/// with its `whsec_`, and not base64. While you roll a secret, Stripe sends one `v1` for each.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::stripe().key("whsec_new_and_random_enough").build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn stripe() -> PresetBuilder {
    let scheme = Signature::hmac_sha256("stripe-signature")
        .pairs(',', "t", "v1")
        .signed([Part::Timestamp, Part::literal("."), Part::Body])
        .noun("secret");
    let envelope = Envelope::new().event_type(Place::body("type")).event_id(Place::body("id"));
    PresetBuilder::new("stripe", scheme, envelope)
}
