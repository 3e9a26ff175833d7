//! What the sender is told, and what the sink has been asked.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, Rejection, RejectionKind,
    auth::{ApiKey, Head, Scheme, Verified},
    dead_letters::{PrivateKey, Receipt},
    idempotency::{IdempotencyLayer, MemoryStore},
    provider::Custom,
};

use super::{DECODABLE, Handling, Memory, Mood, UNDECODABLE, public_key};
use crate::support::{from_mediquo, from_truemed, mediquo, truemed};

fn full(body: &'static str) -> Full<Bytes> {
    Full::from(body)
}

#[tokio::test]
async fn what_cannot_be_decoded_is_kept_and_then_answered_as_a_success() {
    let (sink, key, handling) = (Memory::default(), PrivateKey::generate(), Handling::default());
    let layer = truemed().dead_letters(sink.keeper(key.public_key()));
    let request = from_truemed(full(UNDECODABLE));
    let response = handling.deliver(&layer, request).await;
    assert_eq!(response.status(), 204, "what Truemed documents for success");
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    let (head, body) = response.into_parts();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "");
    assert_eq!(head.extensions.get::<Rejection>().unwrap().kind(), RejectionKind::Malformed);
    assert!(!head.extensions.get::<Delivery>().unwrap().is_replay());
    let letter = sink.only();
    assert_eq!(head.extensions.get::<Receipt>(), Some(letter.receipt()));
    assert_eq!(letter.open(&key).unwrap().body(), UNDECODABLE);
    assert_eq!(handling.runs(), 0);

    // A provider without a documented status gets 204 too.
    let layer = mediquo().dead_letters(Memory::default().keeper(public_key()));
    assert_eq!(handling.deliver(&layer, from_mediquo(full("[]"))).await.status(), 204);
}

/// Its event is in the query, which is not kept: two deliveries would be one letter.
#[tokio::test]
async fn a_delivery_that_is_no_post_is_not_kept() {
    struct Get(ApiKey);
    impl Scheme for Get {
        fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
            self.0.verify_head(head)
        }

        fn methods(&self) -> Vec<Method> {
            vec![Method::GET]
        }
    }
    let sink = Memory::default();
    let scheme = || Get(ApiKey::header("x-key").key("Zr41vw-new-and-random").build().unwrap());
    let request = || Request::get("/?a=1").header("x-key", "Zr41vw-new-and-random").body(full("")).unwrap();
    let raw = Custom::builder("acme", scheme()).raw().build().unwrap().into_layer();
    let raw = raw.dead_letters(sink.keeper(public_key()));
    let response = Handling::that_fails_for_good(422).deliver(&raw, request()).await;
    assert_eq!(response.status(), 422, "the handler's own answer");
    let json = Custom::builder("acme", scheme()).build().unwrap().into_layer();
    let response = Handling::default().deliver(&json.dead_letters(sink.keeper(public_key())), request()).await;
    assert_eq!(response.status(), 400);
    assert_eq!(sink.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_is_left_to_the_senders_next_try() {
    for (mood, error) in [(Mood::Fails, "the disk is full"), (Mood::Hangs, "took more than 2s")] {
        let (sink, errors) = (Memory::that(mood), Arc::new(Mutex::new(Vec::new())));
        let hook = Arc::clone(&errors);
        let keeper = sink.keeper(public_key()).on_error(move |error| hook.lock().unwrap().push(error.to_string()));
        let layer = truemed().dead_letters(keeper);
        let response = Handling::default().deliver(&layer, from_truemed(full(UNDECODABLE))).await;
        assert_eq!(response.status(), 503);
        assert!(response.extensions().get::<Receipt>().is_none());
        assert!(response.extensions().get::<Rejection>().is_some());
        let errors = errors.lock().unwrap();
        assert!(errors.len() == 1 && errors[0].contains(error), "{errors:?}");
        assert_eq!(sink.count(), 1);
    }
}

#[tokio::test]
async fn nothing_that_is_not_authentic_is_kept() {
    let sink = Memory::default();
    let layer = truemed().body_limit(200).dead_letters(sink.keeper(public_key()));
    let wrong = Request::post("/").header("x-truemed-api-key", "another-key-than-this").body(full(UNDECODABLE));
    let get = Request::get("/").body(full(""));
    let large = from_truemed(Full::from("x".repeat(201)));
    for (request, status) in [(wrong.unwrap(), 400), (get.unwrap(), 405), (large, 413)] {
        assert_eq!(Handling::default().deliver(&layer, request).await.status(), status);
    }
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn a_handler_that_fails_for_good_has_its_delivery_kept() {
    // The status of the handler, and that of the answer if the sink fails.
    for (status, otherwise) in [(422, 503), (200, 503), (500, 500), (507, 507)] {
        let (sink, key, handling) = (Memory::default(), PrivateKey::generate(), Handling::that_fails_for_good(status));
        let layer = truemed().dead_letters(sink.keeper(key.public_key()));
        let response = handling.deliver(&layer, from_truemed(full(DECODABLE))).await;
        assert_eq!(response.status(), 204);
        assert!(response.extensions().get::<Delivery>().is_some());
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "");
        let letter = sink.only();
        assert_eq!(letter.receipt().reason(), format!("the handler answered {status}"));
        assert_eq!(letter.open(&key).unwrap().body(), DECODABLE);

        let layer = truemed().dead_letters(Memory::that(Mood::Fails).keeper(public_key()));
        let response = handling.deliver(&layer, from_truemed(full(DECODABLE))).await;
        assert_eq!(response.status(), otherwise);
    }
}

#[tokio::test]
async fn a_delivery_that_is_not_kept_reaches_the_handler_again_through_the_idempotency_layer() {
    for status in [200, 422] {
        let handling = Handling::that_fails_for_good(status);
        let counted = handling.clone();
        let handler = IdempotencyLayer::new(MemoryStore::new()).layer(service_fn(move |request| {
            let response = counted.handle(request);
            async { Ok::<_, Infallible>(response) }
        }));
        let layer = truemed().dead_letters(Memory::that(Mood::Fails).keeper(public_key()));
        for runs in 1..3 {
            let response = layer.layer(handler.clone()).oneshot(from_truemed(full(DECODABLE))).await.unwrap();
            assert_eq!((response.status().as_u16(), handling.runs()), (503, runs), "{status}");
        }
    }
}

#[tokio::test]
async fn other_answers_of_the_handler_are_sent_as_they_are_unless_a_rule_says_so() {
    let sink = Memory::default();
    let layer = truemed().dead_letters(sink.keeper(public_key()));
    for status in [200, 422, 500, 503] {
        let response = Handling::that_answers(status).deliver(&layer, from_truemed(full(DECODABLE))).await;
        assert_eq!(response.status(), if status == 200 { 204 } else { status });
    }
    assert_eq!(sink.count(), 0);

    let rule = |status, _: &http::Extensions| status == StatusCode::UNPROCESSABLE_ENTITY;
    let layer = truemed().dead_letters(sink.keeper(public_key()).failed_if(rule));
    for (status, answer) in [(422, 204), (500, 500)] {
        let response = Handling::that_answers(status).deliver(&layer, from_truemed(full(DECODABLE))).await;
        assert_eq!(response.status(), answer);
    }
    assert_eq!(sink.count(), 1);
}

/// The recipe of old answered 2xx before anything was stored.
#[tokio::test]
async fn a_hook_cannot_promise_what_is_not_kept() {
    for (mood, status) in [(Mood::Keeps, 204), (Mood::Fails, 503)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let layer =
            truemed().dead_letters(Memory::that(mood).keeper(public_key())).on_rejection(move |_, mut response| {
                counted.fetch_add(1, Ordering::SeqCst);
                *response.status_mut() = StatusCode::OK;
                response
            });
        let response = Handling::default().deliver(&layer, from_truemed(full(UNDECODABLE))).await;
        assert_eq!(response.status(), status);
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
