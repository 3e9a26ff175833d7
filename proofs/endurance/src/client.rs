//! HTTP/1.1 by hand, so that what is sent can be cut off anywhere.

use std::{io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longer than the deadline of a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// The request as it is sent, and where its body begins.
pub(crate) fn wire(request: &Request<Bytes>, more: &str) -> (Vec<u8>, usize) {
    let mut bytes =
        format!("{} {} HTTP/1.1\r\nhost: localhost\r\n{more}", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        bytes.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", request.body().len()).as_bytes());
    let head = bytes.len();
    bytes.extend_from_slice(request.body());
    (bytes, head)
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) outcome: Option<String>,
    pub(crate) closes: bool,
}

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        timeout(PATIENCE, self.read_answer()).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn read_answer(&mut self) -> io::Result<Answer> {
        loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(self.received.get(..end).unwrap_or_default()).to_ascii_lowercase();
                let header = |name: &str| {
                    head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned()))
                };
                let length: usize =
                    header("content-length").map_or(Ok(0), |text| text.parse()).map_err(io::Error::other)?;
                if self.received.len() >= end + 4 + length {
                    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
                    let status = status.ok_or_else(|| io::Error::other("no status"))?;
                    let answer =
                        Answer { status, outcome: header("soak-outcome"), closes: header("connection").is_some() };
                    self.received.drain(..end + 4 + length);
                    return Ok(answer);
                }
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
