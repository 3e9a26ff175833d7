use std::{
    error::Error,
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::StatusCode;

use super::{EventKey, random};

/// Any error, as a store's errors become.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Where it is kept which events are in progress, and which are done.
///
/// A key is absent, claimed by one [`Token`] until its lease runs out, or done until its time to live has
/// passed. Each step is atomic: of any number of claims at once, one is acquired.
///
/// A store bounds its own time, and answers with an error when it runs out: the layer has no timer.
/// `testing::conformance` (feature `testing`) checks this for a store of yours, and says what it does not see.
///
/// # Examples
///
/// Another store, with a count of what was asked. An implementation may write `async fn`:
///
/// ```
/// use std::{sync::atomic::{AtomicUsize, Ordering}, time::Duration};
/// use http::StatusCode;
/// use tower_webhook::idempotency::{Claim, Commit, EventKey, Store, Token};
///
/// struct Counted<St> { store: St, claims: AtomicUsize }
///
/// impl<St: Store> Store for Counted<St> {
///     type Error = St::Error;
///
///     async fn claim(&self, key: EventKey, token: Token, lease: Duration) -> Result<Claim, St::Error> {
///         self.claims.fetch_add(1, Ordering::Relaxed);
///         self.store.claim(key, token, lease).await
///     }
///
///     async fn commit(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) -> Result<Commit, St::Error> {
///         self.store.commit(key, token, status, ttl).await
///     }
///
///     async fn release(&self, key: EventKey, token: Token) -> Result<(), St::Error> {
///         self.store.release(key, token).await
///     }
///
///     fn abandon(&self, key: EventKey, token: Token) {
///         self.store.abandon(key, token);
///     }
///
///     fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
///         self.store.record(key, token, status, ttl);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep which events are done",
    note = "use `MemoryStore`, `RedisStore` (feature `redis`) or `AnyStore` of `tower_webhook::idempotency`"
)]
pub trait Store: Send + Sync + 'static {
    /// Why a step failed. It must show nothing that is secret.
    type Error: Into<BoxError> + Send;

    /// Claims a key that is absent, for as long as `lease`.
    ///
    /// # Errors
    ///
    /// The store did not answer, or has no place. The claim may have been made all the same.
    fn claim(
        &self,
        key: EventKey,
        token: Token,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, Self::Error>> + Send;

    /// Makes a key done for at least `ttl`, in whatever state it is: that the effect has happened stays true
    /// if the lease has run out, and if another attempt has claimed the key since.
    ///
    /// # Errors
    ///
    /// The store did not answer. The record may have been made all the same.
    fn commit(
        &self,
        key: EventKey,
        token: Token,
        status: StatusCode,
        ttl: Duration,
    ) -> impl Future<Output = Result<Commit, Self::Error>> + Send;

    /// Makes a key absent if it is claimed by this very token. A key that is done, or claimed by
    /// another token, stays as it is.
    ///
    /// # Errors
    ///
    /// The store did not answer. The lease then runs out by itself.
    fn release(&self, key: EventKey, token: Token) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The same as [`release`](Self::release) when nobody can wait: it is called while a future is dropped, also by a
    /// panic. It must neither block nor panic.
    ///
    /// By default nothing is done, and the lease runs out by itself.
    fn abandon(&self, key: EventKey, token: Token) {
        let _ = (key, token);
    }

    /// The same as [`commit`](Self::commit) when nobody can wait: it is called where the handler has answered 2xx, and
    /// the future is dropped before the commit has ended, which may have landed. It must neither block nor panic.
    ///
    /// By default nothing is done, and a duplicate that comes after the lease runs again.
    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        let _ = (key, token, status, ttl);
    }
}

impl<St: Store> Store for Arc<St> {
    type Error = St::Error;

    fn claim(
        &self,
        key: EventKey,
        token: Token,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, St::Error>> + Send {
        St::claim(self, key, token, lease)
    }

    fn commit(
        &self,
        key: EventKey,
        token: Token,
        status: StatusCode,
        ttl: Duration,
    ) -> impl Future<Output = Result<Commit, St::Error>> + Send {
        St::commit(self, key, token, status, ttl)
    }

    fn release(&self, key: EventKey, token: Token) -> impl Future<Output = Result<(), St::Error>> + Send {
        St::release(self, key, token)
    }

    fn abandon(&self, key: EventKey, token: Token) {
        St::abandon(self, key, token);
    }

    fn record(&self, key: EventKey, token: Token, status: StatusCode, ttl: Duration) {
        St::record(self, key, token, status, ttl);
    }
}

/// What became of [`Store::claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The key was absent, and is now claimed by this token.
    Acquired,
    /// Another token has it.
    InProgress {
        /// For how long at most, if the store knows without another question.
        remaining: Option<Duration>,
    },
    /// The event has had its effect, and was answered with this status.
    Done(StatusCode),
}

/// What became of [`Store::commit`]. The key is done in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Commit {
    /// The claim was still held.
    Held,
    /// The lease had run out, so another attempt may have run too: the lease is too short for the handler.
    Late,
}

/// One attempt to handle an event: what a claim is made with, and given back with.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::Token;
///
/// let token = Token::fresh();
/// assert_ne!(token, Token::fresh());
/// assert_eq!(Token::from_bytes(token.to_bytes()), token);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(u128);

impl Token {
    /// One that no other attempt has: 64 random bits for the process, and a count.
    #[must_use]
    pub fn fresh() -> Self {
        static PROCESS: LazyLock<u128> = LazyLock::new(|| u128::from(random::bits::<1>()[0]) << 64);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(*PROCESS | u128::from(COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The bytes, for a store.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// What a store has kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:032x})", self.0)
    }
}
