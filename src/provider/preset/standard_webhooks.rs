use super::PresetBuilder;
use crate::{
    auth::StandardWebhooks,
    provider::{Envelope, Place},
};

/// A provider that follows Standard Webhooks ([page](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)).
///
/// Id, time and body are signed. The key is a `whsec_` secret or a `whpk_` public key. The headers are `webhook-*` or
/// `svix-*`: see [`StandardWebhooks`].
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::standard_webhooks().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn standard_webhooks() -> PresetBuilder {
    let envelope = Envelope::new().event_type(Place::body("type"));
    PresetBuilder::new("standard-webhooks", StandardWebhooks::builder(), envelope)
}

/// Svix and the providers that send through it, such as Clerk and Resend
/// ([page](https://docs.svix.com/receiving/verifying-payloads/how-manual)).
///
/// Id, time and body are signed, as in [`standard_webhooks`]; the provider's name is `svix`.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::svix().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn svix() -> PresetBuilder {
    let envelope = Envelope::new().event_type(Place::body("type"));
    PresetBuilder::new("svix", StandardWebhooks::builder(), envelope)
}
