use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::StatusCode;

use crate::idempotency::{BoxError, Claim, Commit, EventKey, Store, Token};

/// A store of which single steps fail, for tests of what your service answers then.
///
/// A clone is the same store. [`abandon`](Store::abandon) and [`record`](Store::record) always work.
///
/// # Examples
///
/// ```
/// use tower_webhook::{idempotency::{IdempotencyLayer, MemoryStore, Pepper}, testing::{FailingStore, Fault, Step}};
///
/// let store = FailingStore::new(MemoryStore::new());
/// let layer = IdempotencyLayer::with_pepper(store.clone(), Pepper::new([7; 32])?);
/// store.fail(Step::Commit, Fault::AnswerLost);
/// // .. a delivery ..
/// store.mend();
/// assert_eq!(store.calls(Step::Commit), 0);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct FailingStore<St> {
    store: St,
    plan: Arc<Mutex<[Plan; 3]>>,
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
}

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The store does nothing.
    Unreached,
    /// The store does it, and the answer is lost.
    AnswerLost,
}

impl<St: Store> FailingStore<St> {
    /// A store that works until it is told to fail.
    pub fn new(store: St) -> Self {
        Self { store, plan: Arc::default() }
    }

    /// Lets this step fail from now on.
    pub fn fail(&self, step: Step, fault: Fault) {
        self.with(step, |plan| plan.fault = Some(fault));
    }

    /// Lets all steps work from now on.
    pub fn mend(&self) {
        for plan in self.plan().iter_mut() {
            plan.fault = None;
        }
    }

    /// How often the step was asked for, also in vain.
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
            Some(Fault::Unreached) => Err("the store is told not to be reached".into()),
            Some(Fault::AnswerLost) => {
                let _ = work.await;
                Err("the store is told to lose its answer".into())
            }
            None => work.await.map_err(Into::into),
        }
    }

    fn with<T>(&self, step: Step, change: impl FnOnce(&mut Plan) -> T) -> T {
        let [claim, commit, release] = &mut *self.plan();
        change(match step {
            Step::Claim => claim,
            Step::Commit => commit,
            Step::Release => release,
        })
    }

    fn plan(&self) -> MutexGuard<'_, [Plan; 3]> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<St: Store> Store for FailingStore<St> {
    type Error = BoxError;

    async fn claim(&self, key: EventKey, token: Token, lease: Duration) -> Result<Claim, BoxError> {
        self.run(Step::Claim, self.store.claim(key, token, lease)).await
    }

    async fn commit(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) -> Result<Commit, BoxError> {
        self.run(Step::Commit, self.store.commit(key, token, status, ttl)).await
    }

    async fn release(&self, key: EventKey, token: Token) -> Result<(), BoxError> {
        self.run(Step::Release, self.store.release(key, token)).await
    }

    fn abandon(&self, key: EventKey, token: Token) {
        self.store.abandon(key, token);
    }

    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        self.store.record(key, token, status, ttl);
    }
}

impl<St> fmt::Debug for FailingStore<St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailingStore").finish_non_exhaustive()
    }
}
