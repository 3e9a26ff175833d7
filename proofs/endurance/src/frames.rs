//! HTTP/2 by hand: what a client library would not send.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// `CANCEL`, as the payload of `RST_STREAM`.
pub(crate) const CANCEL: &[u8] = &[0, 0, 0, 8];

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head of a request, without compression and without its declared length: each field is a literal that the server
/// does not keep.
pub(crate) fn block(request: &Request<Bytes>) -> Vec<u8> {
    let mut block = Vec::new();
    let fields = [(":method", request.method().as_str()), (":scheme", "http"), (":authority", "localhost")];
    for (name, value) in fields.into_iter().chain([(":path", request.uri().path())]) {
        literal(&mut block, name.as_bytes(), value.as_bytes());
    }
    for (name, value) in request.headers() {
        literal(&mut block, name.as_str().as_bytes(), value.as_bytes());
    }
    block
}

pub(crate) fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.push(0);
    for text in [name, value] {
        // Seven bits of a length, or as many more as it needs.
        match text.len() {
            short @ 0..127 => block.push(short.to_le_bytes()[0]),
            long => {
                block.push(127);
                let mut rest = long - 127;
                while rest >= 128 {
                    block.push(rest.to_le_bytes()[0] | 128);
                    rest /= 128;
                }
                block.push(rest.to_le_bytes()[0]);
            }
        }
        block.extend_from_slice(text);
    }
}

/// A connection with the preface and empty settings sent.
pub(crate) async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await?;
    Ok(stream)
}

pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) payload: Vec<u8>,
}

pub(crate) async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let [high, middle, low, kind, flags, ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
    stream.read_exact(&mut payload).await?;
    Ok(Frame { kind, flags, payload })
}

/// Why the server ends the connection, if that is what a frame says.
pub(crate) fn goodbye(frame: &Frame) -> Option<String> {
    let code = frame.payload.get(4..8).filter(|_| frame.kind == GOAWAY)?;
    Some(match code {
        [0, 0, 0, 0] => "NO_ERROR".to_owned(),
        [0, 0, 0, 1] => "PROTOCOL_ERROR".to_owned(),
        [0, 0, 0, 6] => "FRAME_SIZE_ERROR".to_owned(),
        [0, 0, 0, 9] => "COMPRESSION_ERROR".to_owned(),
        [0, 0, 0, 11] => "ENHANCE_YOUR_CALM".to_owned(),
        other => format!("{other:?}"),
    })
}
