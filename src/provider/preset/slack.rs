use super::PresetBuilder;
use crate::{
    auth::{Part, Signature},
    provider::{Envelope, Place},
};

/// Slack ([page](https://docs.slack.dev/authentication/verifying-requests-from-slack)).
///
/// HMAC-SHA256 of time and body, in hex after `v0=`. Type and id are those of the Events API. Interactions are forms with
/// JSON in the field `payload`, which is decoded too: for their own URL, set
/// [`envelope`](super::PresetBuilder::envelope), as their type is at `type`. Commands are forms without JSON: take them with
/// [`raw`](super::PresetBuilder::raw). For the URL of events, add
/// [`Challenge::slack`](crate::handshake::Challenge::slack). Answer within 3 seconds.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let slack = preset::slack().key("8f742231b10e8888abcd99yyyzzz85a5").build()?;
/// let layer = slack.into_layer().handshake(Challenge::slack());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn slack() -> PresetBuilder {
    let scheme = Signature::hmac_sha256("x-slack-signature")
        .prefix("v0=")
        .signed([Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body])
        .timestamp_header("x-slack-request-timestamp")
        .noun("signing secret");
    let envelope = Envelope::new()
        .event_type(Place::body("event.type"))
        .event_id(Place::body("event_id"))
        .attempt(Place::header("x-slack-retry-num"));
    PresetBuilder::new("slack", scheme, envelope).json_in_form("payload")
}
