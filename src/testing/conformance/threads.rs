//! Steps on the same keys at the same time, in tasks that run on several threads.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use http::StatusCode;

use super::{LEASE, TTL, Violation, attempt_on, expect, fresh_key, rules::renews};
use crate::{
    BoxError,
    idempotency::{Attempt, Claim, Commit, Done, Store},
};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

const TASKS: usize = 8;
/// All tasks go through the same keys in the same order, so they meet at many of them.
const KEYS: usize = 100;

/// What one attempt does with its key beside the claims of others.
#[derive(Clone, Copy)]
enum Step {
    Claim,
    Renew,
    Commit,
    Release,
}

#[derive(Debug)]
enum Answer {
    Claim(Claim),
    Renewed(bool),
    Commit(Commit),
    Released,
}

pub(super) async fn check<St: Store + Clone>(store: &St, spawn: &impl Fn(Work)) -> Result<(), Violation> {
    let fresh = || (0..KEYS).map(|_| attempt_on(fresh_key())).collect::<Vec<_>>();
    let (renews, held, released) = (renews(store).await?, fresh(), fresh());

    let claimed = count(&race(store, spawn, &held, Step::Claim).await?, is_acquired);
    let one_each = |counts: &Vec<usize>| counts.iter().all(|count| *count == 1);
    expect("of claims on several threads, exactly one of each key succeeds", Ok::<_, BoxError>(claimed), one_each)?;

    // From here on, one attempt holds each key.
    let held = fresh();
    claim_all(store, &held).await?;
    if renews {
        let answers = race(store, spawn, &held, Step::Renew).await?;
        expect_of_all("no claim succeeds beside a renewal", &answers, |answer| {
            is_in_progress(answer) || matches!(answer, Answer::Renewed(true))
        })?;
    }
    let answers = race(store, spawn, &held, Step::Commit).await?;
    expect_of_all("no claim succeeds beside a commit", &answers, |answer| {
        let is_done = matches!(answer, Answer::Claim(Claim::Done(StatusCode::ACCEPTED)));
        is_done || is_in_progress(answer) || matches!(answer, Answer::Commit(Commit::Held))
    })?;

    claim_all(store, &released).await?;
    let claimed = count(&race(store, spawn, &released, Step::Release).await?, is_acquired);
    let at_most_one = |counts: &Vec<usize>| counts.iter().all(|count| *count <= 1);
    expect("of claims beside a release, at most one of each key succeeds", Ok::<_, BoxError>(claimed), at_most_one)
}

fn is_acquired(answer: &Answer) -> bool {
    matches!(answer, Answer::Claim(Claim::Acquired))
}

fn is_in_progress(answer: &Answer) -> bool {
    matches!(answer, Answer::Claim(Claim::InProgress { .. }))
}

async fn claim_all<St: Store>(store: &St, attempts: &[Attempt]) -> Result<(), Violation> {
    for attempt in attempts {
        let claim = store.claim(*attempt, LEASE).await;
        expect("an absent key can be claimed", claim, |claim| *claim == Claim::Acquired)?;
    }
    Ok(())
}

/// One task takes this step with these attempts, and the others claim their keys. The answers are by task, and by key.
async fn race<St: Store + Clone>(
    store: &St,
    spawn: &impl Fn(Work),
    attempts: &[Attempt],
    step: Step,
) -> Result<Vec<Vec<Answer>>, Violation> {
    let tasks = (0..TASKS).map(|task| {
        let (store, attempts) = (store.clone(), attempts.to_vec());
        async move {
            let mut answers = Vec::with_capacity(attempts.len());
            for attempt in attempts {
                let answer = match task {
                    0 => take(&store, attempt, step).await,
                    _ => take(&store, attempt_on(attempt.key), Step::Claim).await,
                };
                answers.push(answer.map_err(Into::<BoxError>::into)?);
            }
            Ok::<_, BoxError>(answers)
        }
    });
    let answers = gather(tasks.collect(), spawn).await;
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>();
    let ended = answers.as_ref().map(Vec::len).map_err(ToString::to_string);
    expect("steps on several threads are answered", ended, |ended| *ended == TASKS)?;
    Ok(answers.unwrap_or_default())
}

async fn take<St: Store>(store: &St, attempt: Attempt, step: Step) -> Result<Answer, St::Error> {
    Ok(match step {
        Step::Claim => Answer::Claim(store.claim(attempt, LEASE).await?),
        Step::Renew => Answer::Renewed(store.renew(attempt, LEASE).await?),
        Step::Commit => Answer::Commit(store.commit(attempt, Done::new(StatusCode::ACCEPTED, TTL)).await?),
        Step::Release => {
            store.release(attempt).await?;
            Answer::Released
        }
    })
}

/// For each key, the number of these answers.
fn count(answers: &[Vec<Answer>], is_one: fn(&Answer) -> bool) -> Vec<usize> {
    let of_key = |key| answers.iter().filter_map(|task| task.get(key)).filter(|answer| is_one(answer)).count();
    (0..KEYS).map(of_key).collect()
}

fn expect_of_all(rule: &str, answers: &[Vec<Answer>], is_right: impl Fn(&Answer) -> bool) -> Result<(), Violation> {
    answers.iter().flatten().try_for_each(|answer| expect(rule, Ok::<_, BoxError>(answer), |answer| is_right(answer)))
}

struct Gathered<T> {
    outputs: Vec<T>,
    ended: usize,
    waker: Option<Waker>,
}

/// The output of a task, which is handed in also if the task is dropped before it has one.
struct Output<T> {
    output: Option<T>,
    gathered: Arc<Mutex<Gathered<T>>>,
}

impl<T> Output<T> {
    fn set(&mut self, output: T) {
        self.output = Some(output);
    }
}

impl<T> Drop for Output<T> {
    fn drop(&mut self) {
        let mut gathered = lock(&self.gathered);
        gathered.outputs.extend(self.output.take());
        gathered.ended += 1;
        if let Some(waker) = &gathered.waker {
            waker.wake_by_ref();
        }
    }
}

fn lock<T>(gathered: &Mutex<Gathered<T>>) -> MutexGuard<'_, Gathered<T>> {
    gathered.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Spawns all tasks, and waits for their outputs. A task that is dropped has none.
async fn gather<F>(tasks: Vec<F>, spawn: &impl Fn(Work)) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let count = tasks.len();
    let gathered = Arc::new(Mutex::new(Gathered { outputs: Vec::new(), ended: 0, waker: None }));
    for task in tasks {
        let mut output = Output { output: None, gathered: Arc::clone(&gathered) };
        spawn(Box::pin(async move { output.set(task.await) }));
    }
    poll_fn(|cx| {
        let mut gathered = lock(&gathered);
        gathered.waker = Some(cx.waker().clone());
        if gathered.ended < count { Poll::Pending } else { Poll::Ready(std::mem::take(&mut gathered.outputs)) }
    })
    .await
}
