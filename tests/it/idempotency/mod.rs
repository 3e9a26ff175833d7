//! Exactly-once effects, on all stores.

mod answers;
mod conformance;
mod detached;
mod effect;
mod faults;
mod heartbeat;
mod identity;
mod load;
mod outages;
mod pepper;
mod postgres;
mod postgres_outages;
mod random_walk;
mod redis;
mod scope;
mod sockets;
mod stores;

use std::{fmt::Debug, time::Duration};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio_test::{assert_pending, task::Spawn};
use tower::{Layer, Service, ServiceExt};
use tower_webhook::{
    ResponseBody, WebhookBody,
    idempotency::{IdempotencyLayer, Identity, Outcome, Store},
};

use crate::support::{
    acting::Acting,
    place::{Place, on_each_store},
    wait::{until, within},
};

/// A little more than the default lease.
const A_LEASE: Duration = Duration::from_secs(61);
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A delivery as the webhook layer hands it on.
fn delivery_of(event: &str) -> Request<WebhookBody> {
    let mut request = Request::new(WebhookBody::from(event.to_owned()));
    request.extensions_mut().insert(Identity::of_content("test", event.as_bytes()));
    request
}

/// What came of a delivery.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    outcome: Option<Outcome>,
    retry_after: Option<String>,
    body: String,
}

impl Answer {
    fn of_the_handler(status: u16, outcome: Outcome) -> Self {
        Self { status, outcome: Some(outcome), retry_after: None, body: "of the handler".to_owned() }
    }

    fn replay(status: u16) -> Self {
        Self { status, outcome: Some(Outcome::Replayed), retry_after: None, body: String::new() }
    }
}

async fn read(response: Response<ResponseBody<Full<bytes::Bytes>>>) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status.as_u16(),
        outcome: head.extensions.get().copied(),
        retry_after: head.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned()),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn deliver<St: Store>(layer: &IdempotencyLayer<St>, handler: &Acting, event: &str) -> Answer {
    read(layer.layer(handler.clone()).oneshot(delivery_of(event)).await.unwrap()).await
}

/// A delivery that waits for its handler; the place that it holds is its own.
fn begin<St: Store>(
    layer: &IdempotencyLayer<St>,
    handler: &Acting,
    event: &str,
) -> Spawn<impl Future<Output = Result<Response<ResponseBody<Full<bytes::Bytes>>>, &'static str>> + use<St>> {
    tokio_test::task::spawn(layer.layer(handler.clone()).call(delivery_of(event)))
}

/// Polls a delivery, which does not end, until it is so.
async fn poll_until<F>(what: &str, attempt: &mut Spawn<F>, mut is_so: impl FnMut() -> bool)
where
    F: Future<Output: Debug>,
{
    until(what, || {
        is_so() || {
            assert_pending!(attempt.poll());
            false
        }
    })
    .await;
}

/// Polls a delivery, which does not end, until the handler has begun so many runs.
async fn poll_until_runs<F>(attempt: &mut Spawn<F>, handler: &Acting, runs: usize)
where
    F: Future<Output: Debug>,
{
    poll_until("the handler to run", attempt, || handler.runs() == runs).await;
}

/// The answer to the first retry that is not told to come again: Redis is told of what ended a moment later.
async fn when_free(place: &Place, handler: &Acting, event: &str) -> Answer {
    within("the end of a claim, long before its lease runs out", async {
        loop {
            let answer = deliver(&place.layer(), handler, event).await;
            if answer.outcome != Some(Outcome::InProgress) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}
