use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower::Service;

use super::{
    BoxError, ResponseFuture, WebhookBody,
    decide::{Admission, Receiver},
    future::{Asking, Waiting},
    rest::{self, Rest},
};
use crate::{ResponseBody, observe::Watch, provider::Provider};

/// The service of [`WebhookLayer`](super::WebhookLayer).
///
/// It is always ready. It clones the inner service when the head is admitted, and waits for the clone to be ready when
/// the body has arrived, so slow uploads take no slot of a concurrency limit. Put load shedding inside of the webhook
/// layer: an outer layer does not see the load of the inner service.
#[must_use = "a service does nothing until it is called"]
pub struct WebhookService<S, P> {
    inner: S,
    receiver: Arc<Receiver<P>>,
}

impl<S, P> WebhookService<S, P> {
    pub(super) fn new(inner: S, receiver: Arc<Receiver<P>>) -> Self {
        Self { inner, receiver }
    }

    /// Borrows the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Borrows the inner service mutably.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, P, ReqBody, ResBody> Service<Request<ReqBody>> for WebhookService<S, P>
where
    S: Service<Request<WebhookBody>, Response = Response<ResBody>> + Clone,
    P: Provider,
    ReqBody: Body,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body,
    ResBody::Data: From<Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, P, ReqBody>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let receiver = Arc::clone(&self.receiver);
        let watch = receiver.watch();
        let _inside = watch.as_deref().map(Watch::enter);
        let (mut head, body) = request.into_parts();
        let is_small = rest::is_small(&head, &body);
        let answer = match receiver.admit(&head, &body) {
            Ok(Admission::Admitted(admitted)) => {
                let waiting = Waiting { head, admitted, is_small, inner: self.inner.clone() };
                return ResponseFuture::collecting(receiver, watch, body, waiting);
            }
            Ok(Admission::Answered(answer)) => answer,
            Ok(Admission::Unsigned(unsigned)) => {
                return ResponseFuture::asking(receiver, watch, body, Asking { head, unsigned, is_small });
            }
            Err(refused) => receiver.refuse(&mut head, refused, None),
        };
        ResponseFuture::leaving(receiver, watch, answer, Rest::new(body, head.version, is_small))
    }
}

impl<S: Clone, P> Clone for WebhookService<S, P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), receiver: Arc::clone(&self.receiver) }
    }
}

impl<S: fmt::Debug, P: Provider> fmt::Debug for WebhookService<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("WebhookService");
        debug.field("inner", &self.inner);
        self.receiver.debug(debug)
    }
}
