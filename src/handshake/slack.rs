use bytes::Bytes;
use http::Response;
use serde::Deserialize;

use super::{Handshake, echo, read};
use crate::provider::RawDelivery;

/// Slack's [`url_verification`](https://docs.slack.dev/reference/events/url_verification): the challenge is
/// sent back as text.
///
/// It is signed as every delivery is. A body with more than `type`, `challenge` and `token` is no
/// handshake, and reaches the handler.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::Header, handshake::SlackUrlVerification, provider::Json};
///
/// # let scheme = Header::builder("x-stand-in").key("Zr41vw-new-and-random").build()?;
/// let layer = Json::<serde_json::Value, _>::new("slack", scheme).into_layer().handshake(SlackUrlVerification::new());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SlackUrlVerification;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verification {
    r#type: Type,
    challenge: String,
    /// Superseded by the signature, and not looked at.
    #[serde(rename = "token")]
    _token: Option<String>,
}

#[derive(Deserialize)]
enum Type {
    #[serde(rename = "url_verification")]
    UrlVerification,
}

impl SlackUrlVerification {
    /// Answers `url_verification`.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Handshake for SlackUrlVerification {
    fn answer(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        let Verification { r#type: Type::UrlVerification, challenge, .. } = read(delivery)?;
        echo(challenge.as_bytes())
    }
}
