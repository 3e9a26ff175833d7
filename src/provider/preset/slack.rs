use super::PresetBuilder;
use crate::{
    auth::{Hmac, HmacBuilder, Part},
    provider::{Envelope, Place},
};

/// Slack ([their page](https://docs.slack.dev/authentication/verifying-requests-from-slack)).
///
/// HMAC-SHA256 of time and body, in hex after `v0=`. Type and id are those of the Events API. Commands and
/// interactions are forms: take them with [`raw`](super::Preset::raw). For the URL of events, add
/// [`SlackUrlVerification`](crate::handshake::SlackUrlVerification). The answer is due within 3 seconds.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::SlackUrlVerification, json::RawJson, provider::preset};
///
/// let slack = preset::slack().secret("8f742231b10e8888abcd99yyyzzz85a5").build()?;
/// let layer = slack.json::<RawJson>().into_layer().handshake(SlackUrlVerification::new());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn slack() -> PresetBuilder<HmacBuilder> {
    let scheme = Hmac::sha256("x-slack-signature")
        .prefix("v0=")
        .signed([Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body])
        .timestamp_header("x-slack-request-timestamp")
        .noun("signing secret");
    let envelope = Envelope::new()
        .event_type(Place::body("event.type"))
        .event_id(Place::body("event_id"))
        .attempt(Place::known_header("x-slack-retry-num"));
    PresetBuilder::new("slack", scheme, envelope).timed()
}
