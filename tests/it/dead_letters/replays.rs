//! A kept delivery, sent again long after its signature has become stale.

#![allow(clippy::print_stdout, reason = "the count of the bits is to be read")]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, Rejection, RejectionReason, WebhookBody, WebhookLayer,
    auth::{ApiKey, Key, Scheme, Twilio, Verified},
    dead_letters::{OpenLetter, PrivateKey, ReceiptKey, Replays},
    idempotency::{IdempotencyLayer, MemoryStore, Outcome},
    observe::{MetricsObserver, TracingObserver},
    provider::{Custom, Envelope, Place, Provider, preset},
    testing::ManualClock,
};

use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

use super::{DECODABLE, Handling, Memory, UNDECODABLE, receipt_key, receipt_key_of};
use crate::{
    observe::lines::Lines,
    support::{bodies::Untouchable, deliver, fixture, from_mediquo, from_truemed, mediquo, truemed},
};

const RECEIPT: &str = "tower-webhook-receipt";
const TWENTY_DAYS: Duration = Duration::from_secs(20 * 86_400);

#[tokio::test]
async fn logs_and_metrics_tell_what_is_kept_and_what_is_sent_again() {
    let (sink, key) = (Memory::default(), PrivateKey::generate());
    let layer = truemed().dead_letters(sink.keeper(key.public_key())).replays(Replays::new(receipt_key()));
    let layer = layer.observer((TracingObserver::new(), MetricsObserver::new()));
    let mut scraped = Vec::new();
    let lines = Lines::at(Level::INFO, FmtSpan::NONE, async {
        for status in [422, 200] {
            let recorder = PrometheusBuilder::new().build_recorder();
            let _recording = metrics::set_default_local_recorder(&recorder);
            let handling = if status == 422 { Handling::that_fails_for_good(422) } else { Handling::that_answers(200) };
            let request = if status == 422 {
                from_truemed(Full::from(DECODABLE))
            } else {
                again(&sink.only().open(&key).unwrap())
            };
            assert_eq!(handling.deliver(&layer, request).await.status(), 204);
            scraped.push(recorder.handle().render());
        }
    })
    .await;
    assert!(scraped[0].contains(r#"webhook_kept_total{provider="truemed"} 1"#), "{}", scraped[0]);
    for name in ["webhook_kept_total", "webhook_key_last_used", "webhook_last_accepted"] {
        let named: Vec<_> = scraped.iter().map(|text| text.contains(name)).collect();
        assert_eq!(named, [true, false], "{name}");
    }
    let [kept, replayed] = &*lines else { panic!("{lines:?}") };
    assert!(kept.contains(" kept=true") && !kept.contains("replay="), "{kept}");
    assert!(replayed.contains(" replay=true") && !replayed.contains("kept="), "{replayed}");
}

/// The request that the program `replay` sends.
fn again(letter: &OpenLetter) -> Request<Full<Bytes>> {
    letter.to_request("/".parse().unwrap()).map(Full::new)
}

/// Delivers this at `second`, to a handler that fails for good, and 20 days later once more, as the sender would, and
/// twice as a replay.
async fn reaches_the_handler_once<P: Provider>(
    name: &str,
    layer: WebhookLayer<P>,
    second: u64,
    request: impl Fn() -> Request<Full<Bytes>>,
    is_timed: bool,
) {
    let (sink, key) = (Memory::default(), PrivateKey::generate());
    let clock = ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(second));
    let layer =
        layer.clock(clock.clone()).dead_letters(sink.keeper(key.public_key())).replays(Replays::new(receipt_key()));
    let once = IdempotencyLayer::new(MemoryStore::new());
    let (failing, fixed) = (Handling::that_fails_for_good(422), Handling::that_answers(200));
    let send = async |handling: &Handling, request| {
        let handling = handling.clone();
        let handler = service_fn(move |request: Request<WebhookBody>| {
            let response = handling.handle(request);
            async { Ok::<_, Infallible>(response) }
        });
        ServiceBuilder::new().layer(&layer).layer(&once).service(handler).oneshot(request).await.unwrap()
    };

    let kept = send(&failing, request()).await;
    assert!(kept.status().is_success(), "{name}: {:?}", kept.extensions().get::<Rejection>());
    let first = failing.seen.lock().unwrap().take().unwrap().extensions.get::<Delivery>().unwrap().clone();
    assert!(!first.is_replay());

    clock.advance(TWENTY_DAYS);
    if is_timed {
        let stale = send(&fixed, request()).await;
        assert!(stale.status().is_client_error(), "{name}: {}", stale.status());
        assert_eq!(stale.extensions().get::<Rejection>().unwrap().label(), "stale", "{name}");
    }
    let letter = sink.only().open(&key).unwrap();
    for outcome in [Outcome::First, Outcome::Replayed] {
        let response = send(&fixed, again(&letter)).await;
        assert!(response.status().is_success(), "{name}: {:?}", response.extensions().get::<Rejection>());
        assert_eq!(response.extensions().get(), Some(&outcome), "{name}");
        assert!(response.extensions().get::<Delivery>().unwrap().is_replay(), "{name}");
    }
    assert_eq!(fixed.runs(), 1, "{name}");
    let replay = fixed.seen.lock().unwrap().take().unwrap().extensions.get::<Delivery>().unwrap().clone();
    assert!(replay.is_replay());
    assert_eq!(replay.verified().replay_of(), Some(first.received_at()));
    assert_eq!(replay.received_at(), first.received_at() + TWENTY_DAYS);
    let said = |delivery: &Delivery| {
        let text = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            delivery.event_id(),
            delivery.event_type(),
            delivery.sent_at(),
            delivery.attempt(),
            delivery.verified().scheme(),
            delivery.verified(),
        );
        (text, delivery.tenant().map(str::to_owned))
    };
    assert_eq!(said(&replay), said(&first), "{name}: all else is as it was");
}

#[tokio::test]
async fn of_each_preset() {
    let vectors: Vec<Value> = serde_json::from_slice(&fixture("presets.json")).unwrap();
    let mut timed = 0;
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let key = if text("key").len() < 16 { Key::new(text("key")).dangerous_short() } else { Key::new(text("key")) };
        let builder = preset::by_name(text("preset")).unwrap().key(key);
        let builder = vector["public_url"].as_str().into_iter().fold(builder, |builder, url| builder.public_url(url));
        let request = || {
            let headers = vector["headers"].as_object().unwrap().iter();
            let request = headers.fold(Request::post(text("path")), |request, (name, value)| {
                request.header(name, value.as_str().unwrap())
            });
            request.body(Full::from(text("body").to_owned())).unwrap()
        };
        // Metriport's time is a member of the signed body, and may have any age.
        let is_timed = vector["facts"]["sent_at"][0] == "signed" && text("preset") != "metriport";
        timed += usize::from(is_timed);
        let second = vector["clock"].as_u64().unwrap();
        let layer = builder.raw().build().unwrap().into_layer();
        reaches_the_handler_once(text("preset"), layer, second, request, is_timed).await;
    }
    assert!(timed > 4, "{timed}");
}

#[tokio::test]
async fn of_the_two_providers() {
    let session = || from_truemed(Full::from(DECODABLE));
    reaches_the_handler_once("truemed", truemed(), 1_800_000_000, session, false).await;
    let finished = || from_mediquo(Full::from(fixture("mediquo/patient_consultation_finished.json")));
    reaches_the_handler_once("mediquo", mediquo(), 1_800_000_000, finished, false).await;
}

#[tokio::test]
async fn of_a_tenant() {
    struct Tenants(ApiKey);
    impl Scheme for Tenants {
        fn verify_head(&self, head: &tower_webhook::auth::Head<'_>) -> Result<Option<Verified>, Rejection> {
            let id = HeaderValue::from_static("canary-signed-id");
            let verified =
                self.0.verify_head(head)?.map(|verified| verified.with_tenant("clinic-7").with_signed_id(id));
            Ok(verified)
        }
    }
    let scheme = Tenants(ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build().unwrap());
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    let request = || Request::post("/").header("x-acme-key", "Zr41vw-new-and-random").body(Full::from("1")).unwrap();
    reaches_the_handler_once("acme", layer, 1_800_000_000, request, false).await;
}

/// An open letter of a session that Truemed's layer could not decode, and how to answer it.
async fn open_letter() -> OpenLetter {
    let (sink, key) = (Memory::default(), PrivateKey::generate());
    let layer = truemed().dead_letters(sink.keeper(key.public_key()));
    let mut request = from_truemed(Full::from(UNDECODABLE));
    request.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    assert_eq!(Handling::default().deliver(&layer, request).await.status(), 204);
    sink.only().open(&key).unwrap()
}

async fn status<P: Provider>(layer: &WebhookLayer<P>, request: Request<Full<Bytes>>) -> (StatusCode, &'static str) {
    let response = Handling::that_answers(200).deliver(layer, request).await;
    (response.status(), response.extensions().get::<Rejection>().map_or("accepted", Rejection::label))
}

#[tokio::test]
async fn by_get_is_refused_because_the_receipt_does_not_cover_the_query() {
    let (sink, key) = (Memory::default(), PrivateKey::generate());
    let secret = "Zr41vw-new-and-random";
    let twilio = Twilio::builder().public_url("https://hooks.example.com/").get().key(secret).build().unwrap();
    let scheme = ApiKey::header("x-key").key(secret).build().unwrap().or(twilio);
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    let layer = layer.dead_letters(sink.keeper(key.public_key())).replays(Replays::new(receipt_key()));
    let request = Request::post("/").header("x-key", secret).body(Full::default()).unwrap();
    assert_eq!(Handling::that_fails_for_good(422).deliver(&layer, request).await.status(), 204);

    let letter = sink.only().open(&key).unwrap();
    assert_eq!(status(&layer, again(&letter)).await, (StatusCode::OK, "accepted"));
    let mut forged = again(&letter);
    *forged.method_mut() = Method::GET;
    *forged.uri_mut() = "/?CallSid=forged".parse().unwrap();
    assert_eq!(status(&layer, forged).await, (StatusCode::UNAUTHORIZED, "missing_header"));
}

#[tokio::test]
async fn that_still_cannot_be_decoded_is_refused_and_not_kept_again() {
    let letter = open_letter().await;
    let sink = Memory::default();
    let keeper = sink.keeper(PrivateKey::generate().public_key());
    let layer = truemed().dead_letters(keeper).replays(Replays::new(receipt_key()));
    assert_eq!(status(&layer, again(&letter)).await, (StatusCode::BAD_REQUEST, "json"));
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn with_one_bit_of_the_receipt_changed_is_refused() {
    let scheme = ApiKey::header("x-truemed-api-key").key("Zr41vw-new-and-random").build().unwrap();
    let anything = Custom::builder("truemed", scheme).raw().build().unwrap().into_layer();
    let layer = anything.replays(Replays::new(receipt_key()));
    let letter = open_letter().await;
    assert_eq!(status(&layer, again(&letter)).await, (StatusCode::OK, "accepted"));
    let json = BASE64URL_NOPAD.decode(again(&letter).headers()[RECEIPT].as_bytes()).unwrap();
    let mut reasons = BTreeMap::new();
    for bit in 0..json.len() * 8 {
        let mut changed = json.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut request = again(&letter);
        let value = HeaderValue::from_str(&BASE64URL_NOPAD.encode(&changed)).unwrap();
        request.headers_mut().insert(RECEIPT, value);
        let (status, reason) = status(&layer, request).await;
        assert_eq!(status, 401, "bit {bit}: {}", String::from_utf8_lossy(&changed));
        *reasons.entry(reason).or_insert(0) += 1;
    }
    println!("{} bits, and why each was refused: {reasons:?}", json.len() * 8);
    assert!(reasons["other"] > 1000 && reasons["malformed_header"] > 100, "{reasons:?}");
}

#[tokio::test]
async fn with_anything_else_changed_is_refused() {
    let letter = open_letter().await;
    let clock = ManualClock::at(letter.receipt().received_at());
    let layer = |replays: Replays| truemed().clock(clock.clone()).replays(replays);
    let mine = layer(Replays::new(receipt_key()));
    assert_eq!(status(&mine, again(&letter)).await.1, "json", "it is authentic, and still not decoded");

    let other_key = ReceiptKey::new("main", "another-secret-of-32-bytes-or-more").unwrap();
    let response = Handling::default().deliver(&layer(Replays::new(other_key.clone())), again(&letter)).await;
    let reason = response.extensions().get::<Rejection>().unwrap().to_string();
    assert!(reason.ends_with(": no receipt key made this receipt, or it was altered"), "{reason}");
    assert_eq!(status(&layer(Replays::new(other_key).or(receipt_key())), again(&letter)).await.1, "json");

    let body = again(&letter).map(|_| Full::from(UNDECODABLE.replace("approved", "declined")));
    assert_eq!(status(&mine, body).await.1, "other");
    let mut header = again(&letter);
    header.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    assert_eq!(status(&mine, header).await.1, "other");
    let mut twice = again(&letter);
    let receipt = twice.headers()[RECEIPT].clone();
    twice.headers_mut().append(RECEIPT, receipt);
    assert_eq!(status(&mine, twice).await.1, "repeated_header");

    // On the route of another provider, and without replays, where it is only a request without a key.
    assert_eq!(status(&mediquo().replays(Replays::new(receipt_key())), again(&letter)).await.1, "other");
    assert_eq!(status(&truemed(), again(&letter)).await.1, "missing_header");

    clock.advance(Duration::from_secs(60));
    assert_eq!(
        status(&layer(Replays::new(receipt_key()).max_age(Duration::from_secs(60))), again(&letter)).await.1,
        "json"
    );
    assert_eq!(
        status(&layer(Replays::new(receipt_key()).max_age(Duration::from_secs(59))), again(&letter)).await.1,
        "stale"
    );
}

#[tokio::test]
async fn is_refused_on_every_route_but_that_which_kept_it() {
    let letter = open_letter().await;
    let layer = |replays: Replays| truemed().replays(replays);
    let (main, other) = (|| Replays::new(receipt_key()), || Replays::new(receipt_key_of("other")));
    assert_eq!(status(&layer(main()), again(&letter)).await.1, "json", "it is authentic, and still not decoded");
    for replays in [other(), other().or(receipt_key_of("mai")), other().or(receipt_key_of("Main"))] {
        let (sink, handling) = (Memory::default(), Handling::default());
        let layer = layer(replays).dead_letters(sink.keeper(PrivateKey::generate().public_key()));
        let response = handling.deliver(&layer, again(&letter)).await;
        let reason = response.extensions().get::<Rejection>().unwrap().to_string();
        assert!(reason.contains("the receipt is one of another route"), "{reason}");
        assert_eq!((response.status().as_u16(), handling.runs(), sink.count()), (400, 0, 0));
    }
    // A route that has got a new name, or a new secret and a new name.
    assert_eq!(status(&layer(other().or(receipt_key())), again(&letter)).await.1, "json");
    let renewed = ReceiptKey::new("other", "another-secret-of-32-bytes-or-more").unwrap();
    assert_eq!(status(&layer(Replays::new(renewed).or(receipt_key())), again(&letter)).await.1, "json");
}

/// A receipt takes the place of the credential: it is not a second chance for a wrong one.
#[tokio::test]
async fn a_bad_receipt_is_refused_even_with_a_right_key_and_like_every_bad_credential() {
    let layer = truemed().replays(Replays::new(receipt_key()));
    let mut bad = from_truemed(Full::from(DECODABLE));
    bad.headers_mut().insert(RECEIPT, HeaderValue::from_static("e30"));
    let wrong = Request::post("/").header("x-truemed-api-key", "another-key-than-this");
    let wrong = wrong.body(Full::from(DECODABLE)).unwrap();
    let seen = |response: Response<_>| (response.status(), response.headers().clone());
    let handling = Handling::default();
    let unread = bad.clone().map(|_| Untouchable);
    assert_eq!(seen(handling.deliver(&layer, bad).await), seen(handling.deliver(&layer, wrong).await));
    assert_eq!(handling.runs(), 0);
    assert_eq!(deliver(&layer, unread).await.rejection().unwrap().label(), "malformed_header");
}

/// Otherwise the sender of a letter could choose what the layer reads.
#[tokio::test]
async fn with_a_header_that_the_route_has_read_only_since_is_refused() {
    let (sink, key) = (Memory::default(), PrivateKey::generate());
    let acme = |envelope| {
        let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build().unwrap();
        Custom::builder("acme", scheme).envelope(envelope).raw().build().unwrap().into_layer()
    };
    let before = acme(Envelope::new()).dead_letters(sink.keeper(key.public_key()));
    let request = Request::post("/").header("x-acme-key", "Zr41vw-new-and-random").body(Full::from("1")).unwrap();
    assert_eq!(Handling::that_fails_for_good(422).deliver(&before, request).await.status(), 204);

    let letter = sink.only().open(&key).unwrap();
    let since = acme(Envelope::new().event_id(Place::header("x-acme-id"))).replays(Replays::new(receipt_key()));
    let handling = Handling::that_answers(200);
    let mut received = again(&letter);
    // As a server reads it.
    let receipt = HeaderValue::from_bytes(received.headers()[RECEIPT].as_bytes()).unwrap();
    received.headers_mut().insert(RECEIPT, receipt);
    assert_eq!(handling.deliver(&since, received).await.status(), 200);
    assert!(handling.seen.lock().unwrap().as_ref().unwrap().headers[RECEIPT].is_sensitive());
    let mut forged = again(&letter);
    forged.headers_mut().insert("x-acme-id", HeaderValue::from_static("forged"));
    let response = Handling::default().deliver(&since, forged).await;
    let reason = response.extensions().get::<Rejection>().unwrap().reason();
    assert_eq!(reason, Some(&RejectionReason::Other("the receipt does not cover a header that is read")));
}
