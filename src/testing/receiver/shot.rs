//! What is sent in a case, and what comes back.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};

/// One delivery, and how it is sent.
#[derive(Debug)]
pub(super) struct Shot {
    /// What it is, as it stands after "to".
    pub(super) what: String,
    pub(super) request: Request<Bytes>,
    pub(super) framing: Framing,
    /// What no answer may contain, each with what it is.
    pub(super) secrets: Vec<(&'static str, String)>,
}

/// How a body is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Framing {
    /// With its length, at once.
    Whole,
    /// Without its length, in many small pieces of several lengths.
    Pieces,
    /// This much of it, and then the connection breaks. More than all: all, but not the end of the body.
    BrokenAfter(usize),
    /// A half, and then nothing.
    Stalled,
    /// So large that the receiver must not take all of it. Whether its length is declared.
    Large { declared: bool },
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) got: Got,
    /// Whether the receiver took all of the body.
    pub(super) took_all: bool,
}

#[derive(Debug)]
pub(super) enum Got {
    Response {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    /// The connection was closed without an answer.
    Closed,
    /// Nothing came in time.
    Late,
    /// The service failed or panicked, or what came is not HTTP.
    Failed(String),
}

impl Answer {
    pub(super) fn failed(what: impl Into<String>) -> Self {
        Self { got: Got::Failed(what.into()), took_all: false }
    }

    pub(super) fn status(&self) -> Option<StatusCode> {
        match self.got {
            Got::Response { status, .. } => Some(status),
            _ => None,
        }
    }

    /// As it stands after "the receiver".
    pub(super) fn told(&self) -> String {
        match &self.got {
            Got::Response { status, .. } => format!("answered {status}"),
            Got::Closed => "closed the connection without an answer".to_owned(),
            Got::Late => "did not answer in time".to_owned(),
            Got::Failed(what) => format!("failed: {what}"),
        }
    }
}

/// A way to a receiver.
pub(super) trait Wire {
    /// By how much a large body is longer than the limit: more than is buffered on the way.
    const BEYOND: usize;
    /// Why there are no connections, if there are none.
    const NO_CONNECTIONS: Option<&'static str>;
    /// Why no case can wait, if none can.
    fn cannot_wait(&self) -> Option<&'static str>;
    async fn send(&self, shot: Shot) -> Answer;
    async fn send_at_once(&self, shots: Vec<Shot>) -> Vec<Answer>;
    /// Sends two one after the other on one connection, as a client does that keeps connections. It is called if there are
    /// connections.
    async fn send_on_one_connection(&self, _: Vec<Shot>) -> Vec<Answer> {
        Vec::new()
    }
}
