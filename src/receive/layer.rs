use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::Response;
use tower::Layer;

use super::{Refusal, WebhookService, receiver::Receiver};
use crate::{clock::Clock, handshake::Handshake, provider::Provider};

/// Authenticates, bounds and decodes the deliveries of one provider.
///
/// Mount it on the route that the provider calls. See the [crate docs](crate) for each framework.
///
/// | setting | default |
/// |---|---|
/// | [`body_limit`](Self::body_limit) | 1 MiB |
/// | [`clock`](Self::clock) | [`SystemClock`](crate::clock::SystemClock) |
/// | [`handshake`](Self::handshake) | none |
/// | [`on_rejection`](Self::on_rejection) | the provider's status and a short problem document |
///
/// # Examples
///
/// ```
/// use tower_webhook::{WebhookLayer, provider::truemed::Truemed};
///
/// let truemed = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?;
/// let layer = WebhookLayer::new(truemed).body_limit(64 * 1024);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[must_use = "a layer does nothing until it wraps a service"]
pub struct WebhookLayer<P> {
    receiver: Receiver<P>,
}

impl<P: Provider> WebhookLayer<P> {
    /// Receives from this provider.
    pub fn new(provider: P) -> Self {
        Self { receiver: Receiver::new(provider) }
    }

    /// Refuses bodies of more than `bytes` bytes with
    /// [`TooLarge`](crate::RejectionKind::TooLarge). The default is 1 MiB.
    ///
    /// A `Content-Length` above the limit is refused before any of the body is read.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.receiver.body_limit = bytes;
        self
    }

    /// Asks this clock for the time at which a delivery arrives.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.receiver.clock = Arc::new(clock);
        self
    }

    /// Answers a [handshake](crate::handshake) that the provider wants before it delivers. The handler does not
    /// run for it. By default there is none; several are asked in the order in which they were added.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{auth::Header, handshake::MetriportPing, provider::Json};
    ///
    /// let scheme = Header::builder("x-webhook-key").key("Zr41vw-new-and-random").build()?;
    /// let layer = Json::<serde_json::Value, _>::new("metriport", scheme).into_layer().handshake(MetriportPing::new());
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn handshake(mut self, handshake: impl Handshake) -> Self {
        self.receiver.handshakes.push(Arc::new(handshake));
        self
    }

    /// Shows every rejected delivery to `hook`, with the response that would be sent, and sends
    /// the response that it returns.
    ///
    /// It is the place to keep an authentic delivery that could not be decoded, or to answer as a
    /// provider's page asks. It is synchronous: hand slow work to a channel. A response of status
    /// 204, 205 or 304 leaves without its body.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_webhook::{RejectionKind, WebhookLayer, provider::truemed::Truemed};
    ///
    /// let (dead_letters, _inbox) = std::sync::mpsc::channel();
    /// let truemed = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?;
    /// let layer = WebhookLayer::new(truemed).on_rejection(move |refusal, mut response| {
    ///     if let (RejectionKind::Malformed, Some(body)) = (refusal.rejection().kind(), refusal.body()) {
    ///         // The sender proved who it is, so this is data. Once it is stored, it need not come again.
    ///         if dead_letters.send(body.clone()).is_ok() {
    ///             *response.status_mut() = StatusCode::NO_CONTENT;
    ///         }
    ///     }
    ///     response
    /// });
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn on_rejection<F>(mut self, hook: F) -> Self
    where
        F: Fn(Refusal<'_>, Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    {
        self.receiver.on_rejection = Some(Arc::new(hook));
        self
    }
}

impl<S, P> Layer<S> for WebhookLayer<P> {
    type Service = WebhookService<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        WebhookService::new(inner, Arc::new(self.receiver.clone()))
    }
}

impl<P> Clone for WebhookLayer<P> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone() }
    }
}

impl<P: Provider> fmt::Debug for WebhookLayer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.receiver.debug(f.debug_struct("WebhookLayer"))
    }
}
