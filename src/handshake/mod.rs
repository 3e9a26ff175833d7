//! Endpoint verification: requests that some providers send to test your URL before they deliver.
//!
//! Add one with [`WebhookLayer::handshake`](crate::WebhookLayer::handshake): the layer then answers in your handler's
//! place. The default is none. A [`Challenge`] describes an endpoint verification by settings; these are ready-made:
//!
//! | endpoint verification | request | signed | answer |
//! |---|---|---|---|
//! | [`Challenge::cloud_events`] | `OPTIONS`, origin in a header | no: origins that you allow | headers |
//! | [`Challenge::discord`] | `POST`, ping in the body | yes | `{"type":1}`, or 204 for webhook events |
//! | [`Challenge::dropbox`] | `GET`, challenge in the query | no | text |
//! | [`Challenge::meta`] | `GET`, challenge in the query | no: a token that you chose | text |
//! | [`Challenge::metriport`] | `POST`, ping in the body | yes | JSON |
//! | [`Challenge::microsoft_graph`] | `POST` without a body, token in the query | no | text |
//! | [`Challenge::monday`] | `POST`, nothing but the challenge in the body | no | JSON |
//! | [`Challenge::notion`] | `POST`, nothing but the token in the body | no | 200, and your function gets the token |
//! | [`Challenge::okta`] | `GET`, challenge in a header | no | JSON |
//! | [`Challenge::slack`] | `POST`, challenge in the body | yes | text |
//! | [`Challenge::strava`] | `GET`, challenge in the query | no: a token that you chose | JSON |
//! | [`Challenge::trello`] | `HEAD` | no | 200 |
//! | [`Challenge::websub`] | `GET`, challenge in the query | no: topics that you allow | text, or 404 |
//! | `Challenge::zoom` (feature `signatures`) | `POST`, token in the body | yes | JSON with an HMAC of the token |
//!
//! The layer verifies the signature of a signed request first. Anyone can send an unsigned one, so its answer shows
//! only that this URL expects deliveries. An unsigned `POST` is answered only if it has no body, or if its body is at
//! most 1 KiB long and contains nothing but the challenge, so that no event is swallowed. The layer sends back at most
//! 1,024 bytes of visible ASCII without `<` and `>`, with `X-Content-Type-Options: nosniff`.
//!
//! GitHub's `ping` needs no endpoint verification: it reaches your handler as an event of type `ping`. Answer any 2xx.
//! Xero's intent to receive needs none either: a request with the right signature gets your handler's 2xx, and any
//! other gets 401.
//!
//! # Examples
//!
//! ```
//! use tower_webhook::{auth::ApiKey, handshake::Challenge, provider::Custom};
//!
//! let scheme = ApiKey::header("authorization").key("Zr41vw-new-and-random").build()?;
//! let layer = Custom::builder("okta", scheme).build()?.into_layer().handshake(Challenge::okta());
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```
//!
//! For a provider that is not in the table, describe its endpoint verification with [`Challenge::signed`] or
//! [`Challenge::unsigned`]. If the settings cannot express it, implement [`Handshake`].

mod answer;
mod body;
mod builder;
mod challenge;
#[cfg(feature = "signatures")]
mod described;
mod place;
mod senders;

use bytes::Bytes;
use http::{Method, Response, Uri, request::Parts};

#[cfg(feature = "signatures")]
pub(crate) use self::described::Verification;
pub use self::{answer::Value, builder::ChallengeBuilder, challenge::Challenge};
use crate::{Rejection, delivery::RawDelivery};

/// The longest body of an unsigned request that is read, in bytes.
pub(crate) const MAX_UNSIGNED_BODY: usize = 1 << 10;

/// The URI without its credential, in the extensions of the head that a handshake gets.
#[derive(Clone)]
pub(crate) struct Redacted(pub(crate) Uri);

/// Answers the endpoint verification of a provider. Implement it for what a [`Challenge`] cannot describe.
///
/// Check everything that the request contains: a check of one field only would also swallow an event that has this
/// field. The default methods answer nothing. An answer with status 1xx, which is not final, is sent as 500.
///
/// # Examples
///
/// For a provider that sends `{"hello": true}`, signed, and expects 202:
///
/// ```
/// use bytes::Bytes;
/// use http::{Response, StatusCode};
/// use tower_webhook::{handshake::Handshake, json, provider::RawDelivery};
///
/// struct Hello;
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Greeting { hello: bool }
///
/// impl Handshake for Hello {
///     fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
///         json::decode::<Greeting>(delivery.body()).ok().filter(|greeting| greeting.hello)?;
///         let mut answer = Response::default();
///         *answer.status_mut() = StatusCode::ACCEPTED;
///         Some(answer)
///     }
/// }
/// ```
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
    /// Anyone can send such a request, so authenticate it here. The layer does not call it for a `POST` with a body,
    /// which may be an event.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if it is an endpoint verification that is not genuine.
    fn answer_unsigned(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        let _ = head;
        None
    }

    /// Answers a `POST` without a credential, by its whole body. `None` rejects it like any delivery without a
    /// credential.
    ///
    /// Anyone can send such a request: answer only if the body contains nothing but the challenge. The layer calls this
    /// if the scheme has rejected the head because [a header is missing](crate::RejectionReason::MissingHeader), and if
    /// the body is at most [`max_unsigned_body`](Self::max_unsigned_body) long. A scheme whose credential is in the URL
    /// or in the body does not give that reason, so the layer does not call this for it.
    fn answer_unsigned_body(&self, head: &Parts, body: &Bytes) -> Option<Response<Bytes>> {
        let _ = (head, body);
        None
    }

    /// The length, in bytes, up to which [`answer_unsigned_body`](Self::answer_unsigned_body) wants to see a body. The
    /// maximum is 1,024. The default is 0: the layer reads no body of an unsigned request, and does not call
    /// `answer_unsigned_body`.
    fn max_unsigned_body(&self) -> usize {
        0
    }

    /// The methods that [`answer_unsigned`](Self::answer_unsigned) answers, for the `Allow` header of a 405. The
    /// default is none: `Allow` then names the method of deliveries only.
    fn methods(&self) -> &[Method] {
        &[]
    }
}
