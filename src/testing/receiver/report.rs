use std::fmt;

use super::junit;

/// What came of a run of the suite. `Display` tells it in plain sentences.
///
/// # Examples
///
/// See [`receiver`](super).
#[derive(Clone, Debug)]
#[must_use = "nothing fails before `assert`"]
pub struct Report {
    pub(super) receiver: String,
    pub(super) outcomes: Vec<Outcome>,
}

/// What came of one case.
///
/// # Examples
///
/// See [`Report::outcomes`].
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(super) name: String,
    pub(super) why: &'static str,
    pub(super) sent: &'static str,
    pub(super) expected: &'static str,
    pub(super) happened: String,
    pub(super) verdict: Verdict,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// What was expected happened.
    Passed,
    /// Something else happened: [`Outcome::happened`].
    Failed,
    /// The case was left out: [`Outcome::happened`] says why.
    LeftOut,
}

impl Report {
    /// Every case, in the order in which they ran.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::testing::receiver::{Report, Verdict};
    ///
    /// fn left_out(report: &Report) -> Vec<&str> {
    ///     let outcomes = report.outcomes().filter(|outcome| outcome.verdict() == Verdict::LeftOut);
    ///     outcomes.map(|outcome| outcome.name()).collect()
    /// }
    /// ```
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter()
    }

    /// Fails the test if a case has failed.
    ///
    /// # Panics
    ///
    /// A case has failed. The message is the whole report.
    #[track_caller]
    #[expect(clippy::panic, reason = "it is what fails a test")]
    pub fn assert(&self) {
        if self.with(Verdict::Failed).next().is_some() {
            panic!("{self}");
        }
    }

    /// The report as JUnit XML, which CI servers show.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn keep(report: tower_webhook::testing::receiver::Report) -> std::io::Result<()> {
    /// std::fs::write("target/receiver.xml", report.junit())
    /// # }
    /// ```
    #[must_use]
    pub fn junit(&self) -> String {
        junit::written(self)
    }

    pub(super) fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(move |outcome| outcome.verdict == verdict)
    }
}

impl Outcome {
    /// The name of the case: one of [`ReceiverSuite::cases`](super::ReceiverSuite::cases).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it ended.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What happened, or why the case was left out. It contains no byte of a request or of an answer but the status.
    #[must_use]
    pub fn happened(&self) -> &str {
        &self.happened
    }
}

/// The case in sentences.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, why, sent, expected, happened, verdict } = self;
        match verdict {
            Verdict::Passed => write!(f, "{name}: as expected."),
            Verdict::LeftOut => write!(f, "{name}: left out, because {happened}."),
            Verdict::Failed => {
                write!(f, "{name}\n  Sent: {sent}.\n  Expected: {expected}.\n  Happened: {happened}.\n  Why: {why}.")
            }
        }
    }
}

/// The failures, and what was left out.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |verdict| self.with(verdict).count();
        let (passed, failed, left_out) = (count(Verdict::Passed), count(Verdict::Failed), count(Verdict::LeftOut));
        write!(f, "{}: {passed} cases passed, {failed} failed, {left_out} were left out.", self.receiver)?;
        self.with(Verdict::Failed).try_for_each(|outcome| write!(f, "\n\nFAILED {outcome}"))?;
        if left_out > 0 {
            f.write_str("\n")?;
        }
        self.with(Verdict::LeftOut).try_for_each(|outcome| write!(f, "\n{outcome}"))
    }
}
