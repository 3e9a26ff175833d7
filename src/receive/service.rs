use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower::Service;

use super::{BoxError, ResponseBody, ResponseFuture, WebhookBody, receiver::Receiver};
use crate::provider::Provider;

/// The service of [`WebhookLayer`](super::WebhookLayer).
///
/// It is always ready. The inner service is cloned once a delivery's head has been accepted, and
/// made ready once its body has arrived, so that no sender can hold a place in the inner service
/// by sending slowly. An outer layer that sheds load does not see the inner service's load.
#[must_use = "a service does nothing until it is called"]
pub struct WebhookService<S, P> {
    inner: S,
    receiver: Arc<Receiver<P>>,
}

impl<S, P> WebhookService<S, P> {
    pub(super) fn new(inner: S, receiver: Arc<Receiver<P>>) -> Self {
        Self { inner, receiver }
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
        let (mut head, body) = request.into_parts();
        let rejection = match receiver.challenged(&head) {
            Some(Ok(answer)) => return ResponseFuture::answered(receiver, answer),
            Some(Err(rejection)) => rejection,
            None => match receiver.admit(&head, &body) {
                Ok(admission) => {
                    return ResponseFuture::collecting(receiver, head, admission, body, self.inner.clone());
                }
                Err(rejection) => rejection,
            },
        };
        let refusal = receiver.refuse(&mut head, rejection, None);
        ResponseFuture::answered(receiver, refusal)
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
