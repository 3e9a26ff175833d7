//! Metrics, against what the sender counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    auth::Key,
    idempotency::{IdempotencyLayer, MemoryStore, Outcome},
    observe::MetricsObserver,
    provider::truemed::{Event, Truemed},
    testing::ManualClock,
};

use super::{Hello, Notes, Seconds};
use crate::support::{
    bodies::{Script, Step},
    deliver, from_truemed,
    plain::Plain,
    sockets::API_KEY,
    truemed,
};

/// Counters and gauges have their value, and histograms the number of values.
pub(super) type Metrics = BTreeMap<String, f64>;

/// By name and labels, the labels as in Prometheus.
fn metrics(snapshotter: &Snapshotter) -> Metrics {
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

/// Those of the mixed deliveries, which touch each metric with each label.
pub(super) fn of_mixed_deliveries() -> (Metrics, Metrics) {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let sent = metrics::with_local_recorder(&recorder, || runtime.block_on(mixed()));
    (metrics(&snapshotter), sent)
}

#[test]
fn the_counters_are_the_truth_of_5000_mixed_deliveries() {
    let (metrics, sent) = of_mixed_deliveries();
    let counted = |name: &str| -> f64 {
        metrics.iter().filter(|(metric, _)| metric.starts_with(name)).map(|(_, value)| value).sum()
    };
    assert_eq!(counted("webhook_deliveries_total"), 5_000.0);
    for (name, count) in &sent {
        assert_eq!(metrics.get(name), Some(count), "{name}");
    }
    let gauges = ["webhook_in_flight", "webhook_last_accepted", "webhook_key_last"];
    for name in metrics.keys() {
        assert!(sent.contains_key(name) || gauges.iter().any(|gauge| name.starts_with(gauge)), "{name}");
    }
    assert_eq!(metrics["webhook_in_flight{provider=truemed}"], 0.0);
    assert_eq!(metrics["webhook_last_accepted_timestamp_seconds{provider=truemed}"], 7.0);
    assert_eq!(metrics["webhook_key_last_used_timestamp_seconds{provider=truemed,key=2026-11}"], 7.0);
    assert!(metrics.keys().all(|name| !name.contains("canary")), "{metrics:?}");
    let outcomes: BTreeSet<_> = OUTCOMES.iter().map(|outcome| outcome.as_str()).chain(["replayed"]).collect();
    for outcome in outcomes {
        assert!(metrics.keys().any(|name| name.ends_with(&format!("outcome={outcome}}}"))), "{outcome}");
    }
}

/// Those that a handler of this test states, because a store would have to fail for each.
const OUTCOMES: [Outcome; 10] = [
    Outcome::First,
    Outcome::Late,
    Outcome::Uncommitted,
    Outcome::Failed,
    Outcome::Unclaimed,
    Outcome::Replayed,
    Outcome::InProgress,
    Outcome::Unavailable,
    Outcome::Unidentified,
    Outcome::Unscoped,
];

const SESSION: &str = "qualification_session_complete";

/// What the sender counts, in the names of the metrics.
#[derive(Default)]
struct Sender(Metrics);

impl Sender {
    fn count(&mut self, name: &str, labels: &str) {
        *self.0.entry(format!("{name}{{provider=truemed{labels}}}")).or_default() += 1.0;
    }

    fn ended(&mut self, event: &str, ending: &str, status: &str, outcome: &str) {
        let labels = format!(",event={event},ending={ending},status={status},outcome={outcome}");
        self.count("webhook_deliveries_total", &labels);
        self.count("webhook_duration_seconds", &format!(",ending={ending}"));
        if ending != "rejected" && ending != "verification" {
            self.count("webhook_body_bytes", "");
        }
    }

    fn rejected(&mut self, reason: &str) {
        self.ended("", "rejected", "4xx", "");
        self.count("webhook_rejections_total", &format!(",reason={reason}"));
        match reason {
            "missing_header" | "no_key_matched" | "repeated_header" => {
                self.count("webhook_authentication_failures_total", "");
            }
            "json" => self.count("webhook_body_bytes", ""),
            _ => {}
        }
    }

    fn drifted(&mut self, kind: &str, of: &str) {
        self.count("webhook_drift_total", &format!(",kind={kind},type={of}"));
    }
}

/// Does what the session says: answers, fails, or never ends. It states an outcome if it is told to.
async fn handle(request: Request<WebhookBody>) -> Result<Response<String>, io::Error> {
    let session = match request.extensions().get::<Event>() {
        Some(Event::QualificationSessionComplete(session)) => session.clone(),
        _ => return Ok(Response::new(String::new())),
    };
    let mut response = Response::new(String::new());
    match session.user_id.as_deref() {
        Some("500") => *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR,
        Some("error") => return Err(io::Error::other("canary")),
        Some("hang") => std::future::pending().await,
        Some(stated) => {
            let outcome = OUTCOMES.into_iter().find(|outcome| outcome.as_str() == stated).unwrap();
            response.extensions_mut().insert(outcome);
        }
        None => {}
    }
    Ok(response)
}

/// 500 times ten deliveries, each of another kind.
async fn mixed() -> Metrics {
    let clock = ManualClock::new();
    clock.advance(Duration::from_secs(7));
    let observed = Truemed::builder().api_key(Key::new(API_KEY).label("2026-11")).build().unwrap().into_layer();
    let observed: WebhookLayer<_> = observed.clock(Seconds(clock)).handshake(Hello).body_limit(1_000);
    let observed = observed.observer((MetricsObserver::new(), Notes::default()));
    let once = observed.layer(IdempotencyLayer::new(MemoryStore::new()).layer(service_fn(handle)));
    let stating = observed.layer(service_fn(handle));
    let full = |text: String| Full::new(Bytes::from(text));
    let send = async |request| once.clone().oneshot(request).await;
    let mut sender = Sender::default();
    for number in 0..500 {
        let session =
            |what: &str| full(format!(r#"{{"qualification_session_id":"canary-{number}","status":"approved"{what}}}"#));
        let told = |what: &str| session(&format!(r#","user_id":"{what}""#));
        for outcome in ["first", "replayed"] {
            send(from_truemed(session(""))).await.unwrap();
            sender.ended(SESSION, "handled", "2xx", outcome);
        }
        send(from_truemed(full(format!(r#"{{"event_type":"canary-{number}","canary":1}}"#)))).await.unwrap();
        sender.ended("unknown", "handled", "2xx", "first");
        sender.drifted("event", "");

        let new = r#","canary":{"canary":1},"canary2":2,"source":"canary""#;
        send(from_truemed(full(format!(r#"{{"qualification_session_id":"{number}","status":"canary"{new}}}"#))))
            .await
            .unwrap();
        sender.ended(SESSION, "handled", "2xx", "first");
        sender.drifted("value", "Status");
        sender.drifted("member", "QualificationSessionComplete");

        send(from_truemed(told("500"))).await.unwrap();
        sender.ended(SESSION, "handled", "5xx", "failed");
        send(from_truemed(told("error"))).await.unwrap_err();
        sender.ended(SESSION, "failed", "", "");
        let mut hanging = Box::pin(once.clone().oneshot(from_truemed(told("hang"))));
        assert!(tokio_test::task::spawn(&mut hanging).poll().is_pending());
        drop(hanging);
        sender.ended(SESSION, "abandoned", "", "");

        send(Request::get("/canary").body(full(String::new())).unwrap()).await.unwrap();
        sender.ended("", "verification", "2xx", "");

        let outcome = OUTCOMES[number % OUTCOMES.len()].as_str();
        stating.clone().oneshot(from_truemed(told(outcome))).await.unwrap();
        sender.ended(SESSION, "handled", "2xx", outcome);

        sender.rejected(reject(&once, number, session("")).await);
    }
    sender.0
}

/// Sends a delivery that is rejected, and says for which reason.
async fn reject<S>(service: &S, number: usize, body: Full<Bytes>) -> &'static str
where
    S: Service<Request<Full<Bytes>>, Error = io::Error> + Service<Request<Script>, Error = io::Error> + Clone,
{
    let broken = |kind| Script::new([Step::Data("{".into()), Step::Error(kind)]);
    let mut request = from_truemed(body);
    let (reason, request) = match number % 10 {
        0 => ("missing_header", Request::post("/").body(request.into_body()).unwrap()),
        1 => {
            request.headers_mut().insert("x-truemed-api-key", "canary-of-somebody".parse().unwrap());
            ("no_key_matched", request)
        }
        2 => {
            request.headers_mut().append("x-truemed-api-key", API_KEY.parse().unwrap());
            ("repeated_header", request)
        }
        3 => {
            *request.method_mut() = Method::PUT;
            ("method_not_allowed", request)
        }
        4 => {
            request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
            ("unsupported_encoding", request)
        }
        5 => ("too_large", from_truemed(Full::new(Bytes::from(vec![b' '; 1_001])))),
        6 => ("json", from_truemed(Full::new(Bytes::from_static(b"[\"canary\"]")))),
        7 => ("json", from_truemed(Full::new(Bytes::from_static(br#"{"payment_token":["canary"]}"#)))),
        8 => {
            let sent =
                ServiceExt::<Request<Script>>::oneshot(service.clone(), from_truemed(broken(io::ErrorKind::TimedOut)));
            sent.await.unwrap();
            return "timed_out";
        }
        _ => {
            let sent =
                ServiceExt::<Request<Script>>::oneshot(service.clone(), from_truemed(broken(io::ErrorKind::Other)));
            sent.await.unwrap();
            return "incomplete";
        }
    };
    ServiceExt::<Request<Full<Bytes>>>::oneshot(service.clone(), request).await.unwrap();
    reason
}

#[tokio::test]
async fn without_drift_no_drift_is_counted() {
    let drifted = |observer: MetricsObserver| async move {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let _recording = metrics::set_default_local_recorder(&recorder);
        let request = from_truemed(Full::<Bytes>::from(r#"{"canary":1}"#));
        assert_eq!(deliver(&truemed().observer(observer), request).await.status, 204);
        metrics(&snapshotter).into_keys().filter(|name| name.starts_with("webhook_drift_total")).collect::<Vec<_>>()
    };
    let counted = ["webhook_drift_total{provider=truemed,kind=event,type=}"];
    assert_eq!(drifted(MetricsObserver::default()).await, counted);
    assert_eq!(drifted(MetricsObserver::new().without_drift()).await, [""; 0]);
}

#[tokio::test]
async fn a_delivery_without_a_type_is_counted_without_one() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let request = Request::post("/").body(Full::<Bytes>::from("{}")).unwrap();
    deliver(&WebhookLayer::new(Plain).observer(MetricsObserver::new()), request).await;
    let counted = metrics(&snapshotter);
    let ended: Vec<_> = counted.keys().filter(|name| name.contains("event=")).collect();
    assert!(!ended.is_empty() && ended.iter().all(|name| name.contains("event=,")), "{ended:?}");
}
