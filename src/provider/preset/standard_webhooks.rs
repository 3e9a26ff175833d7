use super::PresetBuilder;
use crate::{
    auth::{StandardWebhooks, StandardWebhooksBuilder},
    provider::{Envelope, Place},
};

/// A provider that follows Standard Webhooks ([their page](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)).
///
/// Id, time and body are signed: with a `whsec_` secret, which is decoded, or for a `whpk_` public key. The headers
/// are `webhook-*` or `svix-*`: see [`StandardWebhooks`].
///
/// # Examples
///
/// ```
/// use tower_webhook::{json::RawJson, provider::preset};
///
/// let layer = preset::standard_webhooks().secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?.json::<RawJson>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn standard_webhooks() -> PresetBuilder<StandardWebhooksBuilder> {
    let envelope = Envelope::new().event_type(Place::body("type"));
    PresetBuilder::new("standard-webhooks", StandardWebhooks::builder(), envelope).timed()
}

/// Svix and those who send through it, such as Clerk and Resend ([their page](https://docs.svix.com/receiving/verifying-payloads/how-manual)).
///
/// The same as [`standard_webhooks`], under the name of `svix`.
///
/// # Examples
///
/// ```
/// use tower_webhook::{json::RawJson, provider::preset};
///
/// let layer = preset::svix().secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?.json::<RawJson>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn svix() -> PresetBuilder<StandardWebhooksBuilder> {
    let envelope = Envelope::new().event_type(Place::body("type"));
    PresetBuilder::new("svix", StandardWebhooks::builder(), envelope).timed()
}
