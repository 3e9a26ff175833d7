use super::PresetBuilder;
use crate::{
    auth::{Encoding, Signature},
    provider::{Envelope, Place, TimeFormat},
};

/// Shopify ([page](https://shopify.dev/docs/apps/build/webhooks/subscribe/https)).
///
/// HMAC-SHA256 of the body, in base64. Topic, id and time are in headers that are not signed.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::shopify().key("shpss_new_and_random_enough").build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn shopify() -> PresetBuilder {
    let scheme = Signature::hmac_sha256("x-shopify-hmac-sha256").encoding(Encoding::Base64).noun("client secret");
    let envelope = Envelope::new()
        .event_type(Place::header("x-shopify-topic"))
        .event_id(Place::header("x-shopify-webhook-id"))
        .sent_at(Place::header("x-shopify-triggered-at"), TimeFormat::Rfc3339);
    PresetBuilder::new("shopify", scheme, envelope)
}
