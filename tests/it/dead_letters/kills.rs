//! A server that dies around the sync of a letter: what it has answered and what is on the disk agree.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

use axum::{Router, routing::post};
use data_encoding::HEXLOWER;
use deadpool_postgres::{Manager, Pool};
use tokio_postgres::NoTls;
use tower_webhook::dead_letters::{
    DeadLetter, DeadLetters, Directory, Keeper, Kept, PostgresLetters, PrivateKey, PublicKey,
};

use super::{Scratch, UNDECODABLE, receipt_key};
use crate::support::{
    API_KEY,
    postgres::Postgres,
    sockets::{PATIENCE, exchange},
    strace, truemed,
};

const DIRECTORY: &str = "TEST_KILLS_DIRECTORY";
const DATABASE: &str = "TEST_KILLS_DATABASE";
const PUBLIC_KEY: &str = "TEST_KILLS_PUBLIC_KEY";
const STOP: &str = "TEST_KILLS_STOP";

/// A sink that says where it is, and goes no further.
struct Stopping {
    sink: Box<dyn DeadLetters>,
    stop: String,
}

impl DeadLetters for Stopping {
    fn keep(&self, letter: DeadLetter) -> Kept {
        let reached = |here: bool| {
            if here {
                let mut out = std::io::stdout();
                writeln!(out, "reached").unwrap();
            }
            async move {
                if here {
                    std::future::pending::<()>().await;
                }
            }
        };
        let (before, after) = (self.stop == "before", self.stop == "after");
        // A sink may begin when it is asked.
        let kept = (!before).then(|| self.sink.keep(letter));
        Box::pin(async move {
            reached(before).await;
            if let Some(kept) = kept {
                kept.await?;
            }
            reached(after).await;
            Ok(())
        })
    }
}

/// The server of the tests below, in a process of its own.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the tests below tell it what to do")]
async fn the_process() {
    let Ok(key) = env::var(PUBLIC_KEY) else { return };
    let sink: Box<dyn DeadLetters> = match env::var(DATABASE) {
        Ok(url) => {
            let pool = Pool::builder(Manager::new(url.parse().unwrap(), NoTls)).build().unwrap();
            let letters = PostgresLetters::new(pool);
            letters.migrate().await.unwrap();
            Box::new(letters)
        }
        Err(_) => Box::new(Directory::open(env::var(DIRECTORY).unwrap()).unwrap()),
    };
    let sink = Stopping { sink, stop: env::var(STOP).unwrap_or_default() };
    let layer =
        truemed().dead_letters(Keeper::new(sink, PublicKey::new(key).unwrap(), receipt_key()).deadline(PATIENCE));
    let app = Router::new().route("/", post(async || ()).layer(layer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening {}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

/// Where the letters of the process are.
enum Place {
    Directory(Scratch),
    Postgres(Postgres),
}

impl Place {
    fn setting(&self) -> (&'static str, String) {
        match self {
            Self::Directory(scratch) => (DIRECTORY, scratch.0.to_str().unwrap().to_owned()),
            Self::Postgres(postgres) => (DATABASE, postgres.url()),
        }
    }

    fn letters(&self) -> Vec<DeadLetter> {
        match self {
            Self::Directory(scratch) => scratch.letters(),
            Self::Postgres(postgres) => {
                let rows = postgres.ask("SELECT encode(letter, 'hex') FROM webhook_dead_letters");
                let letter = |row: &String| DeadLetter::from_bytes(HEXLOWER.decode(row.as_bytes()).unwrap()).unwrap();
                rows.iter().map(letter).collect()
            }
        }
    }
}

struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    address: SocketAddr,
}

impl Process {
    fn start(place: &Place, key: &PrivateKey, stop: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "dead_letters::kills::the_process", "--nocapture"])
            .envs([place.setting(), (PUBLIC_KEY, key.public_key().to_string()), (STOP, stop.to_owned())])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = wait_for(&mut lines, "listening ");
        Self { child, lines, address: address.parse().unwrap() }
    }

    fn deliver(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&request()).unwrap();
        stream
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn request() -> Vec<u8> {
    let length = UNDECODABLE.len();
    format!(
        "POST / HTTP/1.1\r\nhost: x\r\nx-truemed-api-key: {API_KEY}\r\ncontent-length: {length}\r\n\r\n{UNDECODABLE}"
    )
    .into()
}

fn wait_for(lines: &mut impl Iterator<Item = std::io::Result<String>>, word: &str) -> String {
    // The harness may have begun the line.
    let line = lines.map(Result::unwrap).find(|line| line.contains(word)).expect("the process goes on");
    line.split(word).nth(1).unwrap().to_owned()
}

/// What the sender got before the connection broke.
fn answer(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    answer
}

/// The sender tries again at a server that works: the letter is there, once.
fn the_next_try_is_kept(place: &Place, key: &PrivateKey) {
    let process = Process::start(place, key, "");
    let mut stream = TcpStream::connect(process.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(exchange(&mut stream, &request()).status, 204);
    // From here on nothing of the process is needed.
    drop(process);
    let letters = place.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].open(key).unwrap().body(), UNDECODABLE);
}

fn killed_before_the_sink_there_is_neither_an_answer_nor_a_letter(place: &Place) {
    let key = PrivateKey::generate();
    let mut process = Process::start(place, &key, "before");
    let stream = process.deliver();
    wait_for(&mut process.lines, "reached");
    drop(process);
    assert_eq!(answer(stream), b"");
    assert!(place.letters().is_empty());
    the_next_try_is_kept(place, &key);
}

fn killed_after_the_sink_the_letter_is_whole_though_there_is_no_answer(place: &Place) {
    let key = PrivateKey::generate();
    let mut process = Process::start(place, &key, "after");
    let stream = process.deliver();
    wait_for(&mut process.lines, "reached");
    drop(process);
    assert_eq!(answer(stream), b"");
    let letters = place.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].open(&key).unwrap().body(), UNDECODABLE);
    the_next_try_is_kept(place, &key);
}

mod with_a_directory {
    use super::*;

    #[test]
    fn killed_before_the_sink_there_is_neither_an_answer_nor_a_letter() {
        let place = Place::Directory(Scratch::new("killed-before"));
        super::killed_before_the_sink_there_is_neither_an_answer_nor_a_letter(&place);
    }

    #[test]
    fn killed_after_the_sink_the_letter_is_whole_though_there_is_no_answer() {
        let place = Place::Directory(Scratch::new("killed-after"));
        super::killed_after_the_sink_the_letter_is_whole_though_there_is_no_answer(&place);
    }
}

mod with_postgres {
    use super::*;

    #[test]
    fn killed_before_the_sink_there_is_neither_an_answer_nor_a_letter() {
        let Some(postgres) = Postgres::start() else { return };
        super::killed_before_the_sink_there_is_neither_an_answer_nor_a_letter(&Place::Postgres(postgres));
    }

    #[test]
    fn killed_after_the_sink_the_letter_is_whole_though_there_is_no_answer() {
        let Some(postgres) = Postgres::start() else { return };
        super::killed_after_the_sink_the_letter_is_whole_though_there_is_no_answer(&Place::Postgres(postgres));
    }
}

/// The first sync is that of the file, the second that of the directory.
#[test]
fn killed_in_a_sync_nothing_is_promised_and_nothing_is_half_there() {
    for (sync, letters) in [(1, 0), (2, 1)] {
        let place = Place::Directory(Scratch::new(&format!("killed-in-{sync}")));
        let key = PrivateKey::generate();
        let mut process = Process::start(&place, &key, "");
        let kill = format!("inject=fsync:signal=KILL:when={sync}");
        let arguments = ["-e", "trace=fsync", "-e", &kill];
        let Some((mut strace, _lines)) = strace::attach(process.child.id(), &arguments) else { return };
        let stream = process.deliver();
        drop(process.child.wait());
        drop(strace.wait());
        assert_eq!(answer(stream), b"");
        assert_eq!(place.letters().len(), letters, "killed in sync {sync}");
        drop(process);
        the_next_try_is_kept(&place, &key);
    }
}
