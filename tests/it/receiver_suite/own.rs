//! A receiver written by hand, right or wrong in one way.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower_webhook::{
    clock::{Clock, SystemClock},
    provider::Sender,
    testing::TestSender,
};

pub(super) const KEY: &str = "Zr41vw-new-and-random";

const DESCRIPTION: &str = r#"{
    "name": "acme",
    "title": "Acme",
    "credential": {
        "signature": {
            "algorithm": "hmac_sha256",
            "at": {"header": "x-acme-signature"},
            "signed": ["timestamp", {"literal": "."}, "body"],
            "timestamp_header": "x-acme-timestamp"
        }
    },
    "envelope": {"event_type": {"body": "type"}, "event_id": {"body": "id"}},
    "samples": [
        {"name": "lab.ready", "open_value": "data.status",
         "body": {"id":"evt_1","type":"lab.ready","data":{"lab":"l-1","status":"final"}}},
        {"name": "lab.cancelled", "body": {"id":"evt_2","type":"lab.cancelled","data":{"lab":"l-1","status":"final"}}}
    ]
}"#;

pub(super) fn acme() -> TestSender {
    TestSender::new(Sender::from_json(DESCRIPTION).unwrap()).unwrap().with_key(KEY).unwrap()
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flaw {
    Nothing,
    AcceptsEveryMethod,
    NeedsNoSignature,
    VerifiesNothing,
    TakesTheFirstSignature,
    ComparesAPrefix,
    ComparesAsMuchAsGiven,
    ForgetsThePast,
    ForgetsTheFuture,
    VerifiesItsOwnJson,
    VerifiesWhatItKnows,
    SaysWhatIsWrong,
    EchoesTheBody,
    LeaksTheKey,
    LeaksTheExpectedSignature,
    FailsOnMalformed,
    PanicsOnMalformed,
    FailsOnUnknownTypes,
    FailsOnUnknownValues,
    RefusesUnknownMembers,
    NeedsALength,
    HasNoLimit,
    IgnoresBrokenBodies,
    ActsBeforeTheEnd,
    HasNoDeadline,
    IgnoresDuplicates,
    ChecksThenActs,
    RefusesDuplicates,
    WantsAnOrder,
    AcknowledgesWithoutEffect,
    RefusesOneKind,
}

#[derive(Clone)]
pub(super) struct Receiver(Arc<State>);

struct State {
    flaw: Flaw,
    deadline: Duration,
    effects: AtomicUsize,
    seen: Mutex<HashMap<String, ()>>,
    last: Mutex<u64>,
}

const LIMIT: usize = 1 << 20;

type Reply = Response<Full<Bytes>>;

fn reply(status: u16, text: impl Into<Bytes>) -> Reply {
    Response::builder().status(status).body(Full::new(text.into())).unwrap()
}

/// An answer before the end of the body.
fn closing(status: u16) -> Reply {
    let mut reply = reply(status, "");
    reply.headers_mut().insert("connection", "close".parse().unwrap());
    reply
}

impl Receiver {
    pub(super) fn new(flaw: Flaw, deadline: Duration) -> Self {
        Self(Arc::new(State {
            flaw,
            deadline,
            effects: AtomicUsize::new(0),
            seen: Mutex::default(),
            last: Mutex::default(),
        }))
    }

    pub(super) fn effects(&self) -> usize {
        self.0.effects.load(Ordering::Relaxed)
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.0.flaw == flaw
    }

    pub(super) async fn receive<B>(self, request: Request<B>) -> Result<Reply, Infallible>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, body) = request.into_parts();
        if head.method != Method::POST && !self.is(Flaw::AcceptsEveryMethod) {
            return Ok(closing(405));
        }
        if self.is(Flaw::NeedsALength) && !head.headers.contains_key("content-length") {
            return Ok(closing(411));
        }
        let collected = if self.is(Flaw::HasNoDeadline) {
            Ok(self.collect(&head.headers, body).await)
        } else {
            tokio::time::timeout(self.0.deadline, self.collect(&head.headers, body)).await
        };
        Ok(match collected {
            Err(_) => closing(408),
            Ok(Err(status)) => closing(status),
            Ok(Ok(body)) => self.judge(&head.headers, &body).await,
        })
    }

    async fn collect<B: Body<Data = Bytes> + Unpin>(&self, headers: &HeaderMap, mut body: B) -> Result<Bytes, u16> {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                if self.is(Flaw::IgnoresBrokenBodies) {
                    break;
                }
                return Err(400);
            };
            bytes.extend(frame.into_data().unwrap_or_default());
            if bytes.len() > LIMIT && !self.is(Flaw::HasNoLimit) {
                return Err(413);
            }
            if self.is(Flaw::ActsBeforeTheEnd) && self.refusal(headers, &bytes).is_none() {
                break;
            }
        }
        if bytes.len() > LIMIT { Err(413) } else { Ok(bytes.into()) }
    }

    /// Why the credential is refused, if it is.
    fn refusal(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        let given: Vec<_> = headers.get_all("x-acme-signature").iter().map(|it| it.to_str().unwrap()).collect();
        let refused = |why: &str| Some(if self.is(Flaw::SaysWhatIsWrong) { why.to_owned() } else { String::new() });
        let given = match &*given {
            [] if self.is(Flaw::NeedsNoSignature) => return None,
            [first, _] if self.is(Flaw::TakesTheFirstSignature) => *first,
            [one] => *one,
            _ => return refused("not one signature"),
        };
        let Some(time) = time(headers) else { return refused("no time") };
        let now = SystemClock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        if time + 300 < now && !self.is(Flaw::ForgetsThePast) {
            return refused("stale");
        }
        if now + 300 < time && !self.is(Flaw::ForgetsTheFuture) {
            return refused("from the future");
        }
        if self.is(Flaw::VerifiesNothing) && given.len() == 64 {
            return None;
        }
        let expected = signature(time, &if self.is(Flaw::VerifiesItsOwnJson) { own_json(body) } else { body.to_vec() });
        let is_right = match self.0.flaw {
            Flaw::ComparesAPrefix => given.len() == 64 && given.get(..32) == expected.get(..32),
            Flaw::ComparesAsMuchAsGiven => expected.starts_with(given),
            Flaw::VerifiesWhatItKnows => given == expected || given == signature(time, &known(body)),
            _ => given == expected,
        };
        if !is_right && self.is(Flaw::LeaksTheExpectedSignature) {
            return Some(format!("expected {expected}"));
        }
        if is_right { None } else { refused("wrong signature") }
    }

    async fn judge(&self, headers: &HeaderMap, body: &Bytes) -> Reply {
        if let Some(why) = self.refusal(headers, body) {
            return if self.is(Flaw::EchoesTheBody) { reply(401, body.clone()) } else { reply(401, why) };
        }
        if self.is(Flaw::WantsAnOrder) {
            let (mut last, time) = (self.0.last.lock().unwrap(), time(headers).unwrap());
            if time < *last {
                return reply(409, "");
            }
            *last = time;
        }
        let event: Value = match serde_json::from_slice(body) {
            Ok(event) => event,
            Err(_) if self.is(Flaw::FailsOnMalformed) => return reply(500, ""),
            Err(error) if self.is(Flaw::PanicsOnMalformed) => panic!("{error}"),
            Err(_) => return reply(400, ""),
        };
        if event.get("altered_0").is_some() && self.is(Flaw::RefusesUnknownMembers) {
            return reply(400, "");
        }
        match event["type"].as_str() {
            Some("lab.cancelled") if self.is(Flaw::RefusesOneKind) => return reply(400, ""),
            Some("lab.ready" | "lab.cancelled") => {}
            _ if self.is(Flaw::FailsOnUnknownTypes) => return reply(400, ""),
            _ => return reply(200, ""),
        }
        if event["data"]["status"] != "final" && self.is(Flaw::FailsOnUnknownValues) {
            return reply(500, "");
        }
        self.act(event["id"].as_str().unwrap_or_default()).await
    }

    async fn act(&self, id: &str) -> Reply {
        let is_seen = if self.is(Flaw::ChecksThenActs) {
            let is_seen = self.0.seen.lock().unwrap().contains_key(id);
            tokio::task::yield_now().await;
            self.0.seen.lock().unwrap().insert(id.to_owned(), ());
            is_seen
        } else {
            self.0.seen.lock().unwrap().insert(id.to_owned(), ()).is_some()
        };
        if is_seen && !self.is(Flaw::IgnoresDuplicates) {
            return reply(if self.is(Flaw::RefusesDuplicates) { 409 } else { 200 }, "");
        }
        if !self.is(Flaw::AcknowledgesWithoutEffect) {
            self.0.effects.fetch_add(1, Ordering::Relaxed);
        }
        let mut accepted = reply(200, "");
        if self.is(Flaw::LeaksTheKey) {
            accepted.headers_mut().insert("x-debug", format!("key={KEY}").parse().unwrap());
        }
        accepted
    }
}

fn time(headers: &HeaderMap) -> Option<u64> {
    headers.get("x-acme-timestamp")?.to_str().ok()?.parse().ok()
}

fn signature(time: u64, body: &[u8]) -> String {
    let message = [format!("{time}.").as_bytes(), body].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()), &message);
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As a library would write the JSON again that it has read: without blanks.
fn own_json(body: &[u8]) -> Vec<u8> {
    body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

/// Without the member that the receiver's type does not have.
fn known(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body).replace(r#","altered_0":true"#, "").into_bytes()
}
