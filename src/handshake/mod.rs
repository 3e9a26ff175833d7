//! Handshakes: what some providers want answered before they deliver.
//!
//! None is answered unless it is asked for with [`WebhookLayer::handshake`](crate::WebhookLayer::handshake). A
//! handshake that the provider signs is answered after its signature has been verified, and never before.
//! The handler does not run for one.
//!
//! | handshake | signed | answer |
//! |---|---|---|
//! | [`SlackUrlVerification`] | yes | the challenge |
//! | [`DiscordPing`] | yes | `{"type":1}`, or 204 for webhook events |
//! | [`MetriportPing`] | yes | `{"pong":".."}` |
//! | [`MetaChallenge`] | no: a `GET` with a token that you chose | the challenge |
//!
//! GitHub's `ping` is no handshake: any 2xx will do, and it reaches the handler as an event of the type `ping`.
//!
//! # Examples
//!
//! One of your own, for a provider that sends `{"hello": true}` and wants 202:
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
//!     fn answer(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
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
mod query;
mod slack;

use bytes::Bytes;
use http::{
    HeaderValue, Response,
    header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    request::Parts,
};
use serde::Deserialize;

pub use self::{discord::DiscordPing, meta::MetaChallenge, metriport::MetriportPing, slack::SlackUrlVerification};
use crate::{Rejection, json, provider::RawDelivery};

/// The longest body that is looked at, so that an event of any size costs no more than this.
const MAX_BODY: usize = 16 << 10;

/// The longest challenge that is sent back.
const MAX_CHALLENGE: usize = 256;

/// What a provider wants answered before it delivers.
///
/// Both methods do nothing by default. Recognise a handshake by all that it holds, and not by one
/// field of it: an event that happens to have that field would be lost.
///
/// # Examples
///
/// See the [module](self).
pub trait Handshake: Send + Sync + 'static {
    /// Answers an authentic delivery in place of the handler, or lets it pass.
    ///
    /// It is called after the scheme has been satisfied, and before the body is decoded.
    fn answer(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        let _ = delivery;
        None
    }

    /// Answers a request that is no delivery, by its head: it is called before the method and the
    /// credential are looked at. `None` lets it pass.
    ///
    /// Whoever can reach the port can send one: what it proves must be checked here.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if it is such a request, and not a genuine one.
    fn challenge(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        let _ = head;
        None
    }
}

/// Reads a body that is short enough to be a handshake.
fn read<'a, T: Deserialize<'a>>(delivery: RawDelivery<'a>) -> Option<T> {
    let body = delivery.body();
    (body.len() <= MAX_BODY).then(|| json::decode(body).ok()).flatten()
}

/// Sends a challenge back, if it is one that a browser could not take for a page, nor a log for a line.
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
