use super::PresetBuilder;
use crate::{
    auth::ApiKey,
    provider::{Envelope, Place},
};

/// GitLab ([page](https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token)).
///
/// A fixed token in a header. It proves the sender and covers neither the body nor anything else. For a webhook with a
/// signing token, use `preset::standard_webhooks`.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let layer = preset::gitlab().key("Zr41vw-new-and-random").build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn gitlab() -> PresetBuilder {
    let scheme = ApiKey::header("x-gitlab-token").noun("secret token");
    let envelope =
        Envelope::new().event_type(Place::header("x-gitlab-event")).event_id(Place::header("idempotency-key"));
    PresetBuilder::new("gitlab", scheme, envelope)
}
