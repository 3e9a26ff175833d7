use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::Response;
use tower::Layer;

use super::{RejectedDelivery, WebhookService, decide::Receiver};
use crate::{ConfigError, clock::Clock, handshake::Handshake, observe::Observer, provider::Provider};

/// Authenticates, limits and decodes the deliveries of one provider.
///
/// Put it on the route that the provider calls. The [crate docs](crate) show how for each framework.
///
/// | setting | default |
/// |---|---|
/// | [`body_limit`](Self::body_limit) | 1 MiB |
/// | [`clock`](Self::clock) | [`SystemClock`](crate::clock::SystemClock) |
/// | [`content_type`](Self::content_type) | any |
/// | `dead_letters` (feature `dead-letters`) | none |
/// | [`handshake`](Self::handshake) | none |
/// | [`inspect_rejection`](Self::inspect_rejection) | none |
/// | [`observer`](Self::observer) | none |
/// | [`on_rejection`](Self::on_rejection) | the provider's status and a short problem document |
/// | `replays` (feature `dead-letters`) | none |
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::truemed::Truemed;
///
/// let layer = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer().body_limit(64 * 1024);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[must_use = "a layer does nothing until it wraps a service"]
pub struct WebhookLayer<P> {
    receiver: Arc<Receiver<P>>,
}

impl<P: Provider> WebhookLayer<P> {
    /// Creates a layer for this provider.
    pub fn new(provider: P) -> Self {
        Self { receiver: Arc::new(Receiver::new(provider)) }
    }

    /// Rejects bodies of more than `bytes` bytes with [`TooLarge`](crate::RejectionKind::TooLarge). The default is
    /// 1 MiB.
    ///
    /// A larger `Content-Length` is rejected before any of the body is read.
    pub fn body_limit(self, bytes: usize) -> Self {
        self.with(|receiver| receiver.body_limit = bytes)
    }

    /// Sets the clock for the time of arrival. The default is [`SystemClock`](crate::clock::SystemClock).
    pub fn clock(self, clock: impl Clock) -> Self {
        self.with(|receiver| receiver.clock = Arc::new(clock))
    }

    /// Accepts this media type: call it once for each type that the provider sends.
    ///
    /// A delivery with another `Content-Type`, with none or with several is then rejected with
    /// [`UnsupportedMediaType`](crate::RejectionKind::UnsupportedMediaType) before the body is read. By default,
    /// the layer accepts any `Content-Type`, and deliveries without one: few providers document what they send.
    ///
    /// Letter case and parameters such as `charset` do not count. The media type does not change how the body is decoded.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ConfigErrorKind::Malformed), unless it is a type and a subtype without wildcards and
    /// parameters.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::provider::truemed::Truemed;
    ///
    /// let layer =
    ///     Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer().content_type("application/json")?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn content_type(self, media_type: &str) -> Result<Self, ConfigError> {
        let mut receiver = Arc::unwrap_or_clone(self.receiver);
        receiver.media_types.push(media_type)?;
        Ok(Self { receiver: Arc::new(receiver) })
    }

    /// Keeps authentic deliveries that would be lost, and asks before the sender is answered. The default is that they
    /// are rejected, or answered as the handler does. A second call replaces the first.
    ///
    /// A response that [`on_rejection`](Self::on_rejection) has made is sent only if the delivery is not kept, with status
    /// 503 unless it is 5xx.
    ///
    /// # Examples
    ///
    /// See the [module](crate::dead_letters).
    #[cfg(feature = "dead-letters")]
    pub fn dead_letters(self, keeper: crate::dead_letters::Keeper) -> Self {
        self.with(|receiver| {
            let names = receiver.read_headers();
            receiver.keep = Some(Arc::new(keeper.reading(names)));
        })
    }

    /// Accepts kept deliveries that you send again, by their receipts: each is marked with
    /// [`Delivery::is_replay`](crate::Delivery::is_replay). The default is none. A second call replaces the first.
    ///
    /// All else is as it was at first: the [`Delivery`](crate::Delivery) has the key label, the tenant, the id and the time
    /// that the sender had proven, so the idempotency layer knows the event.
    ///
    /// # Examples
    ///
    /// See [`Replays`](crate::dead_letters::Replays).
    #[cfg(feature = "dead-letters")]
    pub fn replays(self, replays: crate::dead_letters::Replays) -> Self {
        self.with(|receiver| {
            let scheme = replays.of(&receiver.name, receiver.read_headers());
            receiver.replays = Some(Arc::new(scheme));
        })
    }

    /// Answers an [endpoint verification](crate::handshake), which some providers require before they deliver. The
    /// handler does not run for it. The default is none. If you add several, the first that recognises the request
    /// answers it. A 405 names their methods in `Allow`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{auth::ApiKey, handshake::Challenge, provider::Custom};
    ///
    /// let scheme = ApiKey::header("x-webhook-key").key("Zr41vw-new-and-random").build()?;
    /// let layer = Custom::builder("metriport", scheme).build()?.into_layer().handshake(Challenge::metriport());
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn handshake(self, handshake: impl Handshake) -> Self {
        self.with(|receiver| receiver.add_handshake(Arc::new(handshake)))
    }

    /// Calls `hook` for every rejected delivery, for a log line or a counter. The default is no hook.
    ///
    /// The hook must not block. It runs before [`on_rejection`](Self::on_rejection).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::provider::truemed::Truemed;
    ///
    /// let layer = Truemed::builder()
    ///     .api_key("tm_live_8Jq2vXw9Lr5t")
    ///     .build()?
    ///     .into_layer()
    ///     .inspect_rejection(|rejected| eprintln!("rejected: {}", rejected.rejection()));
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn inspect_rejection<F>(self, hook: F) -> Self
    where
        F: Fn(RejectedDelivery<'_>) + Send + Sync + 'static,
    {
        self.with(|receiver| receiver.inspect_rejection = Some(Arc::new(hook)))
    }

    /// Tells this [`Observer`] how each delivery ended, for logs and metrics. The default is none. A second call replaces
    /// the first.
    ///
    /// # Examples
    ///
    /// See the [module](crate::observe).
    pub fn observer(self, observer: impl Observer) -> Self {
        self.with(|receiver| receiver.observer = Some(Arc::new(observer)))
    }

    /// Replaces the response to rejected deliveries: `hook` gets the response that would be sent and returns the one
    /// that is sent. The default is the provider's status and a short problem document.
    ///
    /// The hook must not block. A response with status 204, 205 or 304 is sent without its body, and one with 1xx, which
    /// is not final, as 500. If the connection has to be closed, the layer adds `Connection: close`. Answer 2xx only if the
    /// delivery is durably stored: the provider does not send it again.
    ///
    /// # Examples
    ///
    /// Answer a wrong key with `403`:
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_webhook::{RejectionKind, provider::truemed::Truemed};
    ///
    /// let layer = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer().on_rejection(
    ///     |rejected, mut response| {
    ///         if rejected.rejection().kind() == RejectionKind::Unauthenticated {
    ///             *response.status_mut() = StatusCode::FORBIDDEN;
    ///         }
    ///         response
    ///     },
    /// );
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn on_rejection<F>(self, hook: F) -> Self
    where
        F: Fn(RejectedDelivery<'_>, Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    {
        self.with(|receiver| receiver.on_rejection = Some(Arc::new(hook)))
    }

    fn with(self, set: impl FnOnce(&mut Receiver<P>)) -> Self {
        let mut receiver = Arc::unwrap_or_clone(self.receiver);
        set(&mut receiver);
        Self { receiver: Arc::new(receiver) }
    }
}

impl<S, P> Layer<S> for WebhookLayer<P> {
    type Service = WebhookService<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        WebhookService::new(inner, Arc::clone(&self.receiver))
    }
}

impl<P> Clone for WebhookLayer<P> {
    fn clone(&self) -> Self {
        Self { receiver: Arc::clone(&self.receiver) }
    }
}

impl<P: Provider> fmt::Debug for WebhookLayer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.receiver.debug(f.debug_struct("WebhookLayer"))
    }
}
