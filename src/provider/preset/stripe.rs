use super::PresetBuilder;
use crate::{
    auth::{Hmac, HmacBuilder, Part},
    provider::{Envelope, Place},
};

/// Stripe ([their page](https://docs.stripe.com/webhooks#verify-manually)).
///
/// HMAC-SHA256 of time and body, in hex, in a header with both: `t=..,v1=..`. The secret is the whole text with its
/// `whsec_`: it is not base64 here. While Stripe rolls a secret it sends one `v1` for each.
///
/// # Examples
///
/// ```
/// use tower_webhook::{json::RawJson, provider::preset};
///
/// let layer = preset::stripe().secret("whsec_new_and_random_enough").build()?.json::<RawJson>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn stripe() -> PresetBuilder<HmacBuilder> {
    let scheme = Hmac::sha256("stripe-signature")
        .pairs(',', "t", "v1")
        .signed([Part::Timestamp, Part::literal("."), Part::Body])
        .noun("secret");
    let envelope = Envelope::new().event_type(Place::body("type")).event_id(Place::body("id"));
    PresetBuilder::new("stripe", scheme, envelope).timed()
}
