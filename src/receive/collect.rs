use std::{
    error::Error,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BufMut, Bytes};
use http_body::Body;
use pin_project_lite::pin_project;

use super::BoxError;
use crate::{Rejection, RejectionKind};

/// How many frames may hold no data. A limit on bytes alone does not end a body of empty frames.
const MAX_EMPTY_FRAMES: u32 = 4096;

pin_project! {
    /// A body on its way in, bounded in bytes and in frames.
    pub(super) struct Collect<B> {
        #[pin]
        body: B,
        collected: Collected,
        limit: usize,
        empty_frames: u32,
    }
}

/// What has arrived. The first frame is kept as it is; from the second on, frames are copied
/// together.
enum Collected {
    One(Bytes),
    Many(Vec<u8>),
}

impl<B> Collect<B> {
    pub(super) fn new(body: B, limit: usize) -> Self {
        Self { body, collected: Collected::One(Bytes::new()), limit, empty_frames: 0 }
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
        // The end is `None` and nothing else: `is_end_stream` may stay false for ever.
        while let Some(frame) = ready!(this.body.as_mut().poll_frame(cx)) {
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return Poll::Ready(Err(Rejection::new(failure(error.into().as_ref())))),
            };
            match frame.into_data() {
                Ok(data) if data.has_remaining() => {
                    if data.remaining() > *this.limit - this.collected.len() {
                        return Poll::Ready(Err(RejectionKind::TooLarge.into()));
                    }
                    this.collected.push(data, *this.limit);
                }
                // An empty frame, or trailers, which no scheme covers.
                _ if *this.empty_frames == MAX_EMPTY_FRAMES => {
                    return Poll::Ready(Err(RejectionKind::Incomplete.into()));
                }
                _ => *this.empty_frames += 1,
            }
        }
        Poll::Ready(Ok(this.collected.take()))
    }
}

impl Collected {
    fn len(&self) -> usize {
        match self {
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    /// Adds a frame that fits in the limit.
    fn push(&mut self, mut data: impl Buf, limit: usize) {
        match self {
            Self::One(first) if first.is_empty() => *first = data.copy_to_bytes(data.remaining()),
            Self::One(first) => {
                let mut bytes = Vec::new();
                reserve(&mut bytes, first.len() + data.remaining(), limit);
                bytes.extend_from_slice(first);
                bytes.put(data);
                *self = Self::Many(bytes);
            }
            Self::Many(bytes) => {
                reserve(bytes, data.remaining(), limit);
                bytes.put(data);
            }
        }
    }

    fn take(&mut self) -> Bytes {
        match std::mem::replace(self, Self::One(Bytes::new())) {
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.into(),
        }
    }
}

/// Doubles what has arrived, up to the limit, and never goes by what a header promises.
fn reserve(bytes: &mut Vec<u8>, additional: usize, limit: usize) {
    let needed = bytes.len() + additional;
    if needed > bytes.capacity() {
        let capacity = needed.saturating_mul(2).min(limit);
        bytes.reserve_exact(capacity - bytes.len());
    }
}

fn failure(error: &(dyn Error + 'static)) -> RejectionKind {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    if causes.any(is_timeout) { RejectionKind::TimedOut } else { RejectionKind::Incomplete }
}

/// A timeout of the operating system, or of tower-http's body timeouts. Theirs is known by its
/// message: to name its type would tie this crate to one version of that one.
fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        || error.to_string() == "data was not received within the designated timeout"
}
