//! A small HTTP client that can also hang up.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub const KEY: &str = "tm_live_8Jq2vXw9Lr5t";
pub const SIGNATURE: &str = "mq_9Lr5tXw2v8Jq7Bn3K";

/// One of many different events.
pub fn session(number: usize) -> String {
    format!(r#"{{"qualification_session_id":"qs_{number}","status":"approved","email":"jane@example.com"}}"#)
}

/// Sends, and does not wait for the answer.
pub async fn send(server: SocketAddr, path: &str, body: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server).await?;
    let head = format!(
        "POST /webhooks/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-truemed-api-key: {KEY}\r\n\
         x-webhook-signature: {SIGNATURE}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}

/// The status, or `None` if the connection ended without one.
pub async fn deliver_to(server: SocketAddr, path: &str, body: &str) -> Option<u16> {
    let mut stream = send(server, path, body).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    std::str::from_utf8(&answer).ok()?.split(' ').nth(1)?.parse().ok()
}

pub async fn deliver(server: SocketAddr, body: &str) -> Option<u16> {
    deliver_to(server, "truemed", body).await
}

/// Sends all at once, and gives the statuses.
pub async fn deliver_all(server: SocketAddr, bodies: Vec<String>) -> Vec<Option<u16>> {
    let deliveries: Vec<_> =
        bodies.into_iter().map(|body| tokio::spawn(async move { deliver(server, &body).await })).collect();
    let mut statuses = Vec::new();
    for delivery in deliveries {
        statuses.push(delivery.await.unwrap());
    }
    statuses
}
