//! The program, against the examples of the library.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what must be by panicking"
)]

#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#[path = "../../tests/it/support/sockets/mod.rs"]
mod sockets;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::{self, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use serde_json::Value;
use sockets::{API_KEY, Server, built, example};
use tower_webhook::provider::preset;

const KEY: &str = "Zr41vw-new-and-random";

fn send(arguments: &[&str]) -> Output {
    Command::new(built("examples/send", "cargo test -p tower-webhook-send")).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it printed, if it ended with this status.
fn text(status: i32, output: &Output) -> String {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    stdout(output)
}

/// What it says about wrong arguments.
fn error(arguments: &[&str]) -> String {
    let output = send(arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn signed() -> Server {
    let mut settings = vec![("STRIPE_SECRET", KEY), ("GITHUB_SECRET", KEY), ("SLACK_SECRET", KEY)];
    settings.extend([("TWILIO_SECRET", KEY), ("TWILIO_PUBLIC_URL", "https://hooks.example.com/sms")]);
    Server::start_with(&example("signed"), &settings)
}

fn url(server: &Server, name: &str) -> String {
    format!("http://{}/webhooks/{name}", server.address())
}

#[test]
fn the_example_axum_takes_events_of_truemed_and_no_others() {
    let server = Server::start(&example("axum"));
    let url = url(&server, "truemed");
    let to = ["truemed", "item-eligibility-updated", "--url", &url, "--key", API_KEY];
    let said = text(0, &send(&to));
    assert!(said.starts_with("Truemed, item-eligibility-updated: 1 sent, answered 204: 1\np50 "), "{said}");
    assert!(server.line().contains("ItemEligibilityUpdated"));
    let said = text(0, &send(&[&to[..], &["--wrong-key"]].concat()));
    assert!(said.contains("answered 400: 1"), "{said}");
    assert_eq!(server.line_by_now(), None);
    // A made-up key, of which the server knows nothing.
    let said = text(1, &send(&to[..4]));
    assert!(said.starts_with("# the receiver needs this key, which is made up: "), "{said}");
    assert!(said.contains("expected 2xx: 400 Bad Request {"), "{said}");
}

#[test]
fn what_is_spoiled_is_refused_and_that_is_expected() {
    let server = signed();
    let url = url(&server, "stripe");
    let to = ["stripe", "invoice.paid", "--url", &url, "--key", KEY];
    for fault in ["--wrong-key", "--missing-key", "--stale", "--tamper"] {
        let said = text(0, &send(&[&to[..], &[fault]].concat()));
        assert!(said.contains("answered 401: 1"), "{fault}: {said}");
    }
    for (fault, answer) in [
        ("repeated-credential", "401: 1"),
        ("from-the-future", "401: 1"),
        ("oversized", "4"),
        ("unknown-type", "204: 1"),
    ] {
        let said = text(0, &send(&[&to[..], &["--spoil", fault]].concat()));
        assert!(said.contains(&format!("answered {answer}")), "{fault}: {said}");
    }
    // The example takes any body, and so what was to be refused is not.
    text(1, &send(&[&to[..], &["--spoil", "not-json"]].concat()));
    assert!(error(&["gitlab", "--tamper"]).contains("`Push Hook` of gitlab cannot have the fault `altered-body`"));
}

#[test]
fn each_delivery_has_an_id_of_its_own_and_a_duplicate_has_the_same() {
    let server = signed();
    let url = url(&server, "stripe");
    let many = ["--count", "3", "--duplicate", "1", "--json"];
    let said = text(0, &send(&[&["stripe", "--url", &url, "--key", KEY], &many[..]].concat()));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["sent"], &said["attempts"], &said["as_expected"]), (&6.into(), &6.into(), &6.into()));
    assert_eq!(said["statuses"], serde_json::json!({"204": 6}));
    let ids: Vec<String> = (0..6).map(|_| server.line().split(" id=").nth(1).unwrap().to_owned()).collect();
    assert!(ids[0] == ids[1] && ids[2] == ids[3] && ids[4] == ids[5], "{ids:?}");
    assert!(ids[0] != ids[2] && ids[2] != ids[4] && ids[0] != ids[4], "{ids:?}");
}

#[test]
fn many_at_a_time_are_counted_in_plain_lines_where_there_is_no_terminal() {
    let server = signed();
    let url = url(&server, "github");
    let output = send(&["github", "ping", "--url", &url, "--key", KEY, "--count", "200", "--concurrency", "8"]);
    assert!(text(0, &output).starts_with("GitHub, ping: 200 sent, answered 204: 200\n"));
    let lines = String::from_utf8(output.stderr).unwrap();
    assert_eq!(lines.lines().collect::<Vec<_>>()[..2], ["20 of 200", "40 of 200"]);
    assert_eq!(lines.lines().count(), 10);
}

#[test]
fn out_of_order_is_the_newest_first() {
    let said = text(0, &send(&["stripe", "--dry-run", "--json", "--count", "3", "--out-of-order"]));
    let times: Vec<u64> =
        said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["time"].as_u64().unwrap()).collect();
    assert!(times[0] > times[1] && times[1] > times[2], "{times:?}");
    assert!(times[0] - times[2] <= 60);
}

#[test]
fn a_body_with_a_type_and_a_header_of_ones_own() {
    let server = signed();
    let body = Scratch::with(r#"{"type": "?", "mine": true}"#);
    let slack = url(&server, "slack");
    let to = ["slack", "--url", &slack, "--key", KEY, "--body", body.path(), "--event-type", "mine.made"];
    text(0, &send(&to));
    assert!(server.line().starts_with(r#"slack accepted type="mine.made""#));

    let github = url(&server, "github");
    let mut child = Command::new(built("examples/send", "cargo test -p tower-webhook-send"))
        .args(["github", "--url", &github, "--key", KEY, "--body", "-", "-H", "x-github-event: star"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"{}").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(server.line().starts_with(r#"github accepted type="star""#));

    let form = Scratch::with("From=%2B15005550006&Body=hi");
    let twilio = url(&server, "twilio");
    let signed_url = ["--public-url", "https://hooks.example.com/sms", "--form"];
    let to = ["twilio", "--url", &twilio, "--key", KEY, "--body", form.path()];
    text(0, &send(&[&to[..], &signed_url].concat()));
}

#[test]
fn a_retry_ends_with_the_first_2xx() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let failing = thread::spawn(move || {
        let mut numbers = Vec::new();
        for status in ["500 No", "503 No", "204 Yes"] {
            let mut stream = listener.accept().unwrap().0;
            let mut head = BufReader::new(&mut stream);
            let (mut length, mut number) = (0, None);
            for line in head.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
                let (name, value) = line.split_once(": ").unwrap_or_default();
                match name {
                    "content-length" => length = value.parse().unwrap(),
                    "x-slack-retry-num" => number = Some(value.to_owned()),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            head.read_exact(&mut body).unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            numbers.push((number, body["event_id"].clone()));
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
        numbers
    });
    let to = ["slack", "app_mention", "--url", &url, "--key", KEY, "--retry", "--max-delay", "0.01"];
    let said = text(0, &send(&to));
    assert!(said.starts_with("Slack, app_mention: 1 sent, 2 retries, answered 204: 1\n"), "{said}");
    let numbers = failing.join().unwrap();
    let counted: Vec<_> = numbers.iter().map(|(number, _)| number.as_deref()).collect();
    assert_eq!(counted, [None, Some("1"), Some("2")]);
    assert!(numbers.iter().all(|(_, id)| *id == numbers[0].1), "one event: {numbers:?}");
    // The server is gone.
    let said = text(1, &send(&to));
    assert!(said.contains("1 sent, 3 retries, answered no answer: 1"), "{said}");
}

#[test]
fn a_wrong_name_says_which_are_right() {
    let said = error(&["strip", "--dry-run"]);
    assert!(said.contains("no sender `strip`: did you mean `stripe`?") && said.contains("zoom"), "{said}");
    let said = error(&["stripe", "paid"]);
    assert!(said.contains("`paid`") && said.contains("`invoice.paid`, `customer.created`"), "{said}");
    assert!(error(&["stripe", "--url", "https://hooks.example.com/"]).contains("http only"));
    assert!(error(&["stripe", "--spoil", "wrong"]).contains("wrong-key"));
    assert!(error(&[]).contains("--list"));
    // A name need not be quoted.
    assert!(text(0, &send(&["Box-com", "file-uploaded", "--dry-run"])).contains("FILE.UPLOADED"));
}

#[test]
fn a_wrong_description_says_the_line_and_the_member() {
    let right = "{\"name\": \"acme\",\n \"credential\": {\"api_key\": {\"header\": \"x-acme-key\"}}}";
    let file = Scratch::with(&right.replace("header", "heder"));
    let said = error(&["--sender", file.path(), "--dry-run"]);
    assert!(said.contains(file.path()) && said.contains("(line 2, member `credential"), "{said}");
    let (file, body) = (Scratch::with(right), Scratch::with("{}"));
    let said = text(0, &send(&["--sender", file.path(), "--dry-run", "--key", KEY, "--body", body.path()]));
    assert!(said.ends_with(&format!(" -H 'x-acme-key: {KEY}' --data-raw '{{}}'\n")), "{said}");
}

#[test]
fn everything_there_is_is_listed() {
    let all = text(0, &send(&["--list"]));
    assert_eq!(all.lines().count(), preset::NAMES.len() + 2);
    assert_eq!(text(0, &send(&["--list", "stripe"])), "invoice.paid\ncustomer.created\n");
    assert!(text(0, &send(&["--completions", "bash"])).contains("--dry-run"));
}

#[test]
fn a_dry_run_prints_what_a_receiver_needs_to_know() {
    for name in preset::NAMES {
        let said = text(0, &send(&[name, "--dry-run", "--json", "--url", "https://a.example/hook"]));
        let line: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&line["sender"], &line["method"]), (&(*name).into(), &"POST".into()));
        assert!(line["url"].as_str().unwrap().starts_with("https://a.example/"), "{line}");
        assert_eq!(line["public_url"], "https://a.example/hook");
        assert!(line["key"].as_str().unwrap().len() >= 16 && line["time"].is_u64(), "{line}");
        assert!(line["event"].is_string() && line["headers"].is_object() && line["body"].is_string());
    }
}

#[test]
fn a_fixture_has_nothing_of_what_was_captured() {
    let captured = Scratch::with(r#"{"type": "paid", "data": {"currency": "eur", "name": "Jane Roe", "total": 1250}}"#);
    let said = text(0, &send(&["--scrub", captured.path(), "--keep", "type", "--keep", "data.currency"]));
    assert!(
        said.starts_with(r#"{"type":"paid","data":{"currency":"eur","name":""#) && said.ends_with("}}\n"),
        "{said}"
    );
    assert!(!said.contains("Jane") && !said.contains("1250"), "{said}");
    assert!(error(&["--scrub", Scratch::with("a=1").path()]).contains("not"));
}

/// A file that is removed with it.
struct Scratch(PathBuf);

impl Scratch {
    fn with(text: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("send-test-{}-{number}", process::id()));
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
