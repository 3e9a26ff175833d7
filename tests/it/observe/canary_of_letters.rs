//! A canary in deliveries that are kept in each sink, that a sink fails to keep, and that are sent again.

use std::{
    convert::Infallible,
    fs,
    io::Error as IoError,
    sync::{Arc, Mutex},
};

use deadpool_postgres::{Manager, Pool};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_postgres::NoTls;
use tower::{Layer, service_fn};
use tower_webhook::{
    Rejection, WebhookBody, WebhookLayer,
    auth::{Head, Scheme, Verified},
    dead_letters::{
        DeadLetter, DeadLetters, Directory, FailedForGood, Keeper, Kept, PostgresLetters, PrivateKey, ReceiptKey,
        Replays,
    },
    idempotency::{IdempotencyLayer, Pepper, PostgresStore},
    provider::{Custom, Envelope, Place as In, Provider},
};
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

use super::{
    canary::{CANARY, Shown, assert_silent, bodies, full, observed, post, send},
    lines::Lines,
};
use crate::support::{
    mediquo,
    place::PEPPER,
    postgres::Postgres,
    sockets::{API_KEY, PATIENCE, SIGNATURE},
    truemed,
};

/// Proves everything: for a tenant, and with an id.
struct Proof;

impl Scheme for Proof {
    fn verify_head(&self, _: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        let id = HeaderValue::from_static(CANARY);
        Ok(Some(Verified::by("2026-11").with_tenant(CANARY).with_signed_id(id)))
    }
}

/// Some of them: encryption is slow in a debug build.
fn some_bodies() -> impl Iterator<Item = String> {
    bodies().into_iter().step_by(3)
}

fn receipt_key() -> ReceiptKey {
    ReceiptKey::new("main", "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f").unwrap()
}

/// Shows each letter, and hands it on to a real sink.
struct Shows {
    shown: Shown,
    letters: Arc<Mutex<Vec<DeadLetter>>>,
    sink: Box<dyn DeadLetters>,
}

impl DeadLetters for Shows {
    fn keep(&self, letter: DeadLetter) -> Kept {
        self.shown.add(&(&letter, letter.receipt(), String::from_utf8_lossy(&letter.to_bytes())));
        self.letters.lock().unwrap().push(letter.clone());
        self.sink.keep(letter)
    }
}

/// Delivers each body to a handler that fails for good, and then, as a replay, to one that does not.
async fn keep_and_send_again<P: Provider>(
    shown: &Shown,
    layer: WebhookLayer<P>,
    credential: (&str, &str),
    sink: Box<dyn DeadLetters>,
    once: Option<&IdempotencyLayer<PostgresStore>>,
    status: Option<u16>,
) {
    let (key, letters) = (PrivateKey::generate(), Arc::<Mutex<Vec<DeadLetter>>>::default());
    let errors = shown.clone();
    let sink = Shows { shown: shown.clone(), letters: Arc::clone(&letters), sink };
    let keeper = Keeper::new(sink, key.public_key(), receipt_key())
        .deadline(PATIENCE)
        .header("x-request-id".parse().unwrap())
        .on_error(move |error| errors.add_chain(&*error));
    let replays = Replays::new(receipt_key());
    shown.add(&(&keeper, &replays));
    let layer = observed(layer, shown).dead_letters(keeper).replays(replays);
    let failing = service_fn(async |_: Request<WebhookBody>| {
        let mut response = Response::new(full("failed"));
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        response.extensions_mut().insert(FailedForGood);
        Ok::<_, Infallible>(response)
    });
    for body in some_bodies() {
        let request = post(credential.0, credential.1, full(body));
        let answered = send(shown, layer.layer(failing), request).await.unwrap();
        assert_eq!(answered.as_u16(), status.unwrap_or(503));
    }
    let letters = std::mem::take(&mut *letters.lock().unwrap());
    assert_eq!(letters.len(), some_bodies().count());
    let handler = service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(full("handled"))));
    for letter in letters {
        let open = letter.open(&key).unwrap();
        shown.add(&open);
        let again = || open.to_request(format!("/{CANARY}?{CANARY}").parse().unwrap()).map(Full::new);
        let mut forged = again();
        forged.headers_mut().insert("content-type", HeaderValue::from_static(CANARY));
        for request in [again(), forged, again().map(|_| full(CANARY))] {
            shown.add(&request.headers().get("tower-webhook-receipt"));
            match once {
                Some(once) => send(shown, layer.layer(once.layer(handler)), request).await,
                None => send(shown, layer.layer(handler), request).await,
            };
        }
    }
}

async fn each_provider(
    shown: &Shown,
    sink: impl DeadLetters + Clone,
    once: Option<&IdempotencyLayer<PostgresStore>>,
    is_kept: bool,
) {
    let status = is_kept.then_some(204);
    let places = Envelope::new().event_id(In::header("x-id")).event_type(In::header("x-type"));
    let acme = Custom::builder("acme", Proof).envelope(places).build().unwrap().into_layer();
    let sink = || Box::new(sink.clone());
    keep_and_send_again(shown, truemed(), ("x-truemed-api-key", API_KEY), sink(), once, status).await;
    keep_and_send_again(shown, mediquo(), ("x-webhook-signature", SIGNATURE), sink(), once, status).await;
    keep_and_send_again(shown, acme, ("x-any", CANARY), sink(), once, status).await;
}

/// A sink whose error says what is not its own business.
#[derive(Clone)]
struct Fails;

impl DeadLetters for Fails {
    fn keep(&self, _: DeadLetter) -> Kept {
        Box::pin(async { Err(IoError::other("the disk is full").into()) })
    }
}

#[tokio::test]
async fn what_a_sender_fills_is_shown_by_no_letter_and_in_no_sink() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let shown = Shown::default();
    let folder = std::env::temp_dir().join(format!("tower-webhook-canaries-{}", std::process::id()));
    let mut postgres = Postgres::start_alone();
    let lines = Lines::at(Level::TRACE, FmtSpan::FULL, async {
        let directory = Directory::open(&folder).unwrap();
        each_provider(&shown, directory.clone(), None, true).await;
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.len() > 2 * some_bodies().count(), "{}", files.len());
        for file in files {
            shown.add(&(&file, String::from_utf8_lossy(&fs::read(&file).unwrap()), &directory));
        }
        fs::remove_dir_all(&folder).unwrap();
        each_provider(&shown, directory, None, false).await;
        each_provider(&shown, Fails, None, false).await;
        if let Some(postgres) = &mut postgres {
            let manager = Manager::new(postgres.url().parse().unwrap(), NoTls);
            let sink = PostgresLetters::new(Pool::builder(manager).max_size(2).build().unwrap());
            sink.migrate().await.unwrap();
            let store = PostgresStore::connect(&postgres.url()).await.unwrap();
            let once = IdempotencyLayer::with_pepper(store, Pepper::new(PEPPER).unwrap());
            each_provider(&shown, sink.clone(), Some(&once), true).await;
            let rows = postgres.ask(
                "SELECT id, receipt, replace(encode(letter, 'escape'), E'\\n', ' '), encode(letter, 'hex') \
                 FROM webhook_dead_letters",
            );
            let events = postgres.ask("SELECT encode(key, 'hex'), encode(token, 'hex'), status FROM webhook_events");
            assert!(rows.len() > 2 * some_bodies().count() && events.len() > 2, "{}, {}", rows.len(), events.len());
            rows.into_iter().chain(events).for_each(|row| shown.add(&row));
            postgres.ask("ALTER TABLE webhook_dead_letters ADD CONSTRAINT none CHECK (id = '') NOT VALID");
            each_provider(&shown, sink.clone(), None, false).await;
            postgres.kill();
            keep_and_send_again(&shown, truemed(), ("x-truemed-api-key", API_KEY), Box::new(sink), None, None).await;
        }
    })
    .await;
    let (scraped, shown) = (recorder.handle().render(), shown.0.lock().unwrap());
    assert!(lines.len() > 500 && shown.len() > 1_000, "{} {}", lines.len(), shown.len());
    for part in [" kept=true", " replay=true", "delivery rejected"] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}");
    }
    assert!(scraped.contains("webhook_kept_total"), "{scraped}");
    for part in ["the disk is full", "No such file"] {
        assert!(shown.iter().any(|text| text.contains(part)), "{part}");
    }
    let in_postgres = ["violates check constraint", "postgres failed: "];
    for part in in_postgres.iter().filter(|_| postgres.is_some()) {
        assert!(shown.iter().any(|text| text.contains(part)), "{part}");
    }
    assert_silent(lines.iter().chain(shown.iter()).chain([&scraped]));
}
