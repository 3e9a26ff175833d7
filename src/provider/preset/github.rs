use super::PresetBuilder;
use crate::{
    auth::{Hmac, HmacBuilder},
    provider::{Envelope, Place},
};

/// GitHub ([their page](https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries)).
///
/// HMAC-SHA256 of the body, in hex after `sha256=`. Neither type nor id is signed: a recorded delivery can be
/// sent again under a new `X-GitHub-Delivery`. The `ping` that greets a new webhook is an ordinary event.
///
/// Choose the content type `application/json` in GitHub's settings: a form is no JSON, and is refused. GitHub sends
/// up to 25 MB, and does not send again what was refused: [`body_limit`](crate::WebhookLayer::body_limit) is 1 MiB by
/// default.
///
/// # Examples
///
/// ```
/// use serde::Deserialize;
/// use tower_webhook::{provider::preset, tagged_enum};
///
/// tagged_enum! {
///     #[derive(Clone, Debug)]
///     pub enum Event by "x-github-event" {
///         Ping(Ping) = "ping",
///         Push(Push) = "push",
///     } // and `Unknown`, with the JSON of all other types
/// }
///
/// #[derive(Clone, Debug, Deserialize)]
/// pub struct Ping { zen: String }
/// #[derive(Clone, Debug, Deserialize)]
/// pub struct Push { after: String }
///
/// let github = preset::github().secret("It's a Secret to Everybody").build()?;
/// let layer = github.tagged_by_header::<Event>().into_layer().body_limit(25 << 20);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn github() -> PresetBuilder<HmacBuilder> {
    let scheme = Hmac::sha256("x-hub-signature-256").prefix("sha256=").noun("secret");
    let envelope = Envelope::new()
        .event_type(Place::known_header("x-github-event"))
        .event_id(Place::known_header("x-github-delivery"));
    PresetBuilder::new("github", scheme, envelope)
}
