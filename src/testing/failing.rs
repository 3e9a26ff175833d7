use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    BoxError,
    idempotency::{Attempt, Claim, Commit, Done, Store},
};

/// A store whose steps fail on demand, to test what your service then answers.
///
/// It passes each step on to the store inside. [`commit_detached`](Store::commit_detached) and
/// [`release_detached`](Store::release_detached) always work. A clone is the same store.
///
/// # Examples
///
/// ```
/// use tower_webhook::{idempotency::{IdempotencyLayer, MemoryStore, Pepper}, testing::{FailingStore, Fault, Step}};
///
/// let store = FailingStore::new(MemoryStore::new());
/// let layer = IdempotencyLayer::with_pepper(store.clone(), Pepper::new("b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58")?);
/// store.fail(Step::Commit, Fault::AnswerLost);
/// // Send a delivery here.
/// store.mend();
/// assert_eq!(store.calls(Step::Commit), 0);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct FailingStore<St> {
    store: St,
    plan: Arc<Mutex<[Plan; 4]>>,
}

#[derive(Clone, Copy, Default)]
struct Plan {
    fault: Option<Fault>,
    calls: usize,
}

/// A step of a [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// [`Store::claim`].
    Claim,
    /// [`Store::commit`].
    Commit,
    /// [`Store::release`].
    Release,
    /// [`Store::renew`].
    Renew,
}

/// The way in which a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The step fails before it reaches the store inside.
    Unreached,
    /// The store inside does the step, but its answer is lost.
    AnswerLost,
}

impl<St: Store> FailingStore<St> {
    /// A store that works until you call [`fail`](Self::fail).
    pub fn new(store: St) -> Self {
        Self { store, plan: Arc::default() }
    }

    /// Makes this step fail from now on.
    pub fn fail(&self, step: Step, fault: Fault) {
        self.with(step, |plan| plan.fault = Some(fault));
    }

    /// Makes all steps work from now on.
    pub fn mend(&self) {
        for plan in self.plan().iter_mut() {
            plan.fault = None;
        }
    }

    /// How often the layer took this step, including the times it failed.
    #[must_use]
    pub fn calls(&self, step: Step) -> usize {
        self.with(step, |plan| plan.calls)
    }

    async fn run<T>(&self, step: Step, work: impl Future<Output = Result<T, St::Error>> + Send) -> Result<T, BoxError> {
        let fault = self.with(step, |plan| {
            plan.calls += 1;
            plan.fault
        });
        match fault {
            Some(Fault::Unreached) => Err("the store was told to be unreachable".into()),
            Some(Fault::AnswerLost) => {
                let _ = work.await;
                Err("the store was told to lose its answer".into())
            }
            None => work.await.map_err(Into::into),
        }
    }

    fn with<T>(&self, step: Step, change: impl FnOnce(&mut Plan) -> T) -> T {
        let [claim, commit, release, renew] = &mut *self.plan();
        change(match step {
            Step::Claim => claim,
            Step::Commit => commit,
            Step::Release => release,
            Step::Renew => renew,
        })
    }

    fn plan(&self) -> MutexGuard<'_, [Plan; 4]> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<St: Store> Store for FailingStore<St> {
    type Error = BoxError;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, BoxError> {
        self.run(Step::Claim, self.store.claim(attempt, lease)).await
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, BoxError> {
        self.run(Step::Commit, self.store.commit(attempt, done)).await
    }

    async fn release(&self, attempt: Attempt) -> Result<(), BoxError> {
        self.run(Step::Release, self.store.release(attempt)).await
    }

    async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, BoxError> {
        self.run(Step::Renew, self.store.renew(attempt, lease)).await
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        self.store.commit_detached(attempt, done);
    }

    fn release_detached(&self, attempt: Attempt) {
        self.store.release_detached(attempt);
    }
}

impl<St> fmt::Debug for FailingStore<St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailingStore").finish_non_exhaustive()
    }
}
