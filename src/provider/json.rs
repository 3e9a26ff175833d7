use std::fmt;

use serde::de::DeserializeOwned;

use super::{Provider, RawDelivery};
#[cfg(feature = "idempotency")]
use crate::idempotency::{Identity, IdentityBuilder};
use crate::{
    Rejection, WebhookLayer,
    auth::Scheme,
    json::{self, DecodeError, Tagged},
};

/// Any provider that sends JSON: your event type, and any [scheme](crate::auth).
///
/// Rejections are answered with the [default statuses](crate::RejectionKind), and the handler's
/// response leaves as it is. For other statuses implement [`Provider`].
///
/// # Examples
///
/// ```
/// use serde::Deserialize;
/// use tower_webhook::{auth::Header, provider::Json, tagged_enum};
///
/// tagged_enum! {
///     /// What Acme sends. Events of other types become `Unknown`.
///     #[derive(Clone, Debug)]
///     enum Event by "type" {
///         OrderPaid(Order) = "order.paid",
///         OrderSent(Order) = "order.sent",
///     }
/// }
///
/// #[derive(Clone, Debug, Deserialize)]
/// struct Order { id: String }
///
/// let scheme = Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?;
/// let layer = Json::<Event, _>::tagged("acme", scheme).into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// Beware of `#[serde(untagged)] Unknown(Value)` in an enum of your own: a known event with wrong data
/// becomes `Unknown` too, and `serde` buffers every event to try again.
pub struct Json<E, S> {
    name: &'static str,
    scheme: S,
    decode: fn(&[u8]) -> Result<E, DecodeError>,
    #[cfg(feature = "idempotency")]
    identify: for<'a> fn(&E, IdentityBuilder<'a>) -> IdentityBuilder<'a>,
}

impl<E, S> Json<E, S>
where
    E: Clone + Send + Sync + 'static,
    S: Scheme,
{
    /// A provider of this name, whose deliveries satisfy this scheme and are read by
    /// [`json::decode`].
    pub fn new(name: &'static str, scheme: S) -> Self
    where
        E: DeserializeOwned,
    {
        Self::reading(name, scheme, |body| json::decode(body))
    }

    /// The same for a [`Tagged`] enum, which is read by [`json::decode_tagged`]: in one pass, and
    /// with a place for events of an unknown type.
    ///
    /// # Examples
    ///
    /// See [`Json`].
    pub fn tagged(name: &'static str, scheme: S) -> Self
    where
        E: Tagged,
    {
        Self::reading(name, scheme, json::decode_tagged)
    }

    fn reading(name: &'static str, scheme: S, decode: fn(&[u8]) -> Result<E, DecodeError>) -> Self {
        Self {
            name,
            scheme,
            decode,
            #[cfg(feature = "idempotency")]
            identify: |_, identity| identity,
        }
    }

    /// What makes two deliveries deliveries of one event, for the
    /// [`IdempotencyLayer`](crate::idempotency::IdempotencyLayer): what every retry repeats, and no other event has.
    ///
    /// By default it is the content of the body. An event for which no part is added, or an empty one, is known by
    /// its content too.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_webhook::{auth::Header, provider::Json};
    ///
    /// #[derive(Clone, Deserialize)]
    /// struct Order { id: String, status: String }
    ///
    /// let scheme = Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?;
    /// let acme = Json::<Order, _>::new("acme", scheme)
    ///     .identified_by(|order, identity| identity.part(&order.id).part(&order.status));
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    #[cfg(feature = "idempotency")]
    #[must_use]
    pub fn identified_by(mut self, identify: for<'a> fn(&E, IdentityBuilder<'a>) -> IdentityBuilder<'a>) -> Self {
        self.identify = identify;
        self
    }

    /// The layer that receives from it; the same as [`WebhookLayer::new`].
    pub fn into_layer(self) -> WebhookLayer<Self> {
        WebhookLayer::new(self)
    }
}

impl<E, S> Provider for Json<E, S>
where
    E: Clone + Send + Sync + 'static,
    S: Scheme,
{
    type Event = E;
    type Scheme = S;

    fn name(&self) -> &'static str {
        self.name
    }

    fn scheme(&self) -> &S {
        &self.scheme
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<E, Rejection> {
        Ok((self.decode)(delivery.body())?)
    }

    #[cfg(feature = "idempotency")]
    fn identity(&self, delivery: RawDelivery<'_>, event: &E) -> Identity {
        (self.identify)(event, Identity::builder(self.name, delivery.body())).build()
    }
}

impl<E, S: Clone> Clone for Json<E, S> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            scheme: self.scheme.clone(),
            decode: self.decode,
            #[cfg(feature = "idempotency")]
            identify: self.identify,
        }
    }
}

impl<E, S: fmt::Debug> fmt::Debug for Json<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json").field("name", &self.name).field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
