//! What observers see of each delivery, as logs, as metrics and as they are.

use std::{
    collections::HashMap,
    convert::Infallible,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, request::Parts};
use http_body_util::Full;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, Rejection, WebhookBody, WebhookLayer,
    auth::{ApiKey, Key},
    clock::Clock,
    handshake::Handshake,
    idempotency::{IdempotencyLayer, MemoryStore},
    observe::{Ending, MetricsObserver, Observation, Observer, TracingObserver},
    provider::{Custom, truemed},
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
    Finished { ending: Ending, status: Option<u16>, reason: Option<&'static str>, event: Option<&'static str> },
}

impl Notes {
    fn take(&self) -> Vec<Note> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Of the one delivery that has arrived and ended.
    fn one(&self) -> Note {
        let [Note::Arrived(provider), finished] = &self.take()[..] else { panic!() };
        assert!(["truemed", "acme"].contains(&&**provider));
        finished.clone()
    }
}

impl Observer for Notes {
    fn arrived(&self, provider: &str) {
        self.0.lock().unwrap().push(Note::Arrived(provider.to_owned()));
    }

    fn finished(&self, seen: &Observation<'_>) {
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
    let expected = Note::Finished { ending: Ending::Failed, status: None, reason: None, event: None };
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

/// Collects what a subscriber writes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Those that are written while `future` runs.
    async fn of(future: impl Future<Output = ()>) -> Vec<String> {
        let writer = Self::default();
        let shared = writer.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(move || shared.clone());
        let guard = tracing::subscriber::set_default(subscriber.finish());
        future.await;
        drop(guard);
        let text = String::from_utf8(writer.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_line_says_what_came_of_a_delivery_and_nothing_of_its_sender() {
    let observed =
        truemed::Truemed::builder().api_key(Key::new(API_KEY).label("2026-11")).build().unwrap().into_layer();
    let observed = observed.observer(TracingObserver::new()).clock(Ticking::default());
    let handler = service_fn(|_: Request<WebhookBody>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let service = (observed.clone()).layer(IdempotencyLayer::new(MemoryStore::new()).layer(handler));
    let lines = Lines::of(async {
        for _ in 0..2 {
            service.clone().oneshot(session()).await.unwrap();
        }
        let canary = r#"{"qualification_session_id":"canary","status":{"canary":"canary"},"email":"canary"}"#;
        let mut request = from_truemed(Full::new(Bytes::from_static(canary.as_bytes())));
        request.headers_mut().insert("x-canary", "canary".parse().unwrap());
        *request.uri_mut() = "/canary?canary=canary".parse().unwrap();
        service.clone().oneshot(request).await.unwrap();
        let unknown = Full::new(Bytes::from_static(br#"{"event_type":"canary","canary":"canary"}"#));
        service.clone().oneshot(from_truemed(unknown)).await.unwrap();
        let wrong = Request::post("/canary").header("x-truemed-api-key", "canary-of-20-letters");
        service.clone().oneshot(wrong.body(Full::new(Bytes::from_static(b"canary"))).unwrap()).await.unwrap();
    })
    .await;
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains("canary") && !line.contains(API_KEY)), "{lines:#?}");
    for part in [
        " INFO tower_webhook: delivery handled provider=\"truemed\" event=\"qualification_session_complete\"",
        "ending=\"handled\" http.response.status_code=204",
        "key=\"2026-11\" http.request.body.size=",
        "duration_ms=2000.0 outcome=\"first\" event_key=",
    ] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    assert!(lines[1].contains("outcome=\"replayed\""), "{}", lines[1]);
    let rejected = " WARN tower_webhook: delivery rejected provider=\"truemed\" ending=\"rejected\" \
        http.response.status_code=400 error.type=\"json\" reason=the body is not a documented event: ";
    assert!(lines[2].starts_with(rejected), "{}", lines[2]);
    assert!(!lines[3].contains("event=\""), "{}", lines[3]);
    assert!(lines[4].contains("error.type=\"no_key_matched\""), "{}", lines[4]);
}

#[tokio::test]
async fn a_flood_of_forgeries_writes_20_lines_a_second() {
    let clock = ManualClock::new();
    let observed = truemed().clock(Seconds(clock.clone())).observer(TracingObserver::new());
    let forged = || Request::post("/").body(Full::new(Bytes::new())).unwrap();
    let lines = Lines::of(async {
        for _ in 0..1_000 {
            deliver(&observed, forged()).await;
        }
        deliver(&observed, session()).await;
        clock.advance(Duration::from_secs(1));
        deliver(&observed, forged()).await;
        deliver(&observed, forged()).await;
    })
    .await;
    assert_eq!(lines.len(), 20 + 1 + 2);
    assert!(lines[20].contains("delivery handled"), "what is genuine is always written");
    assert!(lines[21].ends_with("suppressed=980"), "{}", lines[21]);
    assert!(!lines[22].contains("suppressed"), "{}", lines[22]);
}

/// The wall clock that a monotonic one is.
struct Seconds(ManualClock);

impl Clock for Seconds {
    fn now(&self) -> SystemTime {
        use tower_webhook::clock::MonotonicClock;
        SystemTime::UNIX_EPOCH + self.0.elapsed()
    }
}

/// The counters and gauges, by name and labels.
fn metrics(snapshotter: &Snapshotter) -> HashMap<String, f64> {
    let snapshot = snapshotter.snapshot().into_vec().into_iter();
    let shown = snapshot.map(|(key, _, _, value)| {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => values.len() as f64,
        };
        (format!("{}{{{}}}", key.key().name(), labels.join(",")), value)
    });
    shown.collect()
}

#[test]
fn the_counters_are_the_truth_of_5000_mixed_deliveries() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(mixed()));
    let metrics = metrics(&snapshotter);

    let deliveries = |event: &str, ending: &str, status: &str, outcome: &str| {
        let labels = format!("provider=truemed,event={event},ending={ending},status={status},outcome={outcome}");
        metrics.get(&format!("webhook_deliveries_total{{{labels}}}")).copied().unwrap_or_default()
    };
    assert_eq!(deliveries("qualification_session_complete", "handled", "2xx", "first"), 1_000.0);
    assert_eq!(deliveries("qualification_session_complete", "handled", "2xx", "replayed"), 1_000.0);
    assert_eq!(deliveries("unknown", "handled", "2xx", "first"), 1.0);
    assert_eq!(deliveries("unknown", "handled", "2xx", "replayed"), 999.0);
    assert_eq!(deliveries("", "rejected", "4xx", ""), 2_000.0);
    let rejections = |reason: &str| metrics[&format!("webhook_rejections_total{{provider=truemed,reason={reason}}}")];
    assert_eq!((rejections("no_key_matched"), rejections("json")), (1_000.0, 1_000.0));
    assert_eq!(metrics["webhook_unknown_events_total{provider=truemed}"], 1_000.0);
    assert_eq!(metrics["webhook_in_flight{provider=truemed}"], 0.0);
    assert_eq!(metrics["webhook_body_bytes{provider=truemed}"], 4_000.0);
    assert_eq!(metrics["webhook_last_accepted_timestamp_seconds{provider=truemed}"], 7.0);
    assert_eq!(metrics["webhook_key_last_used_timestamp_seconds{provider=truemed,key=2026-11}"], 7.0);
    let total: f64 =
        metrics.iter().filter(|(name, _)| name.starts_with("webhook_deliveries_total")).map(|(_, n)| n).sum();
    assert_eq!(total, 5_000.0);
    assert!(metrics.keys().all(|name| !name.contains("canary")), "{metrics:?}");
    alerts_name_only(&metrics);
}

/// The alerts of docs/observe name metrics and labels that exist.
fn alerts_name_only(metrics: &HashMap<String, f64>) {
    let alerts = include_str!("../../docs/observe/alerts.yml");
    let words = alerts.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let named: Vec<_> = words.filter(|word| word.starts_with("webhook_")).collect();
    assert!(named.len() > 8);
    for name in named {
        let name = name.trim_end_matches("_sum").trim_end_matches("_count");
        assert!(metrics.keys().any(|metric| metric.starts_with(&format!("{name}{{"))), "{name}");
    }
}

/// 1,000 events, each sent twice, and as many unknown ones, forgeries, and bodies that are no event.
async fn mixed() {
    let clock = ManualClock::new();
    clock.advance(Duration::from_secs(7));
    let observed =
        truemed::Truemed::builder().api_key(Key::new(API_KEY).label("2026-11")).build().unwrap().into_layer();
    let observed: WebhookLayer<_> = observed.clock(Seconds(clock)).observer((MetricsObserver::new(), Notes::default()));
    let handler = service_fn(|_: Request<WebhookBody>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let service = observed.layer(IdempotencyLayer::new(MemoryStore::new()).layer(handler));
    let send = async |request: Request<Full<Bytes>>| service.clone().oneshot(request).await.unwrap().status();
    let full = |text: String| Full::new(Bytes::from(text));
    for number in 0..1_000 {
        let session = || full(format!(r#"{{"qualification_session_id":"canary-{number}","status":"approved"}}"#));
        for _ in 0..2 {
            assert_eq!(send(from_truemed(session())).await, StatusCode::NO_CONTENT);
        }
        assert_eq!(send(from_truemed(full(r#"{"event_type":"canary"}"#.to_owned()))).await, StatusCode::NO_CONTENT);
        assert_eq!(send(from_truemed(full("canary".to_owned()))).await, StatusCode::BAD_REQUEST);
        let forged = Request::post("/canary").header("x-truemed-api-key", format!("canary-of-somebody-{number}"));
        assert_eq!(send(forged.body(session()).unwrap()).await, StatusCode::BAD_REQUEST);
    }
}
