use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower::Service;

use super::{Store, attempt::attempt, layer::Settings};
use crate::ResponseBody;

/// The service of [`IdempotencyLayer`](super::IdempotencyLayer).
///
/// It is always ready. The inner service is made ready once the event has been claimed, so that a
/// duplicate takes no place in it.
#[must_use = "a service does nothing until it is called"]
pub struct IdempotencyService<S, St> {
    inner: S,
    settings: Arc<Settings<St>>,
}

impl<S, St> IdempotencyService<S, St> {
    pub(super) fn new(inner: S, settings: Arc<Settings<St>>) -> Self {
        Self { inner, settings }
    }

    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, St, ReqBody, ResBody> Service<Request<ReqBody>> for IdempotencyService<S, St>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Error: Send,
    S::Future: Send,
    St: Store,
    ReqBody: Send + 'static,
    ResBody: Body + Send + 'static,
    ResBody::Data: From<Bytes> + Send,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = IdempotencyFuture<ResBody, S::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let attempt = attempt(Arc::clone(&self.settings), self.inner.clone(), request);
        #[cfg(feature = "tokio")]
        if let Some(in_flight) = &self.settings.in_flight {
            return IdempotencyFuture(Box::pin(in_flight.run(attempt)));
        }
        IdempotencyFuture(Box::pin(attempt))
    }
}

impl<S: Clone, St> Clone for IdempotencyService<S, St> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), settings: Arc::clone(&self.settings) }
    }
}

impl<S: fmt::Debug, St> fmt::Debug for IdempotencyService<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyService").field("inner", &self.inner).field("settings", &self.settings).finish()
    }
}

/// The future of [`IdempotencyService`].
///
/// Dropping it gives the claim back, or records the effect once the handler has answered 2xx. A handler that runs in a
/// task of its own goes on.
///
/// It is boxed: a store's futures cannot be named. That costs some 50 ns of a delivery.
#[must_use = "a future does nothing until it is polled"]
pub struct IdempotencyFuture<B: Body, E>(Attempt<B, E>);

type Attempt<B, E> = Pin<Box<dyn Future<Output = Result<Response<ResponseBody<B>>, E>> + Send>>;

impl<B: Body, E> Future for IdempotencyFuture<B, E> {
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<B: Body, E> fmt::Debug for IdempotencyFuture<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyFuture").finish_non_exhaustive()
    }
}
