//! The load generator.

use std::{path::PathBuf, process::Command, time::Duration};

use crate::{Outcome, server::Server};

const CONNECTIONS: &str = "32";

pub(crate) struct Wrk {
    body: PathBuf,
}

#[derive(Default)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    /// Requests per second.
    pub(crate) rate: f64,
    /// In microseconds.
    pub(crate) p99: f64,
    /// The server's time on a processor for one request, in microseconds; not a number where unknown.
    pub(crate) cpu: f64,
    /// Requests without an answer, and answers of 400 or more.
    pub(crate) failed: u64,
}

impl Wrk {
    pub(crate) fn new() -> Outcome<Self> {
        // It has no option that only shows its version with success.
        Command::new("wrk").arg("-v").output().map_err(|error| {
            format!("wrk does not start ({error}); install it: `apt install wrk`, or `brew install wrk`")
        })?;
        let body = std::env::temp_dir().join(format!("bench-load-{}.json", std::process::id()));
        std::fs::write(&body, benches::compact(benches::CONSULTATION))?;
        Ok(Self { body })
    }

    pub(crate) fn load(&self, server: &Server, time: Duration) -> Outcome<Load> {
        let before = server.cpu();
        let output = Command::new("wrk")
            .args(["--threads", "1", "--connections", CONNECTIONS, "--timeout", "5s"])
            .args(["--duration", &format!("{}s", time.as_secs())])
            .args(["--script", concat!(env!("CARGO_MANIFEST_DIR"), "/deliver.lua")])
            .arg(format!("http://{}/webhooks/mediquo", server.address))
            .env("DELIVERY_BODY", &self.body)
            .env("DELIVERY_KEY", benches::KEY)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let error = || format!("wrk gave no result:\n{text}{}", String::from_utf8_lossy(&output.stderr));
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).ok_or_else(error)?;
        let numbers: Vec<u64> = result.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let &[requests, microseconds, p99, failed] = numbers.as_slice() else { return Err(error().into()) };
        let [count, time, p99] = [requests, microseconds, p99].map(float);
        let cpu = server.cpu().zip(before).map_or(f64::NAN, |(after, before)| float(after - before) / count);
        Ok(Load { requests, rate: count * 1e6 / time, p99, cpu, failed })
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn float(number: u64) -> f64 {
    number as f64
}

impl Drop for Wrk {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.body);
    }
}
