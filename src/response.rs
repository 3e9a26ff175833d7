//! Responses of the layers.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    Extensions, HeaderMap, HeaderValue, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, TRAILER, TRANSFER_ENCODING},
};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;

/// Makes a response with the request's own maps, emptied, so that a flood of forgeries or duplicates costs no
/// allocations.
pub(crate) fn in_place<B>(mut headers: HeaderMap, mut extensions: Extensions, body: B) -> Response<B> {
    headers.clear();
    extensions.clear();
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    *response.extensions_mut() = extensions;
    response
}

/// Makes a response carry a problem document (RFC 9457).
pub(crate) fn mark_problem(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
}

/// Announces that the connection closes, in the answer to a request whose body was not read to its end.
///
/// The server has to close it, because what is left of the body would be read as the next request. A sender that is not
/// told sends its next delivery into the closed connection and loses it. HTTP/2 ends the stream alone, and forbids the
/// header (RFC 9113, 8.2.2).
pub(crate) fn announce_close(headers: &mut HeaderMap, version: Version) {
    if version < Version::HTTP_2 {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Makes a response one that can be sent.
///
/// A status 1xx becomes 500: it is not final (RFC 9110, 15.2), and servers close the connection on it. If the status
/// forbids a body (RFC 9110, 15.3.5, 15.3.6 and 15.4.5), the body goes, and with it the headers that describe one.
pub(crate) fn sendable<B: Default>(mut response: Response<B>) -> Response<B> {
    if response.status().is_informational() {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    let forbidden = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED];
    if forbidden.contains(&response.status()) {
        for header in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, TRAILER, TRANSFER_ENCODING] {
            response.headers_mut().remove(header);
        }
        *response.body_mut() = B::default();
    }
    response
}

pin_project! {
    /// The body of a response: the handler's, or one of the layer's own.
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

/// An empty body, for outer layers that answer themselves, such as timeouts.
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
