use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use http_body::Body;

use super::Outcome;
use crate::ResponseBody;

const LONGEST_WAIT: Duration = Duration::from_secs(10);

const IN_PROGRESS: &str = r#"{"title":"the event is in progress","kind":"in_progress"}"#;
const UNAVAILABLE: &str = r#"{"title":"it is not known whether the event is done","kind":"unavailable"}"#;
const UNIDENTIFIED: &str =
    r#"{"title":"the idempotency layer is not inside of a webhook layer","kind":"unidentified"}"#;

/// To a duplicate of what is in progress. Not 2xx, as the handler may still fail; not 409, after which
/// many senders give up.
pub(super) fn in_progress<B>(remaining: Option<Duration>) -> Response<ResponseBody<B>>
where
    B: Body<Data: From<Bytes>>,
{
    retry(IN_PROGRESS, remaining.unwrap_or(LONGEST_WAIT), Outcome::InProgress)
}

/// To a delivery while the store does not answer: the sender still has it.
pub(super) fn unavailable<B>() -> Response<ResponseBody<B>>
where
    B: Body<Data: From<Bytes>>,
{
    retry(UNAVAILABLE, LONGEST_WAIT, Outcome::Unavailable)
}

/// To a delivery that no webhook layer has identified. To let it pass would take the protection away silently.
pub(super) fn unidentified<B>() -> Response<ResponseBody<B>>
where
    B: Body<Data: From<Bytes>>,
{
    problem(StatusCode::INTERNAL_SERVER_ERROR, UNIDENTIFIED, Outcome::Unidentified)
}

/// To a duplicate of what is done.
pub(super) fn replay<B>(status: StatusCode) -> Response<ResponseBody<B>>
where
    B: Body<Data: From<Bytes>>,
{
    let mut response = Response::new(ResponseBody::own(Bytes::new()));
    *response.status_mut() = status;
    response.extensions_mut().insert(Outcome::Replayed);
    response
}

fn retry<B>(text: &'static str, wait: Duration, outcome: Outcome) -> Response<ResponseBody<B>>
where
    B: Body<Data: From<Bytes>>,
{
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, text, outcome);
    // Rounded up: what comes a moment too early would come in vain.
    let seconds = wait.min(LONGEST_WAIT).as_millis().div_ceil(1000).max(1);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(u16::try_from(seconds).unwrap_or(u16::MAX)));
    response
}

fn problem<B>(status: StatusCode, text: &'static str, outcome: Outcome) -> Response<ResponseBody<B>>
where
    B: Body<Data: From<Bytes>>,
{
    let mut response = Response::new(ResponseBody::own(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.extensions_mut().insert(outcome);
    response
}
