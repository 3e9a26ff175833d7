//! The real server: gRPC and webhooks answer on the same port.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
};

use tonic::{Code, Request, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

const KEY: &str = "tm_test_8Jq2vXw9Lr5t";
const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

/// Ends with the test, also if that fails.
struct Server {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_example-tonic"))
            .env("LISTEN", "127.0.0.1:0")
            .env("TRUEMED_API_KEY", KEY)
            .env_remove("MEDIQUO_WEBHOOK_SIGNATURE")
            .env_remove("MAX_BODY_BYTES")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| Some(line.unwrap().strip_prefix("listening on http://")?.to_owned()));
        Self { child, lines, address: address.unwrap() }
    }

    /// The first line of the response to a delivery.
    fn deliver(&self, path: &str, key: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = SESSION.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-truemed-api-key: {key}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(SESSION.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response.lines().next().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn grpc_health_answers() {
    let server = Server::start();
    let endpoint = Endpoint::new(format!("http://{}", server.address)).unwrap();
    let mut health = HealthClient::new(endpoint.connect().await.unwrap());

    let whole_server = HealthCheckRequest { service: String::new() };
    let response = health.check(Request::new(whole_server)).await.unwrap();
    assert_eq!(response.into_inner().status(), ServingStatus::Serving);

    let unknown = HealthCheckRequest { service: "unknown".to_owned() };
    let status = health.check(Request::new(unknown)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[test]
fn webhooks_answer() {
    let mut server = Server::start();
    assert_eq!(server.deliver("/webhooks/truemed", KEY), "HTTP/1.1 204 No Content");
    let event = server.lines.next().unwrap().unwrap();
    assert!(event.starts_with("QualificationSessionComplete") && event.contains("qs_1"), "{event}");

    assert_eq!(server.deliver("/webhooks/truemed", "another"), "HTTP/1.1 400 Bad Request");
    assert_eq!(server.deliver("/webhooks/mediquo", KEY), "HTTP/1.1 401 Unauthorized");
    assert_eq!(server.deliver("/webhooks/other", KEY), "HTTP/1.1 404 Not Found");
}
