//! Canaries at random: in every field of a body, in headers, path and query, of genuine and spoiled deliveries, while
//! handlers and stores fail. `PROOF_RUNS` says how many deliveries there are.

use std::{
    io,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use tower::{Layer, service_fn};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    dead_letters::{DeadLetter, DeadLetters, FailedForGood, Keeper, Kept, PrivateKey, ReceiptKey},
    idempotency::{PostgresStore, RedisStore, Store},
    json::RawJson,
    provider::{Provider, mediquo, preset, truemed},
    testing::{Fault, Step, TestSender},
};
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

use super::{
    canary::{CANARY, Shown, assert_silent, observed, send, stored_in},
    lines::Lines,
};
use crate::{
    privacy::with_canaries,
    support::{
        API_KEY, SIGNATURE, fixture, mediquo,
        place::Place,
        postgres::Postgres,
        random::{Random, runs},
        redis::Redis,
        sockets::events,
        truemed,
    },
};

const RECEIPT_SECRET: &str = "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f";

/// Keeps letters where everybody can read them.
#[derive(Clone, Default)]
struct Letters(Arc<Mutex<Vec<DeadLetter>>>);

impl DeadLetters for Letters {
    fn keep(&self, letter: DeadLetter) -> Kept {
        self.0.lock().unwrap().push(letter);
        Box::pin(async { Ok(()) })
    }
}

/// Where deliveries go, and what is shown of them.
struct Receiver {
    random: Random,
    shown: Shown,
    stores: Vec<Place>,
    letters: Letters,
    key: PrivateKey,
}

impl Receiver {
    /// Puts canaries into unknown members, and into values of another type.
    fn spoil(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(|value| self.spoil(value));
                if self.random.one_in(6) {
                    members.insert(CANARY.to_owned(), CANARY.into());
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.spoil(element)),
            _ if self.random.one_in(30) => *value = serde_json::json!({ CANARY: [CANARY] }),
            _ => {}
        }
    }

    /// A body with canaries in all texts that `Debug` must not show, perhaps cut or with a byte changed.
    fn body(&mut self, sample: &[u8]) -> Bytes {
        let Ok(mut value) = serde_json::from_slice(sample) else { return Bytes::from_static(CANARY.as_bytes()) };
        with_canaries(&mut value, "");
        self.spoil(&mut value);
        let mut body = value.to_string().into_bytes();
        if self.random.one_in(8) {
            body.truncate(self.random.below(body.len()));
        }
        if self.random.one_in(8) && !body.is_empty() {
            let at = self.random.below(body.len());
            body[at] = b"\"{}[]0,\\\xff"[self.random.below(9)];
        }
        body.into()
    }

    /// Puts canaries around a body, and perhaps in the place of what makes it genuine.
    fn dress(&mut self, request: &mut Request<Full<Bytes>>) {
        let genuine: Vec<_> = request.headers().keys().cloned().collect();
        let canary = || CANARY.parse().unwrap();
        for name in genuine {
            match self.random.below(40) {
                0 => drop(request.headers_mut().insert(name, canary())),
                1 => drop(request.headers_mut().append(name, canary())),
                2 => drop(request.headers_mut().remove(name)),
                _ => {}
            }
        }
        for name in ["x-canary-of-a-name", "user-agent", "cookie", "content-type", "content-encoding", "traceparent"] {
            let rarity = if name == "content-encoding" { 30 } else { 3 };
            if self.random.one_in(rarity) {
                request.headers_mut().insert(name, canary());
            }
        }
        if self.random.one_in(30) {
            *request.method_mut() = Method::from_bytes(CANARY.as_bytes()).unwrap();
        }
        if self.random.one_in(3) {
            *request.uri_mut() = format!("/{CANARY}?{CANARY}={CANARY}").parse().unwrap();
        }
    }

    /// Sends a delivery once or twice, to a handler that may fail, beside a store that may.
    async fn receive<P: Provider>(&mut self, layer: WebhookLayer<P>, request: Request<Full<Bytes>>) {
        let status = [200, 200, 200, 422, 500, 503][self.random.below(6)];
        let (for_good, breaks) = (self.random.one_in(4), self.random.one_in(12));
        let shown = self.shown.clone();
        let handler = service_fn(move |request: Request<WebhookBody>| {
            let extensions = request.extensions();
            shown.add(&extensions.get::<tower_webhook::Delivery>());
            shown.add(&extensions.get::<truemed::Event>());
            shown.add(&extensions.get::<mediquo::Event>());
            shown.add(&extensions.get::<RawJson>());
            shown.add(&request.body());
            let mut response = Response::new(Full::<Bytes>::from("handled"));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            if for_good {
                response.extensions_mut().insert(FailedForGood);
            }
            let result = if breaks { Err(io::Error::other(CANARY)) } else { Ok(response) };
            async { result }
        });
        let place = &self.stores[self.random.below(self.stores.len())];
        if self.random.one_in(12) {
            let step = [Step::Claim, Step::Commit, Step::Release][self.random.below(3)];
            place.store.fail(step, Fault::Unreached);
        }
        let errors = self.shown.clone();
        let once = place.layer().on_store_error(move |error| errors.add_chain(&*error));
        let receipts = ReceiptKey::new("main", RECEIPT_SECRET).unwrap();
        let keeper = Keeper::new(self.letters.clone(), self.key.public_key(), receipts);
        let service = observed(layer, &self.shown).dead_letters(keeper).layer(once.layer(handler));
        self.shown.add(&service);
        for _ in 0..1 + self.random.below(2) {
            send(&self.shown, service.clone(), request.clone()).await;
        }
        place.store.mend();
        for letter in self.letters.0.lock().unwrap().drain(..) {
            self.shown.add(&String::from_utf8_lossy(&letter.to_bytes()));
            self.shown.add(&letter);
            self.shown.add(&letter.open(&self.key).unwrap());
        }
    }

    /// One delivery of a sender by chance.
    async fn one(&mut self, senders: &[TestSender]) {
        let (header, value, samples) = match self.random.below(3) {
            0 => ("x-truemed-api-key", API_KEY, &events::TRUEMED[..]),
            1 => ("x-webhook-signature", SIGNATURE, &events::MEDIQUO[..]),
            _ => {
                let sender = &senders[self.random.below(senders.len())];
                return self.one_signed(sender).await;
            }
        };
        let sample = fixture(samples[self.random.below(samples.len())].0);
        let body = Full::new(self.body(&sample));
        let mut request = Request::post("/").header(header, value).body(body).unwrap();
        self.dress(&mut request);
        if header.contains("truemed") {
            self.receive(truemed(), request).await;
        } else {
            self.receive(mediquo(), request).await;
        }
    }

    async fn one_signed(&mut self, sender: &TestSender) {
        let samples = sender.events();
        let sample = samples[self.random.below(samples.len())].request::<WebhookBody>().into_body();
        let body = self.body(sample.bytes());
        let mut request = sender.body(body).request::<Full<Bytes>>();
        self.dress(&mut request);
        let preset = sender.description().preset().key(sender.key());
        let with_url = preset.clone().public_url(sender.public_url());
        match with_url.clone().build().or_else(|_| preset.clone().build()) {
            Ok(json) if self.random.one_in(2) => self.receive(json.into_layer(), request).await,
            _ => {
                let raw = with_url.raw().build().or_else(|_| preset.raw().build()).unwrap();
                self.receive(raw.into_layer(), request).await;
            }
        }
    }
}

#[tokio::test]
async fn what_a_sender_fills_at_random_is_shown_nowhere() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let senders: Vec<_> = preset::NAMES.iter().map(|name| TestSender::named(name).unwrap()).collect();
    let keys: Vec<_> = senders.iter().filter_map(TestSender::key_text).collect();
    let (redis, postgres) = (Redis::start(), Postgres::start());
    let mut stores = vec![Place::memory()];
    if let Some(redis) = &redis {
        stores.push(Place::of(RedisStore::connect(&redis.url()).await.unwrap().boxed()));
    }
    if let Some(postgres) = &postgres {
        stores.push(Place::of(PostgresStore::connect(&postgres.url()).await.unwrap().boxed()));
    }
    let (random, shown, key) = (Random(1), Shown::default(), PrivateKey::generate());
    let mut receiver = Receiver { random, shown: shown.clone(), stores, letters: Letters::default(), key };
    let (mut texts, mut lines) = (0, 0);
    // In parts, so that no part keeps too many lines.
    for _ in 0..runs(300).div_ceil(100) {
        let written = Lines::at(Level::TRACE, FmtSpan::FULL, async {
            for _ in 0..100 {
                receiver.one(&senders).await;
            }
        });
        let written = written.await;
        let seen = std::mem::take(&mut *shown.0.lock().unwrap());
        assert_silent(written.iter().chain(&seen));
        let key = |text: &&String| keys.iter().any(|key| text.contains(&**key));
        assert_eq!(written.iter().chain(&seen).find(key), None);
        (lines, texts) = (lines + written.len(), texts + seen.len());
    }
    stored_in(redis.as_ref(), postgres.as_ref(), &shown);
    let scraped = recorder.handle().render();
    println!("{texts} texts and {lines} lines");
    assert_silent(shown.0.lock().unwrap().iter().chain([&scraped]));
    for part in ["webhook_kept", "webhook_drift_total", "outcome=\"replayed\"", "outcome=\"unavailable\""] {
        assert!(scraped.contains(part), "{part}: {scraped}");
    }
}
