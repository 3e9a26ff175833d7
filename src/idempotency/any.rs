use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use http::StatusCode;

use super::{BoxError, Claim, Commit, EventKey, Store, Token};

/// A store that is chosen when the program runs. Each step costs an allocation.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::{AnyStore, IdempotencyLayer, MemoryStore, Pepper};
///
/// let store = AnyStore::new(MemoryStore::new()); // or a store that replicas share, as a setting says
/// let layer = IdempotencyLayer::with_pepper(store, Pepper::new("b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58")?);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct AnyStore(Arc<dyn Erased>);

type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send + 'a>>;

/// [`Store`] with futures of one size.
trait Erased: Send + Sync {
    fn claim(&self, key: EventKey, token: Token, lease: Duration) -> Step<'_, Claim>;
    fn commit(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) -> Step<'_, Commit>;
    fn release(&self, key: EventKey, token: Token) -> Step<'_, ()>;
    fn abandon(&self, key: EventKey, token: Token);
    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration);
}

impl<St: Store> Erased for St {
    fn claim(&self, key: EventKey, token: Token, lease: Duration) -> Step<'_, Claim> {
        Box::pin(async move { Store::claim(self, key, token, lease).await.map_err(Into::into) })
    }

    fn commit(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) -> Step<'_, Commit> {
        Box::pin(async move { Store::commit(self, key, token, status, ttl).await.map_err(Into::into) })
    }

    fn release(&self, key: EventKey, token: Token) -> Step<'_, ()> {
        Box::pin(async move { Store::release(self, key, token).await.map_err(Into::into) })
    }

    fn abandon(&self, key: EventKey, token: Token) {
        Store::abandon(self, key, token);
    }

    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        Store::record(self, key, token, status, ttl);
    }
}

impl AnyStore {
    /// Forgets which store it is.
    pub fn new(store: impl Store) -> Self {
        Self(Arc::new(store))
    }
}

impl Store for AnyStore {
    type Error = BoxError;

    fn claim(
        &self,
        key: EventKey,
        token: Token,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, BoxError>> + Send {
        self.0.claim(key, token, lease)
    }

    fn commit(
        &self,
        key: EventKey,
        token: Token,
        status: StatusCode,
        ttl: Duration,
    ) -> impl Future<Output = Result<Commit, BoxError>> + Send {
        self.0.commit(key, token, status, ttl)
    }

    fn release(&self, key: EventKey, token: Token) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.0.release(key, token)
    }

    fn abandon(&self, key: EventKey, token: Token) {
        self.0.abandon(key, token);
    }

    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        self.0.record(key, token, status, ttl);
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore(..)")
    }
}
