use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;

/// The body that the handler receives: the bytes as they were sent, all of them there.
///
/// It is a [`Body`] for what expects one, and gives the bytes without waiting for what does not.
///
/// # Examples
///
/// ```
/// use tower_webhook::WebhookBody;
///
/// fn archive(request: http::Request<WebhookBody>) -> bytes::Bytes {
///     request.into_body().into_bytes()
/// }
/// # assert_eq!(archive(http::Request::new(WebhookBody::from(bytes::Bytes::from_static(b"{}")))), "{}");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WebhookBody(Bytes);

impl WebhookBody {
    /// The bytes that have not been read as a [`Body`]: all, unless somebody polled it.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The bytes that have not been read as a [`Body`]: all, unless somebody polled it.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl AsRef<[u8]> for WebhookBody {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

macro_rules! from {
    ($($bytes:ty)+) => {$(
        impl From<$bytes> for WebhookBody {
            fn from(bytes: $bytes) -> Self {
                Self(bytes.into())
            }
        }
    )+};
}

from! { Bytes Vec<u8> String &'static str }

impl From<WebhookBody> for Bytes {
    fn from(body: WebhookBody) -> Self {
        body.0
    }
}

impl Body for WebhookBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready(if bytes.is_empty() { None } else { Some(Ok(Frame::data(bytes))) })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

/// Shows the length only: what providers send may be personal.
impl fmt::Debug for WebhookBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookBody({} bytes)", self.0.len())
    }
}

pin_project! {
    /// The body of a response: the handler's, or the layer's own.
    pub struct ResponseBody<B: Body> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<B: Body> {
        Inner { #[pin] body: B },
        Own { #[pin] body: Full<B::Data> },
    }
}

impl<B: Body> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self { kind: Kind::Inner { body } }
    }

    pub(crate) fn own(bytes: Bytes) -> Self
    where
        B::Data: From<Bytes>,
    {
        Self { kind: Kind::Own { body: Full::new(bytes.into()) } }
    }
}

/// Empty. Layers outside that answer by themselves, as timeouts do, ask for it.
impl<B: Body> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { kind: Kind::Own { body: Full::default() } }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match self.project().kind.project() {
            KindProj::Inner { body } => body.poll_frame(cx),
            KindProj::Own { body } => body.poll_frame(cx).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Own { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            Kind::Own { body } => body.size_hint(),
        }
    }
}

impl<B: Body> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
