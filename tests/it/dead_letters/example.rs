//! The example `idempotent` with `DEAD_LETTERS_DIR`, and the program `replay` on what it has kept.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{Router, routing::post};
use tokio::net::TcpListener;
use tower_webhook::{
    Delivery,
    auth::ApiKey,
    dead_letters::{ReceiptKey, Replays},
    idempotency::{IdempotencyLayer, MemoryStore},
    provider::Custom,
};

use super::{DECODABLE, RECEIPT_SECRET, Scratch, UNDECODABLE};
use crate::support::{
    sockets::{API_KEY, SIGNATURE, Server, built, example, exchange},
    strace,
};

/// What the example needs, and where it keeps letters.
struct Setup {
    scratch: Scratch,
    public_key: String,
}

impl Setup {
    fn new(name: &str) -> Self {
        let scratch = Scratch::new(name);
        fs::create_dir(&scratch.0).unwrap();
        let public_key = text(&replay(&["keygen", &path(&scratch.0.join("letters.key"))])).trim().to_owned();
        Self { scratch, public_key }
    }

    fn private_key(&self) -> String {
        path(&self.scratch.0.join("letters.key"))
    }

    fn directory(&self) -> String {
        path(&self.scratch.0.join("letters"))
    }

    fn start(&self, settings: &[(&str, &str)]) -> Server {
        let (directory, key) = (self.directory(), &*self.public_key);
        let kept =
            [("DEAD_LETTERS_DIR", &*directory), ("DEAD_LETTERS_PUBLIC_KEY", key), ("RECEIPT_KEY", RECEIPT_SECRET)];
        Server::start_with(&example("idempotent"), &[&kept, settings].concat())
    }

    /// The files that are there by now, whole or not.
    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.directory()).unwrap().map(|file| file.unwrap().path()).collect()
    }

    fn letter(&self) -> PathBuf {
        let [letter] = &*self.files() else { panic!("{:?}", self.files()) };
        letter.clone()
    }
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn replay(arguments: &[&str]) -> Output {
    let program = built("replay", "cargo build -p tower-webhook-replay");
    Command::new(program).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn deliver(server: &Server, provider: &str, body: &str) -> u16 {
    let key = match provider {
        "truemed" => format!("x-truemed-api-key: {API_KEY}"),
        _ => format!("x-webhook-signature: {SIGNATURE}"),
    };
    let length = body.len();
    let request =
        format!("POST /webhooks/{provider} HTTP/1.1\r\nhost: x\r\n{key}\r\ncontent-length: {length}\r\n\r\n{body}");
    exchange(&mut server.connect(), request.as_bytes()).status
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/webhooks/truemed")
}

/// The next version of the app, whose type fits the delivery, and what its handler saw: body, and whether it was a replay.
async fn fixed() -> (SocketAddr, Arc<Mutex<Vec<(String, bool)>>>) {
    let scheme = ApiKey::header("x-truemed-api-key").key(API_KEY).build().unwrap();
    let truemed = Custom::builder("truemed", scheme).raw().build().unwrap().into_layer();
    let truemed = truemed.replays(Replays::new(ReceiptKey::new("truemed", RECEIPT_SECRET).unwrap()));
    let once = IdempotencyLayer::new(MemoryStore::new());
    let handled = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&handled);
    let handler = async move |delivery: Delivery, body: String| seen.lock().unwrap().push((body, delivery.is_replay()));
    let app = Router::new().route("/webhooks/truemed", post(handler).layer((truemed, once)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, handled)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_cannot_decode_is_kept_encrypted_and_reaches_the_fixed_handler_once() {
    let setup = Setup::new("example");
    let server = setup.start(&[]);
    assert_eq!(deliver(&server, "truemed", UNDECODABLE), 204);
    // The answer is here, so the letter is.
    let letter = setup.letter();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&letter), mode(letter.parent().unwrap())), (0o600, 0o700));
    }

    // Without the private key: the receipt, which names fields that our types know, and nothing that was sent.
    let file = fs::read(&letter).unwrap();
    let line = file.iter().position(|byte| *byte == b'\n').unwrap();
    let (receipt, encrypted) = (String::from_utf8_lossy(&file[..line]), &file[line..]);
    assert!(encrypted.len() > UNDECODABLE.len());
    for part in UNDECODABLE.as_bytes().windows(4) {
        let part_is_there = encrypted.windows(4).any(|shown| shown == part);
        assert!(!part_is_there, "{}", String::from_utf8_lossy(part));
    }
    let listed = text(&replay(&["list", &setup.directory()]));
    let shown = text(&replay(&["show", &path(&letter)]));
    for said in [&*receipt, &listed, &shown] {
        assert!(said.contains("truemed") && said.contains("field qualification_session_id"), "{said}");
        assert!(!said.contains("canary") && !said.contains("approved"), "{said}");
    }
    let other_key = path(&setup.scratch.0.join("other.key"));
    text(&replay(&["keygen", &other_key]));
    let unopened = replay(&["body", &path(&letter), &other_key]);
    assert!(!unopened.status.success() && unopened.stdout.is_empty(), "{unopened:?}");
    let body = ["body", &path(&letter), &setup.private_key()].map(str::to_owned);
    assert_eq!(text(&replay(&[&body[0], &body[1], &body[2]])), UNDECODABLE);

    // The version that could not decode it still cannot: the letter stays.
    let send = |address, letters: &str| replay(&["send", &url(address), &setup.private_key(), letters]);
    let refused = send(server.address(), &setup.directory());
    assert!(!refused.status.success() && refused.stdout.starts_with(b"400 not taken | "), "{refused:?}");
    drop(server);
    let (fixed, handled) = fixed().await;
    assert!(text(&send(fixed, &setup.directory())).starts_with("200 "));
    assert_eq!(*handled.lock().unwrap(), [(UNDECODABLE.to_owned(), true)], "once, and marked");
    assert_eq!(text(&replay(&["list", &setup.directory()])), "");
    assert!(text(&send(fixed, &format!("{}/sent", setup.directory()))).starts_with("200 "));
    assert_eq!(handled.lock().unwrap().len(), 1, "the event is done");
}

#[test]
fn what_its_handler_gave_up_is_kept_and_has_its_effect_after_a_restart() {
    let setup = Setup::new("example-gave-up");
    let server = setup.start(&[("HANDLER_GIVE_UP", "1")]);
    assert_eq!(deliver(&server, "truemed", DECODABLE), 204);
    let id = setup.letter().file_stem().unwrap().to_str().unwrap().to_owned();
    assert_eq!(server.line(), format!("kept {id} of truemed: the handler answered 422"));
    assert_eq!(deliver(&server, "mediquo", r#"{"type":"canary"}"#), 204);
    assert_eq!(setup.files().len(), 2);
    server.kill();

    let server = setup.start(&[]);
    let (url, key) = (url(server.address()), setup.private_key());
    // The letter of the other route is refused, and stays.
    let sent = replay(&["send", &url, &key, &setup.directory()]);
    let mut statuses: Vec<_> =
        sent.stdout.split(|byte| *byte == b'\n').map(|line| &line[..line.len().min(4)]).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [b"", &b"204 "[..], b"400 "], "{sent:?}");
    assert!(text(&replay(&["list", &setup.directory()])).contains(" mediquo "));
    let effect = server.line();
    let done = effect.strip_prefix("effect ").unwrap().strip_suffix(" of a kept delivery").unwrap();
    text(&replay(&["send", &url, &key, &format!("{}/sent", setup.directory())]));
    assert_eq!(server.line(), format!("replay {done}"), "one effect");
}

#[test]
fn what_it_cannot_keep_is_left_to_the_senders_next_try() {
    let setup = Setup::new("example-gone");
    let server = setup.start(&[]);
    fs::remove_dir(setup.directory()).unwrap();
    assert_eq!(deliver(&server, "truemed", UNDECODABLE), 503);
    fs::create_dir(setup.directory()).unwrap();
    assert_eq!(deliver(&server, "truemed", UNDECODABLE), 204);
    assert_eq!(setup.files().len(), 1);
}

/// The calls of the process to the system, in their order.
#[test]
fn it_answers_once_the_file_and_its_name_are_on_the_disk() {
    let setup = Setup::new("example-traced");
    let server = setup.start(&[]);
    let arguments = ["-e", "trace=fsync,rename,renameat,renameat2,sendto,write,writev", "-s", "20"];
    let Some((mut strace, lines)) = strace::attach(server.id(), &arguments) else { return };
    assert_eq!(deliver(&server, "truemed", UNDECODABLE), 204);
    server.kill();
    let calls: Vec<_> = lines
        .filter_map(|line| {
            let names = ["version", "fsync", "rename", "HTTP/1.1 204"];
            let place = names.iter().position(|name| line.contains(name))?;
            // What was interrupted by another thread is told twice.
            (!line.contains("resumed>")).then_some(["written", "synced", "renamed", "answered"][place])
        })
        .collect();
    drop(strace.wait());
    assert_eq!(calls, ["written", "synced", "renamed", "synced", "answered"]);
}
