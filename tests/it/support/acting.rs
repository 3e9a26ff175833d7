//! A handler that answers as it is told, one delivery after the other.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::sync::Notify;
use tower::Service;
use tower_webhook::idempotency::EventKey;

/// What a run of the handler does.
#[derive(Clone)]
pub(crate) enum Act {
    Answer(u16),
    /// Answers 204 once it is notified.
    Wait(Arc<Notify>),
    Panic,
    Fail,
}

/// Counts its runs, and has an effect in those that come to their end with 2xx.
#[derive(Clone, Default)]
pub(crate) struct Acting {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    acts: VecDeque<Act>,
    started: usize,
    effects: Vec<EventKey>,
}

impl Acting {
    /// Acts like this, and answers 204 from then on.
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let acting = Self::default();
        acting.state.lock().unwrap().acts = acts.into_iter().collect();
        acting
    }

    pub(crate) fn runs(&self) -> usize {
        self.state.lock().unwrap().started
    }

    pub(crate) fn effects(&self) -> Vec<EventKey> {
        self.state.lock().unwrap().effects.clone()
    }
}

impl fmt::Debug for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acting")
    }
}

impl<B> Service<Request<B>> for Acting {
    type Response = Response<Full<Bytes>>;
    type Error = &'static str;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let key = *request.extensions().get::<EventKey>().expect("a key");
        let state = Arc::clone(&self.state);
        Box::pin(async move {
            let act = {
                let mut state = state.lock().unwrap();
                state.started += 1;
                state.acts.pop_front().unwrap_or(Act::Answer(204))
            };
            let status = match act {
                Act::Answer(status) => status,
                Act::Wait(notify) => {
                    notify.notified().await;
                    204
                }
                Act::Panic => panic!("as told"),
                Act::Fail => return Err("as told"),
            };
            let status = StatusCode::from_u16(status).unwrap();
            if status.is_success() {
                state.lock().unwrap().effects.push(key);
            }
            let mut response = Response::new(Full::from("of the handler"));
            *response.status_mut() = status;
            Ok(response)
        })
    }
}
