use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::{
    Version,
    header::{CONTENT_LENGTH, EXPECT},
    request::Parts,
};
use http_body::Body;
use pin_project_lite::pin_project;

/// The longest body that is thrown away to keep the connection, in bytes.
const MAX_LEN: u64 = 16 << 10;

/// How often such a body is polled. A server that reads bodies on demand needs two polls for a frame, and a body that is
/// pending after the last poll is still on its way.
const MAX_POLLS: u32 = 8;

pin_project! {
    /// The body of a request that is answered without it.
    ///
    /// The layer discards it if it is small and already there, so that the connection can take the next request. It never
    /// waits for it.
    pub(super) struct Rest<B> {
        #[pin]
        body: B,
        polls: u32,
        pub(super) version: Version,
    }
}

impl<B: Body> Rest<B> {
    pub(super) fn new(body: B, version: Version, is_small: bool) -> Self {
        Self { body, polls: if is_small { MAX_POLLS } else { 0 }, version }
    }

    /// Whether the body has come to its end.
    pub(super) fn poll_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut this = self.project();
        while !this.body.is_end_stream() {
            if *this.polls == 0 {
                return Poll::Ready(false);
            }
            *this.polls -= 1;
            match this.body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(None) => break,
                Poll::Ready(Some(Err(_))) => return Poll::Ready(false),
                Poll::Pending => {
                    // A turn for the server, which may hold the frame already.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(true)
    }
}

/// Whether a body is known to be so small that it can be thrown away. HTTP/2 keeps its connection anyway. A poll would send
/// `100 Continue` to a sender that waits for it.
pub(super) fn is_small(head: &Parts, body: &impl Body) -> bool {
    let declared = || head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    if body.is_end_stream() {
        return true;
    }
    head.version < Version::HTTP_2
        && body.size_hint().upper().or_else(declared).is_some_and(|length| length <= MAX_LEN)
        // Cheaper than a look-up, on the path of a flood of forgeries.
        && head.headers.keys().all(|name| name != EXPECT)
}
