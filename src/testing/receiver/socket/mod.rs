//! Sends over TCP, in bytes written here, so that a body can be framed, broken off and held back as a case wants it.
//!
//! It blocks, on a thread of its own, and needs no runtime.

mod http1;

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs},
    sync::Barrier,
    thread,
    time::Duration,
};

use http::Uri;

use self::http1::Connection;
use super::shot::{Answer, Framing, Got, Shot, Wire};
use crate::{ConfigError, ConfigErrorKind};

/// How long any other answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an answer is waited for that comes early or not at all.
const EARLY: Duration = Duration::from_millis(250);

pub(super) struct Sockets {
    address: SocketAddr,
    authority: String,
    deadline: Option<Duration>,
}

impl Sockets {
    /// Checks the URL. Returns its path too, if it has one.
    pub(super) fn new(url: &str, deadline: Option<Duration>) -> Result<(Self, Option<String>), ConfigError> {
        let wrong = || {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the URL of the receiver");
            error.expected("`http://` and an address of this machine, such as `http://127.0.0.1:3000`")
        };
        let url: Uri = url.parse().map_err(|_| wrong())?;
        let authority = url.authority().filter(|_| url.scheme_str() == Some("http")).ok_or_else(wrong)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let addresses = (host, authority.port_u16().unwrap_or(80)).to_socket_addrs().map_err(|_| wrong())?;
        // Nobody attacks another machine by mistake.
        let mut local: Vec<_> = addresses.filter(|address| address.ip().is_loopback()).collect();
        local.sort_by_key(SocketAddr::is_ipv6);
        let address = local.into_iter().next().ok_or_else(wrong)?;
        let path = url.path_and_query().map(|path| path.as_str().to_owned()).filter(|path| path != "/");
        Ok((Self { address, authority: authority.as_str().to_owned(), deadline }, path))
    }

    fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE);
        stream.and_then(|stream| Connection::new(stream, PATIENCE))
    }

    fn exchange(&self, shot: &Shot) -> Answer {
        match self.connect() {
            Ok(mut connection) => self.exchange_on(&mut connection, shot),
            Err(error) => unconnected(&error),
        }
    }

    fn exchange_on(&self, connection: &mut Connection, shot: &Shot) -> Answer {
        let Shot { request, framing, .. } = shot;
        let (body, length) = (request.body(), request.body().len());
        let is_chunked = matches!(framing, Framing::Pieces | Framing::Large { declared: false });
        // A body that breaks off after its last byte was to be longer.
        let declared = length + usize::from(*framing == Framing::BrokenAfter(usize::MAX));
        let head = http1::head(request, &self.authority, (!is_chunked).then_some(declared));
        let mut took_all = false;
        match framing {
            Framing::Whole => drop(connection.write(&[head.as_slice(), body].concat())),
            Framing::Pieces => {
                let pieces = super::in_process::pieces(body.clone()).map(|piece| http1::chunk(&piece));
                let _ = connection.write(&head) && pieces.into_iter().all(|piece| connection.write(&piece));
                connection.write(http1::LAST_CHUNK);
            }
            Framing::BrokenAfter(kept) => {
                let part = body.slice(..(*kept).min(length));
                connection.write(&[head.as_slice(), &part].concat());
                let _ = connection.stream().shutdown(Shutdown::Write);
            }
            Framing::Stalled => {
                connection.write(&[head.as_slice(), &body.slice(..length / 2)].concat());
                connection.be_patient_for(self.deadline.unwrap_or(PATIENCE));
            }
            Framing::Large { .. } => {
                let frames = super::in_process::cut(body.clone(), &[64 << 10]);
                let frames = frames.map(|frame| if is_chunked { http1::chunk(&frame) } else { frame.to_vec() });
                took_all =
                    connection.write(&head) && frames.into_iter().all(|frame| connection.write_unless_answered(&frame));
                if took_all && is_chunked {
                    connection.write(http1::LAST_CHUNK);
                }
            }
        }
        Answer { got: connection.read_answer(), took_all }
    }

    /// The first has a body that is still on its way when it is answered, if the receiver answers by the head.
    fn exchange_both(&self, refused: &Shot, next: &Shot) -> io::Result<[Answer; 2]> {
        let mut connection = self.connect()?;
        let body = refused.request.body();
        let (begun, rest) = body.split_at(body.len().min(10));
        let head = http1::head(&refused.request, &self.authority, Some(body.len()));
        connection.write(&[&head, begun].concat());
        let mut is_written = false;
        if !connection.is_answered_within(EARLY) {
            connection.write(rest);
            is_written = true;
        }
        let first = Answer { got: connection.read_answer(), took_all: is_written };
        let closes = matches!(&first.got, Got::Response { headers, .. } if http1::closes(headers));
        if closes {
            return Ok([first, self.exchange(next)]);
        }
        if !is_written {
            connection.write(rest);
        }
        let second = self.exchange_on(&mut connection, next);
        Ok([first, second])
    }
}

fn unconnected(error: &io::Error) -> Answer {
    Answer::failed(format!("no connection: {}", error.kind()))
}

impl Wire for Sockets {
    // What the system buffers for a connection is a few MiB.
    const BEYOND: usize = 24 << 20;
    const NO_CONNECTIONS: Option<&'static str> = None;

    fn cannot_wait(&self) -> Option<&'static str> {
        self.deadline.is_none().then_some("the suite has no `deadline`")
    }

    async fn send(&self, shot: Shot) -> Answer {
        self.exchange(&shot)
    }

    async fn send_at_once(&self, shots: Vec<Shot>) -> Vec<Answer> {
        let together = &Barrier::new(shots.len());
        thread::scope(|scope| {
            let threads = shots.iter().map(|shot| {
                scope.spawn(move || {
                    together.wait();
                    self.exchange(shot)
                })
            });
            let threads: Vec<_> = threads.collect();
            let failed = |_| Answer::failed("the thread of the sender panicked");
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(failed)).collect()
        })
    }

    async fn send_on_one_connection(&self, shots: Vec<Shot>) -> Vec<Answer> {
        let [refused, next] = &*shots else { return Vec::new() };
        self.exchange_both(refused, next).map_or_else(|error| vec![unconnected(&error)], Vec::from)
    }
}
