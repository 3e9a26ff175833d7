use bytes::Bytes;
use http::{Response, StatusCode};
use serde::{Deserialize, de::IgnoredAny};

use super::{Handshake, read, response};
use crate::delivery::RawDelivery;

/// Answers Discord's pings: those of [interactions] with `{"type":1}`, those of [webhook events] with 204.
///
/// Both are signed like every delivery. `type` alone cannot tell them apart, because 1 means a ping for interactions and
/// any event for webhook events. A ping of interactions has a `token` and neither `data` nor `event`. A ping of webhook
/// events has type 0 and no `event`.
///
/// # Examples
///
/// See [`WebhookLayer::handshake`](crate::WebhookLayer::handshake).
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
    fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
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
