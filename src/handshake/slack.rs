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
/// ```
/// use tower_webhook::{auth::ApiKey, handshake::SlackUrlVerification, provider::Custom};
///
/// # let scheme = ApiKey::header("x-stand-in").key("Zr41vw-new-and-random").build()?;
/// let layer = Custom::builder("slack", scheme).build()?.into_layer().handshake(SlackUrlVerification::new());
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
    /// Superseded by the signature, and ignored.
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
    fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        let Verification { r#type: Type::UrlVerification, challenge, .. } = read(delivery)?;
        echo(challenge.as_bytes())
    }
}
