//! The suite that attacks a receiver: it passes on right ones, and each wrong one fails in the case made for it.

mod own;
mod report;
mod right;
mod sent;
mod sockets;
mod wire;
mod wrong;

use tower_webhook::testing::receiver::{ReceiverSuite, Report, Verdict};

fn with(report: &Report, verdict: Verdict) -> Vec<&str> {
    report.outcomes().filter(|outcome| outcome.verdict() == verdict).map(|outcome| outcome.name()).collect()
}

fn failed(report: &Report) -> Vec<&str> {
    with(report, Verdict::Failed)
}

fn left_out(report: &Report) -> Vec<&str> {
    with(report, Verdict::LeftOut)
}

/// Leaves out every other case.
fn only(case: &str, suite: ReceiverSuite) -> ReceiverSuite {
    let others = ReceiverSuite::cases().filter(|other| *other != case);
    others.fold(suite, |suite, other| suite.without(other, ""))
}

/// What happened in this case.
fn told(case: &str, report: &Report) -> String {
    report.outcomes().find(|outcome| outcome.name() == case).unwrap().happened().to_owned()
}
