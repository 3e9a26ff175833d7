use super::PresetBuilder;
use crate::{
    auth::{Header, HeaderBuilder},
    provider::{Envelope, Place},
};

/// GitLab ([their page](https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token)).
///
/// A fixed token in a header: it proves the sender, and covers neither the body nor anything else. A webhook
/// with a signing token instead is received with `preset::standard_webhooks`.
///
/// An enum of events is received with `.tagged_by_header`, and declared `by "x-gitlab-event"`: see `preset::github`.
///
/// # Examples
///
/// ```
/// use tower_webhook::{json::RawJson, provider::preset};
///
/// let layer = preset::gitlab().token("Zr41vw-new-and-random").build()?.json::<RawJson>().into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn gitlab() -> PresetBuilder<HeaderBuilder> {
    let scheme = Header::builder("x-gitlab-token").noun("secret token");
    let envelope = Envelope::new()
        .event_type(Place::known_header("x-gitlab-event"))
        .event_id(Place::known_header("idempotency-key"));
    PresetBuilder::new("gitlab", scheme, envelope)
}
