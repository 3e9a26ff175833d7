//! A program of this package, as a process that can be killed.

use std::{net::SocketAddr, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::{
    place::{PEPPER, Place},
    sender::{KEY, SIGNATURE},
};

pub struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub address: SocketAddr,
    /// The keys whose effect it has printed.
    pub effects: Vec<String>,
}

impl Program {
    pub async fn start(executable: &str, place: &Place) -> Self {
        let file = place.file();
        Self::start_with(executable, &[("DATABASE", file.to_str().unwrap())]).await
    }

    pub async fn start_with(executable: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(executable)
            .env_clear()
            .env("LISTEN", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .env("TRUEMED_API_KEY", KEY)
            .env("MEDIQUO_WEBHOOK_SIGNATURE", SIGNATURE)
            .env("IDEMPOTENCY_PEPPER", PEPPER)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut effects = Vec::new();
        loop {
            // The worker begins before the server does.
            let line = lines.next_line().await.unwrap().expect("it ended before it listened");
            effects.extend(effect(&line));
            if let Some(address) = line.strip_prefix("listening on http://") {
                let address = address.parse().unwrap();
                return Self { child, lines, address, effects };
            }
        }
    }

    /// `SIGKILL`: nothing is flushed, and no destructor runs. What it had printed is still read.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
        while let Ok(Some(line)) = self.lines.next_line().await {
            self.effects.extend(effect(&line));
        }
    }

    /// Waits for its next line.
    pub async fn next(&mut self) {
        let line = self.lines.next_line().await.unwrap().expect("it ended");
        self.effects.extend(effect(&line));
    }
}

fn effect(line: &str) -> Option<String> {
    line.strip_prefix("effect ").map(str::to_owned)
}
