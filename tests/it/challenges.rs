//! Every endpoint verification that is ready made, over real sockets: what its provider sends is answered, and what only
//! looks like it is not.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use axum::{Router, routing::any};
use data_encoding::HEXLOWER;
use serde_json::Value as Json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower_webhook::{
    ConfigErrorKind, WebhookBody, WebhookLayer,
    auth::{ApiKey, DangerousAcceptAll, Key, Part, Scheme, Signature, Twilio, keys::Tenants},
    clock::Clock,
    handshake::{Challenge, ChallengeBuilder, Value},
    json::SecretString,
    provider::{Custom, preset},
};

use crate::support::{bodies::Script, deliver, fixture};

const KEY: &str = "Zr41vw-new-and-random";
const TOKEN: &str = "chosen-in-the-dashboard";
const NOW: u64 = 1_654_503_849;
const STALE: u64 = NOW - 301;

type Layer = WebhookLayer<Custom<WebhookBody>>;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
    }
}

fn layer(scheme: impl Scheme) -> Layer {
    Custom::builder("acme", scheme).raw().build().unwrap().into_layer().clock(Fixed)
}

/// A route whose deliveries are signed with `KEY`.
fn signed_route() -> Layer {
    layer(Signature::hmac_sha256("x-acme-signature").key(KEY).build().unwrap())
}

fn hmac(key: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    HEXLOWER.encode(hmac::sign(&key, message.as_bytes()).as_ref())
}

/// A request as it is sent.
#[derive(Clone)]
struct Sent {
    line: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Sent {
    fn new(method: &str, target: &str) -> Self {
        Self { line: format!("{method} /hook{target} HTTP/1.1"), headers: Vec::new(), body: String::new() }
    }

    fn post(body: impl Into<String>) -> Self {
        Self { body: body.into(), ..Self::new("POST", "") }
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

/// A response as it was sent: the lines of its head but the date, and its body.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: u16,
    head: Vec<String>,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.split_once(": ").filter(|(own, _)| *own == name).map(|(_, value)| value))
    }
}

/// A server of axum with one route, and the bodies that its handler has got.
struct Server {
    address: SocketAddr,
    handled: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(layer: Layer) -> Self {
        let handled = Arc::new(Mutex::new(Vec::new()));
        let bodies = Arc::clone(&handled);
        let handler = move |body: String| async move {
            bodies.lock().unwrap().push(body);
            "handled"
        };
        let app: Router = Router::new().route("/hook", any(handler).layer(layer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, handled }
    }

    async fn send(&self, sent: &Sent) -> Got {
        let Sent { line, headers, body } = sent;
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = if body.is_empty() && !line.starts_with("POST") {
            String::new()
        } else {
            format!("content-length: {}\r\n", body.len())
        };
        self.exchange(&format!("{line}\r\nhost: a.example\r\n{headers}{length}\r\n{body}")).await
    }

    async fn exchange(&self, request: &str) -> Got {
        let is_head = request.starts_with("HEAD");
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut read = Vec::new();
            loop {
                if let Some(got) = parsed(&read, is_head) {
                    return got;
                }
                assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "closed without a response");
            }
        };
        tokio::time::timeout(Duration::from_secs(60), exchange).await.expect("an answer")
    }

    fn take_handled(&self) -> Vec<String> {
        std::mem::take(&mut *self.handled.lock().unwrap())
    }
}

fn parsed(read: &[u8], is_head: bool) -> Option<Got> {
    let text = std::str::from_utf8(read).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let mut head: Vec<String> = lines.filter(|line| !line.starts_with("date: ")).map(str::to_owned).collect();
    head.sort();
    let got = Got { status, head, body: body.to_owned() };
    let length = got.header("content-length").map_or(0, |length| length.parse().unwrap());
    (is_head || body.len() >= length).then_some(got)
}

type Header = (&'static str, &'static str);

/// Requests to one endpoint, and what must become of them.
struct Case {
    name: &'static str,
    layer: Layer,
    /// What the provider sends, and the answer: status, body, and headers of it.
    genuine: Vec<(Sent, u16, &'static str, Vec<Header>)>,
    /// What is refused exactly as a delivery without a credential is.
    refused: Vec<Sent>,
    /// Authentic deliveries that only look like the challenge. The handler gets them.
    events: Vec<Sent>,
}

const TEXT: Header = ("content-type", "text/plain; charset=utf-8");
const JSON: Header = ("content-type", "application/json");
const NOSNIFF: Header = ("x-content-type-options", "nosniff");

impl Case {
    async fn check(self) {
        let Self { name, layer, genuine, refused, events } = self;
        let server = Server::start(layer).await;
        for (sent, status, body, headers) in genuine {
            let got = server.send(&sent).await;
            assert_eq!((got.status, &*got.body), (status, body), "{name}: {}", sent.line);
            for (header, value) in headers {
                assert_eq!(got.header(header), Some(value), "{name}: {header}");
            }
        }
        assert_eq!(server.take_handled(), [""; 0], "{name}: a challenge is no event");
        let unsigned = server.send(&Sent::post(r#"{"event":"a real one"}"#)).await;
        assert_eq!(unsigned.status, 401, "{name}");
        for sent in refused {
            assert_eq!(server.send(&sent).await, unsigned, "{name}: {} {}", sent.line, sent.body);
        }
        assert_eq!(server.take_handled(), [""; 0], "{name}: what is refused is not handled");
        for sent in events {
            let got = server.send(&sent).await;
            assert_eq!((got.status, &*got.body), (200, "handled"), "{name}: {}", sent.body);
            assert_eq!(server.take_handled(), [sent.body], "{name}");
        }
    }
}

fn long() -> String {
    "1".repeat(1025)
}

const EVENT: &str = r#"{"type":"order","id":7}"#;

/// Challenges in the query of a `GET` that a token authenticates.
fn with_token(name: &'static str, challenge: Challenge, answer: &'static str, kind: Header) -> Case {
    let query = |rest: &str| Sent::new("GET", &format!("?hub.mode=subscribe{rest}"));
    let token = format!("&hub.verify_token={TOKEN}");
    let right = format!("&hub.challenge=1158201444{token}");
    Case {
        name,
        layer: signed_route().handshake(challenge),
        genuine: vec![(query(&right), 200, answer, vec![kind, NOSNIFF])],
        refused: vec![
            query("&hub.challenge=1158201444&hub.verify_token=another-that-is-wrong"),
            query("&hub.challenge=1158201444"),
            query(&token),
            query(&format!("&hub.challenge={}{token}", long())),
            query(&format!("&hub.challenge=%3Cscript%3E{token}")),
            query(&format!("{right}&hub.challenge=2")),
            Sent::new("GET", &format!("?hub.mode=unsubscribe{right}")),
            // A real event beside the challenge.
            Sent::new("POST", &format!("?hub.mode=subscribe{right}")).body(EVENT),
        ],
        events: Vec::new(),
    }
}

#[tokio::test]
async fn meta_and_strava() {
    with_token("meta", Challenge::meta(TOKEN).unwrap(), "1158201444", TEXT).check().await;
    let strava = Challenge::strava(TOKEN).unwrap();
    with_token("strava", strava, r#"{"hub.challenge":"1158201444"}"#, JSON).check().await;
}

#[tokio::test]
async fn dropbox() {
    let query = |query: &str| Sent::new("GET", &format!("?challenge={query}"));
    let case = Case {
        name: "dropbox",
        layer: signed_route().handshake(Challenge::dropbox()),
        genuine: vec![(query("abc123"), 200, "abc123", vec![TEXT, NOSNIFF])],
        refused: vec![
            query(&long()),
            query("%3Cscript%3E"),
            query("a%20b"),
            query("%FF"),
            query(""),
            query("a&challenge=b"),
            Sent::new("POST", "?challenge=abc123").body(EVENT),
            Sent::new("POST", "?challenge=abc123"),
        ],
        events: Vec::new(),
    };
    case.check().await;
}

#[tokio::test]
async fn okta() {
    let get = |value: &str| Sent::new("GET", "").header("x-okta-verification-challenge", value);
    let value = "Me_rShK8JHsTnbyYrWXCEoMGbM_zsZ6k0hLPZ_Pg";
    let case = Case {
        name: "okta",
        layer: signed_route().handshake(Challenge::okta()),
        genuine: vec![(
            get(value).header("authorization", "my-shared-secret"),
            200,
            r#"{"verification":"Me_rShK8JHsTnbyYrWXCEoMGbM_zsZ6k0hLPZ_Pg"}"#,
            vec![JSON, NOSNIFF],
        )],
        refused: vec![
            get(&long()),
            get("<script>"),
            get(value).header("x-okta-verification-challenge", "2"),
            Sent { line: "POST /hook HTTP/1.1".into(), ..get(value) }.body(EVENT),
        ],
        events: Vec::new(),
    };
    case.check().await;
}

#[tokio::test]
async fn microsoft_graph() {
    let query =
        |token: &str| Sent::new("POST", &format!("?validationToken={token}")).header("content-type", "text/plain");
    let token = "Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+522a8e7e";
    let case = Case {
        name: "microsoft graph",
        layer: signed_route().handshake(Challenge::microsoft_graph()),
        genuine: vec![(
            query(token),
            200,
            "Validation: Testing client application reachability for subscription Request-Id: 522a8e7e",
            vec![TEXT, NOSNIFF],
        )],
        refused: vec![
            query(&long()),
            query("%3Cscript%3Ealert(1)%3C/script%3E"),
            query("a%0Ab"),
            query(""),
            query(token).body(EVENT),
            query(token).body(format!(r#"{{"value":[{{"clientState":"{KEY}"}}]}}"#)),
        ],
        events: vec![query(token).body(EVENT).header("x-acme-signature", hmac(KEY, EVENT))],
    };
    case.check().await;
}

#[tokio::test]
async fn a_post_without_a_body_is_one_too_if_only_its_head_says_so() {
    let graph = signed_route().handshake(Challenge::microsoft_graph());
    // A body in a layer of the user's may not know that it has ended.
    let request = http::Request::post("/?validationToken=t-7").header("content-length", "0");
    let outcome = deliver(&graph, request.body(Script::new([])).unwrap()).await;
    assert_eq!((outcome.status.as_u16(), &*outcome.body), (200, &b"t-7"[..]));
    let request = http::Request::post("/?validationToken=t-7").body(Script::new([])).unwrap();
    assert_eq!(deliver(&graph, request).await.status, 401);
}

#[tokio::test]
async fn cloud_events() {
    let options = |origin: &str| Sent::new("OPTIONS", "").header("webhook-request-origin", origin);
    let challenge = Challenge::cloud_events(["eventemitter.example.com"], NonZeroU32::new(100)).unwrap();
    let case = Case {
        name: "cloud events",
        layer: signed_route().handshake(challenge).handshake(Challenge::dropbox()),
        genuine: vec![(
            options("eventemitter.example.com").header("webhook-request-rate", "120"),
            200,
            "",
            vec![
                ("webhook-allowed-origin", "eventemitter.example.com"),
                ("webhook-allowed-rate", "100"),
                ("allow", "POST, OPTIONS, GET"),
            ],
        )],
        refused: vec![
            options("attacker.example.com"),
            options("eventemitter.example.com").header("webhook-request-origin", "eventemitter.example.com"),
            options(&long()),
            Sent { line: "POST /hook HTTP/1.1".into(), ..options("eventemitter.example.com") }.body(EVENT),
        ],
        events: Vec::new(),
    };
    case.check().await;

    let unlimited = Challenge::cloud_events(["eventemitter.example.com"], None).unwrap();
    let server = Server::start(signed_route().handshake(unlimited)).await;
    let got = server.send(&options("eventemitter.example.com")).await;
    assert_eq!((got.status, got.header("webhook-allowed-rate")), (200, Some("*")));
    let preflight = server.send(&Sent::new("OPTIONS", "").header("origin", "https://a.example")).await;
    assert_eq!((preflight.status, preflight.header("allow")), (405, Some("POST, OPTIONS")));
}

#[tokio::test]
async fn websub() {
    let query = |rest: &str| Sent::new("GET", &format!("?hub.topic=https%3A%2F%2Fblog.example.com%2Ffeed{rest}"));
    let challenge = Challenge::websub(["https://blog.example.com/feed", "https://blog.example.com/other"]).unwrap();
    let server = Server::start(signed_route().handshake(challenge)).await;
    let got = server.send(&query("&hub.mode=subscribe&hub.challenge=c-7&hub.lease_seconds=864000")).await;
    assert_eq!((got.status, &*got.body, got.header(TEXT.0)), (200, "c-7", Some(TEXT.1)));
    for sent in [
        Sent::new("GET", "?hub.topic=https%3A%2F%2Fattacker.example.com&hub.mode=subscribe&hub.challenge=c-7"),
        query("&hub.mode=unsubscribe&hub.challenge=c-7"),
        query("&hub.mode=denied&hub.reason=none"),
        query("&hub.mode=subscribe"),
        query(&format!("&hub.mode=subscribe&hub.challenge={}", long())),
        query("&hub.mode=subscribe&hub.challenge=c-7&hub.topic=another"),
    ] {
        let got = server.send(&sent).await;
        assert_eq!((got.status, &*got.body), (404, ""), "{}", sent.line);
    }
    let hidden =
        Sent::new("POST", "?hub.topic=https%3A%2F%2Fblog.example.com%2Ffeed&hub.mode=subscribe&hub.challenge=c");
    assert_eq!(server.send(&hidden.clone().body(EVENT)).await, server.send(&Sent::post(EVENT)).await);
    assert_eq!(server.take_handled(), [""; 0]);
}

#[tokio::test]
async fn trello() {
    let case = Case {
        name: "trello",
        layer: signed_route().handshake(Challenge::trello()),
        genuine: vec![(Sent::new("HEAD", ""), 200, "", Vec::new())],
        refused: vec![Sent::post(EVENT)],
        events: Vec::new(),
    };
    case.check().await;
}

/// Bodies of an unsigned `POST` with this member that are more, or less, than the challenge.
fn not_only(member: &str) -> Vec<String> {
    vec![
        format!(r#"{{"{member}":"c","event":{EVENT}}}"#),
        format!(r#"{{"event":{EVENT},"{member}":"c"}}"#),
        format!(r#"{{"{member}":"c","event":null}}"#),
        format!(r#"{{"{member}":"c","{member}":"d"}}"#),
        format!(r#"{{"{member}":"c"}}{EVENT}"#),
        format!(r#"[{{"{member}":"c"}}]"#),
        format!(r#"{{"{member}":7}}"#),
        format!(r#"{{"{member}":null}}"#),
        format!(r#"{{"{member}":""}}"#),
        format!(r#"{{"{member}":"<script>"}}"#),
        format!(r#"{{"{member}":"a\nb"}}"#),
        format!(r#"{{"{member}":"{}"}}"#, "c".repeat(1024)),
        format!(r#"{{"{member}":"c"}}{}"#, " ".repeat(1024)),
        "{}".to_owned(),
        format!("{member}=c"),
    ]
}

#[tokio::test]
async fn monday() {
    let body = r#"{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}"#;
    let wrong = [hmac("another key that is wrong", body), "malformed".to_owned()];
    let case = Case {
        name: "monday",
        layer: signed_route().handshake(Challenge::monday()),
        genuine: vec![
            (Sent::post(body), 200, body, vec![JSON, NOSNIFF]),
            (Sent::post("{ \"challenge\" : \"a\\\"b\" }"), 200, r#"{"challenge":"a\"b"}"#, vec![JSON]),
            (Sent::post(body).header("x-acme-signature", hmac(KEY, body)), 200, body, vec![JSON]),
        ],
        refused: not_only("challenge")
            .into_iter()
            .map(Sent::post)
            .chain(wrong.map(|wrong| Sent::post(body).header("x-acme-signature", wrong)))
            .chain([Sent::new("POST", "?challenge=c")])
            .collect(),
        events: vec![Sent::post(EVENT).header("x-acme-signature", hmac(KEY, EVENT))],
    };
    case.check().await;
}

#[tokio::test]
async fn monday_beside_a_key_that_is_not_in_a_header() {
    let body = r#"{"challenge":"c"}"#;
    let schemes = [ApiKey::query("token"), ApiKey::path_segment(1), ApiKey::body("token"), ApiKey::form_field("token")];
    for scheme in schemes.map(|scheme| scheme.key(KEY).build().unwrap()) {
        let server = Server::start(layer(scheme.clone()).handshake(Challenge::monday())).await;
        let got = server.send(&Sent::post(body)).await;
        assert_eq!((got.status, &*got.body), (200, body), "{scheme:?}");
        let got = server.send(&Sent::post(r#"{"challenge":"c","event":1}"#)).await;
        assert_eq!(got.status, 401, "{scheme:?}");
    }
}

#[tokio::test]
async fn what_is_told_of_a_challenge_has_no_credential() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let heads = Arc::clone(&seen);
    let challenge =
        Challenge::notion(move |head, _| heads.lock().unwrap().push(format!("{} {:?}", head.uri, head.headers)));
    let scheme = ApiKey::query("token").key(KEY).build().unwrap();
    let scheme = scheme.or(ApiKey::header("x-acme-key").key(KEY).build().unwrap());
    let server = Server::start(layer(scheme).handshake(challenge)).await;
    let wrong = "a-key-with-one-typo-in-it";
    let sent = Sent::new("POST", &format!("?tenant=north&token={wrong}&token={wrong}"));
    let sent = sent.body(r#"{"verification_token":"secret_t"}"#);
    assert_eq!(server.send(&sent).await.status, 200);
    let seen = seen.lock().unwrap().concat();
    assert!(seen.contains("tenant=north") && !seen.contains(wrong), "{seen}");
}

#[tokio::test]
async fn neither_has_what_is_told_of_a_signed_one() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let uris = Arc::clone(&seen);
    let challenge = Challenge::signed().in_body("challenge").answer_text();
    let challenge = challenge.on_challenge(move |head, _| uris.lock().unwrap().push(head.uri.to_string()));
    let scheme = ApiKey::query("token").key(KEY).build().unwrap();
    let server = Server::start(layer(scheme).handshake(challenge.build().unwrap())).await;
    let sent = Sent::new("POST", &format!("?tenant=north&token={KEY}")).body(r#"{"challenge":"c-7"}"#);
    assert_eq!(server.send(&sent).await.body, "c-7");
    assert_eq!(*seen.lock().unwrap(), ["/hook?tenant=north&token=redacted"]);
}

#[tokio::test]
async fn notion() {
    let offered: Arc<Mutex<Vec<SecretString>>> = Arc::default();
    let tokens = Arc::clone(&offered);
    let challenge = Challenge::notion(move |head, token| {
        assert_eq!(head.uri.path(), "/hook");
        tokens.lock().unwrap().push(token);
    });
    let body = r#"{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}"#;
    let scheme = Signature::hmac_sha256("x-notion-signature").prefix("sha256=").key(KEY).build().unwrap();
    let wrong = format!("sha256={}", hmac("another key that is wrong", body));
    let signed = format!(r#"{{"verification_token":"c","event":{EVENT}}}"#);
    let case = Case {
        name: "notion",
        layer: layer(scheme).handshake(challenge),
        genuine: vec![(Sent::post(body), 200, "", Vec::new())],
        refused: not_only("verification_token")
            .into_iter()
            .map(Sent::post)
            .chain([Sent::post(body).header("x-notion-signature", wrong)])
            .collect(),
        events: vec![Sent::post(signed.clone()).header("x-notion-signature", format!("sha256={}", hmac(KEY, &signed)))],
    };
    case.check().await;
    let offered: Vec<_> = offered.lock().unwrap().iter().map(|token| token.expose_secret().to_owned()).collect();
    assert_eq!(offered, ["secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"]);
}

#[tokio::test]
async fn a_route_without_a_credential_answers_the_challenge_and_handles_all_else() {
    let server = Server::start(layer(DangerousAcceptAll).handshake(Challenge::monday())).await;
    let got = server.send(&Sent::post(r#"{"challenge":"c"}"#)).await;
    assert_eq!((got.status, &*got.body), (200, r#"{"challenge":"c"}"#));
    assert_eq!(server.take_handled(), [""; 0]);
    let hidden = r#"{"challenge":"c","event":{"type":"create_item"}}"#;
    assert_eq!(server.send(&Sent::post(hidden)).await.body, "handled");
    assert_eq!(server.take_handled(), [hidden]);
}

#[tokio::test]
async fn without_the_setting_no_body_of_an_unsigned_request_is_answered() {
    for other in [Challenge::dropbox(), Challenge::slack(), Challenge::trello()] {
        let server = Server::start(signed_route().handshake(other)).await;
        let unsigned = server.send(&Sent::post(EVENT)).await;
        let slack = r#"{"type":"url_verification","challenge":"c"}"#;
        for body in [r#"{"challenge":"c"}"#, r#"{"verification_token":"c"}"#, slack] {
            assert_eq!(server.send(&Sent::post(body)).await, unsigned);
        }
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_read_up_to_the_bound() {
    let server = Server::start(signed_route().handshake(Challenge::monday())).await;
    let head = "POST /hook HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n";
    let short = "9\r\n{\"challen\r\n9\r\nge\":\"c-7\"\r\n1\r\n}\r\n0\r\n\r\n";
    assert_eq!(server.exchange(&format!("{head}{short}")).await.body, r#"{"challenge":"c-7"}"#);
    // It never ends, and is answered all the same.
    let endless = format!("{head}401\r\n{}\r\n", " ".repeat(1025));
    let got = server.exchange(&endless).await;
    assert_eq!((got.status, got.header("connection")), (401, Some("close")));
    let declared = "POST /hook HTTP/1.1\r\nhost: a.example\r\ncontent-length: 1025\r\n\r\n";
    assert_eq!(server.exchange(declared).await.status, 401);
    assert_eq!(server.take_handled(), [""; 0]);
}

fn slack_signed(key: &str, at: u64, body: &str) -> Sent {
    let signature = hmac(key, &format!("v0:{at}:{body}"));
    let sent = Sent::post(body).header("x-slack-request-timestamp", at.to_string());
    sent.header("x-slack-signature", format!("v0={signature}"))
}

#[tokio::test]
async fn slack() {
    let body = r#"{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV","type":"url_verification"}"#;
    let hidden = format!(r#"{{"type":"url_verification","challenge":"c","event":{EVENT}}}"#);
    let oversized = format!(r#"{{"type":"url_verification","challenge":"{}"}}"#, long());
    let slack = preset::slack().key(KEY).raw().build().unwrap().into_layer().clock(Fixed);
    let case = Case {
        name: "slack",
        layer: slack.handshake(Challenge::slack()),
        genuine: vec![(slack_signed(KEY, NOW, body), 200, "3eZbrw1aBm2rZgRNFdxV", vec![TEXT, NOSNIFF])],
        refused: vec![
            Sent::post(body),
            slack_signed("another key that is wrong", NOW, body),
            slack_signed(KEY, STALE, body),
        ],
        events: vec![slack_signed(KEY, NOW, &hidden), slack_signed(KEY, NOW, &oversized)],
    };
    case.check().await;
}

#[tokio::test]
async fn metriport() {
    let sign = |key: &str, body: &str| Sent::post(body).header("x-metriport-signature", hmac(key, body));
    let body = r#"{"meta":{"messageId":"m","when":"2026-11-21","type":"ping"},"ping":"x-7"}"#;
    let hidden = format!(r#"{{"ping":"x-7","event":{EVENT}}}"#);
    let oversized = format!(r#"{{"ping":"{}"}}"#, long());
    let metriport = preset::metriport().key(KEY).raw().build().unwrap().into_layer();
    let case = Case {
        name: "metriport",
        layer: metriport.handshake(Challenge::metriport()),
        // Metriport signs no time, so none can be stale.
        genuine: vec![
            (sign(KEY, body), 200, r#"{"pong":"x-7"}"#, vec![JSON, NOSNIFF]),
            (sign(KEY, r#"{"ping":"x 7"}"#), 200, r#"{"pong":"x 7"}"#, vec![JSON]),
        ],
        refused: vec![Sent::post(body), sign("another key that is wrong", body)],
        events: vec![sign(KEY, &hidden), sign(KEY, &oversized)],
    };
    case.check().await;
}

#[tokio::test]
async fn discord() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public = HEXLOWER.encode(pair.public_key().as_ref());
    let sign = |at: u64, body: &str| {
        let signature = HEXLOWER.encode(pair.sign(format!("{at}{body}").as_bytes()).as_ref());
        Sent::post(body).header("x-signature-ed25519", signature).header("x-signature-timestamp", at.to_string())
    };
    let interaction =
        format!(r#"{{"application_id":"1","id":"2","token":"{}","type":1,"version":1}}"#, "t".repeat(300));
    let webhook_event = r#"{"version":1,"application_id":"1234560123453231555","type":0}"#;
    let forged = sign(NOW, webhook_event).body(interaction.clone());
    let discord = preset::discord().key(public).raw().build().unwrap().into_layer().clock(Fixed);
    let case = Case {
        name: "discord",
        layer: discord.handshake(Challenge::discord()),
        genuine: vec![
            (sign(NOW, &interaction), 200, r#"{"type":1}"#, vec![JSON]),
            (sign(NOW, webhook_event), 204, "", Vec::new()),
        ],
        refused: vec![Sent::post(interaction.clone()), forged, sign(STALE, &interaction)],
        events: vec![
            sign(NOW, &format!(r#"{{"type":1,"token":"t","event":{EVENT}}}"#)),
            sign(NOW, &format!(r#"{{"type":1,"event":{EVENT}}}"#)),
            sign(NOW, &format!(r#"{{"type":0,"event":{EVENT}}}"#)),
            sign(NOW, &format!(r#"{{"type":0,"padding":"{}"}}"#, "x".repeat(16 << 10))),
        ],
    };
    case.check().await;
}

fn zoom_scheme() -> tower_webhook::auth::SignatureBuilder {
    Signature::hmac_sha256("x-zm-signature")
        .prefix("v0=")
        .signed([Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body])
        .timestamp_header("x-zm-request-timestamp")
}

fn zoom_signed(key: &str, at: u64, body: &str) -> Sent {
    let signature = hmac(key, &format!("v0:{at}:{body}"));
    let sent = Sent::post(body).header("x-zm-request-timestamp", at.to_string());
    sent.header("x-zm-signature", format!("v0={signature}"))
}

fn zoom_answer(key: &str, token: &str) -> String {
    format!(r#"{{"plainToken":"{token}","encryptedToken":"{}"}}"#, hmac(key, token))
}

#[tokio::test]
async fn zoom() {
    let vector: Json = serde_json::from_slice(&fixture("zoom_url_validation.json")).unwrap();
    let text = |name: &str| vector[name].as_str().unwrap().to_owned();
    let body = text("body");
    let published = Sent::post(body.clone())
        .header("x-zm-request-timestamp", text("timestamp"))
        .header("x-zm-signature", text("signature"));
    let validation =
        |payload: &str| format!(r#"{{"event":"endpoint.url_validation","event_ts":1,"payload":{payload}}}"#);
    let signed = |payload: &str| zoom_signed(KEY, NOW, &validation(payload));
    let answer: &'static str = text("answer").leak();
    let case = Case {
        name: "zoom",
        layer: layer(zoom_scheme().key(text("key")).build().unwrap()).handshake(Challenge::zoom()),
        genuine: vec![(published, 200, answer, vec![JSON, NOSNIFF])],
        refused: vec![
            Sent::post(body.clone()),
            zoom_signed("another key that is wrong", NOW, &body),
            zoom_signed(KEY, STALE, &body),
        ],
        events: vec![
            signed(&format!(r#"{{"plainToken":"c","object":{EVENT}}}"#)),
            zoom_signed(
                KEY,
                NOW,
                &format!(r#"{{"event":"endpoint.url_validation","payload":{{"plainToken":"c"}},"object":{EVENT}}}"#),
            ),
            zoom_signed(KEY, NOW, r#"{"event":"meeting.started","event_ts":1,"payload":{"plainToken":"c"}}"#),
            signed(&format!(r#"{{"plainToken":"{}"}}"#, long())),
            // An HMAC of these would be a signature of something.
            signed(r#"{"plainToken":"v0:1654503849:1"}"#),
            signed(r#"{"plainToken":"{\"a\":1}"}"#),
            signed(r#"{"plainToken":""}"#),
        ],
    };
    case.check().await;
}

#[tokio::test]
async fn the_key_that_has_verified_the_delivery_makes_the_hmac() {
    let body = r#"{"event":"endpoint.url_validation","event_ts":1,"payload":{"plainToken":"c-7"}}"#;
    let (old, new) = ("kx7Gq2-old-and-random", KEY);
    let rotated = zoom_scheme().key(Key::new(old).label("old")).key(Key::new(new).label("new")).build().unwrap();
    let clinics = Tenants::by_query("clinic");
    clinics.insert("north", [old]).unwrap();
    clinics.insert("south", [new]).unwrap();
    let tenants = zoom_scheme().keys(clinics).build().unwrap();
    let password = || ApiKey::header("x-pass").key("a password that is long").build().unwrap();
    let both = password().and(zoom_scheme().key(old).key(new).build().unwrap());
    let either = password().or(zoom_scheme().key(old).key(new).build().unwrap());
    for (layer, is_tenants) in
        [(layer(rotated), false), (layer(tenants), true), (layer(both), false), (layer(either), false)]
    {
        let server = Server::start(layer.handshake(Challenge::zoom())).await;
        for (key, clinic) in [(old, "north"), (new, "south")] {
            let target =
                if is_tenants { format!("POST /hook?clinic={clinic} HTTP/1.1") } else { "POST /hook HTTP/1.1".into() };
            let sent = Sent { line: target, ..zoom_signed(key, NOW, body) }.header("x-pass", "a password that is long");
            assert_eq!(server.send(&sent).await.body, zoom_answer(key, "c-7"));
        }
        assert_eq!(server.take_handled(), [""; 0]);
    }
    // Without such a key there is no answer, and the handler sees it.
    let sha512 = Signature::hmac_sha512("x-acme-signature").key(KEY).build().unwrap();
    for (scheme, header) in
        [(Box::new(password()) as Box<dyn Scheme>, "x-pass"), (Box::new(sha512), "x-acme-signature")]
    {
        let server = Server::start(layer(scheme).handshake(Challenge::zoom())).await;
        let key = hmac::Key::new(hmac::HMAC_SHA512, KEY.as_bytes());
        let value = if header == "x-pass" {
            "a password that is long".to_owned()
        } else {
            HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref())
        };
        assert_eq!(server.send(&Sent::post(body).header(header, value)).await.body, "handled");
    }
}

#[tokio::test]
async fn what_is_told_of_a_rejection_has_no_token() {
    let seen: Arc<Mutex<String>> = Arc::default();
    let told = Arc::clone(&seen);
    let layer = signed_route()
        .handshake(Challenge::meta(TOKEN).unwrap())
        .handshake(
            Challenge::unsigned(http::Method::GET).token_in_header("x-token", TOKEN).in_query("check").build().unwrap(),
        )
        .inspect_rejection(move |rejected| told.lock().unwrap().push_str(&format!("{:?}", rejected.head())));
    let server = Server::start(layer).await;
    let query = format!("?hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=a%0Ab");
    assert_eq!(server.send(&Sent::new("GET", &query)).await.status, 401);
    assert_eq!(server.send(&Sent::new("GET", "?check=%3Cx").header("x-token", TOKEN)).await.status, 401);
    let seen = seen.lock().unwrap();
    assert!(seen.contains("/hook") && !seen.contains(TOKEN), "{seen}");
}

#[tokio::test]
async fn a_rejected_body_of_unknown_length_closes_the_connection_on_every_route() {
    let chunked = "POST /hook HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let plain = Server::start(signed_route()).await.exchange(chunked).await;
    assert_eq!((plain.status, plain.header("connection")), (401, Some("close")));
    let monday = Server::start(signed_route().handshake(Challenge::monday())).await.exchange(chunked).await;
    assert_eq!(monday, plain);
}

#[tokio::test]
async fn a_delivery_is_no_challenge_of_the_same_method() {
    let scheme = Twilio::builder().public_url("https://hooks.example.com/hook").get().key(KEY).build().unwrap();
    let server = Server::start(layer(scheme).handshake(Challenge::dropbox())).await;
    assert_eq!(server.send(&Sent::new("GET", "?challenge=x")).await.status, 401);
}

#[tokio::test]
async fn either_of_two_schemes_verifies_its_own_methods() {
    let key = ApiKey::header("x-acme-key").key(KEY).build().unwrap();
    let twilio = Twilio::builder().public_url("https://hooks.example.com/hook").get().key(KEY).build().unwrap();
    for scheme in [key.clone().or(twilio.clone()), twilio.or(key)] {
        let server = Server::start(layer(scheme)).await;
        let sent = |method| Sent::new(method, "").header("x-acme-key", KEY);
        assert_eq!(server.send(&sent("POST")).await.status, 200);
        assert_eq!(server.send(&sent("GET")).await.status, 401);
        let got = server.send(&sent("PUT")).await;
        assert!(matches!((got.status, got.header("allow")), (405, Some("POST, GET" | "GET, POST"))), "{got:?}");
    }
}

#[tokio::test]
async fn a_405_names_the_methods_of_the_route() {
    let routes = [
        (signed_route(), "POST"),
        (signed_route().handshake(Challenge::slack()).handshake(Challenge::monday()), "POST"),
        (signed_route().handshake(Challenge::okta()).handshake(Challenge::dropbox()), "POST, GET"),
        (signed_route().handshake(Challenge::trello()).handshake(Challenge::microsoft_graph()), "POST, HEAD"),
    ];
    for (layer, allow) in routes {
        let server = Server::start(layer).await;
        for method in ["PUT", "DELETE", "GET"] {
            let got = server.send(&Sent::new(method, "")).await;
            assert_eq!((got.status, got.header("allow")), (405, Some(allow)), "{method}");
        }
    }
}

#[tokio::test]
async fn a_description_of_ones_own() {
    let head = Challenge::unsigned(http::Method::POST)
        .in_header("validation-token")
        .if_query("kind", ["a", "b"])
        .token_in_header("verification-token", TOKEN)
        .answer_header("validation-token", Value::Challenge)
        .answer_header("x-fixed", 7)
        .answer_status(http::StatusCode::ACCEPTED)
        .build()
        .unwrap();
    let signed = Challenge::signed()
        .in_query("nonce")
        .if_body("data.kind", "verification")
        .anything_but(["event"])
        .answer_json("mac", Value::HmacSha256Base64)
        .answer_json("fixed", "text")
        .build()
        .unwrap();
    let server = Server::start(signed_route().handshake(head).handshake(signed)).await;
    let sent = Sent::new("POST", "?kind=b").header("validation-token", "v-7").header("verification-token", TOKEN);
    let got = server.send(&sent).await;
    assert_eq!((got.status, got.header("validation-token"), got.header("x-fixed")), (202, Some("v-7"), Some("7")));
    let other = Sent { line: "POST /hook?kind=c HTTP/1.1".into(), ..sent };
    assert_eq!(server.send(&other).await.status, 401);

    let body = r#"{"data":{"kind":"verification","more":1},"other":2}"#;
    let line = "POST /hook?nonce=n-7 HTTP/1.1".to_owned();
    let sent = Sent { line: line.clone(), ..Sent::post(body).header("x-acme-signature", hmac(KEY, body)) };
    let mac = HEXLOWER.decode(hmac(KEY, "n-7").as_bytes()).unwrap();
    let mac = data_encoding::BASE64.encode(&mac);
    assert_eq!(server.send(&sent).await.body, format!(r#"{{"mac":"{mac}","fixed":"text"}}"#));
    let body = r#"{"data":{"kind":"verification"},"event":{}}"#;
    let sent = Sent { line, ..Sent::post(body).header("x-acme-signature", hmac(KEY, body)) };
    assert_eq!(server.send(&sent).await.body, "handled");
}

#[test]
fn what_could_not_be_answered_safely_is_an_error() {
    use ConfigErrorKind::{Blank, Conflict, Duplicate, HeaderName, Malformed, Missing, OutOfRange, TooShort, Unsigned};
    use http::{Method, StatusCode};
    let get = || Challenge::unsigned(Method::GET).in_query("challenge");
    let post = || Challenge::unsigned(Method::POST).in_body("challenge");
    let none: [&str; 0] = [];
    let cases = [
        (get().answer_json("mac", Value::HmacSha256Hex), Unsigned),
        (post().answer_json("mac", Value::HmacSha256Base64), Unsigned),
        (post().if_body("type", "x"), Conflict),
        (post().may_have(["meta"]), Conflict),
        (post().anything_but(["event"]), Conflict),
        (Challenge::unsigned(Method::POST).in_body("a.b"), Conflict),
        (Challenge::unsigned(Method::GET).in_body("a"), Conflict),
        (Challenge::unsigned(Method::PUT).in_query("a"), OutOfRange),
        (Challenge::unsigned(Method::POST), Missing),
        (Challenge::unsigned(Method::GET).answer_text(), Missing),
        (Challenge::unsigned(Method::GET).answer_json("a", Value::Challenge), Missing),
        (Challenge::signed().if_body("a", 1).answer_json("mac", Value::HmacSha256Hex), Missing),
        (Challenge::signed().if_body("a", BTreeMap::from([((), "a key that is no text")])), Malformed),
        (Challenge::signed(), Missing),
        (Challenge::signed().in_header("x-challenge").answer_text(), Missing),
        (get().if_query("a", none), Missing),
        (get().answer_text().answer_json("a", 1), Conflict),
        (get().answer_json("a", 1).answer_json("a", 2), Duplicate),
        (get().answer_status(StatusCode::FOUND), OutOfRange),
        (get().mismatch_status(StatusCode::OK), OutOfRange),
        (get().answer_header("x-a", "a\nb"), Malformed),
        (get().answer_header("x a", "b"), HeaderName),
        (get().if_header("x a", ["b"]), HeaderName),
        (get().token_in_query("token", "short"), TooShort),
        (get().token_in_header("x a", TOKEN), HeaderName),
        (Challenge::unsigned(Method::GET).in_header("x a"), HeaderName),
        (Challenge::unsigned(Method::GET).in_query(""), Blank),
        (Challenge::signed().in_body("a."), Blank),
        (Challenge::signed().in_body("a").mismatch_status(StatusCode::NOT_FOUND), Conflict),
        (post().mismatch_status(StatusCode::NOT_FOUND), Conflict),
        (get().in_header("x-challenge"), Conflict),
        (Challenge::signed().in_body("a").in_body("b"), Conflict),
        (Challenge::signed().in_body("a").may_have(["b"]).anything_but(["c"]), Conflict),
        (Challenge::signed().in_body("a").anything_but(["c"]).may_have(["b"]), Conflict),
        (Challenge::signed().in_body("a").may_have(["b"]).may_have(["c"]), Conflict),
        (Challenge::signed().if_body("type", "x").allow_blanks(), Missing),
        (Challenge::signed().in_body("a").may_have(["b..c"]), Blank),
        (Challenge::signed().in_body("a").anything_but([""]), Blank),
    ];
    for (index, (builder, kind)) in cases.into_iter().enumerate() {
        assert_eq!(builder.build().unwrap_err().kind(), kind, "{index}");
    }
    // A fixed answer needs no challenge.
    Challenge::unsigned(Method::GET).answer_json("ok", "yes").build().unwrap();
    let said = |builder: ChallengeBuilder| builder.build().unwrap_err().to_string();
    assert_eq!(
        said(get().in_header("x-challenge")),
        "the place of the challenge excludes another setting: expected one of `in_query`, `in_header` and `in_body`"
    );
    assert_eq!(
        said(post().mismatch_status(StatusCode::NOT_FOUND)),
        "the status of a mismatch excludes another setting: expected an unsigned request without `in_body`"
    );
    assert_eq!(
        said(Challenge::signed().in_body("a").anything_but(["b"]).may_have(["c"])),
        "what else the body may have excludes another setting: expected one call of `may_have` or `anything_but`"
    );
    assert_eq!(Challenge::cloud_events(none, None).unwrap_err().kind(), Missing);
    assert_eq!(Challenge::websub(none).unwrap_err().kind(), Missing);
    assert_eq!(format!("{:?}", Challenge::strava("canary-of-the-token").unwrap()), "Challenge { .. }");
}
