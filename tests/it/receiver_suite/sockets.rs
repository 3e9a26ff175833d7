//! Over TCP: the examples, and receivers that are wrong on a connection.

use std::{
    convert::Infallible,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode},
    routing::post,
};
use socket2::SockRef;
use tokio::net::TcpListener;
use tower::service_fn;
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    idempotency::{IdempotencyLayer, MemoryStore},
    provider::preset,
    testing::{
        TestSender,
        receiver::{ReceiverSuite, Report},
    },
};

use super::{
    failed, left_out, only,
    own::{Flaw, KEY, Receiver, acme},
    told,
};
use crate::support::sockets::{API_KEY, SIGNATURE, Server, example};

/// Serves it until the test ends.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_receiver_passes_every_case() {
    let stripe = TestSender::named("stripe").unwrap();
    let effects = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&effects);
    let handler = async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        StatusCode::OK
    };
    let layer = preset::stripe().key(stripe.key()).build().unwrap().into_layer();
    let route = post(handler).layer((layer, IdempotencyLayer::new(MemoryStore::new())));
    let app = Router::new().route("/webhooks/stripe", route);
    let url = serve(app.layer(RequestBodyDeadlineLayer::new(Duration::from_millis(200)))).await;
    let suite = ReceiverSuite::new(stripe).effects(move || effects.load(Ordering::Relaxed));
    let report = suite.deadline(Duration::from_secs(30)).run_at(&url).await.unwrap();
    report.assert();
    assert_eq!(left_out(&report), ["unknown-value"]);
}

/// As in its name, on one thread with what it attacks.
#[tokio::test]
async fn it_blocks_no_runtime() {
    let receiver = Receiver::new(Flaw::Nothing, Duration::from_millis(200));
    let (url, counted) = (own(&receiver).await, receiver.clone());
    let suite = ReceiverSuite::new(acme()).effects(move || counted.effects()).deadline(Duration::from_secs(30));
    let report = suite.run_at(&format!("{url}/another/path")).await.unwrap();
    assert_eq!(report.to_string(), "The receiver of Acme: 25 cases passed, 0 failed, 0 were left out.");
}

async fn own(receiver: &Receiver) -> String {
    let receiver = receiver.clone();
    let service = service_fn(move |request: Request<Body>| {
        let answer = receiver.clone().receive(request);
        async move { Ok::<_, Infallible>(answer.await?.map(Body::new)) }
    });
    serve(Router::new().fallback_service(service)).await
}

async fn wrong(flaw: Flaw, suite: ReceiverSuite) -> Report {
    let receiver = Receiver::new(flaw, Duration::from_secs(60));
    let (url, counted) = (own(&receiver).await, receiver.clone());
    suite.effects(move || counted.effects()).run_at(&url).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_receivers_fail_over_a_socket_too() {
    for (flaw, case) in [
        (Flaw::NeedsNoSignature, "missing-credential"),
        (Flaw::TakesTheFirstSignature, "repeated-credential"),
        (Flaw::AcceptsEveryMethod, "other-methods"),
        (Flaw::PanicsOnMalformed, "malformed"),
        (Flaw::NeedsALength, "reframed"),
        (Flaw::HasNoLimit, "oversized"),
        (Flaw::IgnoresBrokenBodies, "broken-off"),
    ] {
        let report = wrong(flaw, ReceiverSuite::new(acme())).await;
        assert_eq!(failed(&report), [case], "{report}");
    }
    let suite = ReceiverSuite::new(acme()).deadline(Duration::from_millis(200));
    let report = wrong(Flaw::HasNoDeadline, suite).await;
    assert_eq!(failed(&report), ["slow"], "{report}");
}

/// It answers by the head, and leaves the body to the server, which can only cut the connection.
#[tokio::test(flavor = "multi_thread")]
async fn leaves_a_refused_body_on_the_connection() {
    let receiver = Receiver::new(Flaw::Nothing, Duration::from_millis(200));
    let inner = service_fn(move |request: Request<Body>| {
        let receiver = receiver.clone();
        async move {
            // As if the head alone were wrong.
            if request.headers().contains_key("x-tower-webhook") && request.headers()["content-length"].len() > 5 {
                return Ok::<_, Infallible>(Response::builder().status(401).body(Body::empty()).unwrap());
            }
            Ok(receiver.receive(request).await?.map(Body::new))
        }
    });
    let url = serve(Router::new().fallback_service(inner)).await;
    let report = ReceiverSuite::new(acme()).run_at(&url).await.unwrap();
    assert_eq!(failed(&report), ["after-a-refusal"], "{report}");
}

async fn run_on(server: &Server, sender: &TestSender, deadline: Option<Duration>) {
    let suite = ReceiverSuite::new(sender.clone()).body_limit(65536);
    let suite = deadline.into_iter().fold(suite, ReceiverSuite::deadline);
    suite.run_at(&format!("http://{}", server.address())).await.unwrap().assert();
}

async fn example_passes(name: &str) {
    let truemed = TestSender::named("truemed").unwrap().with_key(API_KEY).unwrap();
    let mediquo = TestSender::named("mediquo").unwrap().with_key(SIGNATURE).unwrap();
    let server = Server::start(&example(name));
    // The examples give up on a body after ten seconds.
    run_on(&server, &truemed, Some(Duration::from_secs(40))).await;
    run_on(&server, &mediquo, None).await;
}

#[tokio::test]
async fn the_example_on_axum_passes() {
    example_passes("axum").await;
}

#[tokio::test]
async fn the_example_on_hyper_passes() {
    example_passes("hyper").await;
}

#[tokio::test]
async fn it_attacks_nothing_but_this_machine() {
    for url in ["https://127.0.0.1:3000", "http://192.0.2.1", "127.0.0.1:3000", "/webhooks", "http://"] {
        let error = ReceiverSuite::new(acme()).run_at(url).await.unwrap_err();
        assert!(error.to_string().starts_with("the URL of the receiver"), "{url}: {error}");
    }
    let nobody = ReceiverSuite::new(acme()).run_at("http://127.0.0.1:1").await.unwrap();
    assert_eq!(failed(&nobody).len() + left_out(&nobody).len(), ReceiverSuite::cases().count(), "{nobody}");
}

/// A receiver that reads a head, and then does this with the connection.
fn by_hand(act: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    by_the_head(move |_, connection| act(connection))
}

/// The same, with the head in small letters.
pub(super) fn by_the_head(act: impl Fn(&str, TcpStream) + Send + Sync + 'static) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, act) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(act));
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let act = Arc::clone(&act);
            thread::spawn(move || {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|read| read == 1) {
                    head.push(byte[0]);
                }
                act(&String::from_utf8_lossy(&head).to_lowercase(), connection);
            });
        }
    });
    url
}

/// Answers with these bytes and takes all that is still sent, so that nothing resets the connection.
fn answering(answer: impl Into<Vec<u8>>) -> String {
    let answer = answer.into();
    by_hand(move |mut connection| {
        let _ = connection.write_all(&answer).and_then(|()| connection.shutdown(Shutdown::Write));
        let _ = std::io::copy(&mut connection, &mut std::io::sink());
    })
}

/// What happened in this case alone.
async fn happened(case: &str, url: &str) -> String {
    told(case, &only(case, ReceiverSuite::new(acme())).run_at(url).await.unwrap())
}

#[tokio::test]
async fn an_answer_is_read_to_its_end_however_it_is_framed() {
    let (long, (begin, end)) = ("x".repeat(10_000), KEY.split_at(7));
    let chunked = format!(
        "transfer-encoding: chunked\r\n\r\n{:x};a=b\r\n{begin}\r\n{:x}\r\n{end}{long}\r\n0\r\ntrailer: x\r\n\r\n",
        begin.len(),
        end.len() + long.len()
    );
    for framing in [chunked, format!("\r\n{long}{KEY}"), format!("content-length: 10021\r\n\r\n{long}{KEY}")] {
        let url = answering(format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nconnection: close\r\n{framing}"));
        assert_eq!(happened("missing-credential", &url).await, "as expected", "{framing}");
        let leaked = happened("private-answers", &url).await;
        assert_eq!(leaked, "the answer to a genuine event contains the key", "{framing}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_failure() {
    let failed = "to the event `lab.ready`, the receiver failed: what came is not HTTP/1.1";
    for answer in [
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 fine\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nnö: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nmany\r\n",
        &format!("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n{}", "x".repeat(17 << 20)),
    ] {
        assert_eq!(happened("genuine", &answering(answer)).await, failed, "{}", answer.get(..50).unwrap_or(answer));
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_was_closed_without_an_answer() {
    let url = by_hand(|connection| SockRef::from(&connection).set_linger(Some(Duration::ZERO)).unwrap());
    let closed = "to the event `lab.ready`, the receiver closed the connection without an answer";
    assert_eq!(happened("genuine", &url).await, closed);
    assert_eq!(happened("oversized", &url).await, "as expected");
}

/// It answers while the body fills the buffers of the system, and takes none of it.
#[tokio::test]
async fn a_receiver_that_answers_and_reads_no_more_has_not_taken_all() {
    let url = by_hand(|mut connection| {
        let (mut bytes, mut last, mut same) = (vec![0; 1 << 20], 0, 0);
        while last < 10_000 || same < 1_000 {
            let now = connection.peek(&mut bytes).unwrap();
            same = if now == last { same + 1 } else { 0 };
            last = now;
            thread::yield_now();
        }
        connection.write_all(b"HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n").unwrap();
        // It stays open.
        std::mem::forget(connection);
    });
    // It does not wait until the receiver takes more.
    let happened = tokio::time::timeout(Duration::from_secs(25), happened("oversized", &url)).await;
    assert_eq!(happened.unwrap(), "as expected");
}
