use std::{
    error::Error,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http_body::Body;
use http_body_util::LengthLimitError;
use pin_project_lite::pin_project;

use super::{BoxError, buffer::Buffer};
use crate::{Rejection, RejectionKind};

/// How many frames may be empty. With a limit on bytes alone, the layer would read a body of empty frames for ever.
const MAX_EMPTY_FRAMES: u32 = 4096;

pin_project! {
    /// Reads a request body up to a limit in bytes and in empty frames.
    pub(super) struct Collect<B> {
        #[pin]
        body: B,
        buffer: Buffer,
        limit: usize,
        empty_frames: u32,
    }
}

impl<B> Collect<B> {
    pub(super) fn new(body: B, limit: usize) -> Self {
        Self { body, buffer: Buffer::new(), limit, empty_frames: 0 }
    }
}

impl<B> Collect<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    /// The whole body, once.
    pub(super) fn poll_collect(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Rejection>> {
        let mut this = self.project();
        // Only `None` ends a body: `is_end_stream` may stay false for ever.
        while let Some(frame) = ready!(this.body.as_mut().poll_frame(cx)) {
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return Poll::Ready(Err(Rejection::new(failure(error.into().as_ref())))),
            };
            match frame.into_data() {
                Ok(data) if data.has_remaining() => {
                    if data.remaining() > *this.limit - this.buffer.len() {
                        return Poll::Ready(Err(RejectionKind::TooLarge.into()));
                    }
                    this.buffer.push(data, *this.limit);
                }
                // An empty frame, or trailers, which no scheme covers.
                _ if *this.empty_frames == MAX_EMPTY_FRAMES => {
                    return Poll::Ready(Err(RejectionKind::Incomplete.into()));
                }
                _ => *this.empty_frames += 1,
            }
        }
        Poll::Ready(Ok(this.buffer.take()))
    }
}

fn failure(error: &(dyn Error + 'static)) -> RejectionKind {
    let causes = || std::iter::successors(Some(error), |&error| error.source());
    if causes().any(is_timeout) {
        RejectionKind::TimedOut
    } else if causes().any(<dyn Error>::is::<LengthLimitError>) {
        // From a limit in an outer layer.
        RejectionKind::TooLarge
    } else {
        RejectionKind::Incomplete
    }
}

/// Whether this is a timeout of the operating system or of tower-http's body timeouts. The latter is recognised by its
/// message, because naming its type would tie this crate to one version of tower-http.
fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        || error.to_string() == "data was not received within the designated timeout"
}
