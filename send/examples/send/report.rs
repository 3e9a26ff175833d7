//! What was answered.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt,
    io::{IsTerminal, Write, stderr},
    time::Duration,
};

use bytes::Bytes;
use http::StatusCode;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::json;

use crate::{Failure, deliveries::Deliveries};

/// Shorter runs have no bar.
const LONG: u64 = 100;
/// So many answers that were not expected are shown.
const SHOWN: usize = 5;

/// The last answer to a delivery.
pub(crate) struct Answer {
    pub(crate) outcome: Result<(StatusCode, Bytes), String>,
    pub(crate) took: Duration,
    pub(crate) attempts: u32,
}

impl Answer {
    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.outcome.as_ref().ok().map(|(status, _)| *status)
    }
}

#[derive(Default)]
pub(crate) struct Report {
    title: String,
    sender: String,
    event: String,
    are_genuine: bool,
    statuses: BTreeMap<u16, u64>,
    failed: u64,
    attempts: u64,
    as_expected: u64,
    unexpected: Vec<String>,
    took: Vec<Duration>,
}

impl Report {
    pub(crate) fn new(deliveries: &Deliveries) -> Self {
        let sender = deliveries.sender.description();
        Self {
            title: sender.title().to_owned(),
            sender: sender.name().to_owned(),
            event: deliveries.event.clone(),
            are_genuine: deliveries.are_genuine(),
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, answer: Answer) {
        self.attempts += u64::from(answer.attempts);
        self.took.push(answer.took);
        let expected = |status: StatusCode| {
            if self.are_genuine { status.is_success() } else { status.is_client_error() }
        };
        match answer.outcome {
            Ok((status, body)) => {
                *self.statuses.entry(status.as_u16()).or_default() += 1;
                if expected(status) {
                    self.as_expected += 1;
                } else if self.unexpected.len() < SHOWN {
                    self.unexpected.push(format!("{status} {}", printable(&body)));
                }
            }
            Err(error) => {
                self.failed += 1;
                if self.unexpected.len() < SHOWN {
                    self.unexpected.push(error);
                }
            }
        }
    }

    pub(crate) fn is_as_expected(&self) -> bool {
        self.as_expected == self.sent()
    }

    pub(crate) fn print(&self, in_json: bool, out: &mut impl Write) -> Result<(), Failure> {
        let (p50, p99) = (self.percentile(50), self.percentile(99));
        let expected = if self.are_genuine { "2xx" } else { "4xx" };
        if in_json {
            let line = json!({
                "sender": self.sender,
                "event": self.event,
                "sent": self.sent(),
                "attempts": self.attempts,
                "expected": expected,
                "as_expected": self.as_expected,
                "statuses": self.statuses.iter().map(|(status, count)| (status.to_string(), count)).collect::<BTreeMap<_, _>>(),
                "failed": self.failed,
                "p50_ms": p50,
                "p99_ms": p99,
            });
            writeln!(out, "{line}")?;
            return Ok(());
        }
        let mut answers: Vec<_> = self.statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        if self.failed > 0 {
            answers.push(format!("no answer: {}", self.failed));
        }
        let retries = self.attempts - self.sent();
        let retried = if retries > 0 { format!(", {retries} retries") } else { String::new() };
        writeln!(
            out,
            "{}, {}: {} sent{retried}, answered {}",
            self.title,
            self.event,
            self.sent(),
            answers.join(", ")
        )?;
        writeln!(out, "p50 {p50:.1} ms, p99 {p99:.1} ms")?;
        for answer in &self.unexpected {
            writeln!(out, "expected {expected}: {answer}")?;
        }
        Ok(())
    }

    fn sent(&self) -> u64 {
        self.took.len().try_into().unwrap_or(u64::MAX)
    }

    /// In milliseconds, by the nearest rank.
    fn percentile(&self, percent: usize) -> f64 {
        let mut took = self.took.clone();
        took.sort_unstable();
        let rank = (took.len() * percent).div_ceil(100).saturating_sub(1);
        took.get(rank).map_or(0.0, |took| (took.as_secs_f64() * 1e6).round() / 1e3)
    }
}

/// The text of an answer, on one line and without what steers a terminal.
fn printable(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace(char::is_control, " ")
}

/// A bar on a terminal, and a line for each tenth elsewhere. A short run has neither.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    all: u64,
    done: Cell<u64>,
    has_lines: bool,
}

impl Progress {
    pub(crate) fn new(all: u64, is_quiet: bool) -> Self {
        let is_shown = all >= LONG && !is_quiet;
        let is_terminal = stderr().is_terminal();
        let style = "{wide_bar} {human_pos}/{human_len}, {rate}/s, {eta} to go";
        let bar = (is_shown && is_terminal).then(|| {
            let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
            let style = style.with_key("rate", |state: &ProgressState, to: &mut dyn fmt::Write| {
                let _ = write!(to, "{:.0}", state.per_sec());
            });
            ProgressBar::new(all).with_style(style)
        });
        Self { bar, all, done: Cell::new(0), has_lines: is_shown && !is_terminal }
    }

    pub(crate) fn add(&self) {
        let done = self.done.get() + 1;
        self.done.set(done);
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        if self.has_lines && done * 10 / self.all != (done - 1) * 10 / self.all {
            eprintln!("{done} of {}", self.all);
        }
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
