//! What the layer holds and allocates, counted by an allocator that this binary has to itself.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    unused_imports,
    unused_macros,
    reason = "a test says what must be by panicking; the support is shared with other binaries"
)]

#[path = "it/support/mod.rs"]
mod support;

use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use allocation_counter::{AllocationInfo, measure};
use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{Empty, Full};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, ResponseFuture, WebhookBody, WebhookLayer,
    auth::{Head, Key, Part, Scheme, Signature, Verified, keys::Tenants},
    idempotency::{Attempt, ClaimToken, Done, EventKey, IdempotencyLayer, Identity, MemoryStore, Store},
    provider::{Provider, RawDelivery, mediquo::MediQuo, truemed::Truemed},
};

use self::support::{
    Handler,
    bodies::{Endless, Script, Untouchable},
    fixture, from_mediquo, from_truemed,
};

/// Allocations of an accepted delivery beside those of its decoding: the map of the extensions (the box and the table) of
/// the request and of the response, a box for the event, one for the text of its type, one for what the copies of the
/// `Delivery` share and one for each copy, and one for the identity (feature `idempotency`).
const MOST_ACCEPTED: u64 = 10;
/// Allocations of a rejection: the map of the response's extensions (the box and the table), a box for the `Rejection`,
/// and what shares the name of a missing header, once. Most servers' requests bring the first two.
const MOST_REFUSED: u64 = 4;
/// Bytes of the layer's future over axum's body.
const MOST_FUTURE: usize = 768;

fn deliver<P, B>(layer: &WebhookLayer<P>, request: Request<B>) -> (StatusCode, AllocationInfo)
where
    P: Provider,
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let service = layer.layer(Handler::default());
    let mut status = StatusCode::IM_A_TEAPOT;
    let used = measure(|| status = runtime.block_on(service.oneshot(request)).unwrap().status());
    (status, used)
}

#[test]
fn a_declared_length_reserves_nothing() {
    let (status, used) = deliver(&support::truemed(), from_truemed(Script::frames(["[", "]"]).hinting(1 << 20)));
    assert_eq!(status, 400);
    assert!(used.bytes_max < 16 << 10, "held {} bytes for a body of 2", used.bytes_max);
}

#[test]
fn a_declared_length_of_10_tb_allocates_nothing_for_the_body() {
    let mut request = from_truemed(Untouchable);
    request.headers_mut().insert("content-length", "10000000000000".parse().unwrap());
    let (status, used) = deliver(&support::truemed(), request);
    assert_eq!(status, 413);
    assert!(used.bytes_max < 4 << 10, "held {} bytes for a body that was refused unread", used.bytes_max);
}

#[test]
fn an_endless_body_is_held_up_to_the_limit() {
    const LIMIT: usize = 1 << 20;
    for size in [1000, 16 << 10, 64 << 10, LIMIT / 2 + 1] {
        let frame = Bytes::from(vec![b' '; size]);
        let (status, used) = deliver(&support::truemed().body_limit(LIMIT), from_truemed(Endless { frame, polls: 0 }));
        assert_eq!(status, 413);
        let most = (LIMIT + (64 << 10)) as u64;
        assert!(used.bytes_max <= most, "held {} bytes with frames of {size}", used.bytes_max);
    }
}

#[test]
fn a_body_that_is_joined_takes_twice_its_size() {
    const LIMIT: usize = 1 << 20;
    for size in [1000, 16 << 10, LIMIT / 2] {
        let frames = std::iter::repeat_n(Bytes::from(vec![b' '; size]), LIMIT / size);
        let (status, used) = deliver(&support::truemed().body_limit(LIMIT), from_truemed(Script::frames(frames)));
        assert_eq!(status, 400);
        let most = (2 * LIMIT + (96 << 10)) as u64;
        assert!(used.bytes_max <= most, "held {} bytes with frames of {size}", used.bytes_max);
    }
}

/// The worst case that SECURITY.md names, and the next one, for a body of the default limit.
#[test]
fn an_array_of_empty_objects_takes_180_mb_at_most() {
    let full = |head: &str, tail: &str| {
        let objects = vec!["{}"; ((1 << 20) - head.len() - tail.len()) / 3].join(",");
        Full::new(Bytes::from(format!("{head}{objects}{tail}")))
    };
    let items = full(r#"{"id":"s","status":"captured","order_items":["#, "]}");
    let reports = full(
        r#"{"type":"patient_consultation_finished","occurred_on":1,"payload":{"consultation":{"id":"c"},"patient":{"code":"p"},"reports":["#,
        "]}}",
    );
    let truemed = deliver(&support::truemed(), from_truemed(items));
    let mediquo = deliver(&support::mediquo(), from_mediquo(reports));
    for (status, used) in [truemed, mediquo] {
        println!("{} bytes at most, {} bytes after", used.bytes_max, used.bytes_current);
        assert!(status.is_success());
        assert!(used.bytes_max <= 180_000_000, "held {} bytes", used.bytes_max);
    }
}

/// What one delivery allocates, with a handler that does nothing.
fn allocations<P, B>(layer: &WebhookLayer<P>, request: Request<B>) -> (StatusCode, u64)
where
    P: Provider,
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut service = layer.layer(service_fn(|_: Request<WebhookBody>| async {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        Ok::<_, Infallible>(response)
    }));
    let mut response = None;
    let used = measure(|| {
        let future = pin!(service.call(request));
        let Poll::Ready(outcome) = future.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("it waits");
        };
        response = outcome.ok();
    });
    (response.unwrap().status(), used.count_total)
}

fn accepted<P: Provider>(
    provider: &P,
    layer: &WebhookLayer<P>,
    path: &str,
    request: impl Fn(Full<Bytes>) -> Request<Full<Bytes>>,
) {
    let body = fixture(path);
    // What a server has read from its connection is shared already; the first clone of anything else allocates.
    let _shared = body.clone();
    let (head, ()) = Request::new(()).into_parts();
    let known = Delivery::new(provider.name(), Verified::new(), SystemTime::UNIX_EPOCH, body.len());
    let decoding = measure(|| drop(provider.decode(RawDelivery::new(&head, &body, &known)).unwrap())).count_total;
    let (status, all) = allocations(layer, request(Full::new(body)));
    assert_eq!(status, 204);
    println!("{path}: {all} allocations, of which decoding makes {decoding}");
    assert!(all <= decoding + MOST_ACCEPTED, "{path}: {all} allocations, of which decoding makes {decoding}");
}

#[test]
fn an_accepted_delivery_allocates_10_times_beside_its_decoding() {
    let truemed = Truemed::builder().api_key(support::API_KEY).build().unwrap();
    let mediquo = MediQuo::builder().signature(support::SIGNATURE).build().unwrap();
    for (path, _) in support::sockets::events::TRUEMED {
        accepted(&truemed, &support::truemed(), path, from_truemed);
    }
    for (path, _) in support::sockets::events::MEDIQUO {
        accepted(&mediquo, &support::mediquo(), path, from_mediquo);
    }
}

type Change = fn(&mut Request<Untouchable>);

#[test]
fn a_refusal_allocates_for_its_rejection_alone_and_leaves_the_body_alone() {
    let refusals: [(&str, [u16; 2], Change); 5] = [
        ("wrong key", [400, 401], |request| {
            for value in request.headers_mut().values_mut() {
                *value = HeaderValue::from_static("tm_live_of-somebody-else");
            }
        }),
        ("missing key", [400, 401], |request| {
            request.headers_mut().clear();
            insert(request, "accept", "*/*");
        }),
        ("method", [405, 405], |request| *request.method_mut() = Method::PUT),
        ("encoding", [415, 415], |request| insert(request, "content-encoding", "gzip")),
        ("declared length", [413, 413], |request| insert(request, "content-length", "10000000000000")),
    ];
    let mut over = Vec::new();
    for (name, statuses, change) in refusals {
        let mut requests = [from_truemed(Untouchable), from_mediquo(Untouchable)];
        requests.iter_mut().for_each(change);
        let [of_truemed, of_mediquo] = requests;
        let outcomes = [allocations(&support::truemed(), of_truemed), allocations(&support::mediquo(), of_mediquo)];
        for ((status, count), expected) in outcomes.into_iter().zip(statuses) {
            println!("{name}: {status}, {count} allocations");
            assert_eq!(status, expected, "{name}");
            if count > MOST_REFUSED {
                over.push((name, status, count));
            }
        }
    }
    assert!(over.is_empty(), "more than {MOST_REFUSED} allocations: {over:?}");

    let mut request = Request::post("/").header("accept", "*/*").body(Untouchable).unwrap();
    request.extensions_mut().insert("as most servers do");
    let (status, count) = allocations(&support::truemed(), request);
    println!("with extensions: {status}, {count} allocations");
    assert_eq!((status.as_u16(), count), (400, 2));
}

fn insert<B>(request: &mut Request<B>, name: &'static str, value: &'static str) {
    request.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// Bytes of the memory store for each event that is done.
const MOST_RECORD: u64 = 120;

#[test]
fn an_event_that_is_remembered_takes_120_bytes_at_most() {
    // Just after the tables have grown is when they are emptiest.
    for events in [10_000_u32, 28_673, 32_769] {
        let store = MemoryStore::with_capacity(1 << 20);
        let used = measure(|| {
            for number in 0..events {
                let mut key = [0; 16];
                key[..4].copy_from_slice(&number.to_ne_bytes());
                let attempt = Attempt::new(EventKey::from_bytes(key), ClaimToken::fresh());
                let steps = async {
                    store.claim(attempt, Duration::from_secs(60)).await.unwrap();
                    store.commit(attempt, Done::new(StatusCode::NO_CONTENT, Duration::from_secs(600))).await.unwrap();
                };
                assert!(pin!(steps).poll(&mut Context::from_waker(Waker::noop())).is_ready());
            }
        });
        let held = u64::try_from(used.bytes_current).unwrap() / u64::from(events);
        println!("{events} events: {held} bytes each");
        assert_eq!((store.len(), store.evicted()), (events as usize, 0));
        assert!(held <= MOST_RECORD, "{events} events: {held} bytes each");
    }
}

/// What the layer adds to a delivery: (first, duplicate). Its future, the key and the outcome in the extensions, and
/// what the extensions themselves take.
const MOST_ADDED: (u64, u64) = (6, 3);

#[test]
fn the_idempotency_layer_allocates_6_times_and_3_for_a_duplicate() {
    let handler =
        service_fn(|_: Request<WebhookBody>| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) });
    let store = MemoryStore::new();
    let mut service = IdempotencyLayer::new(store.clone()).layer(handler);
    let mut count = |content: &[u8]| {
        let mut request = Request::new(WebhookBody::default());
        request.extensions_mut().insert(Identity::of_content("test", content));
        measure(|| {
            let future = pin!(service.call(request));
            assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_ready());
        })
        .count_total
    };
    // The tables of the store are there by then.
    count(b"before");
    let (first, duplicate) = (count(b"{}"), count(b"{}"));
    println!("first: {first} allocations, duplicate: {duplicate}");
    assert!(first <= MOST_ADDED.0, "first: {first} allocations");
    assert!(duplicate <= MOST_ADDED.1, "duplicate: {duplicate} allocations");
}

#[test]
fn the_future_is_small() {
    type Future<P> = ResponseFuture<axum::routing::Route, P, axum::body::Body>;
    for (name, size) in [("Truemed", size_of::<Future<Truemed>>()), ("MediQuo", size_of::<Future<MediQuo>>())] {
        println!("{name}: a future of {size} bytes");
        assert!(size <= MOST_FUTURE, "{name}: a future of {size} bytes");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_signature_is_checked_without_allocating() {
    let scheme = Signature::hmac_sha256("x-acme-signature")
        .key(Key::new("kx7Gq2-old-and-Random").label("old"))
        .key(Key::new("Zr41vw-new-and-Random").label("new"))
        .list(',')
        .signed([Part::Id, Part::literal("."), Part::Timestamp, Part::literal("."), Part::Body])
        .id_header("x-acme-id")
        .timestamp_header("x-acme-timestamp")
        .build()
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"Zr41vw-new-and-Random");
    let body = Bytes::from(vec![b'x'; 100_000]);
    let content = [b"evt_1.1700000000.", &body[..]].concat();
    let signature = hex(hmac::sign(&key, &content).as_ref());
    let (head, ()) = Request::post("/")
        .header("x-acme-signature", format!("{},{signature}", "00".repeat(32)))
        .header("x-acme-id", "evt_1")
        .header("x-acme-timestamp", "1700000000")
        .body(())
        .unwrap()
        .into_parts();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    // The first clone of a value moves it to where it can be shared. A server's values are cut from its
    // buffer, and are there.
    drop(head.headers.clone());
    let mut verified = None;
    let info = measure(|| {
        let head = Head::new(&head, now);
        assert_eq!(scheme.verify_head(&head), Ok(None));
        verified = Some(scheme.verify_body(&head, &body).unwrap());
    });
    assert_eq!(verified.unwrap().signed_id(), Some("evt_1"));
    assert_eq!(info.count_total, 0);
}

/// A delivery of a tenant, verified.
fn of_tenant(path: &str, signature: &str, scheme: &dyn Scheme) -> (bool, u64) {
    let request = Request::post(path).header("x-acme-signature", signature).body(());
    let (head, ()) = request.unwrap().into_parts();
    let body = Bytes::from_static(b"{}");
    drop(head.headers.clone());
    let mut is_verified = false;
    let used = measure(|| {
        let head = Head::new(&head, SystemTime::UNIX_EPOCH);
        assert_eq!(scheme.verify_head(&head), Ok(None));
        is_verified = scheme.verify_body(&head, &body).is_ok();
    });
    (is_verified, used.count_total)
}

#[test]
fn a_key_is_looked_up_without_allocating_and_an_unknown_tenant_costs_what_a_wrong_key_does() {
    let clinics = Tenants::by_path_segment(1);
    clinics.insert("north", ["Zr41vw-new-and-Random"]).unwrap();
    let scheme = Signature::hmac_sha256("x-acme-signature").keys(clinics).build().unwrap();
    let signature = hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"Zr41vw-new-and-Random"), b"{}").as_ref());
    assert_eq!(of_tenant("/webhooks/north", &signature, &scheme), (true, 0));
    let wrong = of_tenant("/webhooks/north", &"00".repeat(32), &scheme);
    let unknown = of_tenant("/webhooks/south", &signature, &scheme);
    assert_eq!((wrong, unknown), ((false, 0), (false, 0)));
}

/// Bytes of a tenant with one live key and a name of 11 bytes: with an HMAC, and with a key that is compared.
const MOST_TENANT: (u64, u64) = (1_600, 1_500);

#[test]
fn a_tenant_takes_so_many_bytes() {
    let pairs = || (0..10_000).map(|number| (format!("tenant-{number:04}"), format!("a-key-of-a-tenant-{number:04}")));
    let held = |form: &dyn Fn(Tenants)| {
        let tenants = Tenants::by_path_segment(0);
        form(tenants.clone());
        let used = measure(|| tenants.replace(pairs()).unwrap());
        assert_eq!(tenants.len(), 10_000);
        u64::try_from(used.bytes_current).unwrap() / 10_000
    };
    let signing = held(&|tenants| drop(Signature::hmac_sha256("x-acme-signature").keys(tenants).build().unwrap()));
    let compared = held(&|tenants| drop(Truemed::builder().api_keys(tenants).build().unwrap()));
    println!("a tenant: {signing} bytes with an HMAC, {compared} bytes with an API key");
    assert!(signing <= MOST_TENANT.0 && compared <= MOST_TENANT.1, "{signing} and {compared} bytes");
}

#[test]
fn a_time_in_the_body_is_found_without_allocating_for_other_members() {
    let key = b"Zr41vw-new-and-Random";
    let scheme = Signature::hmac_sha256("linear-signature").key(Key::bytes(key)).timestamp_in_body("webhookTimestamp");
    let scheme = scheme.timestamp_in_milliseconds().build().unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    // The parser allocates one stack for what it passes over, as some of it is nested.
    let counts = [1, 500].map(|members| {
        let others: String = (0..members).map(|number| format!(r#""member-{number}":{{"a":["b"]}},"#)).collect();
        let body = Bytes::from(format!(r#"{{{others}"webhookTimestamp":1700000000000}}"#));
        let signature = hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &body).as_ref());
        let (head, ()) = Request::post("/").header("linear-signature", signature).body(()).unwrap().into_parts();
        drop(head.headers.clone());
        let info = measure(|| {
            let head = Head::new(&head, now);
            assert_eq!(scheme.verify_head(&head), Ok(None));
            assert_eq!(scheme.verify_body(&head, &body).unwrap().signed_at(), Some(now));
        });
        info.count_total
    });
    assert_eq!(counts, [1, 1]);
}

#[test]
fn a_body_that_is_signed_alone_is_not_copied_for_a_public_key() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let scheme = Signature::ed25519("x-signature").key(hex(pair.public_key().as_ref())).build().unwrap();
    let body = Bytes::from(vec![b'x'; 100_000]);
    let signature = hex(pair.sign(&body).as_ref());
    let (head, ()) = Request::post("/").header("x-signature", signature).body(()).unwrap().into_parts();
    let info = measure(|| {
        let head = Head::new(&head, SystemTime::UNIX_EPOCH);
        assert_eq!(scheme.verify_head(&head), Ok(None));
        assert!(scheme.verify_body(&head, &body).unwrap().covers_body());
    });
    assert!(info.bytes_total < 1000, "{} bytes for a body of 100,000", info.bytes_total);
}

#[test]
fn late_successes_do_not_grow_a_memory_store() {
    use tower_webhook::{
        idempotency::{Attempt, ClaimToken, Done, EventKey, MemoryStore, Store},
        testing::ManualClock,
    };
    let (clock, attempt) = (ManualClock::new(), Attempt::new(EventKey::from_bytes([7; 16]), ClaimToken::fresh()));
    let store = MemoryStore::with_capacity(10).clock(clock.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let used = measure(|| {
        for _ in 0..100_000 {
            clock.advance(Duration::from_millis(1));
            runtime.block_on(store.commit(attempt, Done::new(StatusCode::OK, Duration::from_secs(600)))).unwrap();
        }
    });
    assert_eq!(store.len(), 1);
    assert!(used.bytes_max < 64 << 10, "held {} bytes", used.bytes_max);
}
