//! The example `signed` as a process: what it prints can be pasted, and what providers signed is accepted.

use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
};

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use tower_webhook::{
    provider::{Sender, preset},
    testing::{Spoil, TestDelivery, TestSender},
};

use crate::support::{
    fixture,
    sockets::{Reply, Server, example, exchange},
};

fn request(target: &str, headers: &[(String, String)], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST {target} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into()
}

/// The words of a line, as a shell reads them.
fn words(line: &str) -> Vec<String> {
    let words = Command::new("sh").args(["-c", &format!("printf '%s\\0' {line}")]).output().unwrap();
    let words = String::from_utf8(words.stdout).unwrap();
    words.trim_end_matches('\0').split('\0').map(str::to_owned).collect()
}

/// Sends what `curl -i URL -H 'name: value' --data-raw BODY` would, with this at the end of the body.
fn paste(server: &Server, line: &str, more: &str) -> (String, Reply) {
    let words = words(line);
    let [curl, i, url, headers @ .., data, body] = &*words else { panic!("{line}") };
    assert_eq!([&**curl, i, data], ["curl", "-i", "--data-raw"], "{line}");
    let target = format!("/{}", url.splitn(4, '/').nth(3).unwrap());
    let headers = headers.chunks(2).map(|header| header[1].split_once(": ").unwrap());
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let reply = exchange(&mut server.connect(), &request(&target, &headers, &format!("{body}{more}")));
    let name = target.split(['/', '?']).nth(2).unwrap().to_owned();
    (name, reply)
}

fn is_taken(reply: &Reply) -> bool {
    (200..300).contains(&reply.status)
}

#[test]
fn with_nothing_set_every_line_that_it_prints_is_accepted() {
    let server = Server::start_with(&example("signed"), &[]);
    let mut pasted = Vec::new();
    for line in &server.greeting {
        let (name, reply) = paste(&server, line, "");
        assert!(is_taken(&reply), "{line}: {reply:?}");
        let shown = server.line();
        assert!(shown.starts_with(&name) && shown.contains(" accepted type="), "{shown}");
        let sender = TestSender::named(&name).unwrap();
        let covers_body = sender.events()[0].spoiled(Spoil::AlteredBody).is_some();
        let (_, reply) = paste(&server, line, " ");
        assert_eq!(is_taken(&reply), !covers_body, "{name}: {reply:?}");
        if is_taken(&reply) {
            server.line();
        }
        pasted.push(name);
    }
    assert_eq!(pasted, preset::NAMES);
}

/// What somebody writes for a sender of their own.
const ACME: &str = r#"{
    "name": "acme",
    "credential": {
        "signature": {
            "algorithm": "hmac_sha256",
            "at": {"header": "x-acme-signature"},
            "signed": ["timestamp", {"literal": "."}, "body"],
            "timestamp_header": "x-acme-timestamp"
        }
    },
    "envelope": {"event_type": {"body": "type"}, "event_id": {"body": "id"}},
    "verification": {"signed": {"challenge": {"body": "challenge"}, "answer_text": true}},
    "samples": [{"name": "paid", "body": {"id": "evt_1", "type": "paid", "note": "it's \"paid\""}}]
}
"#;

#[test]
fn a_file_adds_a_sender() {
    assert!(ACME.lines().count() <= 25);
    let file = Scratch::with(ACME);
    let server = Server::start_with(&example("signed"), &[("SENDER_FILES", file.path())]);
    let [line] = &*server.greeting else { panic!("one line for one sender: {:?}", server.greeting) };
    assert_eq!(paste(&server, line, "").1.status, 204);
    assert_eq!(server.line(), r#"acme accepted type="paid" (signed) id="evt_1" (signed) bytes=56"#);
    assert_eq!(paste(&server, line, " ").1.status, 401);
}

#[test]
fn the_key_of_a_sender_of_a_file_and_its_endpoint_verification() {
    let file = Scratch::with(ACME);
    let settings = [("SENDER_FILES", file.path()), ("ACME_SECRET", LONG_KEY), ("GITHUB_SECRET", LONG_KEY)];
    let server = Server::start_with(&example("signed"), &settings);
    assert!(server.greeting.is_empty(), "{:?}", server.greeting);
    let acme = TestSender::new(Sender::from_json(ACME).unwrap()).unwrap();
    let deliver = |delivery: TestDelivery| {
        let delivery = delivery.request::<Vec<u8>>();
        let headers = delivery.headers().iter();
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let body = std::str::from_utf8(delivery.body()).unwrap();
        exchange(&mut server.connect(), &request(delivery.uri().path(), &headers, body))
    };
    let keyed = acme.with_key(LONG_KEY).unwrap();
    assert_eq!(deliver(keyed.event("paid").unwrap()).status, 204);
    assert_eq!(deliver(acme.event("paid").unwrap()).status, 401, "a forgery");
    assert_eq!(deliver(keyed.body(r#"{"challenge":"c-7"}"#)).body, b"c-7");
    let github = TestSender::named("github").unwrap().with_key(LONG_KEY).unwrap();
    assert_eq!(deliver(github.event("ping").unwrap()).status, 204);
}

#[test]
fn a_wrong_file_ends_it_with_the_line_and_the_member() {
    let wrong = Scratch::with(&ACME.replace("\"hmac_sha256\"", "\"md5\""));
    for (file, said) in [
        (wrong.path(), "(line 5, member `credential.signature.algorithm`)"),
        (wrong.path(), "unknown variant `md5`"),
        ("no/such/file.json", "SENDER_FILES: no/such/file.json: "),
    ] {
        let program = Command::new(example("signed")).env("LISTEN", "127.0.0.1:0").env("SENDER_FILES", file).output();
        let program = program.unwrap();
        assert!(!program.status.success());
        let error = String::from_utf8(program.stderr).unwrap();
        assert!(error.contains(file) && error.contains(said), "{error}");
    }
}

/// A file that is removed with it.
struct Scratch(PathBuf);

impl Scratch {
    fn with(text: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("signed-example-{}-{number}.json", process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// In the place of published keys that are too short for a server.
const LONG_KEY: &str = "Zr41vw-new-and-random";

/// The signature of a published delivery, made with [`LONG_KEY`].
fn sign_again(preset: &str, body: &str) -> String {
    let sign =
        |algorithm, message: &str| hmac::sign(&hmac::Key::new(algorithm, LONG_KEY.as_bytes()), message.as_bytes());
    match preset {
        "github" => {
            let signature = sign(HMAC_SHA256, body);
            signature.as_ref().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
        }
        "shopify" => BASE64_STANDARD.encode(sign(HMAC_SHA256, body)),
        "twilio" => {
            let fields = body.replace(['=', '&'], "").replace("%2B", "+");
            let message = format!("https://mycompany.com/myapp.php?foo=1&bar=2{fields}");
            BASE64_STANDARD.encode(sign(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &message))
        }
        other => panic!("the published key of {other} is too short"),
    }
}

#[test]
fn what_providers_signed_is_accepted_and_shown_with_what_is_signed() {
    let vectors: Vec<Value> = serde_json::from_slice(&fixture("presets.json")).unwrap();
    for vector in vectors {
        let preset = vector["preset"].as_str().unwrap();
        let (secret, public_url) =
            (format!("{}_SECRET", preset.to_uppercase()), format!("{}_PUBLIC_URL", preset.to_uppercase()));
        let clock = vector["clock"].to_string();
        let published = vector["key"].as_str().unwrap();
        let key = if published.len() < 16 { LONG_KEY } else { published };
        let mut settings = vec![(&*secret, key), ("WEBHOOK_CLOCK_UNIX", &*clock)];
        settings.extend(vector["public_url"].as_str().map(|url| (&*public_url, url)));
        let server = Server::start_with(&example("signed"), &settings);
        assert!(server.greeting.is_empty(), "no key is made up: {:?}", server.greeting);

        let query = vector["path"].as_str().unwrap().split_once('?').map_or("", |(_, query)| query);
        let target = format!("/webhooks/{preset}?{query}");
        let headers = vector["headers"].as_object().unwrap().iter();
        let mut headers: Vec<_> =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        let body = vector["body"].as_str().unwrap();
        if published.len() < 16 {
            let signature = headers.iter_mut().find(|(name, _)| name.contains("signature") || name.contains("hmac"));
            signature.unwrap().1 = sign_again(preset, body);
        }
        let reply = exchange(&mut server.connect(), &request(target.trim_end_matches('?'), &headers, body));
        assert_eq!(reply.status, 204, "{preset}: {reply:?}");

        let fact = |name: &str| match &vector["facts"][name] {
            Value::Array(fact) => format!("{} ({})", fact[1], fact[0].as_str().unwrap()),
            _ => "none".to_owned(),
        };
        let (event_type, event_id) = (fact("event_type"), fact("event_id"));
        let expected = format!("{preset} accepted type={event_type} id={event_id} bytes={}", body.len());
        assert_eq!(server.line(), expected);

        let other = if preset == "github" { "/webhooks/stripe" } else { "/webhooks/github" };
        let mut stream = server.connect();
        assert_eq!(exchange(&mut stream, &request(other, &headers, body)).status, 404, "{preset}");
    }
}

#[test]
fn a_bad_setting_ends_it_with_the_name_of_the_variable() {
    for (variable, value) in [
        ("GITHUB_SECRET", ""),
        ("STRIPE_SECRET", "fifteen-letters"),
        ("TWILIO_SECRET", "a-token-without-a-url"),
        ("WEBHOOK_CLOCK_UNIX", "noon"),
    ] {
        let program =
            Command::new(example("signed")).env("LISTEN", "127.0.0.1:0").env(variable, value).output().unwrap();
        assert!(!program.status.success(), "{variable}");
        let error = String::from_utf8(program.stderr).unwrap();
        assert!(error.contains(variable), "{error}");
    }
}

#[test]
fn interrupted_it_ends() {
    let server = Server::start_with(&example("signed"), &[("GITHUB_SECRET", "sixteen-letters-")]);
    let mut stream = server.connect();
    let unsigned = exchange(&mut stream, &request("/webhooks/github", &[], "{}"));
    assert_eq!(unsigned.status, 401);
    drop(stream);
    server.interrupt();
    assert!(server.wait().success());
}
