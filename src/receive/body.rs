use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body that the handler receives: all bytes, as they were sent.
///
/// It is a [`Body`] for extractors that expect one, and gives you the bytes without waiting.
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
    /// The bytes, except those that have been read as a [`Body`].
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Takes the bytes without a copy, except those that have been read as a [`Body`].
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

/// Shows the length only: a body may contain personal data.
impl fmt::Debug for WebhookBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookBody({} bytes)", self.0.len())
    }
}
