//! Bodies that behave as senders and servers do at their worst.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// Panics when it is polled.
pub(crate) struct Untouchable;

impl Body for Untouchable {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        panic!("the body was read");
    }
}

pub(crate) enum Step {
    Data(Bytes),
    Trailers,
    Error(io::ErrorKind),
    /// Returns `Pending` and wakes the task.
    Pause,
    /// Returns `Pending` for good.
    Stall,
}

/// Plays steps, one a poll. Its `is_end_stream` stays false.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    hint: SizeHint,
    ended: bool,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), hint: SizeHint::default(), ended: false }
    }

    pub(crate) fn frames<T: Into<Bytes>>(frames: impl IntoIterator<Item = T>) -> Self {
        Self::new(frames.into_iter().map(|frame| Step::Data(frame.into())))
    }

    /// Says that it has ended, as the body of a request without one does.
    pub(crate) fn ended(mut self) -> Self {
        self.ended = true;
        self
    }

    pub(crate) fn hinting(mut self, lower: u64) -> Self {
        self.hint.set_lower(lower);
        self
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Step::Trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(Step::Error(kind)) => Poll::Ready(Some(Err(io::Error::new(kind, "canary of the transport")))),
            Some(Step::Pause) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

/// Never ends.
pub(crate) struct Endless {
    pub(crate) frame: Bytes,
    pub(crate) polls: usize,
}

impl Body for Endless {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.polls += 1;
        assert!(self.polls < 100_000, "read on and on");
        Poll::Ready(Some(Ok(Frame::data(self.frame.clone()))))
    }
}

/// A body that is late as soon as it has to be waited for, if it is told so.
pub(crate) struct Impatient<B> {
    body: B,
    is_late: bool,
}

impl<B> Impatient<B> {
    pub(crate) fn new(body: B, is_late: bool) -> Self {
        Self { body, is_late }
    }
}

impl<B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin> Body for Impatient<B> {
    type Data = B::Data;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Self::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending if self.is_late => Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into()))),
            polled => polled.map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
