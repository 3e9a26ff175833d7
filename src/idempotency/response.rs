use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header::RETRY_AFTER};
use http_body::Body;

use super::{EventKey, Outcome};
use crate::{
    Delivery, ResponseBody,
    response::{announce_close, in_place, mark_problem},
};

type Answer<B> = Response<ResponseBody<B>>;

/// A body of responses that can be our own bytes.
pub(super) trait Own: Body<Data: From<Bytes>> {}

impl<B: Body<Data: From<Bytes>>> Own for B {}

const MAX_WAIT: Duration = Duration::from_secs(10);

const IN_PROGRESS: &str = r#"{"title":"the event is in progress","kind":"in_progress"}"#;
const UNAVAILABLE: &str = r#"{"title":"it is not known whether the event is done","kind":"unavailable"}"#;
const UNIDENTIFIED: &str =
    r#"{"title":"the idempotency layer is not inside of a webhook layer","kind":"unidentified"}"#;
const UNSCOPED: &str = r#"{"title":"the scope of the event is not known","kind":"unscoped"}"#;

/// Answers a duplicate of an event that is in progress. Not with 2xx, as the handler may still fail, and not with 409,
/// after which many senders give up.
pub(super) fn in_progress<R: Body, B: Own>(request: &mut Request<R>, key: EventKey, wait: Duration) -> Answer<B> {
    with_key(key, retry(request, IN_PROGRESS, wait, Outcome::InProgress))
}

pub(super) fn unavailable<R: Body, B: Own>(request: &mut Request<R>, key: EventKey) -> Answer<B> {
    with_key(key, retry(request, UNAVAILABLE, MAX_WAIT, Outcome::Unavailable))
}

pub(super) fn replay<R: Body, B: Own>(request: &mut Request<R>, key: EventKey, status: StatusCode) -> Answer<B> {
    with_key(key, answer(request, status, "", Outcome::Replayed))
}

pub(super) fn unidentified<R: Body, B: Own>(request: &mut Request<R>) -> Answer<B> {
    problem(request, StatusCode::INTERNAL_SERVER_ERROR, UNIDENTIFIED, Outcome::Unidentified)
}

pub(super) fn unscoped<R: Body, B: Own>(request: &mut Request<R>) -> Answer<B> {
    problem(request, StatusCode::INTERNAL_SERVER_ERROR, UNSCOPED, Outcome::Unscoped)
}

fn retry<R: Body, B: Own>(request: &mut Request<R>, text: &'static str, wait: Duration, outcome: Outcome) -> Answer<B> {
    let mut response = problem(request, StatusCode::SERVICE_UNAVAILABLE, text, outcome);
    // Rounded up, so that the retry does not arrive just before the lease expires.
    let seconds = wait.min(MAX_WAIT).as_millis().div_ceil(1000).max(1);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(u16::try_from(seconds).unwrap_or(u16::MAX)));
    response
}

fn problem<R: Body, B: Own>(
    request: &mut Request<R>,
    status: StatusCode,
    text: &'static str,
    outcome: Outcome,
) -> Answer<B> {
    let mut response = answer(request, status, text, outcome);
    mark_problem(response.headers_mut());
    response
}

fn answer<R: Body, B: Own>(
    request: &mut Request<R>,
    status: StatusCode,
    text: &'static str,
    outcome: Outcome,
) -> Answer<B> {
    // A webhook layer, which has read the body, leaves a `Delivery` behind.
    let is_read = request.body().is_end_stream() || request.extensions().get::<Delivery>().is_some();
    let (headers, extensions) = (std::mem::take(request.headers_mut()), std::mem::take(request.extensions_mut()));
    let body = ResponseBody::own(Bytes::from_static(text.as_bytes()));
    let mut response = in_place(headers, extensions, body);
    *response.status_mut() = status;
    if !is_read {
        announce_close(response.headers_mut(), request.version());
    }
    response.extensions_mut().insert(outcome);
    response
}

fn with_key<B: Body>(key: EventKey, mut answer: Answer<B>) -> Answer<B> {
    answer.extensions_mut().insert(key);
    answer
}
