//! The example servers as processes, and a client that sends the bytes it is told to.
//!
//! It needs the standard library alone, and is shared with the tests of other packages.

pub(crate) mod events;
pub(crate) mod scenarios;
pub(crate) mod table;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

pub(crate) const API_KEY: &str = "tm_live_8Jq2vXw9Lr5t";
pub(crate) const SIGNATURE: &str = "mq_Yc6mZa1Kd0Fe7Rt4";

/// Long enough for a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A file of `tests/fixtures`, which the tests of other packages find above their own.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let file = folders.find_map(|folder| Some(folder.join("tests/fixtures").join(path)).filter(|file| file.exists()));
    std::fs::read(file.unwrap_or_else(|| panic!("no fixture {path}"))).unwrap()
}

pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    lines: Receiver<String>,
    /// What it printed before it listened.
    pub(crate) greeting: Vec<String>,
}

impl Server {
    /// Starts a program on a free port, with the keys of the tests.
    pub(crate) fn start(program: &Path) -> Self {
        Self::start_with(program, &[])
    }

    /// The same with settings of its own.
    pub(crate) fn start_with(program: &Path, settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(program)
            .env("LISTEN", "127.0.0.1:0")
            .env("TRUEMED_API_KEY", API_KEY)
            .env("MEDIQUO_WEBHOOK_SIGNATURE", SIGNATURE)
            .env("MAX_BODY_BYTES", "65536")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            // Its log has a line for each delivery.
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let (sender, lines) = channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut greeting = Vec::new();
        let address = loop {
            let line = lines.recv_timeout(PATIENCE).expect("the server says where it listens");
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.parse().unwrap();
            }
            greeting.push(line);
        };
        Self { process, address, lines, greeting }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The next line that the server prints.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line on stdout")
    }

    /// The line that is there by now, if there is one.
    pub(crate) fn line_by_now(&self) -> Option<String> {
        self.lines.try_recv().ok()
    }

    /// Interrupts the server as Ctrl-C does, and returns when it takes no more connections.
    pub(crate) fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        #[expect(clippy::disallowed_methods, reason = "the time until a process is given up")]
        let interrupted = Instant::now();
        while TcpStream::connect(self.address).is_ok() {
            assert!(interrupted.elapsed() < PATIENCE, "the server still takes connections");
            thread::yield_now();
        }
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
    }

    pub(crate) fn wait(mut self) -> ExitStatus {
        #[expect(clippy::disallowed_methods, reason = "the time until a process is given up")]
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} for the end of the server");
            thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An example of this package, which `cargo test` builds before it runs the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    built(&format!("examples/{name}"), "cargo build -p tower-webhook --examples")
}

/// A file in the directory of the build, above that of the tests.
pub(crate) fn built(name: &str, how: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.ancestors().nth(2).unwrap().join(name);
    assert!(path.exists(), "{} is not built: run `{how}`", path.display());
    path
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Reads one HTTP/1.1 response with a `Content-Length`, or with none and no body.
pub(crate) fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).expect("a response in time"), 1, "closed after {head:?}");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    Reply { status, head, body }
}

pub(crate) fn exchange(stream: &mut TcpStream, request: &[u8]) -> Reply {
    stream.write_all(request).unwrap();
    read_reply(stream)
}
