use super::PresetBuilder;
use crate::{
    auth::{Encoding, Hmac, HmacBuilder},
    provider::{Envelope, Place, TimeFormat},
};

/// Shopify ([their page](https://shopify.dev/docs/apps/build/webhooks/subscribe/https)).
///
/// HMAC-SHA256 of the body, in base64. Topic, id and time are in headers that are not signed.
///
/// An enum of events is received with `.tagged_by_header`, and declared `by "x-shopify-topic"`: see `preset::github`.
///
/// # Examples
///
/// ```
/// use tower_webhook::{json::RawJson, provider::preset};
///
/// let layer = preset::shopify().secret("shpss_new_and_random_enough").build()?.json::<RawJson>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn shopify() -> PresetBuilder<HmacBuilder> {
    let scheme = Hmac::sha256("x-shopify-hmac-sha256").encoding(Encoding::Base64).noun("client secret");
    let envelope = Envelope::new()
        .event_type(Place::known_header("x-shopify-topic"))
        .event_id(Place::known_header("x-shopify-webhook-id"))
        .sent_at(Place::known_header("x-shopify-triggered-at"), TimeFormat::Rfc3339);
    PresetBuilder::new("shopify", scheme, envelope)
}
