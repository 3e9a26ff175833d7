use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body;
use pin_project_lite::pin_project;
use tower::Service;

use super::{
    BoxError, ResponseBody, WebhookBody,
    collect::Collect,
    receiver::{Admission, Receiver},
};
use crate::provider::Provider;

pin_project! {
    /// The future of [`WebhookService`](super::WebhookService).
    ///
    /// Dropping it at any point drops the body, the handler's future and its place in the inner
    /// service.
    ///
    /// # Panics
    ///
    /// If it is polled again after it has given its response.
    #[must_use = "a future does nothing until it is polled"]
    pub struct ResponseFuture<S, P, ReqBody>
    where
        S: Service<Request<WebhookBody>>,
        P: Provider,
    {
        receiver: Arc<Receiver<P>>,
        #[pin]
        state: State<S, P, ReqBody>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, P, ReqBody>
    where
        S: Service<Request<WebhookBody>>,
        P: Provider,
    {
        /// The head alone was answered: a refusal, or a handshake. The inner service was not touched.
        Answered { answer: Option<Response<Bytes>> },
        /// The body is on its way in.
        Collecting { #[pin] body: Collect<ReqBody>, accepted: Option<Accepted<S, P>> },
        /// The inner service has no place free.
        Readying { request: Option<Request<WebhookBody>>, inner: S },
        /// The handler is at work.
        Responding { #[pin] response: S::Future },
        Done,
    }
}

struct Accepted<S, P: Provider> {
    head: Parts,
    admission: Admission<P>,
    inner: S,
}

impl<S, P, ReqBody> ResponseFuture<S, P, ReqBody>
where
    S: Service<Request<WebhookBody>>,
    P: Provider,
{
    pub(super) fn answered(receiver: Arc<Receiver<P>>, answer: Response<Bytes>) -> Self {
        Self { receiver, state: State::Answered { answer: Some(answer) } }
    }

    pub(super) fn collecting(
        receiver: Arc<Receiver<P>>,
        head: Parts,
        admission: Admission<P>,
        body: ReqBody,
        inner: S,
    ) -> Self {
        let body = Collect::new(body, receiver.body_limit);
        Self { receiver, state: State::Collecting { body, accepted: Some(Accepted { head, admission, inner }) } }
    }
}

impl<S, P, ReqBody, ResBody> Future for ResponseFuture<S, P, ReqBody>
where
    S: Service<Request<WebhookBody>, Response = Response<ResBody>>,
    P: Provider,
    ReqBody: Body,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body,
    ResBody::Data: From<Bytes>,
{
    type Output = Result<Response<ResponseBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Answered { answer } => {
                    let answer = answer.take().unwrap_or_else(|| polled_after_completion());
                    return Poll::Ready(Ok(answer.map(ResponseBody::own)));
                }
                StateProj::Collecting { body, accepted } => {
                    let body = ready!(body.poll_collect(cx));
                    let Accepted { mut head, admission, inner } =
                        accepted.take().unwrap_or_else(|| polled_after_completion());
                    match this.receiver.accept(&mut head, admission, body) {
                        Ok(body) => State::Readying { request: Some(Request::from_parts(head, body)), inner },
                        Err(answer) => {
                            this.state.set(State::Done);
                            return Poll::Ready(Ok(answer.map(ResponseBody::own)));
                        }
                    }
                }
                StateProj::Readying { request, inner } => match ready!(inner.poll_ready(cx)) {
                    Ok(()) => {
                        let request = request.take().unwrap_or_else(|| polled_after_completion());
                        State::Responding { response: inner.call(request) }
                    }
                    Err(error) => {
                        this.state.set(State::Done);
                        return Poll::Ready(Err(error));
                    }
                },
                StateProj::Responding { response } => {
                    let response = ready!(response.poll(cx));
                    this.state.set(State::Done);
                    return Poll::Ready(response.map(|response| this.receiver.reply(response)));
                }
                StateProj::Done => polled_after_completion(),
            };
            this.state.set(next);
        }
    }
}

impl<S, P, ReqBody> fmt::Debug for ResponseFuture<S, P, ReqBody>
where
    S: Service<Request<WebhookBody>>,
    P: Provider,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

#[cold]
#[expect(clippy::panic, reason = "the contract of `Future::poll`: a caller's bug, out of a sender's reach")]
fn polled_after_completion() -> ! {
    panic!("`ResponseFuture` polled after completion")
}
