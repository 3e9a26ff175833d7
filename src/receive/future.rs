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
    BoxError, WebhookBody,
    collect::Collect,
    decide::{Acceptance, Admitted, Receiver, Unsigned},
    keep::{self, Original, SharedKeeping},
    rest::Rest,
};
use crate::{
    Delivery, ResponseBody,
    observe::{Ending, Watch},
    provider::Provider,
    response,
};

pin_project! {
    /// The future of [`WebhookService`](super::WebhookService).
    ///
    /// Dropping it at any point drops the body, the handler's future and its place in the inner service.
    ///
    /// # Panics
    ///
    /// It panics if it is polled again after it has returned its response.
    #[must_use = "a future does nothing until it is polled"]
    pub struct ResponseFuture<S, P, ReqBody>
    where
        S: Service<Request<WebhookBody>>,
    {
        receiver: Arc<Receiver<P>>,
        watch: Option<Box<Watch>>,
        #[pin]
        state: State<S, ReqBody>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, ReqBody>
    where
        S: Service<Request<WebhookBody>>,
    {
        /// The head was enough for an answer, and the body is not needed.
        Leaving { #[pin] rest: Rest<ReqBody>, answer: Option<Response<Bytes>> },
        /// The layer answers itself, without the inner service.
        Answered { answer: Option<Response<Bytes>> },
        /// The body is arriving.
        Collecting { #[pin] body: Collect<ReqBody>, waiting: Option<Waiting<S>> },
        /// The body of a request without a credential is arriving.
        Asking { #[pin] body: Collect<ReqBody>, asking: Option<Box<Asking>> },
        /// The inner service is not ready yet.
        Readying { request: Option<Request<WebhookBody>>, delivery: Option<Delivery>, original: Option<Box<Original>>, inner: S },
        /// The handler is running.
        Responding { #[pin] response: S::Future, delivery: Option<Delivery>, original: Option<Box<Original>> },
        /// The sink is asked to keep what could not be decoded.
        KeepingRefused { keeping: SharedKeeping, answer: Option<Response<Bytes>> },
        /// The sink is asked to keep what the handler could not handle.
        KeepingFailed { keeping: SharedKeeping, response: Option<S::Response>, delivery: Option<Delivery> },
        Done,
    }
}

/// What is kept while the body arrives.
pub(super) struct Waiting<S> {
    pub(super) head: Parts,
    pub(super) admitted: Admitted,
    /// Whether the body would have been discarded if the head had been rejected.
    pub(super) is_small: bool,
    pub(super) inner: S,
}

/// A request without a credential. Boxed, so that the future of others does not grow.
pub(super) struct Asking {
    pub(super) head: Parts,
    pub(super) unsigned: Unsigned,
    /// As in [`Waiting`].
    pub(super) is_small: bool,
}

impl<S, P, ReqBody> ResponseFuture<S, P, ReqBody>
where
    S: Service<Request<WebhookBody>>,
    P: Provider,
{
    pub(super) fn leaving(
        receiver: Arc<Receiver<P>>,
        watch: Option<Box<Watch>>,
        answer: Response<Bytes>,
        rest: Rest<ReqBody>,
    ) -> Self {
        Self { receiver, watch, state: State::Leaving { rest, answer: Some(answer) } }
    }

    pub(super) fn collecting(
        receiver: Arc<Receiver<P>>,
        watch: Option<Box<Watch>>,
        body: ReqBody,
        waiting: Waiting<S>,
    ) -> Self {
        let body = Collect::new(body, receiver.body_limit);
        Self { receiver, watch, state: State::Collecting { body, waiting: Some(waiting) } }
    }

    pub(super) fn asking(receiver: Arc<Receiver<P>>, watch: Option<Box<Watch>>, body: ReqBody, asking: Asking) -> Self {
        let body = Collect::new(body, asking.unsigned.max_body);
        Self { receiver, watch, state: State::Asking { body, asking: Some(Box::new(asking)) } }
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
        let _inside = this.watch.as_deref().map(Watch::enter);
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Leaving { mut rest, answer } => {
                    let is_read = ready!(rest.as_mut().poll_end(cx));
                    let mut answer = answer.take().unwrap_or_else(|| polled_after_completion());
                    if !is_read {
                        response::announce_close(answer.headers_mut(), rest.version);
                    }
                    return Poll::Ready(ended(this.watch, Ending::Verification, Ok(answer.map(ResponseBody::own))));
                }
                StateProj::Answered { answer } => {
                    let answer = answer.take().unwrap_or_else(|| polled_after_completion());
                    return Poll::Ready(ended(this.watch, Ending::Verification, Ok(answer.map(ResponseBody::own))));
                }
                StateProj::Collecting { body, waiting } => {
                    let body = ready!(body.poll_collect(cx));
                    let Waiting { mut head, admitted, is_small, inner } =
                        waiting.take().unwrap_or_else(|| polled_after_completion());
                    let accepted = match &body {
                        Ok(body) => this.receiver.accept(&mut head, admitted, body),
                        Err(rejection) => Err(rejection.clone().into()),
                    };
                    match accepted {
                        Ok(Acceptance::Accepted(body, delivery)) => {
                            if let Some(watch) = this.watch {
                                this.receiver.tell(watch, &head, body.bytes(), &delivery);
                            }
                            let original = this.receiver.original(&head, body.bytes(), &delivery);
                            let request = Some(Request::from_parts(head, body));
                            State::Readying { original, request, delivery: Some(delivery), inner }
                        }
                        Ok(Acceptance::Answered(answer)) => State::Answered { answer: Some(answer) },
                        Err(refused) => {
                            // A malformed signature leaves the body unread and closes. A wrong one must look the same.
                            let closes = body.is_err() || refused.is_unauthenticated() && !is_small;
                            let keeping =
                                body.as_ref().ok().and_then(|body| this.receiver.keep_refused(&head, &refused, body));
                            let mut answer = this.receiver.refuse(&mut head, refused, body.as_ref().ok());
                            if closes {
                                response::announce_close(answer.headers_mut(), head.version);
                            }
                            let answer = Some(answer);
                            match keeping {
                                None => State::Answered { answer },
                                Some(keeping) => State::KeepingRefused { keeping: SharedKeeping::new(keeping), answer },
                            }
                        }
                    }
                }
                StateProj::Asking { body, asking } => {
                    let body = ready!(body.poll_collect(cx));
                    let Asking { mut head, unsigned, is_small } =
                        *asking.take().unwrap_or_else(|| polled_after_completion());
                    let (mut answer, is_rejected) =
                        this.receiver.answer_unsigned_body(&mut head, unsigned, body.as_ref());
                    if body.is_err() || is_rejected && !is_small {
                        response::announce_close(answer.headers_mut(), head.version);
                    }
                    State::Answered { answer: Some(answer) }
                }
                StateProj::Readying { request, delivery, original, inner } => match ready!(inner.poll_ready(cx)) {
                    Ok(()) => {
                        let request = request.take().unwrap_or_else(|| polled_after_completion());
                        State::Responding {
                            response: inner.call(request),
                            delivery: delivery.take(),
                            original: original.take(),
                        }
                    }
                    Err(error) => {
                        this.state.set(State::Done);
                        return Poll::Ready(ended(this.watch, Ending::Failed, Err(error)));
                    }
                },
                StateProj::Responding { response, delivery, original } => {
                    let response = ready!(response.poll(cx));
                    let delivery = delivery.take().unwrap_or_else(|| polled_after_completion());
                    let response = match (original.take(), response) {
                        (None, response) => response,
                        (Some(_), Err(error)) => Err(error),
                        (original, Ok(response)) => match this.receiver.keep_failed(original, &response) {
                            None => Ok(response),
                            Some(keeping) => {
                                let keeping = SharedKeeping::new(keeping);
                                let (response, delivery) = (Some(response), Some(delivery));
                                this.state.set(State::KeepingFailed { keeping, response, delivery });
                                continue;
                            }
                        },
                    };
                    this.state.set(State::Done);
                    let ending = if response.is_ok() { Ending::Handled } else { Ending::Failed };
                    let response = response.map(|response| this.receiver.reply(response, delivery));
                    return Poll::Ready(ended(this.watch, ending, response));
                }
                StateProj::KeepingRefused { keeping, answer } => {
                    let kept = ready!(keeping.poll(cx));
                    let answer = answer.take().unwrap_or_else(|| polled_after_completion());
                    let answer = match kept {
                        Some(kept) => keep::kept(this.receiver.success(), answer.into_parts().0.extensions, kept),
                        None => keep::not_kept(answer),
                    };
                    State::Answered { answer: Some(answer) }
                }
                StateProj::KeepingFailed { keeping, response, delivery } => {
                    let kept = ready!(keeping.poll(cx));
                    let response = response.take().unwrap_or_else(|| polled_after_completion());
                    let delivery = delivery.take().unwrap_or_else(|| polled_after_completion());
                    this.state.set(State::Done);
                    let response = match kept {
                        Some(kept) => {
                            let mut extensions = response.into_parts().0.extensions;
                            extensions.insert(delivery);
                            keep::kept(this.receiver.success(), extensions, kept).map(ResponseBody::own)
                        }
                        None => keep::not_kept(this.receiver.reply(response, delivery)),
                    };
                    return Poll::Ready(ended(this.watch, Ending::Handled, Ok(response)));
                }
                StateProj::Done => polled_after_completion(),
            };
            this.state.set(next);
        }
    }
}

/// Tells the observer, if there is one.
#[inline]
fn ended<B, E>(
    watch: &mut Option<Box<Watch>>,
    ending: Ending,
    output: Result<Response<B>, E>,
) -> Result<Response<B>, E> {
    if let Some(mut watch) = watch.take() {
        watch.finish(ending, output.as_ref().ok());
    }
    output
}

impl<S, P, ReqBody> fmt::Debug for ResponseFuture<S, P, ReqBody>
where
    S: Service<Request<WebhookBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

#[cold]
#[expect(clippy::panic, reason = "the contract of `Future::poll`: a bug of the caller, out of a sender's reach")]
fn polled_after_completion() -> ! {
    panic!("`ResponseFuture` polled after completion")
}
