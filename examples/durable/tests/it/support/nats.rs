//! A NATS server of a test's own, from the `nats-server` on the path.

use std::{
    io::{BufRead, BufReader, ErrorKind},
    process::{Child, Command, Stdio},
    sync::mpsc::channel,
    thread,
};

use tempfile::TempDir;

use super::{
    programs::{free_port, skip},
    wait::{PATIENCE, block_until},
};

pub struct Nats {
    process: Option<Child>,
    port: u16,
    folder: TempDir,
}

impl Nats {
    /// `None`, with a word about it, if there is no `nats-server`.
    pub fn start() -> Option<Self> {
        loop {
            // Somebody else can take the port meanwhile: then the server ends, and another is tried.
            let mut nats = Self { process: None, port: free_port(), folder: tempfile::tempdir().unwrap() };
            if nats.spawn()? {
                return Some(nats);
            }
        }
    }

    /// Whether it took the port.
    fn spawn(&mut self) -> Option<bool> {
        let mut server = Command::new("nats-server");
        server.args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--jetstream", "--store_dir"]);
        let mut process = match server.arg(self.folder.path()).stderr(Stdio::piped()).spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skip("nats-server");
                return None;
            }
            Err(error) => panic!("nats-server: {error}"),
        };
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        self.process = Some(process);
        let (tell, told) = channel();
        thread::spawn(move || {
            let _ = tell.send(lines.any(|line| line.contains("Server is ready")));
            lines.for_each(drop);
        });
        let ready = told.recv_timeout(PATIENCE).expect("waited for nats-server to be ready");
        if !ready {
            self.kill();
        }
        Some(ready)
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            process.wait().unwrap();
        }
    }

    /// Starts it again on the same port, with what it had stored.
    pub fn restart(&mut self) {
        self.kill();
        block_until("the port to be free", || self.spawn() == Some(true));
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}
