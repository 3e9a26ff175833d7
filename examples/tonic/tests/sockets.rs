//! The same table and scenarios as for the axum and hyper examples.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    reason = "a test says what must be by panicking; the support is shared with other tests"
)]

#[path = "../../../tests/it/support/sockets/mod.rs"]
mod sockets;

use std::{net::SocketAddr, path::Path};

use tonic::transport::{Server, server::TcpIncoming};
use tower_webhook::{
    provider::truemed::Truemed,
    testing::{TestSender, receiver::ReceiverSuite},
};

#[test]
fn tonic() {
    sockets::scenarios::run(sockets::Server::start(Path::new(env!("CARGO_BIN_EXE_example-tonic"))));
}

#[tokio::test]
async fn the_receivers_withstand_the_suite() {
    let server = sockets::Server::start(Path::new(env!("CARGO_BIN_EXE_example-tonic")));
    for (name, key) in [("truemed", sockets::API_KEY), ("mediquo", sockets::SIGNATURE)] {
        let sender = TestSender::named(name).unwrap().with_key(key).unwrap();
        let suite = ReceiverSuite::new(sender).body_limit(65536);
        suite.run_at(&format!("http://{}", server.address())).await.unwrap().assert();
    }
}

/// `Server::layer` puts the layer before every service of the server: what it refuses does not reach gRPC.
#[tokio::test(flavor = "multi_thread")]
async fn server_layer() {
    let layer = Truemed::builder().api_key(sockets::API_KEY).build().unwrap().into_layer();
    let (_reporter, health) = tonic_health::server::health_reporter();
    let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = incoming.local_addr().unwrap();
    let server = Server::builder().accept_http1(true).layer(layer).add_service(health);
    tokio::spawn(server.serve_with_incoming(incoming));

    let body = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;
    let post = |key: &str| {
        let length = body.len();
        format!("POST / HTTP/1.1\r\nhost: x\r\nx-truemed-api-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let exchange = |request: String| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        sockets::exchange(&mut stream, request.as_bytes()).status
    };
    assert_eq!(exchange(post("wrong")), 400);
    // Past the layer, no service has this path: gRPC says so with 200, which leaves as Truemed wants it.
    assert_eq!(exchange(post(sockets::API_KEY)), 204);
}
