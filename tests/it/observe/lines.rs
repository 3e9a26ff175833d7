//! Logs and traces.

use std::{
    convert::Infallible,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::task::yield_now;
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    WebhookBody,
    auth::{Head, Key, Scheme, Verified},
    idempotency::{IdempotencyLayer, MemoryStore},
    observe::TracingObserver,
    provider::{Custom, Envelope, Place, truemed},
    testing::ManualClock,
};
use tracing::{Level, field::Empty, info, info_span};
use tracing_subscriber::fmt::format::FmtSpan;

use super::{Seconds, Ticking, session};
use crate::support::{deliver, fixture, from_mediquo, from_truemed, mediquo, sockets::API_KEY, truemed};

/// Collects what a subscriber writes.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Those that are written while `future` runs, at the default level of `tracing-subscriber`.
    async fn of(future: impl Future<Output = ()>) -> Vec<String> {
        Self::at(Level::INFO, FmtSpan::NONE, future).await
    }

    /// Those of this level and above, and of these parts of the lives of spans.
    pub(crate) async fn at(level: Level, spans: FmtSpan, future: impl Future<Output = ()>) -> Vec<String> {
        let writer = Self::default();
        let shared = writer.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(move || shared.clone());
        let lines = lines.with_max_level(level).with_span_events(spans);
        let guard = tracing::subscriber::set_default(lines.finish());
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
        " INFO webhook{provider=\"truemed\" event=\"qualification_session_complete\" key=\"2026-11\"}: tower_webhook: \
            delivery handled provider=\"truemed\" event=\"qualification_session_complete\"",
        "ending=\"handled\" http.response.status_code=204",
        "key=\"2026-11\" http.request.body.size=",
        "duration_ms=2000.0 outcome=\"first\" event_key=",
    ] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    assert!(lines[1].contains("outcome=\"replayed\""), "{}", lines[1]);
    let rejected = " WARN webhook{provider=\"truemed\"}: tower_webhook: delivery rejected provider=\"truemed\" ending=\"rejected\" \
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

/// Handles in two polls, and says so in the second.
async fn says_so(_: Request<WebhookBody>) -> Result<Response<String>, Infallible> {
    yield_now().await;
    info!("the handler's own");
    Ok(Response::new(String::new()))
}

#[tokio::test]
async fn what_the_handler_logs_is_in_the_span_of_its_delivery() {
    let lines = Lines::of(async {
        let truemed = truemed().observer(TracingObserver::new()).layer(service_fn(says_so));
        let mediquo = mediquo().observer(TracingObserver::new()).layer(service_fn(says_so));
        let finished = from_mediquo(Full::new(fixture("mediquo/patient_consultation_finished.json")));
        // Poll by poll in turn.
        let (first, second) = tokio::join!(truemed.oneshot(session()), mediquo.oneshot(finished));
        assert!(first.is_ok() && second.is_ok());
        info!("outside");
    })
    .await;
    let [truemed, mediquo] = [
        "webhook{provider=\"truemed\" event=\"qualification_session_complete\" key=\"1\"}: ",
        "webhook{provider=\"mediquo\" event=\"patient_consultation_finished\" key=\"1\"}: ",
    ];
    assert_eq!(lines.len(), 5, "{lines:#?}");
    let is_in = |span: &str, what: &str| {
        let is_it = |line: &&String| line.starts_with(&format!(" INFO {span}")) && line.contains(what);
        assert_eq!(lines.iter().filter(is_it).count(), 1, "{span} {what} {lines:#?}");
    };
    for span in [truemed, mediquo] {
        is_in(span, "the handler's own");
        is_in(span, "delivery handled");
    }
    assert!(!lines[4].contains("webhook{") && lines[4].ends_with("outside"), "{}", lines[4]);
}

#[tokio::test]
async fn a_span_ends_with_what_came_of_the_delivery() {
    let closed = |line: &String| line.contains("close").then(|| line.clone());
    let handler = service_fn(|request: Request<WebhookBody>| async move {
        let failing = request.headers().contains_key("x-fail");
        let status = if failing { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
        Ok::<_, Infallible>(Response::builder().status(status).body(String::new()).unwrap())
    });
    let observed = truemed().observer(TracingObserver::new());
    let service = observed.layer(IdempotencyLayer::new(MemoryStore::new()).layer(handler));
    let lines = Lines::at(Level::INFO, FmtSpan::CLOSE, async {
        let mut failing = session();
        failing.headers_mut().insert("x-fail", "1".parse().unwrap());
        for request in [failing, session(), Request::post("/").body(Full::new(Bytes::new())).unwrap()] {
            service.clone().oneshot(request).await.unwrap();
        }
    })
    .await;
    assert!(lines[0].starts_with(" WARN") && lines[0].contains("delivery not handled"), "{}", lines[0]);
    let closed: Vec<_> = lines.iter().filter_map(closed).collect();
    let parts: [&[&str]; 3] = [
        &["ending=\"handled\"", "http.response.status_code=502", "outcome=\"failed\"", "otel.status_code=\"ERROR\""],
        &["http.request.body.size=", "http.response.status_code=204", "outcome=\"first\"", "event_key="],
        &["ending=\"rejected\"", "http.response.status_code=400", "error.type=\"missing_header\""],
    ];
    assert_eq!(closed.len(), parts.len(), "{lines:#?}");
    for (line, parts) in closed.iter().zip(parts) {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    assert!(!closed[1].contains("otel.status_code") && !closed[2].contains("otel.status_code"), "{closed:#?}");
}

/// Without the span, because its level is filtered out, a span around the layer stays as it is.
#[tokio::test]
async fn a_span_of_somebody_else_gets_no_fields() {
    struct NoSpan(TracingObserver);
    impl tower_webhook::observe::Observer for NoSpan {
        fn finished(&self, seen: &tower_webhook::observe::Observation<'_>) {
            self.0.finished(seen);
        }
    }
    for outer in [
        || info_span!("outer", key = Empty, ending = Empty),
        || info_span!("webhook", key = Empty, ending = Empty),
        || info_span!(target: "tower_webhook", "outer", key = Empty, ending = Empty),
    ] {
        let lines = Lines::at(Level::INFO, FmtSpan::CLOSE, async {
            let outer = outer();
            let _inside = outer.enter();
            deliver(&truemed().observer(NoSpan(TracingObserver::new())), session()).await;
        })
        .await;
        assert!(lines.iter().any(|line| line.contains("delivery handled")), "{lines:#?}");
        let closed = lines.iter().find(|line| line.contains("close")).unwrap();
        assert!(!closed.contains("ending"), "{closed}");
    }
}

#[tokio::test]
async fn a_line_says_which_attempt_it_is() {
    let envelope = Envelope::new().attempt(Place::header("x-acme-attempt"));
    let acme = Custom::builder("acme", OfTenant("jane")).envelope(envelope).build().unwrap().into_layer();
    let lines = Lines::of(async {
        let request = Request::post("/").header("x-acme-attempt", "3").body(Full::<Bytes>::from("{}")).unwrap();
        deliver(&acme.observer(TracingObserver::new()), request).await;
    })
    .await;
    assert!(lines[0].contains(" attempt=3"), "{}", lines[0]);
}

/// Proves everything, for one tenant.
pub(super) struct OfTenant(pub(super) &'static str);

impl Scheme for OfTenant {
    fn verify_head(&self, _: &Head<'_>) -> Result<Option<Verified>, tower_webhook::Rejection> {
        Ok(Some(Verified::by("2026-11").with_tenant(self.0)))
    }
}

#[tokio::test]
async fn a_tenant_is_shown_only_if_you_ask() {
    let acme = |observer| Custom::builder("acme", OfTenant("jane")).build().unwrap().into_layer().observer(observer);
    let lines = async |observer| {
        let lines = Lines::at(Level::TRACE, FmtSpan::FULL, async {
            let delivered = deliver(&acme(observer), Request::post("/").body(Full::<Bytes>::from("{}")).unwrap()).await;
            assert_eq!(delivered.delivery().tenant(), Some("jane"));
        });
        lines.await.concat()
    };
    assert!(!lines(TracingObserver::new()).await.contains("jane"));
    let shown = lines(TracingObserver::new().show_tenants()).await;
    assert!(shown.contains("webhook{provider=\"acme\" key=\"2026-11\" tenant=\"jane\"}"), "{shown}");
    assert!(shown.contains("delivery handled") && shown.matches("tenant=\"jane\"").count() > 2, "{shown}");
}
