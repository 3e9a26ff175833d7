//! What observers see of each delivery, as logs, as metrics and as they are.

mod at_random;
mod canary;

mod canary_of_letters;
mod counted;
mod drift;
pub(crate) mod lines;
mod pages;
mod prometheus;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Method, Request, Response, request::Parts};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, Rejection, WebhookBody,
    auth::ApiKey,
    clock::Clock,
    handshake::Handshake,
    observe::{Accepted, Ending, Observation, Observer},
    provider::Custom,
    testing::ManualClock,
};

use crate::support::{
    bodies::{Script, Step},
    deliver, fixture, from_truemed,
    sockets::API_KEY,
    truemed,
};

/// Keeps what it sees.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Note>>>);

#[derive(Clone, Debug, PartialEq)]
enum Note {
    Arrived(String),
    Accepted(Option<&'static str>),
    Finished { ending: Ending, status: Option<u16>, reason: Option<&'static str>, event: Option<&'static str> },
}

impl Notes {
    fn take(&self) -> Vec<Note> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Of the one delivery that has arrived and ended.
    fn one(&self) -> Note {
        let notes = self.take();
        let (Note::Arrived(provider), finished) = (&notes[0], notes.last().unwrap()) else { panic!("{notes:?}") };
        assert!(["truemed", "acme"].contains(&&**provider));
        match &notes[1..notes.len() - 1] {
            [] => {}
            [Note::Accepted(accepted)] => {
                let Note::Finished { event, .. } = finished else { panic!("{notes:?}") };
                assert_eq!(accepted, event);
            }
            _ => panic!("{notes:?}"),
        }
        finished.clone()
    }
}

impl Observer for Notes {
    fn arrived(&self, provider: &str) {
        self.0.lock().unwrap().push(Note::Arrived(provider.to_owned()));
    }

    fn accepted(&self, accepted: &Accepted<'_>) {
        assert_eq!(format!("{accepted:?}"), format!("Accepted {{ delivery: {:?}, .. }}", accepted.delivery));
        self.0.lock().unwrap().push(Note::Accepted(accepted.delivery.known_event_type()));
    }

    fn finished(&self, seen: &Observation<'_>) {
        let Observation { provider, ending, .. } = seen;
        let shown = format!("{seen:?}");
        assert!(shown.starts_with(&format!("Observation {{ provider: {provider:?}, ending: {ending:?}, ")), "{shown}");
        self.0.lock().unwrap().push(Note::Finished {
            ending: seen.ending,
            status: seen.status.map(|status| status.as_u16()),
            reason: seen.rejection.map(Rejection::label),
            event: seen.delivery.and_then(Delivery::known_event_type),
        });
    }
}

const SESSION: &str = "truemed/qualification_session_complete.json";

fn session() -> Request<Full<Bytes>> {
    from_truemed(Full::new(fixture(SESSION)))
}

fn finished(ending: Ending, status: u16, reason: Option<&'static str>, event: Option<&'static str>) -> Note {
    Note::Finished { ending, status: Some(status), reason, event }
}

#[tokio::test]
async fn each_ending_is_seen_once() {
    let notes = Notes::default();
    let layer = truemed().observer(notes.clone());
    deliver(&layer, session()).await;
    assert_eq!(notes.one(), finished(Ending::Handled, 204, None, Some("qualification_session_complete")));
    deliver(&layer, from_truemed(Full::new(Bytes::from_static(b"{\"event_type\":\"canary\"}")))).await;
    assert_eq!(notes.one(), finished(Ending::Handled, 204, None, None));

    deliver(&layer, Request::post("/").body(Full::new(Bytes::new())).unwrap()).await;
    assert_eq!(notes.one(), finished(Ending::Rejected, 400, Some("missing_header"), None));
    let wrong = Request::post("/").header("x-truemed-api-key", "another-key-than-this").body(Full::new(Bytes::new()));
    deliver(&layer, wrong.unwrap()).await;
    assert_eq!(notes.one(), finished(Ending::Rejected, 400, Some("no_key_matched"), None));
    deliver(&layer, from_truemed(Full::new(Bytes::from_static(b"[]")))).await;
    assert_eq!(notes.one(), finished(Ending::Rejected, 400, Some("json"), None));
    deliver(&layer, Request::get("/").body(Full::new(Bytes::new())).unwrap()).await;
    assert_eq!(notes.one(), finished(Ending::Rejected, 405, Some("method_not_allowed"), None));
    deliver(&layer.clone().body_limit(2), session()).await;
    assert_eq!(notes.one(), finished(Ending::Rejected, 413, Some("too_large"), None));
}

#[tokio::test]
async fn a_hook_that_replaces_the_response_does_not_hide_the_rejection() {
    let notes = Notes::default();
    let layer = truemed().observer(notes.clone()).on_rejection(|_, _| Response::new(Bytes::new()));
    deliver(&layer, from_truemed(Full::new(Bytes::from_static(b"[]")))).await;
    assert_eq!(notes.one(), finished(Ending::Rejected, 200, Some("json"), None));
}

struct Hello;

impl Handshake for Hello {
    fn answer_unsigned(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        (head.method == Method::GET).then(|| Ok(Response::new(Bytes::from_static(b"hello"))))
    }
}

#[tokio::test]
async fn an_endpoint_verification_is_one() {
    let notes = Notes::default();
    let scheme = ApiKey::header("x-acme-key").key(API_KEY).build().unwrap();
    let acme = Custom::builder("acme", scheme).build().unwrap().into_layer().handshake(Hello).observer(notes.clone());
    deliver(&acme, Request::get("/").body(Full::new(Bytes::new())).unwrap()).await;
    assert_eq!(notes.one(), finished(Ending::Verification, 200, None, None));
}

#[tokio::test]
async fn an_inner_service_that_fails_and_a_sender_that_hangs_up_are_seen() {
    let notes = Notes::default();
    let failing = service_fn(|_: Request<WebhookBody>| async { Err::<Response<String>, _>("canary") });
    let service = truemed().observer(notes.clone()).layer(failing);
    service.oneshot(session()).await.unwrap_err();
    let event = Some("qualification_session_complete");
    let expected = Note::Finished { ending: Ending::Failed, status: None, reason: None, event };
    assert_eq!(notes.one(), expected);

    let panicking = service_fn(|_: Request<WebhookBody>| async {
        let bug = true;
        if bug { panic!("a bug of the handler") } else { Ok::<Response<String>, Infallible>(Response::default()) }
    });
    let service = truemed().observer(notes.clone()).layer(panicking);
    tokio::spawn(service.oneshot(session())).await.unwrap_err();
    let expected = Note::Finished { ending: Ending::Abandoned, status: None, reason: None, event };
    assert_eq!(notes.one(), expected);

    let handler = service_fn(|_: Request<WebhookBody>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let mut service = truemed().observer(notes.clone()).layer(handler);
    let stalling = Script::new([Step::Data("{".into()), Step::Stall]);
    let mut future = Box::pin(service.call(from_truemed(stalling)));
    assert!(tokio_test::task::spawn(&mut future).poll().is_pending());
    assert_eq!(notes.0.lock().unwrap().len(), 1, "not finished yet");
    drop(future);
    let expected = Note::Finished { ending: Ending::Abandoned, status: None, reason: None, event: None };
    assert_eq!(notes.one(), expected);
}

/// Each call is a second later.
#[derive(Default)]
struct Ticking(Mutex<u64>);

impl Clock for Ticking {
    fn now(&self) -> SystemTime {
        let mut second = self.0.lock().unwrap();
        *second += 1;
        SystemTime::UNIX_EPOCH + Duration::from_secs(*second)
    }
}

#[tokio::test]
async fn the_time_is_that_of_the_clock() {
    struct Times(Arc<Mutex<Vec<(SystemTime, Duration)>>>);
    impl Observer for Times {
        fn finished(&self, seen: &Observation<'_>) {
            self.0.lock().unwrap().push((seen.arrived_at, seen.elapsed));
        }
    }
    let times = Arc::new(Mutex::new(Vec::new()));
    deliver(&truemed().clock(Ticking::default()).observer(Times(Arc::clone(&times))), session()).await;
    // At its arrival, when the head is admitted, and at its end.
    let first = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    assert_eq!(*times.lock().unwrap(), [(first, Duration::from_secs(2))]);
}

/// The wall clock that a monotonic one is.
struct Seconds(ManualClock);

impl Clock for Seconds {
    fn now(&self) -> SystemTime {
        use tower_webhook::clock::MonotonicClock;
        SystemTime::UNIX_EPOCH + self.0.elapsed()
    }
}

#[test]
fn an_ending_is_a_word() {
    for (ending, word) in [
        (Ending::Handled, "handled"),
        (Ending::Rejected, "rejected"),
        (Ending::Verification, "verification"),
        (Ending::Failed, "failed"),
        (Ending::Abandoned, "abandoned"),
    ] {
        assert_eq!((ending.to_string().as_str(), ending.as_str()), (word, word));
    }
}
