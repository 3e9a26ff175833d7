//! As much of HTTP/1.1 as a sender needs.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
};

use crate::testing::receiver::shot::Got;

/// How long one step waits before it looks whether there is an answer.
const STEP: Duration = Duration::from_millis(50);
/// The longest answer that is read.
const LONGEST: usize = 16 << 20;

pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

pub(super) struct Connection {
    stream: TcpStream,
    patience: Duration,
    /// What has been read and not used.
    buffer: Vec<u8>,
}

/// How a part of an answer ended too early.
enum Short {
    Closed,
    Late,
    Malformed,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, patience: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(STEP))?;
        Ok(Self { stream, patience, buffer: Vec::new() })
    }

    pub(super) fn be_patient_for(&mut self, patience: Duration) {
        self.patience = patience;
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Writes all, or returns `false` if the receiver has closed the connection, or takes nothing for too long.
    pub(super) fn write(&mut self, bytes: &[u8]) -> bool {
        self.write_while(bytes, |_| true)
    }

    /// The same, but stops if there is an answer.
    pub(super) fn write_unless_answered(&mut self, bytes: &[u8]) -> bool {
        !self.is_answered() && self.write_while(bytes, |it| !it.is_answered())
    }

    fn write_while(&mut self, mut bytes: &[u8], goes_on: impl Fn(&Self) -> bool) -> bool {
        let mut waited = Duration::ZERO;
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(written @ 1..) => {
                    bytes = bytes.get(written..).unwrap_or_default();
                    waited = Duration::ZERO;
                }
                Err(error) if is_timeout(&error) => {
                    waited += STEP;
                    if waited >= self.patience || !goes_on(self) {
                        return false;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return false,
            }
        }
        true
    }

    /// Whether there is an answer, or the end of the connection.
    fn is_answered(&self) -> bool {
        let _ = self.stream.set_nonblocking(true);
        let is_answered = !self.stream.peek(&mut [0]).is_err_and(|error| is_timeout(&error));
        let _ = self.stream.set_nonblocking(false);
        is_answered
    }

    pub(super) fn is_answered_within(&self, time: Duration) -> bool {
        let _ = self.stream.set_read_timeout(Some(time));
        !self.stream.peek(&mut [0]).is_err_and(|error| is_timeout(&error))
    }

    pub(super) fn read_answer(&mut self) -> Got {
        match self.answer() {
            Ok(got) => got,
            Err(Short::Closed) => Got::Closed,
            Err(Short::Late) => Got::Late,
            Err(Short::Malformed) => Got::Failed("what came is not HTTP/1.1".to_owned()),
        }
    }

    fn answer(&mut self) -> Result<Got, Short> {
        let (status, headers) = loop {
            let (status, headers) = self.head()?;
            if !status.is_informational() {
                break (status, headers);
            }
        };
        let value = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let is_chunked = value(TRANSFER_ENCODING).is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        let length =
            value(CONTENT_LENGTH).map(|length| length.trim().parse().map_err(|_| Short::Malformed)).transpose()?;
        let body = match length {
            _ if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => Vec::new(),
            _ if is_chunked => self.chunks()?,
            Some(length) => self.take(length)?,
            None => self.rest()?,
        };
        Ok(Got::Response { status, headers, body: body.into() })
    }

    fn head(&mut self) -> Result<(StatusCode, HeaderMap), Short> {
        let status = self.line()?;
        let status = status.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or(Short::Malformed)?;
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok((status, headers));
            }
            let (name, value) = line.split_once(':').ok_or(Short::Malformed)?;
            let name = HeaderName::try_from(name).map_err(|_| Short::Malformed)?;
            let value = HeaderValue::try_from(value.trim()).map_err(|_| Short::Malformed)?;
            headers.append(name, value);
        }
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Short> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let length = line.split(';').next().unwrap_or_default().trim();
            let length = usize::from_str_radix(length, 16).map_err(|_| Short::Malformed)?;
            if length == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(length)?);
            self.line()?;
        }
    }

    fn line(&mut self) -> Result<String, Short> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(end)?;
                self.take(2)?;
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.fill()?;
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Short> {
        while self.buffer.len() < length {
            self.fill()?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn rest(&mut self) -> Result<Vec<u8>, Short> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(Short::Closed) => return Ok(std::mem::take(&mut self.buffer)),
                Err(short) => return Err(short),
            }
        }
    }

    fn fill(&mut self) -> Result<(), Short> {
        if self.buffer.len() > LONGEST {
            return Err(Short::Malformed);
        }
        let _ = self.stream.set_read_timeout(Some(self.patience));
        let mut bytes = [0; 4096];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(Short::Closed),
                Ok(read) => {
                    self.buffer.extend_from_slice(bytes.get(..read).unwrap_or_default());
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(Short::Late),
                Err(_) => return Err(Short::Closed),
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Whether an answer with these headers is the last one on its connection.
pub(super) fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// The head of a request. Without a length, its body is chunked.
pub(super) fn head(request: &Request<Bytes>, authority: &str, length: Option<usize>) -> Vec<u8> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let mut head = format!("{} {target} HTTP/1.1\r\n", request.method()).into_bytes();
    if !request.headers().contains_key(HOST) {
        head.extend(format!("host: {authority}\r\n").into_bytes());
    }
    for (name, value) in request.headers() {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(match length {
        Some(length) => format!("content-length: {length}\r\n\r\n").into_bytes(),
        None => b"transfer-encoding: chunked\r\n\r\n".to_vec(),
    });
    head
}

pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
