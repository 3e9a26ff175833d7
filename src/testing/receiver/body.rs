use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::BoxError;

/// The body of the requests that [`ReceiverSuite::run`](super::ReceiverSuite::run) calls your service with.
///
/// It arrives in frames, breaks off or stops, as the case wants it.
#[derive(Default)]
pub struct Body {
    frames: VecDeque<Bytes>,
    end: End,
    length: Option<u64>,
    taken: Arc<AtomicUsize>,
}

/// What comes after the frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum End {
    #[default]
    Clean,
    Broken,
    Stalled,
}

impl Body {
    pub(super) fn new(frames: VecDeque<Bytes>, end: End) -> Self {
        Self { frames, end, ..Self::default() }
    }

    /// Says its length, as a body with a `Content-Length` does.
    pub(super) fn with_length(mut self) -> Self {
        self.length = Some(self.frames.iter().map(|frame| frame.len() as u64).sum());
        self
    }

    /// How many bytes the receiver has taken.
    pub(super) fn taken(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.taken)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::new([bytes].into(), End::Clean).with_length()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(frame) = self.frames.pop_front() {
            self.taken.fetch_add(frame.len(), Ordering::Relaxed);
            self.length = self.length.map(|length| length.saturating_sub(frame.len() as u64));
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        match self.end {
            End::Clean => Poll::Ready(None),
            End::Broken => {
                self.end = End::Clean;
                Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionReset).into())))
            }
            End::Stalled => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.end == End::Clean
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Shows how many frames are left.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}
