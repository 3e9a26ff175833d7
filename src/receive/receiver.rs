use std::{fmt, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{
    Extensions, HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, TRAILER,
        TRANSFER_ENCODING,
    },
    request::Parts,
};
use http_body::{Body, SizeHint};
use jiff::Timestamp;

use super::{Refusal, ResponseBody, WebhookBody};
use crate::{
    Delivery, Rejection, RejectionKind,
    auth::Scheme,
    clock::{Clock, SystemClock},
    handshake::Handshake,
    provider::{Provider, RawDelivery},
};

type Hook = dyn Fn(Refusal<'_>, Response<Bytes>) -> Response<Bytes> + Send + Sync;

/// The settings of a layer, and every decision about a delivery, none of which waits for anything.
pub(super) struct Receiver<P> {
    provider: Arc<P>,
    pub(super) body_limit: usize,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) on_rejection: Option<Arc<Hook>>,
    pub(super) handshakes: Vec<Arc<dyn Handshake>>,
}

/// What an accepted head leaves for the body to settle.
pub(super) struct Admission<P: Provider> {
    pending: <P::Scheme as Scheme>::Pending,
    received_at: Timestamp,
}

impl<P: Provider> Receiver<P> {
    pub(super) fn new(provider: P) -> Self {
        Self {
            provider: Arc::new(provider),
            body_limit: 1 << 20,
            clock: Arc::new(SystemClock),
            on_rejection: None,
            handshakes: Vec::new(),
        }
    }

    /// The answer to a request that is no delivery, but one that the provider sends beforehand.
    pub(super) fn challenged(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        let answer = self.handshakes.iter().find_map(|handshake| handshake.challenge(head))?;
        Some(answer.map(without_forbidden_body))
    }

    /// Decides on the head alone. The body is asked for its length, and not read.
    pub(super) fn admit(&self, head: &Parts, body: &impl Body) -> Result<Admission<P>, Rejection> {
        if head.method != Method::POST {
            return Err(RejectionKind::MethodNotAllowed.into());
        }
        if !is_identity(&head.headers) {
            return Err(RejectionKind::UnsupportedEncoding.into());
        }
        let now = self.clock.now();
        let out_of_range = if now < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
        let received_at = Timestamp::try_from(now).unwrap_or(out_of_range);
        let pending = self.provider.scheme().open(head, received_at)?;
        if usize::try_from(announced(&head.headers, &body.size_hint())).is_ok_and(|length| length <= self.body_limit) {
            Ok(Admission { pending, received_at })
        } else {
            Err(RejectionKind::TooLarge.into())
        }
    }

    /// Decides on the whole delivery, and makes its head the one that the handler sees.
    #[expect(clippy::result_large_err, reason = "an answer moves into the future's state, once")]
    pub(super) fn accept(
        &self,
        head: &mut Parts,
        admission: Admission<P>,
        body: Result<Bytes, Rejection>,
    ) -> Result<WebhookBody, Response<Bytes>> {
        let body = match body {
            Ok(body) => body,
            Err(rejection) => return Err(self.refuse(head, rejection, None)),
        };
        let Admission { pending, received_at } = admission;
        let scheme = self.provider.scheme();
        let verified = match scheme.close(pending, &body) {
            Ok(verified) => verified,
            Err(rejection) => return Err(self.refuse(head, rejection, Some(&body))),
        };
        let raw = RawDelivery::new(head, &body, &verified, received_at);
        if let Some(answer) = self.handshakes.iter().find_map(|handshake| handshake.answer(raw)) {
            return Err(without_forbidden_body(answer));
        }
        let event = match self.provider.decode(raw) {
            Ok(event) => event,
            Err(rejection) => return Err(self.refuse(head, rejection, Some(&body))),
        };
        let mut delivery = Delivery::new(self.provider.name(), verified, received_at, body.len());
        if let Some(envelope) = self.provider.envelope() {
            delivery = envelope.read(head, &body, delivery);
        }
        #[cfg(feature = "idempotency")]
        head.extensions.insert(crate::idempotency::Identifiable::new(&self.provider, &body));
        scheme.conceal(&mut head.headers);
        head.extensions.insert(event);
        head.extensions.insert(delivery);
        Ok(WebhookBody::from(body))
    }

    /// The response to a rejected delivery: the same bytes for all of one kind.
    pub(super) fn refuse(&self, head: &mut Parts, rejection: Rejection, body: Option<&Bytes>) -> Response<Bytes> {
        let kind = rejection.kind();
        let text = Bytes::from_static(kind.problem().as_bytes());
        let mut response = match self.on_rejection {
            None => answer_in_place(std::mem::take(&mut head.headers), std::mem::take(&mut head.extensions), text),
            Some(_) => Response::new(text),
        };
        *response.status_mut() = self.provider.status(kind);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match kind {
            RejectionKind::MethodNotAllowed => drop(headers.insert(ALLOW, HeaderValue::from_static("POST"))),
            RejectionKind::Unauthenticated => self.provider.scheme().challenge(headers),
            RejectionKind::UnsupportedEncoding => {
                headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            }
            _ => {}
        }
        if let Some(hook) = &self.on_rejection {
            self.provider.scheme().conceal(&mut head.headers);
            response = hook(Refusal::new(head, &rejection, body), response);
        }
        let mut response = without_forbidden_body(response);
        response.extensions_mut().insert(rejection);
        response
    }

    /// Gives the handler's response the status that the provider documents for success.
    pub(super) fn reply<B>(&self, response: Response<B>) -> Response<ResponseBody<B>>
    where
        B: Body,
        B::Data: From<Bytes>,
    {
        let Some(success) = self.provider.success().filter(|_| response.status().is_success()) else {
            return response.map(ResponseBody::inner);
        };
        let (mut head, body) = response.into_parts();
        head.status = success;
        if !is_bodiless(success) {
            return Response::from_parts(head, ResponseBody::inner(body));
        }
        strip_body_headers(&mut head.headers);
        Response::from_parts(head, ResponseBody::own(Bytes::new()))
    }

    pub(super) fn debug(&self, mut debug: fmt::DebugStruct<'_, '_>) -> fmt::Result {
        debug.field("provider", &self.provider.name()).field("body_limit", &self.body_limit).finish_non_exhaustive()
    }
}

impl<P> Clone for Receiver<P> {
    fn clone(&self) -> Self {
        Self {
            provider: Arc::clone(&self.provider),
            body_limit: self.body_limit,
            clock: Arc::clone(&self.clock),
            on_rejection: self.on_rejection.clone(),
            handshakes: self.handshakes.clone(),
        }
    }
}

/// An answer in the request's own maps, emptied: what a flood of forgeries or duplicates costs should not be allocation.
pub(crate) fn answer_in_place<B>(mut headers: HeaderMap, mut extensions: Extensions, body: B) -> Response<B> {
    headers.clear();
    extensions.clear();
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    *response.extensions_mut() = extensions;
    response
}

/// Statuses whose response can have no body (RFC 9110, 15.3.5, 15.3.6 and 15.4.5).
fn is_bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

/// A hook's or a handshake's response, without a body where its status can have none.
fn without_forbidden_body(mut response: Response<Bytes>) -> Response<Bytes> {
    if is_bodiless(response.status()) {
        strip_body_headers(response.headers_mut());
        *response.body_mut() = Bytes::new();
    }
    response
}

fn strip_body_headers(headers: &mut HeaderMap) {
    for header in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, TRAILER, TRANSFER_ENCODING] {
        headers.remove(header);
    }
}

fn is_identity(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .all(|encoding| encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity"))
}

/// How long the body will be at least: as the head declares, or as the body knows itself. The larger one counts, as a
/// body of a wrapper can know less than the head: `Limited` takes its limit for the length of what is longer.
fn announced(headers: &HeaderMap, hint: &SizeHint) -> u64 {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    declared.and_then(|text| text.parse().ok()).unwrap_or(0).max(hint.lower())
}
