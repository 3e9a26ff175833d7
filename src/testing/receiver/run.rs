//! Runs the cases.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    task::{Context, Poll, Waker},
    thread,
};

use super::{
    ReceiverSuite, Report,
    cases::{CASES, Case, How},
    judge::Sent,
    maker::Maker,
    report::{Outcome, Verdict},
    shot::{Answer, Shot, Wire},
};

impl ReceiverSuite {
    pub(super) async fn run_on<W: Wire>(self, wire: W, target: Option<String>) -> Report {
        let maker = Maker {
            sender: self.sender.clone(),
            events: self.events.clone().unwrap_or_else(|| self.sender.events()),
            distinct: self.distinct.clone(),
            target,
            body_limit: self.body_limit,
            too_long: self.body_limit.saturating_add(W::BEYOND),
            cannot_wait: wire.cannot_wait(),
            no_connections: W::NO_CONNECTIONS,
            next: AtomicU64::new(first_number()),
        };
        let mut outcomes = Vec::new();
        for case in CASES {
            let reason = self.without.iter().find(|(name, _)| name == case.name).map(|(_, reason)| reason.clone());
            let made = match reason {
                Some(reason) => Err(reason),
                None => (case.make)(&maker).map_err(str::to_owned),
            };
            let (verdict, happened) = match made {
                Err(reason) => (Verdict::LeftOut, reason),
                Ok(shots) => match self.attempt(&wire, case, shots).await {
                    Ok(()) => (Verdict::Passed, "as expected".to_owned()),
                    Err(happened) => (Verdict::Failed, happened),
                },
            };
            let Case { name, why, sends, expects, .. } = *case;
            outcomes.push(Outcome { name: name.to_owned(), why, sent: sends, expected: expects, happened, verdict });
        }
        outcomes.extend(self.without.iter().filter_map(|(name, _)| no_such_case(name)));
        let title = self.sender.description().title();
        Report { receiver: format!("The receiver of {title}"), outcomes }
    }

    /// What happened if it is not what was expected.
    async fn attempt<W: Wire>(&self, wire: &W, case: &Case, shots: Vec<Shot>) -> Result<(), String> {
        let sent: Vec<Sent> = shots.iter().map(Sent::from).collect();
        let mut before = self.count();
        let mut effects = Vec::new();
        let mut note = || {
            let now = self.count();
            effects.push(now.saturating_sub(before));
            before = now;
        };
        let answers = match case.how {
            How::InTurn => {
                let mut answers: Vec<Answer> = Vec::new();
                for shot in shots {
                    answers.push(wire.send(shot).await);
                    note();
                }
                answers
            }
            How::AtOnce => {
                let answers = wire.send_at_once(shots).await;
                note();
                answers
            }
            How::OnOneConnection => {
                let answers = wire.send_on_one_connection(shots).await;
                note();
                answers
            }
        };
        case.answers.check(&sent, &answers)?;
        if self.effects.is_some() { case.effects.check(&effects) } else { Ok(()) }
    }

    fn count(&self) -> usize {
        self.effects.as_ref().map_or(0, |count| count())
    }
}

fn no_such_case(name: &str) -> Option<Outcome> {
    let is_unknown = CASES.iter().all(|case| case.name != name);
    is_unknown.then(|| Outcome {
        name: name.to_owned(),
        why: "a case that is spelled wrong is not left out",
        sent: "nothing",
        expected: "the name of a case in `without`",
        happened: "there is no such case".to_owned(),
        verdict: Verdict::Failed,
    })
}

/// Of eight digits, with room for the events of a run, and another one in each run.
fn first_number() -> u64 {
    let mut bytes = [0; 4];
    // Without random bytes, a receiver that has seen another run may take its events for duplicates.
    let _ = getrandom::fill(&mut bytes);
    10_000_000 + u64::from(u32::from_le_bytes(bytes)) % 80_000 * 1_000
}

type Shared = Arc<Mutex<(Option<thread::Result<Report>>, Option<Waker>)>>;

/// Runs what never waits but by blocking.
pub(super) async fn on_a_thread<F: Future<Output = Report>>(work: impl FnOnce() -> F + Send + 'static) -> Report {
    let shared = Shared::default();
    let theirs = Arc::clone(&shared);
    thread::spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(|| block_on(work())));
        let mut shared = theirs.lock().unwrap_or_else(PoisonError::into_inner);
        shared.0 = Some(done);
        if let Some(waker) = shared.1.take() {
            waker.wake();
        }
    });
    let done = std::future::poll_fn(|cx| {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        match shared.0.take() {
            Some(done) => Poll::Ready(done),
            None => {
                shared.1 = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    });
    // Nothing panics but what counts the effects, which belongs to the test.
    done.await.unwrap_or_else(|panic| resume_unwind(panic))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
