use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use super::{Attempt, BoxError, Claim, Commit, Done, Store};

/// A store whose type is chosen when the program runs, made by [`Store::boxed`].
///
/// A clone shares the store. Each step costs one allocation more than that of the store inside.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::{BoxStore, IdempotencyLayer, MemoryStore, Pepper, Store};
///
/// // Or a `RedisStore`, if the program's settings say so.
/// let store: BoxStore = MemoryStore::new().boxed();
/// let layer = IdempotencyLayer::with_pepper(store, Pepper::new("b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58")?);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct BoxStore(Arc<dyn Erased>);

type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send + 'a>>;

/// [`Store`] with boxed futures, which makes it object-safe.
trait Erased: Send + Sync {
    fn claim(&self, attempt: Attempt, lease: Duration) -> Step<'_, Claim>;
    fn commit(&self, attempt: Attempt, done: Done) -> Step<'_, Commit>;
    fn release(&self, attempt: Attempt) -> Step<'_, ()>;
    fn renew(&self, attempt: Attempt, lease: Duration) -> Step<'_, bool>;
    fn commit_detached(&self, attempt: Attempt, done: Done);
    fn release_detached(&self, attempt: Attempt);
}

impl<St: Store> Erased for St {
    fn claim(&self, attempt: Attempt, lease: Duration) -> Step<'_, Claim> {
        Box::pin(async move { Store::claim(self, attempt, lease).await.map_err(Into::into) })
    }

    fn commit(&self, attempt: Attempt, done: Done) -> Step<'_, Commit> {
        Box::pin(async move { Store::commit(self, attempt, done).await.map_err(Into::into) })
    }

    fn release(&self, attempt: Attempt) -> Step<'_, ()> {
        Box::pin(async move { Store::release(self, attempt).await.map_err(Into::into) })
    }

    fn renew(&self, attempt: Attempt, lease: Duration) -> Step<'_, bool> {
        Box::pin(async move { Store::renew(self, attempt, lease).await.map_err(Into::into) })
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        Store::commit_detached(self, attempt, done);
    }

    fn release_detached(&self, attempt: Attempt) {
        Store::release_detached(self, attempt);
    }
}

impl BoxStore {
    pub(super) fn new(store: impl Store) -> Self {
        Self(Arc::new(store))
    }
}

impl Store for BoxStore {
    type Error = BoxError;

    fn claim(&self, attempt: Attempt, lease: Duration) -> impl Future<Output = Result<Claim, BoxError>> + Send {
        self.0.claim(attempt, lease)
    }

    fn commit(&self, attempt: Attempt, done: Done) -> impl Future<Output = Result<Commit, BoxError>> + Send {
        self.0.commit(attempt, done)
    }

    fn release(&self, attempt: Attempt) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.0.release(attempt)
    }

    fn renew(&self, attempt: Attempt, lease: Duration) -> impl Future<Output = Result<bool, BoxError>> + Send {
        self.0.renew(attempt, lease)
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        self.0.commit_detached(attempt, done);
    }

    fn release_detached(&self, attempt: Attempt) {
        self.0.release_detached(attempt);
    }

    fn boxed(self) -> Self {
        self
    }
}

impl fmt::Debug for BoxStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxStore(..)")
    }
}
