use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body_util::Full;
use tower::Service;
use tower_webhook::WebhookBody;

/// A handler that keeps what it received, and counts what was done to it.
#[derive(Default)]
pub(crate) struct Handler {
    state: Arc<State>,
    ready: bool,
}

#[derive(Default)]
struct State {
    clones: AtomicUsize,
    readied: AtomicUsize,
    request: Mutex<Option<(Parts, Bytes)>>,
}

impl Handler {
    pub(crate) fn clones(&self) -> usize {
        self.state.clones.load(Ordering::SeqCst)
    }

    pub(crate) fn readied(&self) -> usize {
        self.state.readied.load(Ordering::SeqCst)
    }

    pub(crate) fn take_request(&self) -> Option<(Parts, Bytes)> {
        self.state.request.lock().unwrap().take()
    }
}

impl Clone for Handler {
    fn clone(&self) -> Self {
        self.state.clones.fetch_add(1, Ordering::SeqCst);
        // A clone of a ready service is not ready.
        Self { state: Arc::clone(&self.state), ready: false }
    }
}

impl Service<Request<WebhookBody>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.state.readied.fetch_add(1, Ordering::SeqCst);
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<WebhookBody>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been made ready");
        let (head, body) = request.into_parts();
        *self.state.request.lock().unwrap() = Some((head, body.into_bytes()));
        ready(Ok(Response::new(Full::from("handled"))))
    }
}
