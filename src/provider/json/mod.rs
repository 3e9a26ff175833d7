mod receive;

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::Envelope;
#[cfg(feature = "idempotency")]
use crate::idempotency::IdentityBuilder;
use crate::{
    Rejection, RejectionKind, WebhookBody, WebhookLayer,
    auth::Scheme,
    json::{self, Tagged},
};

/// Any provider that sends JSON, or [anything else](Json::raw): your event type, and any [scheme](crate::auth).
///
/// The handler's response leaves as it is. For another status implement [`Provider`](super::Provider).
///
/// | setting | default |
/// |---|---|
/// | [`envelope`](Self::envelope) | none: the [`Delivery`](crate::Delivery) has no id, type, time of sending or attempt but those that the scheme signs |
/// | [`statuses`](Self::statuses) | [`RejectionKind::default_status`] |
///
/// # Examples
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tower_webhook::{auth::Header, provider::Json, tagged_enum};
///
/// tagged_enum! {
///     /// What Acme sends. Events of other types become `Unknown`.
///     #[derive(Clone, Debug)]
///     enum Event {
///         OrderPaid(Order) = "order.paid",
///         OrderSent(Order) = "order.sent",
///     }
/// }
///
/// #[derive(Clone, Debug, Serialize, Deserialize)]
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
    decode: fn(Option<&Envelope>, &HeaderMap, &Bytes) -> Result<E, Rejection>,
    envelope: Option<Envelope>,
    statuses: fn(RejectionKind) -> StatusCode,
    #[cfg(feature = "idempotency")]
    identify: Option<Identify<E>>,
}

#[cfg(feature = "idempotency")]
type Identify<E> = for<'a> fn(&E, IdentityBuilder<'a>) -> IdentityBuilder<'a>;

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
        Self::with(name, scheme, |_, _, body| Ok(json::decode(body)?))
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
        Self::with(name, scheme, |envelope, headers, body| {
            if let Some(header) = envelope.and_then(Envelope::type_header) {
                let mut types = headers.get_all(header).iter();
                let (Some(event_type), None) = (types.next(), types.next()) else {
                    return Err(RejectionKind::Malformed.into());
                };
                let event_type = event_type.to_str().map_err(|_| RejectionKind::Malformed)?;
                return Ok(json::decode_tagged(Some(event_type), body)?);
            }
            let default = ["type".into()];
            let path = envelope.and_then(Envelope::type_path).unwrap_or(&default);
            Ok(json::tagged::decode(body, &json::tagged::find_tag(body, path), Some(path))?)
        })
    }

    /// Where the provider states the event's id, its type and the like. By default nowhere.
    ///
    /// # Examples
    ///
    /// See [`Envelope`].
    #[must_use]
    pub fn envelope(mut self, envelope: Envelope) -> Self {
        self.envelope = Some(envelope);
        self
    }

    /// The statuses that answer rejections, where the provider's page asks for others than
    /// [`RejectionKind::default_status`].
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use tower_webhook::{RejectionKind, auth::Header, provider::Json};
    ///
    /// let scheme = Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?;
    /// let acme = Json::<serde_json::Value, _>::new("acme", scheme).statuses(|kind| match kind {
    ///     RejectionKind::Unauthenticated => StatusCode::FORBIDDEN,
    ///     other => other.default_status(),
    /// });
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    #[must_use]
    pub fn statuses(mut self, statuses: fn(RejectionKind) -> StatusCode) -> Self {
        self.statuses = statuses;
        self
    }

    /// What makes two deliveries deliveries of one event, for the
    /// [`IdempotencyLayer`](crate::idempotency::IdempotencyLayer): what every retry repeats, and no other event has.
    ///
    /// By default what [`Identity::of_delivery`](crate::idempotency::Identity::of_delivery) finds. An event for which no part is added, or an empty one, is known
    /// by the content of its body.
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
        self.identify = Some(identify);
        self
    }

    /// The layer that receives from it; the same as [`WebhookLayer::new`].
    pub fn into_layer(self) -> WebhookLayer<Self> {
        WebhookLayer::new(self)
    }

    fn with(
        name: &'static str,
        scheme: S,
        decode: fn(Option<&Envelope>, &HeaderMap, &Bytes) -> Result<E, Rejection>,
    ) -> Self {
        Self {
            name,
            scheme,
            decode,
            envelope: None,
            statuses: RejectionKind::default_status,
            #[cfg(feature = "idempotency")]
            identify: None,
        }
    }
}

impl<S: Scheme> Json<WebhookBody, S> {
    /// The same for what is not JSON, such as a form: the event is the body as it was sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{WebhookBody, auth::Header, provider::Json};
    ///
    /// fn handle(event: &WebhookBody) {
    ///     println!("{} bytes of a form", event.bytes().len());
    /// }
    ///
    /// let scheme = Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?;
    /// let layer = Json::raw("acme", scheme).into_layer();
    /// # handle(&WebhookBody::from("a=1"));
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn raw(name: &'static str, scheme: S) -> Self {
        Self::with(name, scheme, |_, _, body| Ok(WebhookBody::from(body.clone())))
    }
}

impl<E, S: Clone> Clone for Json<E, S> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            scheme: self.scheme.clone(),
            decode: self.decode,
            envelope: self.envelope.clone(),
            statuses: self.statuses,
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
