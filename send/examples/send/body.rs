//! A body that gives the receiver time to refuse it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio::time::{Sleep, sleep};

/// A longer body waits.
const LARGE: usize = 1 << 20;
/// How long it waits for an answer to the head, as curl does. A receiver that refuses a length answers and closes, and
/// its answer would be lost while the body is being written.
const WAIT: Duration = Duration::from_secs(1);

pub(crate) struct Patient {
    wait: Option<Pin<Box<Sleep>>>,
    body: Full<Bytes>,
}

impl From<Bytes> for Patient {
    fn from(body: Bytes) -> Self {
        Self { wait: (body.len() > LARGE).then(|| Box::pin(sleep(WAIT))), body: Full::new(body) }
    }
}

impl Body for Patient {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
