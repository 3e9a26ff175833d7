//! Providers: who delivers, what they send, how they prove it, and which statuses they expect.
//!
//! | provider | configure | event |
//! |---|---|---|
//! | Truemed | `truemed::Truemed` | `truemed::Event` |
//! | MediQuo | `mediquo::MediQuo` | `mediquo::Event` |
//! | GitHub, Stripe, Slack and other well-known ones | `preset` (feature `signatures`) | yours |
//! | any other, described in JSON | `Sender` (feature `signatures`) | yours |
//! | any other | [`Custom`] | yours |
//! | one with its own formats or rules | your implementation of [`Provider`] | yours |

mod custom;
#[cfg(all(feature = "idempotency", any(feature = "mediquo", feature = "truemed")))]
mod identity;
#[cfg(any(feature = "mediquo", feature = "truemed"))]
mod lenient;
#[cfg(feature = "mediquo")]
pub mod mediquo;
#[cfg(feature = "signatures")]
pub mod preset;
#[cfg(feature = "signatures")]
mod sender;
#[cfg(any(feature = "mediquo", feature = "truemed"))]
mod shows;
#[cfg(feature = "truemed")]
pub mod truemed;

use bytes::Bytes;
use http::{StatusCode, request::Parts};

pub use self::custom::{Custom, CustomBuilder};
#[cfg(feature = "signatures")]
pub use self::sender::Sender;
#[cfg(feature = "testing")]
pub(crate) use self::sender::{At, Credential, KeyPlace, Sample};
pub use crate::delivery::{Envelope, Place, RawDelivery, TimeFormat};
#[cfg(feature = "idempotency")]
use crate::{
    Delivery,
    delivery::{Identify, Identity},
};
use crate::{Rejection, RejectionKind, auth::Scheme, observe::Drift};

/// A sender of webhooks: how it authenticates, what it sends, and which statuses it expects.
///
/// Implement it if [`Custom`] and the presets do not fit, for example because the body is not JSON.
///
/// # Examples
///
/// A provider that sends text, and documents `403` for a wrong key and `202` for success:
///
/// ```
/// use http::StatusCode;
/// use tower_webhook::{
///     Rejection, RejectionKind,
///     auth::{ApiKey, Scheme},
///     provider::{Provider, RawDelivery},
/// };
///
/// struct Pager { scheme: ApiKey }
///
/// #[derive(Clone)]
/// struct Page(String);
///
/// impl Provider for Pager {
///     type Event = Page;
///
///     fn name(&self) -> &str {
///         "pager"
///     }
///
///     fn scheme(&self) -> &dyn Scheme {
///         &self.scheme
///     }
///
///     fn decode(&self, delivery: RawDelivery<'_>) -> Result<Page, Rejection> {
///         let text = std::str::from_utf8(delivery.body()).map_err(|_| RejectionKind::Malformed)?;
///         Ok(Page(text.to_owned()))
///     }
///
///     fn rejection_status(&self, kind: RejectionKind) -> StatusCode {
///         match kind {
///             RejectionKind::Unauthenticated => StatusCode::FORBIDDEN,
///             other => other.default_status(),
///         }
///     }
///
///     fn success_status(&self) -> Option<StatusCode> {
///         Some(StatusCode::ACCEPTED)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider of webhooks",
    note = "use a type of `tower_webhook::provider`: `Custom::builder(name, scheme)` takes any JSON"
)]
pub trait Provider: Send + Sync + 'static {
    /// The event. The handler finds it in the request's extensions under this type.
    type Event: Clone + Send + Sync + 'static;

    /// The provider's name, which [`Delivery::provider`](crate::Delivery::provider) returns. The layer reads it once.
    fn name(&self) -> &str;

    /// The scheme that authenticates every delivery.
    fn scheme(&self) -> &dyn Scheme;

    /// Takes the content of an authentic delivery out of its body, for example the JSON in a field of a form. The
    /// [`envelope`](Self::envelope), [`decode`](Self::decode), `identity`, [`drift`](Self::drift) and endpoint
    /// verifications then see this content instead of the body. The handler still gets the body as it was sent.
    ///
    /// Of the head, trust only what the scheme proves: few senders sign `Content-Type`. The default is `None`: the
    /// content is the body.
    ///
    /// # Errors
    ///
    /// A [`Rejection`], usually [`Malformed`](RejectionKind::Malformed), if the body does not have the content that it
    /// should have.
    fn content(&self, head: &Parts, body: &Bytes) -> Result<Option<Bytes>, Rejection> {
        let _ = (head, body);
        Ok(None)
    }

    /// Decodes an authentic delivery.
    ///
    /// Return unknown types of event as an event too: rejecting them only makes the provider send them again.
    /// [`json::decode`](crate::json::decode) decodes JSON.
    ///
    /// # Errors
    ///
    /// A [`Rejection`], usually [`Malformed`](RejectionKind::Malformed), if the body is not what the provider
    /// documents.
    fn decode(&self, delivery: RawDelivery<'_>) -> Result<Self::Event, Rejection>;

    /// Identifies the event for the [`IdempotencyLayer`](crate::idempotency::IdempotencyLayer): equal for all retries
    /// of one event, different for different events.
    ///
    /// The default is [`Identity::of_delivery`]: the id that the provider signs, or all of `body`, which is the
    /// [`content`](Self::content) of the delivery.
    #[cfg(feature = "idempotency")]
    fn identity(&self, event: &Self::Event, delivery: &Delivery, body: &[u8]) -> Identity {
        let _ = event;
        Identity::of_delivery(delivery, body)
    }

    /// The event's type if it is one that you know, for
    /// [`Delivery::known_event_type`](crate::Delivery::known_event_type). The default is `None`.
    fn known_event_type(&self, event: &Self::Event) -> Option<&'static str> {
        let _ = event;
        None
    }

    /// What an authentic delivery has that your types do not know, each once, for
    /// [`Accepted::drift`](crate::observe::Accepted::drift). The default is nothing.
    ///
    /// The layer calls it only if an observer asks.
    fn drift(&self, delivery: RawDelivery<'_>) -> Vec<Drift> {
        let _ = delivery;
        Vec::new()
    }

    /// The status of the response to a rejected delivery. The default is [`RejectionKind::default_status`]. A status
    /// 1xx is sent as 500, because it is not final.
    fn rejection_status(&self, kind: RejectionKind) -> StatusCode {
        kind.default_status()
    }

    /// The status that the provider documents for success. It replaces any 2xx status of the handler; a 204 or 205
    /// removes the body. A status 1xx is ignored, because it is not final.
    ///
    /// The default is `None`: the handler's response is sent as it is.
    fn success_status(&self) -> Option<StatusCode> {
        None
    }

    /// Where a delivery has the event's type, id and other [metadata](crate::Delivery).
    ///
    /// The default is `None`: the layer looks for none.
    fn envelope(&self) -> Option<&Envelope> {
        None
    }
}

#[cfg(feature = "idempotency")]
impl<P: Provider> Identify for P {
    fn identify(&self, extensions: &http::Extensions, body: &[u8]) -> Option<Identity> {
        let (event, delivery) = (extensions.get::<P::Event>()?, extensions.get::<Delivery>()?);
        Some(self.identity(event, delivery, body))
    }
}
