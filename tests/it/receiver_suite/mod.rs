//! The suite that attacks a receiver: it passes on right ones, and each wrong one fails in the case made for it.

mod own;
mod report;
mod right;
mod sockets;
mod wrong;

use tower_webhook::testing::receiver::{Report, Verdict};

fn with(report: &Report, verdict: Verdict) -> Vec<&str> {
    report.outcomes().filter(|outcome| outcome.verdict() == verdict).map(|outcome| outcome.name()).collect()
}

fn failed(report: &Report) -> Vec<&str> {
    with(report, Verdict::Failed)
}

fn left_out(report: &Report) -> Vec<&str> {
    with(report, Verdict::LeftOut)
}
