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

use super::{Store, attempt::handle, layer::Settings};
use crate::ResponseBody;

/// The middleware that [`IdempotencyLayer`](super::IdempotencyLayer) makes.
///
/// It is always ready. It makes the inner service ready after it has claimed the event, so that a duplicate takes no
/// permit of a concurrency limit there.
#[must_use = "a service does nothing until it is called"]
pub struct IdempotencyService<S, St> {
    inner: S,
    settings: Arc<Settings<St>>,
}

impl<S, St> IdempotencyService<S, St> {
    pub(super) fn new(inner: S, settings: Arc<Settings<St>>) -> Self {
        Self { inner, settings }
    }

    /// Borrows the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Mutably borrows the inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
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
    ReqBody: Body + Send + 'static,
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
        let attempt = handle(Arc::clone(&self.settings), self.inner.clone(), request);
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

/// The response future of [`IdempotencyService`].
///
/// If it is dropped early, it releases the claim, or commits if the handler has already answered 2xx. A detached
/// handler (feature `tokio`) continues in its own task.
///
/// It is boxed, because a store's futures have no name. The box costs about 50 ns per delivery.
#[must_use = "a future does nothing until it is polled"]
pub struct IdempotencyFuture<B: Body, E>(BoxFuture<B, E>);

type BoxFuture<B, E> = Pin<Box<dyn Future<Output = Result<Response<ResponseBody<B>>, E>> + Send>>;

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
