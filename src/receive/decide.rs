use std::{fmt, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH},
    request::Parts,
};
use http_body::{Body, SizeHint};

use super::{
    RejectedDelivery, WebhookBody,
    keep::{Keep, Keeping, Lost, Original},
    media_types::MediaTypes,
};
use crate::{
    Delivery, Rejection, RejectionKind, ResponseBody,
    auth::{Head, Scheme, Verified},
    clock::{Clock, SystemClock},
    delivery::RawDelivery,
    handshake::{Handshake, MAX_UNSIGNED_BODY, Redacted},
    json::tag::Tag,
    observe::{Observer, Watch},
    provider::Provider,
    response,
};

pub(super) type Replace = dyn Fn(RejectedDelivery<'_>, Response<Bytes>) -> Response<Bytes> + Send + Sync;
pub(super) type Inspect = dyn Fn(RejectedDelivery<'_>) + Send + Sync;

/// The header that has the receipt of a delivery which the user sends again.
pub(crate) const RECEIPT: HeaderName = HeaderName::from_static("tower-webhook-receipt");

/// The settings of a layer, and every decision about a delivery. No method waits for anything.
pub(super) struct Receiver<P> {
    provider: Arc<P>,
    pub(super) name: Arc<str>,
    pub(super) body_limit: usize,
    pub(super) media_types: MediaTypes,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) inspect_rejection: Option<Arc<Inspect>>,
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) on_rejection: Option<Arc<Replace>>,
    /// The methods of deliveries.
    pub(super) methods: Vec<Method>,
    handshakes: Vec<Arc<dyn Handshake>>,
    /// The methods that are allowed: that of deliveries, and those of the handshakes.
    allow: HeaderValue,
    /// Keeps what would be lost.
    pub(super) keep: Option<Arc<dyn Keep>>,
    /// Authenticates what the user sends again, by its receipt.
    pub(super) replays: Option<Arc<dyn Scheme>>,
}

/// The decision on the head.
pub(super) enum Admission {
    /// An endpoint verification, answered from the head alone.
    Answered(Response<Bytes>),
    /// The body has to be read.
    Admitted(Admitted),
    /// There is no credential. A short body has to be read, which may be an endpoint verification.
    Unsigned(Unsigned),
}

/// Why a request is rejected, unless its body, of at most this length, is an endpoint verification.
pub(super) struct Unsigned {
    refused: Refused,
    pub(super) max_body: usize,
}

/// What is known from the head until the body has arrived.
pub(super) struct Admitted {
    /// `None`: the body decides.
    verified: Option<Verified>,
    received_at: SystemTime,
}

/// The decision on the whole delivery.
pub(super) enum Acceptance {
    /// An endpoint verification, answered in the handler's place.
    Answered(Response<Bytes>),
    /// A delivery for the handler, with its metadata for the response.
    Accepted(WebhookBody, Delivery),
}

/// Why a delivery is rejected, with its metadata if it is authentic.
pub(super) struct Refused {
    rejection: Rejection,
    delivery: Option<Delivery>,
    /// Whether it is an endpoint verification. Its token can be anywhere in the head.
    is_challenge: bool,
}

impl Refused {
    /// Whether the credential was wrong.
    pub(super) fn is_unauthenticated(&self) -> bool {
        self.rejection.kind() == RejectionKind::Unauthenticated
    }
}

impl<T: Into<Rejection>> From<T> for Refused {
    fn from(rejection: T) -> Self {
        Self { rejection: rejection.into(), delivery: None, is_challenge: false }
    }
}

impl<P: Provider> Receiver<P> {
    pub(super) fn new(provider: P) -> Self {
        let methods = provider.scheme().methods();
        Self {
            name: provider.name().into(),
            provider: Arc::new(provider),
            body_limit: 1 << 20,
            media_types: MediaTypes::default(),
            clock: Arc::new(SystemClock),
            inspect_rejection: None,
            observer: None,
            on_rejection: None,
            handshakes: Vec::new(),
            allow: allow(&methods),
            methods,
            keep: None,
            replays: None,
        }
    }

    /// The scheme that decides: a receipt replaces the credential.
    ///
    /// Only deliveries by `POST` are kept. A receipt does not cover a query, which can be all that another one says.
    fn scheme(&self, head: &Parts) -> &dyn Scheme {
        match &self.replays {
            Some(replays) if head.headers.contains_key(RECEIPT) && head.method == Method::POST => &**replays,
            _ => self.provider.scheme(),
        }
    }

    /// Marks the headers that hold credentials, and replaces a credential in the URI. A request can have both a
    /// credential and a receipt.
    fn hide_credentials(&self, head: &mut Parts) {
        let scheme = self.provider.scheme();
        scheme.mark_sensitive(&mut head.headers);
        if let Some(replays) = &self.replays {
            replays.mark_sensitive(&mut head.headers);
        }
        if let Some(uri) = scheme.redact(&head.uri) {
            head.uri = uri;
        }
    }

    /// The headers that the layer reads of a delivery, besides the credential.
    #[cfg(feature = "dead-letters")]
    pub(super) fn read_headers(&self) -> Vec<HeaderName> {
        let envelope = self.provider.envelope().into_iter().flat_map(crate::provider::Envelope::headers);
        [http::header::CONTENT_TYPE].into_iter().chain(envelope.cloned()).collect()
    }

    /// Starts to observe a delivery, if the layer has an observer.
    pub(super) fn watch(&self) -> Option<Box<Watch>> {
        self.observer.as_ref().map(|observer| Box::new(Watch::start(observer, &self.clock, &self.name)))
    }

    /// Tells the observer of a delivery for the handler.
    pub(super) fn tell(&self, watch: &mut Watch, head: &Parts, body: &Bytes, delivery: &Delivery) {
        watch.accept(delivery, &|| {
            let content = self.provider.content(head, body).ok().flatten();
            self.provider.drift(RawDelivery::new(head, content.as_ref().unwrap_or(body), delivery))
        });
    }

    /// Decides on the head. Asks the body for its length, and does not read it.
    pub(super) fn admit(&self, head: &Parts, body: &impl Body) -> Result<Admission, Refused> {
        if let Some(answer) = self.answer_unsigned(head, body) {
            return answer.map(Admission::Answered);
        }
        if !self.methods.contains(&head.method) {
            return Err(RejectionKind::MethodNotAllowed.into());
        }
        if !is_identity(&head.headers) {
            return Err(RejectionKind::UnsupportedEncoding.into());
        }
        self.media_types.check(&head.headers)?;
        let received_at = self.clock.now();
        let verified = match self.scheme(head).verify_head(&Head::new(head, received_at)) {
            Ok(verified) => verified,
            Err(rejection) => return self.unsigned(head, body, rejection),
        };
        if usize::try_from(announced(&head.headers, &body.size_hint())).is_ok_and(|length| length <= self.body_limit) {
            Ok(Admission::Admitted(Admitted { verified, received_at }))
        } else {
            Err(RejectionKind::TooLarge.into())
        }
    }

    pub(super) fn add_handshake(&mut self, handshake: Arc<dyn Handshake>) {
        self.handshakes.push(handshake);
        let mut methods = self.methods.clone();
        for method in self.handshakes.iter().flat_map(|handshake| handshake.methods()) {
            if !methods.contains(method) {
                methods.push(method.clone());
            }
        }
        self.allow = allow(&methods);
    }

    /// Answers an endpoint verification by its head. What has the method of deliveries may be an event, but for a `POST`
    /// without a body.
    fn answer_unsigned(&self, head: &Parts, body: &impl Body) -> Option<Result<Response<Bytes>, Refused>> {
        if self.handshakes.is_empty() {
            return None;
        }
        if self.methods.contains(&head.method) && (head.method != Method::POST || !is_empty(head, body)) {
            return None;
        }
        let head = &self.for_handshake(head);
        let answer = self.handshakes.iter().find_map(|handshake| handshake.answer_unsigned(head))?;
        Some(match answer {
            Ok(mut answer) => {
                if head.method == Method::OPTIONS && !answer.headers().contains_key(ALLOW) {
                    answer.headers_mut().insert(ALLOW, self.allow.clone());
                }
                Ok(response::sendable(answer))
            }
            Err(rejection) => Err(Refused { is_challenge: true, ..rejection.into() }),
        })
    }

    /// Decides on a request whose head the scheme has rejected. Without a credential, a short body may be an endpoint
    /// verification.
    fn unsigned(&self, head: &Parts, body: &impl Body, rejection: Rejection) -> Result<Admission, Refused> {
        if self.handshakes.is_empty() || !rejection.is_unsigned() {
            return Err(rejection.into());
        }
        let max = self.handshakes.iter().map(|handshake| handshake.max_unsigned_body()).max().unwrap_or(0);
        let max_body = max.min(MAX_UNSIGNED_BODY).min(self.body_limit);
        let length = announced(&head.headers, &body.size_hint());
        if max_body > 0 && usize::try_from(length).is_ok_and(|length| length <= max_body) {
            Ok(Admission::Unsigned(Unsigned { refused: rejection.into(), max_body }))
        } else {
            Err(rejection.into())
        }
    }

    /// Answers a request without a credential by its body, or rejects it as if the body had not been read. Returns whether
    /// it is rejected.
    pub(super) fn answer_unsigned_body(
        &self,
        head: &mut Parts,
        unsigned: Unsigned,
        body: Result<&Bytes, &Rejection>,
    ) -> (Response<Bytes>, bool) {
        match body.ok().and_then(|body| self.answer_body(head, body)) {
            Some(answer) => (answer, false),
            None => (self.refuse(head, unsigned.refused, None), true),
        }
    }

    /// Answers a request without a credential whose body is an endpoint verification.
    fn answer_body(&self, head: &Parts, body: &Bytes) -> Option<Response<Bytes>> {
        let is_asked =
            |handshake: &&Arc<dyn Handshake>| body.len() <= handshake.max_unsigned_body().min(MAX_UNSIGNED_BODY);
        let mut asked = self.handshakes.iter().filter(is_asked).peekable();
        asked.peek()?;
        let head = &self.for_handshake(head);
        asked.find_map(|handshake| handshake.answer_unsigned_body(head, body)).map(response::sendable)
    }

    /// The head for an endpoint verification, which may compare a credential, and may tell a hook of the user.
    fn for_handshake(&self, head: &Parts) -> Parts {
        let mut head = head.clone();
        let uri = head.uri.clone();
        self.hide_credentials(&mut head);
        let redacted = std::mem::replace(&mut head.uri, uri);
        head.extensions.insert(Redacted(redacted));
        head
    }

    /// Decides on the whole delivery, and turns its head into the one that the handler sees.
    pub(super) fn accept(&self, head: &mut Parts, admitted: Admitted, body: &Bytes) -> Result<Acceptance, Refused> {
        let Admitted { verified, received_at } = admitted;
        let scheme = self.scheme(head);
        let verified = match verified {
            Some(verified) => verified,
            None => match scheme.verify_body(&Head::new(head, received_at), body) {
                Ok(verified) => verified,
                Err(rejection) => {
                    let answer = rejection.is_unsigned().then(|| self.answer_body(head, body)).flatten();
                    return answer.map(Acceptance::Answered).ok_or(rejection.into());
                }
            },
        };
        let delivery = Delivery::new(Arc::clone(&self.name), verified, received_at, body.len());
        let content = match self.provider.content(head, body) {
            Ok(content) => content,
            Err(rejection) => return Err(Refused { delivery: Some(delivery), ..rejection.into() }),
        };
        let content = content.as_ref().unwrap_or(body);
        let (delivery, tag) = match self.provider.envelope() {
            Some(envelope) => envelope.read(head, content, delivery),
            None => (delivery, Tag::Absent),
        };
        let raw = RawDelivery::new(head, content, &delivery).with_tag(&tag).with_scheme(scheme, body);
        if let Some(mut answer) = self.handshakes.iter().find_map(|handshake| handshake.answer_signed(raw)) {
            answer.extensions_mut().insert(delivery);
            return Ok(Acceptance::Answered(response::sendable(answer)));
        }
        let event = match self.provider.decode(raw) {
            Ok(event) => event,
            Err(rejection) => return Err(Refused { delivery: Some(delivery), ..rejection.into() }),
        };
        let delivery = match self.provider.known_event_type(&event) {
            Some(known) => delivery.with_known_event_type(known),
            None => delivery,
        };
        #[cfg(feature = "idempotency")]
        {
            let provider = Arc::clone(&self.provider) as Arc<dyn crate::delivery::Identify>;
            // Without a body, the event is in the query.
            let content = if head.method == Method::POST { content.clone() } else { query(head) };
            head.extensions.insert(crate::delivery::Identifiable::new(provider, content));
        }
        self.hide_credentials(head);
        head.extensions.insert(event);
        head.extensions.insert(delivery.clone());
        Ok(Acceptance::Accepted(WebhookBody::from(body.clone()), delivery))
    }

    /// The response to a rejected delivery: the same bytes for all rejections of one kind.
    pub(super) fn refuse(&self, head: &mut Parts, refused: Refused, body: Option<&Bytes>) -> Response<Bytes> {
        let Refused { rejection, delivery, is_challenge } = refused;
        let kind = rejection.kind();
        let is_watched = self.inspect_rejection.is_some() || self.on_rejection.is_some();
        let text = Bytes::from_static(kind.problem().as_bytes());
        let mut response = if is_watched {
            Response::new(text)
        } else {
            response::in_place(std::mem::take(&mut head.headers), std::mem::take(&mut head.extensions), text)
        };
        *response.status_mut() = self.provider.rejection_status(kind);
        let headers = response.headers_mut();
        response::mark_problem(headers);
        match kind {
            RejectionKind::Unauthenticated => self.provider.scheme().challenge(headers),
            RejectionKind::MethodNotAllowed => {
                headers.insert(ALLOW, self.allow.clone());
            }
            RejectionKind::UnsupportedEncoding => {
                headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            }
            RejectionKind::UnsupportedMediaType => self.media_types.advertise(headers),
            _ => {}
        }
        if is_watched {
            self.hide_credentials(head);
            if is_challenge {
                hide_token(head);
            }
            let rejected = RejectedDelivery::new(head, &rejection, delivery.as_ref(), body);
            if let Some(inspect) = &self.inspect_rejection {
                inspect(rejected);
            }
            if let Some(replace) = &self.on_rejection {
                response = replace(rejected, response);
            }
        }
        let mut response = response::sendable(response);
        response.extensions_mut().insert(rejection);
        if let Some(delivery) = delivery {
            response.extensions_mut().insert(delivery);
        }
        response
    }

    /// What is remembered of a delivery until its handler has answered, if anybody keeps it then. A delivery that is
    /// sent again is kept already. One that is no `POST` has its event in the query, which is not kept.
    pub(super) fn original(&self, head: &Parts, body: &Bytes, delivery: &Delivery) -> Option<Box<Original>> {
        let keep = self.keep.as_ref().filter(|_| head.method == Method::POST && !delivery.is_replay())?;
        Some(Box::new(Original::new(keep.headers(), head, body, delivery)))
    }

    /// Asks the sink for a delivery that is authentic and cannot be decoded.
    pub(super) fn keep_refused(&self, head: &Parts, refused: &Refused, body: &Bytes) -> Option<Keeping> {
        let delivery = refused.delivery.as_ref().filter(|_| !refused.is_unauthenticated())?;
        let original = self.original(head, body, delivery)?;
        let keep = Arc::clone(self.keep.as_ref()?);
        Some(keep.keep(*original, Lost::Rejected(&refused.rejection)))
    }

    /// Asks the sink for a delivery whose handler has failed for good.
    pub(super) fn keep_failed<B>(&self, original: Option<Box<Original>>, response: &Response<B>) -> Option<Keeping> {
        let original = original?;
        let keep = Arc::clone(self.keep.as_ref()?);
        let status = response.status();
        keep.is_lost(status, response.extensions()).then(|| keep.keep(*original, Lost::Failed(status)))
    }

    /// The status that the provider documents for success.
    pub(super) fn success(&self) -> Option<StatusCode> {
        self.provider.success_status().filter(|status| !status.is_informational())
    }

    /// The handler's response, with the status that the provider documents for success and the delivery's metadata.
    pub(super) fn reply<B>(&self, response: Response<B>, delivery: Delivery) -> Response<ResponseBody<B>>
    where
        B: Body,
        B::Data: From<Bytes>,
    {
        let mut response = response.map(ResponseBody::inner);
        response.extensions_mut().insert(delivery);
        match self.success().filter(|_| response.status().is_success()) {
            Some(success) => {
                *response.status_mut() = success;
                response::sendable(response)
            }
            None => response,
        }
    }

    pub(super) fn debug(&self, mut debug: fmt::DebugStruct<'_, '_>) -> fmt::Result {
        debug.field("provider", &self.name).field("body_limit", &self.body_limit).finish_non_exhaustive()
    }
}

impl<P> Clone for Receiver<P> {
    fn clone(&self) -> Self {
        Self {
            provider: Arc::clone(&self.provider),
            name: Arc::clone(&self.name),
            body_limit: self.body_limit,
            media_types: self.media_types.clone(),
            clock: Arc::clone(&self.clock),
            inspect_rejection: self.inspect_rejection.clone(),
            observer: self.observer.clone(),
            on_rejection: self.on_rejection.clone(),
            methods: self.methods.clone(),
            handshakes: self.handshakes.clone(),
            allow: self.allow.clone(),
            keep: self.keep.clone(),
            replays: self.replays.clone(),
        }
    }
}

#[cfg(feature = "idempotency")]
fn query(head: &Parts) -> Bytes {
    Bytes::copy_from_slice(head.uri.query().unwrap_or_default().as_bytes())
}

/// Leaves neither the query nor the value of a header to be seen.
fn hide_token(head: &mut Parts) {
    let path = head.uri.path().parse();
    head.uri = path.unwrap_or_default();
    head.headers.values_mut().for_each(|value| value.set_sensitive(true));
}

/// The value of `Allow`.
fn allow(methods: &[Method]) -> HeaderValue {
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    // A method is a token, so it cannot fail.
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("POST"))
}

/// Whether there is no body. A wrapped one may not know that it has ended.
fn is_empty(head: &Parts, body: &impl Body) -> bool {
    body.is_end_stream() || head.headers.get(CONTENT_LENGTH).is_some_and(|length| length == "0")
}

fn is_identity(headers: &HeaderMap) -> bool {
    // Cheaper than a look-up, on the path of a flood of forgeries.
    if headers.keys().all(|name| name != CONTENT_ENCODING) {
        return true;
    }
    let encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .all(|encoding| encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity"))
}

/// The lower bound of the body's length: the larger one of those from the head and from the body. A wrapped body can
/// know less than the head: for a longer body, `Limited` reports its own limit.
fn announced(headers: &HeaderMap, hint: &SizeHint) -> u64 {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    declared.and_then(|text| text.parse().ok()).unwrap_or(0).max(hint.lower())
}
