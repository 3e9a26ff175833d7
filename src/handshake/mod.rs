//! Endpoint verification: requests that some providers send to test your URL before they deliver.
//!
//! Add one with [`WebhookLayer::handshake`](crate::WebhookLayer::handshake): the layer then answers in your handler's
//! place. It verifies the signature of a signed request first. By default, the layer answers none.
//!
//! | endpoint verification | signed | answer |
//! |---|---|---|
//! | [`SlackUrlVerification`] | yes | the challenge |
//! | [`DiscordPing`] | yes | `{"type":1}`, or 204 for webhook events |
//! | [`MetriportPing`] | yes | `{"pong":".."}` |
//! | [`MetaChallenge`] | no: a `GET` with a token that you chose | the challenge |
//!
//! GitHub's `ping` needs no endpoint verification: it reaches your handler as an event of type `ping`. Answer any 2xx.
//!
//! # Examples
//!
//! Write your own, here for a provider that sends `{"hello": true}` and expects 202:
//!
//! ```
//! use bytes::Bytes;
//! use http::{Response, StatusCode};
//! use tower_webhook::{handshake::Handshake, json, provider::RawDelivery};
//!
//! struct Hello;
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Greeting { hello: bool }
//!
//! impl Handshake for Hello {
//!     fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
//!         json::decode::<Greeting>(delivery.body()).ok().filter(|greeting| greeting.hello)?;
//!         let mut answer = Response::default();
//!         *answer.status_mut() = StatusCode::ACCEPTED;
//!         Some(answer)
//!     }
//! }
//! ```

mod discord;
mod meta;
mod metriport;
mod slack;

use bytes::Bytes;
use http::{
    HeaderValue, Response,
    header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    request::Parts,
};
use serde::Deserialize;

pub use self::{discord::DiscordPing, meta::MetaChallenge, metriport::MetriportPing, slack::SlackUrlVerification};
use crate::{Rejection, delivery::RawDelivery, json};

/// The longest body that is decoded here, in bytes, so that larger events cost nothing.
const MAX_BODY: usize = 16 << 10;

/// The longest challenge that is sent back, in bytes.
const MAX_CHALLENGE: usize = 256;

/// Answers the endpoint verification of a provider.
///
/// Recognise it by everything that it contains: if you look at one field only, you lose an event that has that field. By
/// default, both methods answer nothing. An answer with status 1xx, which is not final, is sent as 500.
///
/// # Examples
///
/// See the [module](self).
pub trait Handshake: Send + Sync + 'static {
    /// Answers an authentic delivery in the handler's place. `None` lets it pass.
    ///
    /// The layer calls it after it has authenticated the delivery and before it decodes the body.
    fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        let _ = delivery;
        None
    }

    /// Answers a request by its head, before its method and its credential are checked. `None` lets it pass.
    ///
    /// Anyone can send such a request, so authenticate it here.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if it is an endpoint verification that is not genuine.
    fn answer_unsigned(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        let _ = head;
        None
    }
}

/// Decodes a body that is short enough to be an endpoint verification.
fn read<'a, T: Deserialize<'a>>(delivery: RawDelivery<'a>) -> Option<T> {
    let body = delivery.body();
    (body.len() <= MAX_BODY).then(|| json::decode(body).ok()).flatten()
}

/// Sends a challenge back, unless it is long or contains a character that is not visible ASCII.
fn echo(challenge: &[u8]) -> Option<Response<Bytes>> {
    let visible = challenge.iter().all(u8::is_ascii_graphic);
    (visible && (1..=MAX_CHALLENGE).contains(&challenge.len()))
        .then(|| response("text/plain; charset=utf-8", Bytes::copy_from_slice(challenge)))
}

fn response(content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
