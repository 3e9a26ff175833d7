//! A canary in every place that a sender fills: every branch is taken, and it is shown nowhere.

use std::{
    convert::Infallible,
    error::Error,
    fmt::Debug,
    io,
    sync::{Arc, Mutex},
};

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_webhook::{
    BoxError, Rejection, RejectionKind, WebhookBody, WebhookLayer,
    handshake::Challenge,
    idempotency::{BoxStore, IdempotencyLayer, Outcome, Pepper, PostgresStore, RedisStore, Store},
    observe::{Accepted, MetricsObserver, Observation, Observer, TracingObserver},
    provider::{
        Custom, Envelope, Place as In, Provider,
        preset::{self, github},
    },
    testing::{FailingStore, Fault, Step as StoreStep},
};
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

use super::lines::{Lines, OfTenant};
use crate::support::{
    bodies::{Script, Step},
    fixture, mediquo,
    place::{PEPPER, Place},
    postgres::Postgres,
    redis::Redis,
    sockets::{API_KEY, SIGNATURE, events},
    truemed,
    wait::until,
};

pub(super) const CANARY: &str = "canary-of-20-letters";

/// Everything that is shown to somebody.
#[derive(Clone, Default)]
pub(super) struct Shown(pub(super) Arc<Mutex<Vec<String>>>);

impl Shown {
    pub(super) fn add(&self, what: &dyn Debug) {
        self.0.lock().unwrap().push(format!("{what:?}\n{what:#?}"));
    }

    pub(super) fn add_chain(&self, error: &(dyn Error + 'static)) {
        for cause in std::iter::successors(Some(error), |&error| error.source()) {
            self.0.lock().unwrap().push(format!("{cause} {cause:?}"));
        }
    }
}

impl Observer for Shown {
    fn accepted(&self, accepted: &Accepted<'_>) {
        self.add(accepted);
        self.add(&accepted.drift());
    }

    fn finished(&self, seen: &Observation<'_>) {
        self.add(seen);
        self.add(&seen.ending);
        self.add(&seen.delivery.map(tower_webhook::Delivery::verified));
    }
}

/// With the canary in the path, the query, and names and values of headers.
fn dressed<B>(mut request: Request<B>) -> Request<B> {
    *request.uri_mut() = format!("/{CANARY}/{CANARY}?{CANARY}={CANARY}").parse().unwrap();
    for name in ["x-canary-of-a-name", "user-agent", "cookie", "traceparent", "x-request-id", "x-id", "x-type"] {
        request.headers_mut().insert(name, CANARY.parse().unwrap());
    }
    request
}

pub(super) fn post<B>(name: &str, value: &str, body: B) -> Request<B> {
    dressed(Request::post("/").header(name, value).body(body).unwrap())
}

pub(super) fn full(body: impl Into<Bytes>) -> Full<Bytes> {
    Full::new(body.into())
}

/// Sends it, and keeps what the sender and an outer layer see of the response.
pub(super) async fn send<S, B, R>(shown: &Shown, service: S, request: Request<B>) -> Option<StatusCode>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body + Debug,
    R::Data: Debug,
    R::Error: Debug,
{
    let response = service.oneshot(request).await.ok()?;
    let (head, body) = response.into_parts();
    shown.add(&head);
    if let Some(rejection) = head.extensions.get::<Rejection>() {
        shown.add(rejection);
        shown.add_chain(rejection);
    }
    shown.add(&head.extensions.get::<Outcome>());
    shown.add(&head.extensions.get::<tower_webhook::Delivery>());
    shown.add(&body);
    shown.add(&body.collect().await.unwrap().to_bytes());
    Some(head.status)
}

type Handled = Result<Response<Full<Bytes>>, Infallible>;

async fn handle(request: Request<WebhookBody>) -> Handled {
    assert!(request.extensions().get::<tower_webhook::Delivery>().is_some());
    Ok(Response::new(full("handled")))
}

pub(super) fn observed<P: Provider>(layer: WebhookLayer<P>, shown: &Shown) -> WebhookLayer<P> {
    let observer = (TracingObserver::new(), (MetricsObserver::new(), shown.clone()));
    let seen = shown.clone();
    layer.body_limit(100_000).observer(observer).inspect_rejection(move |rejected| {
        seen.add(&rejected);
        seen.add(rejected.rejection());
    })
}

/// Bodies with the canary in members and values of each kind, decodable or not.
pub(super) fn bodies() -> Vec<String> {
    let mut bodies: Vec<String> =
        events::TRUEMED.iter().chain(&events::MEDIQUO).map(|(path, _)| with_canaries(path)).collect();
    bodies.extend(
        [
            "CANARY",
            "\"CANARY\"",
            "{\"CANARY\":",
            "{\"CANARY\":1,\"CANARY\":tru}",
            "{\"CANARY\":{\"CANARY\":[\"CANARY\"]}}",
            r#"{"event_type":"CANARY","type":"CANARY","CANARY":1}"#,
            r#"{"event_type":["CANARY"],"type":{"CANARY":1}}"#,
            r#"{"qualification_session_id":"CANARY","status":"CANARY","CANARY":"CANARY","user_id":"CANARY"}"#,
            r#"{"qualification_session_id":"CANARY","status":["CANARY"]}"#,
            r#"{"qualification_session_id":"CANARY","status":"approved","expires_at":{"CANARY":1}}"#,
            r#"{"type":"patient_report_sent","occurred_on":"CANARY"}"#,
            r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":["CANARY"]}}}"#,
            r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"content":{"plan":["CANARY"]},"type":"soap"}}"#,
        ]
        .map(|body| body.replace("CANARY", CANARY)),
    );
    bodies
}

/// The sample with the canary in each text but the type.
fn with_canaries(path: &str) -> String {
    fn fill(value: &mut serde_json::Value, is_root: bool) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    if !(is_root && ["type", "event_type"].contains(&&**name)) {
                        fill(value, false);
                    }
                }
                members.insert(CANARY.to_owned(), CANARY.into());
            }
            serde_json::Value::Array(elements) => elements.iter_mut().for_each(|element| fill(element, false)),
            serde_json::Value::String(text) => *text = CANARY.to_owned(),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(&fixture(path)).unwrap();
    fill(&mut value, true);
    value.to_string()
}

/// Each provider, with each body: accepted, rejected, or a duplicate.
async fn each_provider(shown: &Shown, once: &IdempotencyLayer<FailingStore<BoxStore>>) {
    let places = Envelope::new().event_id(In::header("x-id")).event_type(In::header("x-type"));
    let tenant = Custom::builder("acme", OfTenant(CANARY)).envelope(places).build().unwrap().into_layer();
    let tenant = observed(tenant, shown).layer(once.layer(service_fn(handle)));
    let key = "a-key-of-the-test-alone";
    let github = observed(github().key(key).build().unwrap().into_layer(), shown).layer(service_fn(handle));
    for body in bodies() {
        for _ in 0..2 {
            let truemed = observed(truemed(), shown).layer(once.layer(service_fn(handle)));
            send(shown, truemed, post("x-truemed-api-key", API_KEY, full(body.clone()))).await;
            let mediquo = observed(mediquo(), shown).layer(once.layer(service_fn(handle)));
            send(shown, mediquo, post("x-webhook-signature", SIGNATURE, full(body.clone()))).await;
            send(shown, tenant.clone(), post("x-any", CANARY, full(body.clone()))).await;
        }
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), body.as_bytes());
        let mac = mac.as_ref().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        let mut request = post("x-hub-signature-256", &mac, full(body));
        request.headers_mut().insert("x-github-event", CANARY.parse().unwrap());
        request.headers_mut().insert("x-github-delivery", CANARY.parse().unwrap());
        send(shown, github.clone(), request).await;
    }
    for name in preset::NAMES {
        let Ok(preset) = preset::by_name(name).unwrap().key(key).public_url("https://hooks.example.com/").build()
        else {
            // It takes keys of another form; what follows is the same for all.
            continue;
        };
        let layer = observed(preset.into_layer(), shown);
        let mut request = post("x-any", CANARY, full(CANARY));
        send(shown, layer.layer(service_fn(handle)), request.clone()).await;
        for header in [
            "webhook-signature",
            "webhook-id",
            "webhook-timestamp",
            "svix-signature",
            "svix-id",
            "svix-timestamp",
            "stripe-signature",
            "x-slack-signature",
            "x-slack-request-timestamp",
            "x-hub-signature-256",
            "x-gitlab-token",
            "linear-signature",
            "terra-signature",
            "x-twilio-signature",
            "x-shopify-hmac-sha256",
            "x-metriport-signature",
            "x-signature-ed25519",
            "x-signature-timestamp",
        ] {
            request.headers_mut().insert(header, CANARY.parse().unwrap());
        }
        assert_ne!(send(shown, layer.layer(service_fn(handle)), request).await, Some(StatusCode::OK), "{name}");
    }
}

/// Each kind of rejection.
async fn each_rejection(shown: &Shown) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kinds = Arc::clone(&seen);
    let layer = observed(truemed().content_type("application/json").unwrap(), shown)
        .inspect_rejection(move |rejected| kinds.lock().unwrap().push(rejected.rejection().kind()));
    let service = layer.layer(service_fn(handle));
    let good = || {
        let mut request = post("x-truemed-api-key", API_KEY, full(CANARY));
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        request
    };
    let with = |name: &'static str, value: &str| {
        let mut request = good();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let mut put = good();
    *put.method_mut() = CANARY.parse().unwrap();
    let mut missing = good();
    missing.headers_mut().remove("x-truemed-api-key");
    let mut repeated = good();
    repeated.headers_mut().append("x-truemed-api-key", CANARY.parse().unwrap());
    let wrong = with("x-truemed-api-key", CANARY);
    let encoded = with("content-encoding", CANARY);
    let typed = with("content-type", &format!("text/{CANARY}; charset={CANARY}"));
    let large = with("content-length", "100001");
    for request in [good(), put, missing, repeated, wrong, encoded, typed, large] {
        send(shown, service.clone(), request).await;
    }
    for kind in [io::ErrorKind::TimedOut, io::ErrorKind::UnexpectedEof] {
        let body = Script::new([Step::Data(CANARY.into()), Step::Error(kind)]);
        send(shown, service.clone(), good().map(|_| body)).await;
    }
    let seen = seen.lock().unwrap();
    for kind in [
        RejectionKind::Incomplete,
        RejectionKind::Malformed,
        RejectionKind::MethodNotAllowed,
        RejectionKind::TimedOut,
        RejectionKind::TooLarge,
        RejectionKind::Unauthenticated,
        RejectionKind::UnsupportedEncoding,
        RejectionKind::UnsupportedMediaType,
    ] {
        assert!(seen.contains(&kind), "{kind:?}");
    }
}

/// What goes wrong behind the layer, and endpoint verifications.
async fn each_other_branch(shown: &Shown, place: &Place) {
    let session = |id: &str| {
        let body = format!(r#"{{"qualification_session_id":"{CANARY}-{id}","status":"approved","email":"{CANARY}"}}"#);
        post("x-truemed-api-key", API_KEY, full(body))
    };
    let layer = observed(truemed(), shown);
    let failing = service_fn(async |_: Request<WebhookBody>| Err::<Response<Full<Bytes>>, _>(io::Error::other(CANARY)));
    assert_eq!(send(shown, layer.layer(failing), session("error")).await, None);
    let refusing = service_fn(async |_: Request<WebhookBody>| {
        Ok::<_, Infallible>(Response::builder().status(500).body(full("refused")).unwrap())
    });
    assert!(send(shown, layer.layer(place.layer().layer(refusing)), session("500")).await.is_some());
    let panicking = service_fn(|_: Request<WebhookBody>| async {
        let bug = true;
        if bug { panic!("{CANARY}") } else { Handled::Ok(Response::default()) }
    });
    tokio::spawn(layer.layer(panicking).oneshot(session("panic"))).await.unwrap_err();
    let hanging = service_fn(|_: Request<WebhookBody>| std::future::pending::<Handled>());
    let mut hanging = Box::pin(layer.layer(place.layer().layer(hanging)).oneshot(session("hang")));
    assert!(tokio_test::task::spawn(&mut hanging).poll().is_pending());
    drop(hanging);

    let errors = shown.clone();
    let tell = move |error: BoxError| errors.add_chain(&*error);
    let mut outcomes = Vec::new();
    for (step, fail_open) in [(StoreStep::Claim, false), (StoreStep::Claim, true), (StoreStep::Commit, false)] {
        place.store.fail(step, Fault::Unreached);
        let once = place.layer().on_store_error(tell.clone());
        let once = if fail_open { once.fail_open() } else { once };
        let service = layer.layer(once.layer(service_fn(handle)));
        let response = service.oneshot(session(&format!("store-{step:?}-{fail_open}"))).await.unwrap();
        outcomes.extend(response.extensions().get::<Outcome>().copied());
        shown.add(response.headers());
        place.store.mend();
    }
    assert_eq!(outcomes, [Outcome::Unavailable, Outcome::Unclaimed, Outcome::Uncommitted]);

    let meta = observed(github().key("a-key-of-the-test-alone").build().unwrap().into_layer(), shown)
        .handshake(Challenge::meta("chosen-in-the-dashboard").unwrap())
        .layer(service_fn(handle));
    for token in ["chosen-in-the-dashboard", CANARY] {
        let mut request = dressed(Request::get("/").body(full(CANARY)).unwrap());
        let query = format!("/{CANARY}?{CANARY}={CANARY}&hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1");
        *request.uri_mut() = query.parse().unwrap();
        send(shown, meta.clone(), request).await;
    }
    let ping = Custom::builder("metriport", OfTenant(CANARY)).build().unwrap().into_layer();
    let ping = observed(ping, shown).handshake(Challenge::metriport()).layer(service_fn(handle));
    let status = send(shown, ping, post("x-any", CANARY, full(r#"{"ping":"its-own-text"}"#))).await;
    assert_eq!(status, Some(StatusCode::OK));
}

/// A real server, with what hyper and axum write at `TRACE`.
async fn on_a_socket(shown: &Shown) {
    let app = axum::Router::new().fallback_service(observed(truemed(), shown).layer(service_fn(handle)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, app).into_future());
    let body = format!(r#"{{"qualification_session_id":"{CANARY}","status":"{CANARY}"}}"#);
    for (key, length) in [(API_KEY, body.len()), (CANARY, body.len()), (API_KEY, 10 * body.len())] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /{CANARY}?{CANARY} HTTP/1.1\r\nhost: {CANARY}\r\nx-truemed-api-key: {key}\r\n{CANARY}: {CANARY}\r\n\
             connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        if length == body.len() {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            shown.add(&answer);
        } else {
            // It hangs up in the body.
            let before = shown.0.lock().unwrap().len();
            drop(stream);
            until("the end of a delivery", || shown.0.lock().unwrap().len() > before).await;
        }
    }
    server.abort();
}

/// What the servers hold.
pub(super) fn stored_in(redis: Option<&Redis>, postgres: Option<&Postgres>, shown: &Shown) {
    if let Some(redis) = redis {
        let mut connection = redis.connect();
        let names = connection.ask(&["KEYS", "*"]);
        assert!(!names.is_empty());
        for name in names {
            let stored = connection.ask(&["GET", std::str::from_utf8(&name).unwrap()]).concat();
            shown.add(&(name.escape_ascii().to_string(), stored.escape_ascii().to_string()));
        }
    }
    if let Some(postgres) = postgres {
        let rows = postgres.ask("SELECT webhook_events::text FROM webhook_events");
        assert!(!rows.is_empty());
        rows.iter().for_each(|row| shown.add(row));
    }
}

#[tokio::test]
async fn what_a_sender_fills_is_shown_nowhere() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let shown = Shown::default();
    let (redis, postgres) = (Redis::start(), Postgres::start());
    let lines = Lines::at(Level::TRACE, FmtSpan::FULL, async {
        let memory = Place::memory();
        each_provider(&shown, &memory.layer()).await;
        each_rejection(&shown).await;
        each_other_branch(&shown, &memory).await;
        on_a_socket(&shown).await;
        shown.add_chain(&io::Error::other(Rejection::new(RejectionKind::Malformed)));
        if let Some(redis) = &redis {
            let store = FailingStore::new(RedisStore::connect(&redis.url()).await.unwrap().boxed());
            let once = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
            each_provider(&shown, &once).await;
        }
        if let Some(postgres) = &postgres {
            let store = FailingStore::new(PostgresStore::connect(&postgres.url()).await.unwrap().boxed());
            each_provider(&shown, &IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap())).await;
        }
        stored_in(redis.as_ref(), postgres.as_ref(), &shown);
    })
    .await;
    let (scraped, shown) = (recorder.handle().render(), shown.0.lock().unwrap());
    // It was looked at all places.
    assert!(lines.len() > 500 && shown.len() > 1_000, "{} {}", lines.len(), shown.len());
    for part in ["close", "delivery handled", "delivery rejected", "delivery not handled", "endpoint verified"] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}");
    }
    for part in ["webhook_drift_total", "webhook_rejections_total", "webhook_deliveries_total", "outcome=\"replayed\""]
    {
        assert!(scraped.contains(part), "{part}: {scraped}");
    }
    assert_silent(lines.iter().chain(shown.iter()).chain([&scraped]));
}

/// No text has a canary or a key, as it is or in another form.
pub(super) fn assert_silent<'a>(texts: impl IntoIterator<Item = &'a String>) {
    for text in texts {
        // Base64 of a text depends on where it begins.
        for part in ["Y2FuYXJ5", "NhbmFye", "jYW5hcn"] {
            assert!(!text.contains(part), "in base64: {text}");
        }
        let text = text.to_lowercase();
        assert!(!text.contains("canary") && !text.contains("63616e617279"), "{text}");
        let on_one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!on_one_line.contains("99, 97, 110, 97"), "as bytes: {text}");
        assert!(!text.contains(API_KEY) && !text.contains(&SIGNATURE.to_lowercase()), "{text}");
    }
}
