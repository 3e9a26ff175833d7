use bytes::Bytes;
use http::Response;
use serde::Deserialize;

use super::{Handshake, echo, read};
use crate::delivery::RawDelivery;

/// Answers Slack's [`url_verification`](https://docs.slack.dev/reference/events/url_verification) with its challenge, as
/// text.
///
/// Slack signs it like every delivery. A body with more than `type`, `challenge` and `token` is an event and reaches
/// your handler.
///
/// # Examples
///
/// See [`WebhookLayer::handshake`](crate::WebhookLayer::handshake).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SlackUrlVerification;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verification {
    r#type: String,
    challenge: String,
    /// Superseded by the signature, and ignored.
    #[serde(rename = "token")]
    _token: Option<String>,
}

impl SlackUrlVerification {
    /// Answers `url_verification`.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Handshake for SlackUrlVerification {
    fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        let Verification { r#type, challenge, .. } = read(delivery)?;
        if r#type == "url_verification" { echo(challenge.as_bytes()) } else { None }
    }
}
