//! Who delivers: what they send, how they prove it, what they expect back.
//!
//! | provider | type | event |
//! |---|---|---|
//! | Truemed | `truemed::Truemed` | `truemed::Event` |
//! | MediQuo | `mediquo::MediQuo` | `mediquo::Event` |
//! | GitHub, Stripe, Slack and other well-known ones | [`preset`] | yours |
//! | any other that sends JSON | [`Json`] | yours |
//! | one with rules of its own | yours, by implementing [`Provider`] | yours |

mod envelope;
mod json;
#[cfg(feature = "mediquo")]
pub mod mediquo;
pub mod preset;
mod raw;
#[cfg(feature = "truemed")]
pub mod truemed;

use http::StatusCode;

pub use self::{
    envelope::{Envelope, Place, TimeFormat},
    json::Json,
    raw::RawDelivery,
};
#[cfg(feature = "idempotency")]
use crate::idempotency::Identity;
use crate::{Rejection, RejectionKind, auth::Scheme};

/// Who delivers: what they send, how they prove it, what they expect back.
///
/// # Examples
///
/// A provider that sends text, and documents `403` for a wrong key and `202` for success:
///
/// ```
/// use http::StatusCode;
/// use tower_webhook::{Rejection, RejectionKind, auth::Header, provider::{Provider, RawDelivery}};
///
/// struct Pager { scheme: Header }
///
/// #[derive(Clone)]
/// struct Page(String);
///
/// impl Provider for Pager {
///     type Event = Page;
///     type Scheme = Header;
///
///     fn name(&self) -> &'static str {
///         "pager"
///     }
///
///     fn scheme(&self) -> &Header {
///         &self.scheme
///     }
///
///     fn decode(&self, delivery: RawDelivery<'_>) -> Result<Page, Rejection> {
///         let text = std::str::from_utf8(delivery.body()).map_err(|_| RejectionKind::Malformed)?;
///         Ok(Page(text.to_owned()))
///     }
///
///     fn status(&self, kind: RejectionKind) -> StatusCode {
///         match kind {
///             RejectionKind::Unauthenticated => StatusCode::FORBIDDEN,
///             other => other.default_status(),
///         }
///     }
///
///     fn success(&self) -> Option<StatusCode> {
///         Some(StatusCode::ACCEPTED)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider of webhooks",
    note = "use a type of `tower_webhook::provider`: `Json::<YourEvent, _>::new(name, scheme)` takes any JSON"
)]
pub trait Provider: Send + Sync + 'static {
    /// What the handler finds in the request's extensions, under this type.
    type Event: Clone + Send + Sync + 'static;

    /// How a delivery proves where it is from.
    type Scheme: Scheme;

    /// The provider's name, as [`Delivery::provider`](crate::Delivery::provider) gives it.
    fn name(&self) -> &'static str;

    /// The scheme that every delivery must satisfy.
    fn scheme(&self) -> &Self::Scheme;

    /// Turns an authentic delivery into an event. An event of an unknown kind is an event too:
    /// to refuse it would only make the provider send it again.
    ///
    /// [`json::decode`](crate::json::decode) does the work for JSON.
    ///
    /// # Errors
    ///
    /// A [`Rejection`], usually [`Malformed`](RejectionKind::Malformed), if the body is not what the
    /// provider documents.
    fn decode(&self, delivery: RawDelivery<'_>) -> Result<Self::Event, Rejection>;

    /// What makes two deliveries deliveries of one event, for the
    /// [`IdempotencyLayer`](crate::idempotency::IdempotencyLayer): what every retry of it repeats, and no other
    /// event has.
    ///
    /// By default what [`Identity::of_delivery`] finds: the id that the provider states, or the content of the body.
    #[cfg(feature = "idempotency")]
    fn identity(&self, event: &Self::Event, delivery: &crate::Delivery, body: &[u8]) -> Identity {
        let _ = event;
        Identity::of_delivery(delivery, body)
    }

    /// The status that answers a rejection. By default [`RejectionKind::default_status`].
    fn status(&self, kind: RejectionKind) -> StatusCode {
        kind.default_status()
    }

    /// The status that the provider documents for success. A handler's 2xx response leaves with it;
    /// if it is 204 or 205, without its body.
    ///
    /// By default `None`: the handler's response leaves as it is.
    fn success(&self) -> Option<StatusCode> {
        None
    }

    /// Where the provider states the event's id, its type and the like, for the
    /// [`Delivery`](crate::Delivery).
    ///
    /// By default `None`: nowhere, and nothing is looked for.
    fn envelope(&self) -> Option<&Envelope> {
        None
    }
}
