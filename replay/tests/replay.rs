//! The program, on letters that an app has kept, against that app.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what must be by panicking"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use tokio::net::TcpListener;
use tower_webhook::{
    Delivery,
    dead_letters::{Directory, FailedForGood, Keeper, PublicKey, ReceiptKey, Replays},
    idempotency::{IdempotencyLayer, MemoryStore},
    provider::truemed::Truemed,
};

const API_KEY: &str = "tm_live_8Jq2vXw9Lr5t";
const SESSION: &str = r#"{"qualification_session_id":"qs_canary","status":"approved"}"#;

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn replay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_replay")).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[derive(Clone, Default)]
struct App {
    is_fixed: Arc<AtomicBool>,
    handled: Arc<Mutex<Vec<bool>>>,
}

async fn handle(
    State(app): State<App>,
    delivery: Delivery,
) -> Result<StatusCode, (StatusCode, axum::Extension<FailedForGood>)> {
    if !app.is_fixed.load(Ordering::SeqCst) {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, axum::Extension(FailedForGood)));
    }
    app.handled.lock().unwrap().push(delivery.is_replay());
    Ok(StatusCode::NO_CONTENT)
}

async fn start(app: App, letters: &Path, public_key: &str) -> String {
    let receipt_key = ReceiptKey::new("truemed", "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f").unwrap();
    let public_key = PublicKey::new(public_key).unwrap();
    let keeper = Keeper::new(Directory::open(letters).unwrap(), public_key, receipt_key.clone());
    let truemed = Truemed::builder().api_key(API_KEY).build().unwrap().into_layer();
    let truemed = truemed.dead_letters(keeper).replays(Replays::new(receipt_key));
    let once = IdempotencyLayer::new(MemoryStore::new());
    let router = Router::new().route("/webhooks/truemed", post(handle).layer((truemed, once))).with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/truemed", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

/// Sends what Truemed would.
async fn deliver(url: &str) -> StatusCode {
    use http_body_util::Full;
    let uri: http::Uri = url.parse().unwrap();
    let stream = tokio::net::TcpStream::connect(uri.authority().unwrap().as_str()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(uri.path()).header("host", "x").header("x-truemed-api-key", API_KEY);
    let request = request.body(Full::<bytes::Bytes>::from(SESSION)).unwrap();
    sender.send_request(request).await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_listed_shown_and_sent_once() {
    let scratch = Scratch(std::env::temp_dir().join(format!("tower-webhook-replay-{}", std::process::id())));
    std::fs::create_dir_all(&scratch.0).unwrap();
    let path = |name: &str| scratch.0.join(name).to_str().unwrap().to_owned();
    let (key, letters) = (path("key"), path("letters"));
    let public_key = text(&replay(&["keygen", &key]));
    assert!(!replay(&["keygen", &key]).status.success(), "a key is never replaced");

    let app = App::default();
    let url = start(app.clone(), letters.as_ref(), public_key.trim()).await;
    assert_eq!(deliver(&url).await, 204);

    let listed = text(&replay(&["list", &letters]));
    let letter = listed.trim().rsplit(' ').next().unwrap().to_owned();
    let shown = text(&replay(&["show", &letter]));
    for said in [&listed, &shown] {
        assert!(said.contains("truemed") && said.contains("the handler answered 422"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    assert_eq!(text(&replay(&["body", &letter, &key])), SESSION);

    // Another route than that which kept it, or none.
    assert_eq!(text(&replay(&["send", "--route", "mediquo", &url, &key, &letters])), "");
    assert_eq!(replay(&["send", "--route", "truemed", &url, &key]).status.code(), Some(2));

    // The handler still fails: the letter stays.
    let output = replay(&["send", &url, &key, &letters]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("422 not taken | "), "{said}");
    assert!(said.ends_with(" bytes | was kept because: the handler answered 422\n"), "{said}");
    app.is_fixed.store(true, Ordering::SeqCst);
    let said = text(&replay(&["send", "--route", "truemed", &url, &key, &letters]));
    assert!(said.starts_with("204 accepted | "), "{said}");
    assert!(said.ends_with(" bytes | was kept because: the handler answered 422\n"), "{said}");
    assert_eq!(text(&replay(&["list", &letters])), "");
    assert_eq!(*app.handled.lock().unwrap(), [true], "once, and marked");

    // Sent once more, the event is done.
    let sent = path("letters/sent");
    assert!(text(&replay(&["send", &url, &key, &sent])).starts_with("204 "));
    assert_eq!(app.handled.lock().unwrap().len(), 1);
}

#[test]
fn what_is_wrong_is_said_without_a_secret() {
    let output = replay(&["send"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("replay keygen"));
    let output = replay(&["send", "https://example.com", "no-such-key", "."]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("no-such-key: "), "{output:?}");
}
