use super::PresetBuilder;
use crate::{
    auth::Signature,
    provider::{Envelope, Place},
};

/// GitHub ([page](https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries)).
///
/// HMAC-SHA256 of the body, in hex after `sha256=`. Neither type nor id is signed: a recorded delivery can be replayed
/// under a new `X-GitHub-Delivery`. The `ping` for a new webhook is an ordinary event.
///
/// Both content types of GitHub's settings are decoded: `application/json`, and the default, a form with the JSON in its
/// field `payload`. Raise the [`body_limit`](crate::WebhookLayer::body_limit) of 1 MiB: GitHub sends up to 25 MB of JSON, and
/// does not retry.
///
/// # Examples
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tower_webhook::{provider::preset, tagged_enum};
///
/// tagged_enum! {
///     #[derive(Clone, Debug)]
///     pub enum Event {
///         Ping = "ping",
///         Push(Push) = "push",
///     } // and `Unknown`, with the JSON of all other types
/// }
///
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// pub struct Push { after: String }
///
/// let github = preset::github().key("It's a Secret to Everybody").tagged::<Event>().build()?;
/// let layer = github.into_layer().body_limit(25 << 20);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn github() -> PresetBuilder {
    let scheme = Signature::hmac_sha256("x-hub-signature-256").prefix("sha256=").noun("secret");
    let envelope =
        Envelope::new().event_type(Place::header("x-github-event")).event_id(Place::header("x-github-delivery"));
    PresetBuilder::new("github", scheme, envelope).json_in_form("payload")
}
