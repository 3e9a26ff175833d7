//! What the suite sends to a service, and what it makes of the answers.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::service_fn;
use tower_webhook::{
    auth::Key,
    provider::Sender,
    testing::{
        TestSender,
        receiver::{Body, ReceiverSuite, Report},
    },
};

use super::{left_out, only, own::acme, told};

struct Seen {
    head: Parts,
    /// What the body said of its length before it was read.
    length: Option<u64>,
    body: Vec<u8>,
    is_broken: bool,
}

type Answer = fn(usize, &Seen) -> Response<Full<Bytes>>;

fn status(status: u16) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::default()).unwrap()
}

/// A receiver that keeps all it gets, and is asked for the answer with the count of what came before.
async fn run(suite: ReceiverSuite, answer: Answer) -> (Report, Vec<Seen>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keeps = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Body>| {
        let seen = Arc::clone(&keeps);
        async move {
            let (head, mut body) = request.into_parts();
            let mut this = Seen { head, length: body.size_hint().exact(), body: Vec::new(), is_broken: false };
            loop {
                let is_end = body.is_end_stream();
                let frame = body.frame().await;
                assert_eq!(is_end, frame.is_none(), "the body knows its end");
                match frame {
                    Some(Ok(frame)) => this.body.extend(frame.into_data().unwrap()),
                    Some(Err(_)) => this.is_broken = true,
                    None => break,
                }
            }
            let mut seen = seen.lock().unwrap();
            let answer = answer(seen.len(), &this);
            seen.push(this);
            Ok::<_, Infallible>(answer)
        }
    });
    let report = suite.run(service).await;
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (report, seen)
}

async fn sent(case: &str, suite: ReceiverSuite) -> Vec<Seen> {
    run(only(case, suite), |_, _| status(200)).await.1
}

#[tokio::test]
async fn a_body_says_its_length_and_its_end_as_that_of_a_server_does() {
    let (_, seen) = run(ReceiverSuite::new(acme()), |_, _| status(200)).await;
    for Seen { head, length, body, is_broken } in &seen {
        let declared = head.headers.get("content-length").map(|length| length.to_str().unwrap().parse().unwrap());
        if *is_broken {
            assert_eq!(*length, None);
        } else {
            assert_eq!((*length, declared.unwrap_or(body.len() as u64)), (declared, body.len() as u64));
        }
        assert_eq!(head.headers.get_all("host").iter().collect::<Vec<_>>(), ["localhost"]);
    }
    let broken: Vec<_> = seen.iter().filter(|seen| seen.is_broken).collect();
    let lengths: Vec<usize> =
        broken.iter().map(|seen| seen.head.headers["content-length"].to_str().unwrap().parse().unwrap()).collect();
    assert_eq!([broken[0].body.len(), broken[1].body.len()], [lengths[0] / 2, lengths[1]]);

    let event = acme().event("lab.ready").unwrap().header("host", "acme.test");
    assert_eq!(sent("genuine", ReceiverSuite::new(acme()).events([event])).await[0].head.headers["host"], "acme.test");
}

#[tokio::test(start_paused = true)]
async fn half_of_a_slow_body_is_sent() {
    let taken = Arc::new(Mutex::new((0, 0)));
    let takes = Arc::clone(&taken);
    let service = service_fn(move |mut request: Request<Body>| {
        let takes = Arc::clone(&takes);
        async move {
            let frame = request.frame().await.unwrap().unwrap().into_data().unwrap();
            let length: usize = request.headers()["content-length"].to_str().unwrap().parse().unwrap();
            *takes.lock().unwrap() = (frame.len(), length / 2);
            Ok::<_, Infallible>(status(408))
        }
    });
    let suite = ReceiverSuite::new(acme()).deadline(Duration::from_secs(1)).timer(tokio::time::sleep);
    assert_eq!(told("slow", &only("slow", suite).run(service).await), "as expected");
    let (taken, half) = *taken.lock().unwrap();
    assert!(taken == half && half > 10, "{taken} of {half}");
}

#[tokio::test]
async fn a_slow_body_needs_a_deadline_and_a_timer() {
    let service = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(status(408)));
    let suite = || only("slow", ReceiverSuite::new(acme()));
    for suite in [suite().deadline(Duration::from_secs(1)), suite().timer(tokio::time::sleep)] {
        assert!(left_out(&suite.run(service).await).contains(&"slow"));
    }
}

fn keyed(key: &str) -> TestSender {
    let description = json!({
        "name": "acme",
        "credential": {"api_key": {"header": "x-key"}},
        "samples": [{"name": "paid", "body": {"id": "evt_1"}}],
    });
    let sender = TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap();
    sender.with_key(Key::new(key).dangerous_short()).unwrap()
}

#[tokio::test]
async fn a_credential_is_changed_in_one_place_or_cut() {
    for (key, almost) in [
        ("a-key-of-acme-0xyz", "a-key-of-acme-1xyz"),
        ("a-key-of-acme-7xyz", "a-key-of-acme-0xyz"),
        ("a-key-of-acme-axyz", "a-key-of-acme-bxyz"),
        ("a-key-of-acme-qxyz", "a-key-of-acme-axyz"),
        ("a-key-of-acme-AXYZ", "a-key-of-acme-BXYZ"),
        ("a-key-of-acme-QXYZ", "a-key-of-acme-AXYZ"),
        ("a-key-of-acme-Qxyz==", "a-key-of-acme-Axyz=="),
        ("key", "key0"),
    ] {
        let keys = async |case| -> Vec<String> {
            let seen = sent(case, ReceiverSuite::new(keyed(key))).await;
            seen.iter().map(|seen| seen.head.headers["x-key"].to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(keys("almost-right-credential").await, [almost]);
        assert_eq!(keys("cut-credential").await, [&key[..key.len().saturating_sub(8)], ""]);
    }
}

/// Answers of any receiver have some texts of a request.
#[tokio::test]
async fn an_answer_may_repeat_what_is_in_many_answers() {
    fn repeating(name: &str, seen: &Seen) -> Response<Full<Bytes>> {
        let text =
            seen.head.headers.get(name).map_or_else(Bytes::new, |value| Bytes::copy_from_slice(value.as_bytes()));
        Response::new(Full::new(text))
    }
    let rows: [(Answer, &str); 4] = [
        (|_, seen| repeating("content-type", seen), "as expected"),
        (|_, seen| repeating("x-number", seen), "as expected"),
        (|_, seen| repeating("x-tower-webhook", seen), "the answer to a genuine event contains a header"),
        (|_, seen| repeating("x-acme-signature", seen), "the answer to a genuine event contains the right credential"),
    ];
    for (answer, happened) in rows {
        let event = acme().event("lab.ready").unwrap().header("x-number", "123456789012");
        let suite = only("private-answers", ReceiverSuite::new(acme()).events([event]));
        assert_eq!(told("private-answers", &run(suite, answer).await.0), happened);
    }
}

#[tokio::test]
async fn refusals_may_differ_in_what_is_new_in_each_answer() {
    fn with(name: &str, count: usize) -> Response<Full<Bytes>> {
        let mut answer = status(401);
        answer.headers_mut().insert(http::HeaderName::try_from(name).unwrap(), count.into());
        answer
    }
    let differs = "the answer to a stale time differs from the one to a wrong key";
    let rows: [(Answer, &str); 6] = [
        (|count, _| with("date", count), "as expected"),
        (|count, _| with("x-request-id", count), "as expected"),
        (|_, _| with("x-why", 7), "as expected"),
        (|count, _| with("x-why", count), differs),
        (|count, _| status(if count == 0 { 400 } else { 401 }), differs),
        (|count, _| Response::builder().status(401).body(count.to_string().into()).unwrap(), differs),
    ];
    for (answer, happened) in rows {
        let suite = only("same-refusal", ReceiverSuite::new(acme()));
        assert_eq!(told("same-refusal", &run(suite, answer).await.0), happened);
    }
}

#[tokio::test]
async fn a_copy_may_be_told_to_come_later() {
    let told_to = "to a copy of the event, the receiver answered";
    let rows: [(Answer, &str); 6] = [
        (|count, _| status(if count == 9 { 200 } else { 409 }), "as expected"),
        (|count, _| status(if count == 9 { 200 } else { 425 }), "as expected"),
        (|count, _| status(if count == 9 { 200 } else { 429 }), "as expected"),
        (|count, _| status(if count == 9 { 200 } else { 503 }), "as expected"),
        (|count, _| status(if count == 9 { 200 } else { 400 }), &format!("{told_to} 400 Bad Request")),
        (|_, _| status(503), "no copy of the event was accepted"),
    ];
    for (answer, happened) in rows {
        let suite = only("duplicates-at-once", ReceiverSuite::new(acme()));
        assert_eq!(told("duplicates-at-once", &run(suite, answer).await.0), happened);
    }
}

#[tokio::test]
async fn an_event_has_one_effect() {
    let none = "the handler had no effect where one for an event at least was right. \
        If it ignores these events, give others to `ReceiverSuite::events`";
    for (each, happened) in [(0, none), (1, "as expected"), (2, "one event had 2 effects in the handler")] {
        let effects = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&effects);
        let service = service_fn(move |_: Request<Body>| {
            effects.fetch_add(each, Ordering::Relaxed);
            async { Ok::<_, Infallible>(status(200)) }
        });
        let suite = ReceiverSuite::new(acme()).effects(move || counted.load(Ordering::Relaxed));
        assert_eq!(told("genuine", &only("genuine", suite).run(service).await), happened);
    }
}

/// The events of the case for duplicates and of two others, of a sender with this envelope.
async fn events(envelope: Value, body: Value) -> Vec<Value> {
    let description = json!({
        "name": "acme",
        "credential": {"api_key": {"header": "x-key"}},
        "envelope": envelope,
        "samples": [{"name": "paid", "body": body}],
    });
    let sender = TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap();
    let others = ReceiverSuite::cases().filter(|case| !["genuine", "out-of-order"].contains(case));
    let suite = others.fold(ReceiverSuite::new(sender), |suite, other| suite.without(other, ""));
    let (_, seen) = run(suite, |_, _| status(200)).await;
    seen.iter().map(|seen| serde_json::from_slice(&seen.body).unwrap()).collect()
}

fn all_differ(events: &[Value], member: &str) {
    for (at, event) in events.iter().enumerate() {
        let value = event.pointer(member).unwrap();
        assert!(events[at + 1..].iter().all(|other| other.pointer(member).unwrap() != value), "{member}: {events:?}");
    }
}

#[tokio::test]
async fn an_event_is_another_one_by_its_id_or_else_by_all_that_looks_like_one() {
    let body = json!({"data": {"id": "invoice-0123456789"}, "name": "Salbutamol", "order_id": "order-0123456789"});
    let seen = events(json!({"event_id": {"body": "data.id"}}), body.clone()).await;
    assert_eq!(seen.len(), 4);
    all_differ(&seen, "/data/id");
    for event in &seen {
        let id = event["data"]["id"].as_str().unwrap();
        assert!(id.len() == 18 && id.starts_with("invoice-01"), "{id}");
        assert_eq!((&event["name"], &event["order_id"]), (&body["name"], &body["order_id"]));
    }

    let body = json!({
        "time": 1_700_000_000, "name": "Salbutamol", "count": 7, "id": 7, "parent_id": -7, "sku": 1.5,
        "items": [{"uuid": "018f2504-e04f-7989-b1d3-0305e82c3301", "code": "c-1", "order_id": "o-12345678"}],
    });
    let seen = events(json!({"sent_at": {"body": "time"}}), body.clone()).await;
    for member in ["/time", "/id", "/items/0/uuid", "/items/0/code", "/items/0/order_id"] {
        all_differ(&seen, member);
    }
    for event in &seen {
        for member in ["name", "count", "parent_id", "sku"] {
            assert_eq!(event[member], body[member]);
        }
        assert!((10_000_000..100_000_000).contains(&event["id"].as_u64().unwrap()), "{event}");
        assert!((1_700_000_000..1_710_000_000).contains(&event["time"].as_u64().unwrap()), "{event}");
        let [uuid, code, order] = ["uuid", "code", "order_id"].map(|name| event["items"][0][name].as_str().unwrap());
        assert!(uuid.len() == 36 && uuid.starts_with("018f2504-e04f-7989-b1d3-0305"), "{uuid}");
        assert!(code.len() == 11 && code.starts_with("c-1"), "{code}");
        // Less than four characters would be left.
        assert!(order.len() == 18 && order.starts_with("o-12345678"), "{order}");
    }
}

#[tokio::test]
async fn numbers_of_events_have_eight_digits_and_begin_anew_in_each_run() {
    let first = async || {
        let numbers = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&numbers);
        let suite = ReceiverSuite::new(acme()).distinct(move |event, number| {
            kept.lock().unwrap().push(number);
            event
        });
        sent("duplicates-in-a-row", suite).await;
        numbers.lock().unwrap()[0]
    };
    let mut numbers = Vec::new();
    for _ in 0..60 {
        numbers.push(first().await);
    }
    assert!(numbers.iter().all(|number| (10_000_000..=89_999_000).contains(number)), "{numbers:?}");
    // A thousand for each run, and few runs with the same ones.
    assert!(numbers.iter().all(|number| number % 1_000 == 0), "{numbers:?}");
    assert!(numbers.iter().any(|number| *number > 64_000_000), "{numbers:?}");
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.len() > 50, "{numbers:?}");
}
