//! What becomes of the connection after an answer that leaves a body unread.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{Router, routing::post};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version, header::CONNECTION};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, RejectionKind, WebhookBody,
    auth::Signature,
    axum::Webhook,
    handshake::Challenge,
    idempotency::{IdempotencyLayer, Identity, MemoryStore},
    provider::{Custom, truemed::Event},
};

use crate::support::{
    SIGNATURE,
    bodies::{Impatient, Script, Step},
    deliver, from_mediquo, from_truemed, mediquo, truemed,
};

const REPORT: &str = r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p"}}}"#;

/// One request for each way in which a body can be left unread.
fn left_unread() -> Vec<(RejectionKind, Request<Script>)> {
    let with = |steps: Vec<Step>, change: &dyn Fn(&mut Request<Script>)| {
        let mut request = from_mediquo(Script::new(steps));
        change(&mut request);
        request
    };
    let header = |name: &'static str, value: &'static str| {
        move |request: &mut Request<Script>| drop(request.headers_mut().insert(name, value.parse().unwrap()))
    };
    let failing = |kind| vec![Step::Data("{".into()), Step::Error(kind)];
    let (broken, late) = (std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::TimedOut);
    vec![
        (RejectionKind::MethodNotAllowed, with(vec![Step::Stall], &|request| *request.method_mut() = Method::PUT)),
        (RejectionKind::UnsupportedEncoding, with(vec![Step::Stall], &header("content-encoding", "gzip"))),
        (RejectionKind::Unauthenticated, with(vec![Step::Stall], &header("x-webhook-signature", "wrong"))),
        (RejectionKind::TooLarge, with(vec![Step::Stall], &header("content-length", "2000000"))),
        (RejectionKind::TooLarge, with(vec![Step::Data(vec![b' '; 2_000_000].into()), Step::Stall], &|_| {})),
        (RejectionKind::TimedOut, with(failing(late), &|_| {})),
        (RejectionKind::Incomplete, with(failing(broken), &|_| {})),
    ]
}

#[tokio::test]
async fn an_answer_that_leaves_the_body_unread_announces_that_the_connection_closes() {
    let versions = [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];
    for version in versions {
        let announced = (version < Version::HTTP_2).then_some("close");
        let replaced = mediquo().on_rejection(|_, _| Response::builder().status(418).body(Bytes::new()).unwrap());
        for layer in [mediquo(), replaced] {
            for (kind, mut request) in left_unread() {
                *request.version_mut() = version;
                let outcome = deliver(&layer, request).await;
                assert_eq!(outcome.kind(), Some(kind));
                let connection = outcome.head.headers.get(CONNECTION).map(|value| value.to_str().unwrap());
                assert_eq!(connection, announced, "{kind:?} {version:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_endpoint_verification_that_leaves_the_body_unread_announces_it_too() {
    let layer = mediquo().handshake(Challenge::meta("chosen-in-the-dashboard").unwrap());
    let query = "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=chosen-in-the-dashboard";
    for (steps, announced) in [(vec![Step::Stall], true), (vec![], false)] {
        let ends = steps.is_empty();
        let body = Script::new(steps);
        let request = Request::get(query).body(if ends { body.ended() } else { body }).unwrap();
        let outcome = deliver(&layer, request).await;
        assert_eq!((outcome.status, &*outcome.body), (StatusCode::OK, &b"1"[..]));
        assert_eq!(outcome.head.headers.contains_key(CONNECTION), announced);
    }
}

#[tokio::test]
async fn the_connection_stays_open_where_the_body_was_read_or_there_is_none() {
    for body in [REPORT, "{}", "", "no json"] {
        let outcome = deliver(&mediquo(), from_mediquo(Script::frames([body]))).await;
        assert_eq!(outcome.head.headers.get(CONNECTION), None, "{body}");
    }
    let outcome = deliver(&mediquo(), Request::get("/").body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!((outcome.status.as_u16(), outcome.head.headers.get(CONNECTION)), (405, None));
}

#[tokio::test]
async fn a_missing_layer_announces_it_if_nobody_has_read_the_body() {
    let path = "/webhooks/truemed";
    let session = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;
    let event = async |_: Webhook<Event>| ();
    let delivery = async |_: Delivery| ();
    let read_by_another = || post(async |_: Webhook<Event>, _: Webhook<Event>| ()).layer(truemed());
    let routes = [(post(event), true), (post(delivery), true), (read_by_another(), false)];
    for (route, announced) in routes {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let mut request = from_truemed(axum::body::Body::from(session));
            *request.version_mut() = version;
            let response = Router::new().route(path, route.clone()).oneshot(request).await.unwrap();
            assert_eq!(response.status(), 500);
            let closes = announced && version == Version::HTTP_11;
            assert_eq!(response.headers().contains_key(CONNECTION), closes, "{version:?}");
        }
    }
}

#[tokio::test]
async fn an_idempotency_layer_announces_it_unless_a_webhook_layer_has_read_the_body() {
    let handler =
        service_fn(async |_: Request<Full<Bytes>>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let service = IdempotencyLayer::new(MemoryStore::new()).layer(handler);
    let request = |identity: Option<Identity>, version| {
        let mut request = Request::new(Full::<Bytes>::from("not read by anybody"));
        *request.version_mut() = version;
        identity.map(|identity| request.extensions_mut().insert(identity));
        request
    };
    let event = Some(Identity::of_content("acme", b"1"));
    let mut empty = request(None, Version::HTTP_11);
    *empty.body_mut() = Full::default();
    assert_eq!(service.clone().oneshot(empty).await.unwrap().headers().get(CONNECTION), None);
    service.clone().oneshot(request(event, Version::HTTP_11)).await.unwrap();
    for (identity, status) in [(None, 500), (event, 200)] {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let response = service.clone().oneshot(request(identity, version)).await.unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(
                response.headers().contains_key(CONNECTION),
                version == Version::HTTP_11,
                "{version:?} {status}"
            );
        }
    }

    let handler =
        service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let once = IdempotencyLayer::new(MemoryStore::new()).layer(handler);
    let service = mediquo().layer(once);
    for _ in 0..2 {
        let response = service.clone().oneshot(from_mediquo(Full::<Bytes>::from(REPORT))).await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers().get(CONNECTION)), (200, None));
    }
}

/// A server of hyper on a free port. It ends with the test's runtime. A body that is not there at once is late.
async fn serve() -> SocketAddr {
    let handler =
        service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let layered = mediquo().layer(handler);
    let service = service_fn(move |request: Request<Incoming>| {
        let is_late = request.headers().contains_key("x-late");
        layered.clone().oneshot(request.map(|body| Impatient::new(body, is_late)))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                drop(server.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    address
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let minute = Duration::from_secs(60);
    tokio::time::timeout(minute, future).await.unwrap_or_else(|_| panic!("it never came to this: {what}"))
}

/// A client that keeps its connection until an answer tells it not to, and sends bodies to their end.
struct KeepAlive {
    server: SocketAddr,
    kept: Option<TcpStream>,
}

impl KeepAlive {
    /// The status of the answer to a delivery whose body is still on its way when it is answered.
    async fn send(&mut self, head: &str, begun: &[u8], rest: &[u8]) -> std::io::Result<u16> {
        let mut stream = match self.kept.take() {
            Some(kept) => kept,
            None => TcpStream::connect(self.server).await?,
        };
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(begun).await?;
        let mut reply = Vec::new();
        while !reply.ends_with(b"\r\n\r\n") {
            reply.push(stream.read_u8().await?);
        }
        let reply = String::from_utf8(reply).unwrap().to_lowercase();
        let length = reply.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        stream.read_exact(&mut vec![0; length.parse().unwrap()]).await?;
        if !reply.contains("\r\nconnection: close\r\n") {
            stream.write_all(rest).await?;
            self.kept = Some(stream);
        }
        Ok(reply.split(' ').nth(1).unwrap().parse().unwrap())
    }
}

fn head(method: &str, signature: &str, framing: &str) -> String {
    format!("{method} / HTTP/1.1\r\nhost: x\r\nx-webhook-signature: {signature}\r\n{framing}\r\n\r\n")
}

#[tokio::test]
async fn the_next_delivery_of_a_client_that_keeps_its_connection_arrives() {
    let length = |length: usize| format!("content-length: {length}");
    // One byte more than the limit, so that nothing of it is left unread.
    let chunk = [b"100001\r\n".to_vec(), vec![b' '; 0x10_0001]].concat();
    let rest = vec![b' '; 60_000 - 10];
    let ten = &[b' '; 10];
    let refused = [
        (401, head("POST", "wrong", &length(60_000)), ten.as_slice(), rest.as_slice()),
        (405, head("PUT", SIGNATURE, &length(60_000)), ten, &rest),
        (415, head("POST", SIGNATURE, &format!("content-encoding: gzip\r\n{}", length(60_000))), ten, &rest),
        (413, head("POST", SIGNATURE, &length(2_000_000)), ten, &[b' '; 1_999_990]),
        (413, head("POST", SIGNATURE, "transfer-encoding: chunked"), &chunk, b"\r\n0\r\n\r\n"),
        (408, head("POST", SIGNATURE, &format!("x-late: 1\r\n{}", length(60_000))), ten, &rest),
        (401, head("POST", "wrong", &format!("expect: 100-continue\r\n{}", length(60_000))), b"", b""),
        (400, head("POST", SIGNATURE, &length(2)), b"{}", b""),
        (401, head("POST", "wrong", &format!("expect: 100-continue\r\n{}", length(60))), b"", b""),
        // Small, but not there.
        (401, head("POST", "wrong", &length(60)), ten, &rest[..50]),
    ];
    let server = serve().await;
    for (status, head_of_refused, begun, rest) in refused {
        let mut client = KeepAlive { server, kept: None };
        let answered = within("the refusal", client.send(&head_of_refused, begun, rest)).await;
        assert_eq!(answered.unwrap(), status);
        let genuine = head("POST", SIGNATURE, &length(REPORT.len()));
        let next = within("the next answer", client.send(&genuine, REPORT.as_bytes(), b"")).await;
        assert_eq!(next.map_err(|error| error.kind()), Ok(200), "behind a {status}");
    }
}

#[tokio::test]
async fn a_small_body_that_is_there_is_thrown_away_and_the_connection_kept() {
    let length = |length: usize| format!("content-length: {length}");
    let server = serve().await;
    let gzip = format!("content-encoding: gzip\r\n{}", length(2));
    for (status, head_of_refused, body) in [
        (401, head("POST", "wrong", &length(2)), "{}"),
        (401, head("POST", "wrong", &length(16 << 10)), " ".repeat(16 << 10).as_str()),
        (401, head("POST", "wrong", &length(0)), ""),
        (405, head("PUT", SIGNATURE, &length(2)), "{}"),
        (405, head("GET", SIGNATURE, "x-framing: none"), ""),
        (415, head("POST", SIGNATURE, &gzip), "{}"),
    ] {
        let mut client = KeepAlive { server, kept: None };
        let whole = [head_of_refused.as_bytes(), body.as_bytes()].concat();
        let answered = within("the refusal", client.send("", &whole, b"")).await;
        assert_eq!(answered.unwrap(), status);
        assert!(client.kept.is_some(), "{head_of_refused}");
        let genuine = head("POST", SIGNATURE, &length(REPORT.len()));
        let next = within("the next answer", client.send(&genuine, REPORT.as_bytes(), b"")).await;
        assert_eq!(next.map_err(|error| error.kind()), Ok(200), "behind {head_of_refused}");
    }
}

#[tokio::test]
async fn the_head_and_the_body_cannot_be_told_apart_by_the_connection() {
    let scheme = || Signature::hmac_sha256("x-acme-signature").key("Zr41vw-new-and-Random").build().unwrap();
    let layer = Custom::builder("acme", scheme()).raw().build().unwrap().into_layer();
    for (length, expects) in [(None, false), (Some(2), false), (Some(20_000), false), (Some(0), true), (Some(2), true)]
    {
        let answer = async |signature: &str| {
            let body = Bytes::from(vec![b' '; length.unwrap_or(2)]);
            let mut request = Request::post("/").header("x-acme-signature", signature).body(Full::new(body)).unwrap();
            length.map(|length| request.headers_mut().insert("content-length", length.into()));
            expects.then(|| request.headers_mut().insert("expect", "100-continue".parse().unwrap()));
            let outcome = deliver(&layer, request).await;
            (outcome.status, outcome.head.headers, outcome.body)
        };
        assert_eq!(answer("malformed").await, answer(&"07".repeat(32)).await, "{length:?}");
    }
}

#[tokio::test]
async fn http_2_ends_the_stream_and_keeps_the_connection() {
    let stream = TcpStream::connect(serve().await).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut client, connection) = within("a connection", handshake).await.unwrap();
    tokio::spawn(connection);
    let request = |signature: &str, body: Script| {
        let uri = "http://localhost/";
        Request::post(uri).header("x-webhook-signature", signature).body(body.boxed()).unwrap()
    };
    let stalling = || Script::new([Step::Data("{".into()), Step::Stall]);
    for _ in 0..3 {
        let refused = within("the refusal", client.send_request(request("wrong", stalling()))).await.unwrap();
        assert_eq!((refused.status().as_u16(), refused.headers().get(CONNECTION)), (401, None));
        let genuine = request(SIGNATURE, Script::frames([REPORT]));
        assert_eq!(within("the next answer", client.send_request(genuine)).await.unwrap().status(), 200);
    }
}
