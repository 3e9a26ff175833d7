use bytes::Bytes;
use http::{Response, StatusCode};
use serde::{Deserialize, de::IgnoredAny};

use super::{Handshake, read, response};
use crate::provider::RawDelivery;

/// Discord's pings: `{"type":1}` answers one of [interactions], and 204 one of [webhook events].
///
/// Both are signed as every delivery is. `type` alone does not tell them: 1 is the ping of
/// interactions, and any event of the webhook events. A ping of interactions has a `token` and no `data` or
/// `event`; one of webhook events has type 0 and no `event`.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::Header, handshake::DiscordPing, provider::Json};
///
/// # let scheme = Header::builder("x-stand-in").key("Zr41vw-new-and-random").build()?;
/// let layer = Json::<serde_json::Value, _>::new("discord", scheme).into_layer().handshake(DiscordPing::new());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [interactions]: https://docs.discord.com/developers/interactions/receiving-and-responding
/// [webhook events]: https://docs.discord.com/developers/events/webhook-events
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DiscordPing;

#[derive(Deserialize)]
struct Message {
    r#type: u64,
    token: Option<IgnoredAny>,
    data: Option<IgnoredAny>,
    event: Option<IgnoredAny>,
}

impl DiscordPing {
    /// Answers pings.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Handshake for DiscordPing {
    fn answer(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        match read(delivery)? {
            Message { r#type: 1, token: Some(_), data: None, event: None } => {
                Some(response("application/json", Bytes::from_static(br#"{"type":1}"#)))
            }
            Message { r#type: 0, token: None, data: None, event: None } => {
                let mut answer = Response::default();
                *answer.status_mut() = StatusCode::NO_CONTENT;
                Some(answer)
            }
            _ => None,
        }
    }
}
