//! The servers as processes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::Outcome;

/// The usual limit of open files is too low for the held bodies.
const MORE_FILES: &str = r#"ulimit -n 4096 2>/dev/null; exec "$0""#;

pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

/// Builds both servers, and says where they are: with the layer, and without.
pub(crate) fn build() -> Outcome<[PathBuf; 2]> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or("this program is in no folder")?;
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "-p", env!("CARGO_PKG_NAME"), "--bin", "hyper", "--bin", "decode_only"])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .arg("--target-dir")
        .arg(folder.parent().ok_or("this program is in no target folder")?)
        .status()?;
    if !built.success() {
        return Err("the servers do not build".into());
    }
    if !folder.ends_with("release") {
        return Err("give `--release` to `cargo run`".into());
    }
    Ok([folder.join("hyper"), folder.join("decode_only")])
}

impl Server {
    /// Starts a program, and waits until it answers a delivery with 204. What it prints is thrown away.
    pub(crate) fn start(program: &Path) -> Outcome<Self> {
        Self::spawn(Command::new("sh").args(["-c", MORE_FILES]).arg(program))
    }

    /// The same on one thread and under valgrind, which tells at the end how many instructions it saw.
    pub(crate) fn start_counted(program: &Path) -> Outcome<Self> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        Self::spawn(valgrind.env("TOKIO_WORKER_THREADS", "1").stderr(Stdio::piped()))
    }

    fn spawn(command: &mut Command) -> Outcome<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = command
            .env("LISTEN", address.to_string())
            .env("MEDIQUO_WEBHOOK_SIGNATURE", benches::KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let server = Self { process, address };
        for _ in 0..100 {
            if server.answers().is_ok_and(|answer| answer.starts_with("HTTP/1.1 204")) {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(format!("{command:?} does not answer 204").into())
    }

    /// Ends it, and gives what it wrote of errors.
    pub(crate) fn interrupt(mut self) -> Outcome<String> {
        Command::new("kill").args(["-INT", &self.process.id().to_string()]).status()?;
        let mut text = String::new();
        self.process.stderr.take().ok_or("its errors are not kept")?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn answers(&self) -> Outcome<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let body = benches::compact(benches::CONSULTATION);
        stream.write_all(head("connection: close\r\n", body.len()).as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Resident memory in bytes, where the system tells.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// Time that its threads have had on a processor, in microseconds, where the system tells.
    pub(crate) fn cpu(&self) -> Option<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // The second field is the program's name, and may hold spaces. A tick is a hundredth of a second.
        let mut times = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
        let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
        Some((user + system) * 10_000)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The head of a genuine delivery.
pub(crate) fn head(more: &str, length: usize) -> String {
    format!(
        "POST /webhooks/mediquo HTTP/1.1\r\nhost: localhost\r\nx-webhook-signature: {}\r\n\
         content-type: application/json\r\n{more}content-length: {length}\r\n\r\n",
        benches::KEY
    )
}
