use std::{
    fmt,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::StatusCode;

use super::{BoxError, BoxStore, EventKey, key::random};

/// Stores which events are in progress and which are done.
///
/// A key has one of three states. It is absent, or claimed by one [`Attempt`] until its lease expires, or done until its
/// time to live has passed. Every step must be atomic: of several concurrent claims of one key, exactly one succeeds.
///
/// The layer sets no timeout, so the store must return an error when a step takes too long.
///
/// `testing::conformance` (feature `testing`) tests a store of your own against these rules, and documents what it
/// cannot test.
///
/// # Examples
///
/// A store that counts the claims of another one. You can implement the methods with `async fn`:
///
/// ```
/// use std::{sync::atomic::{AtomicUsize, Ordering}, time::Duration};
/// use tower_webhook::idempotency::{Attempt, Claim, Commit, Done, Store};
///
/// struct Counted<St> { store: St, claims: AtomicUsize }
///
/// impl<St: Store> Store for Counted<St> {
///     type Error = St::Error;
///
///     async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, St::Error> {
///         self.claims.fetch_add(1, Ordering::Relaxed);
///         self.store.claim(attempt, lease).await
///     }
///
///     async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, St::Error> {
///         self.store.commit(attempt, done).await
///     }
///
///     async fn release(&self, attempt: Attempt) -> Result<(), St::Error> {
///         self.store.release(attempt).await
///     }
///
///     async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, St::Error> {
///         self.store.renew(attempt, lease).await
///     }
///
///     fn commit_detached(&self, attempt: Attempt, done: Done) {
///         self.store.commit_detached(attempt, done);
///     }
///
///     fn release_detached(&self, attempt: Attempt) {
///         self.store.release_detached(attempt);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of the idempotency layer",
    note = "use `MemoryStore`, `RedisStore` (feature `redis`), `PostgresStore` (feature `postgres`) or `BoxStore` of `tower_webhook::idempotency`"
)]
pub trait Store: Send + Sync + 'static {
    /// Why a step failed. Its text is logged, so it must contain no secret.
    type Error: Into<BoxError> + Send;

    /// Claims the attempt's key for the duration of `lease`, if the key is absent.
    ///
    /// # Errors
    ///
    /// The store did not answer or is full. The claim may still have been made, so the layer releases it.
    fn claim(&self, attempt: Attempt, lease: Duration) -> impl Future<Output = Result<Claim, Self::Error>> + Send;

    /// Marks the attempt's key as done for at least [`Done::ttl`].
    ///
    /// This succeeds in every state of the key, even after the lease has expired and another attempt has claimed the
    /// key, because the effect has happened.
    ///
    /// # Errors
    ///
    /// The store did not answer. The key may still be done. The layer tries a second time, and then calls
    /// [`commit_detached`](Self::commit_detached).
    fn commit(&self, attempt: Attempt, done: Done) -> impl Future<Output = Result<Commit, Self::Error>> + Send;

    /// Releases the claim of this attempt, so that the key is absent again.
    ///
    /// If the key is done, or another token has claimed it, leave it unchanged and return `Ok`. The layer does not claim
    /// with a token that it has released, so what arrives of that later may be refused.
    ///
    /// # Errors
    ///
    /// The store did not answer. The layer then calls [`release_detached`](Self::release_detached).
    fn release(&self, attempt: Attempt) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Lets the claim of this attempt last for `lease` from now on, and returns whether the attempt still held it.
    ///
    /// If the claim has expired, if the key is done, or if another token has claimed it, leave it unchanged and return
    /// `false`. The layer calls it while the handler runs, if `IdempotencyLayer::heartbeat` (feature `tokio`)
    /// is set, until it returns `false`.
    /// The default renews nothing and returns `false`: the lease expires.
    ///
    /// # Errors
    ///
    /// The store did not answer. The layer tries again a third of the lease later.
    fn renew(&self, attempt: Attempt, lease: Duration) -> impl Future<Output = Result<bool, Self::Error>> + Send {
        let _ = (attempt, lease);
        async { Ok(false) }
    }

    /// Does what [`commit`](Self::commit) does, without waiting for it. It must neither block nor panic.
    ///
    /// The layer calls it after two failed commits, and when a request is cancelled after the handler has answered 2xx and
    /// before the commit has ended. Try until it succeeds, within a bound. The default does nothing: the lease expires, and
    /// a later duplicate runs the handler again.
    fn commit_detached(&self, attempt: Attempt, done: Done) {
        let _ = (attempt, done);
    }

    /// Does what [`release`](Self::release) does, without waiting for it. It must neither block nor panic.
    ///
    /// The layer calls it after a failed claim or release, and when a request is cancelled or its handler panics. Try until
    /// it succeeds or the lease has expired. The default does nothing: the retry has to wait until the lease expires.
    fn release_detached(&self, attempt: Attempt) {
        let _ = attempt;
    }

    /// Boxes this store, so that a program can choose between stores when it runs, or so that layers can share a store
    /// that cannot be cloned. See [`BoxStore`].
    fn boxed(self) -> BoxStore
    where
        Self: Sized,
    {
        BoxStore::new(self)
    }
}

/// One attempt to handle an event: the event's key, and a token that no other attempt has.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::{Attempt, ClaimToken, EventKey};
///
/// let key = EventKey::from_bytes([7; 16]);
/// let (first, retry) = (Attempt::new(key, ClaimToken::fresh()), Attempt::new(key, ClaimToken::fresh()));
/// assert_eq!(first.key, retry.key);
/// assert_ne!(first.token, retry.token);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Attempt {
    /// The key of the event.
    pub key: EventKey,
    /// Identifies this attempt among all attempts to handle the event.
    pub token: ClaimToken,
}

impl Attempt {
    /// An attempt to handle the event of this key.
    #[must_use]
    pub fn new(key: EventKey, token: ClaimToken) -> Self {
        Self { key, token }
    }
}

/// What a store remembers of an event that is done.
///
/// # Examples
///
/// See [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done {
    /// The status that the handler answered, a 2xx. Duplicates get the same one.
    pub status: StatusCode,
    /// How long the event is remembered.
    pub ttl: Duration,
}

impl Done {
    /// An event whose handler answered this status, and which is remembered for `ttl`.
    #[must_use]
    pub fn new(status: StatusCode, ttl: Duration) -> Self {
        Self { status, ttl }
    }
}

/// The result of [`Store::claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The key was absent, and this attempt has claimed it.
    Acquired,
    /// Another attempt has claimed the key.
    InProgress {
        /// How long its lease still lasts, if the store knows that without a second request.
        remaining: Option<Duration>,
    },
    /// The event is done, and was answered with this status.
    Done(StatusCode),
}

/// The result of [`Store::commit`]. The key is done in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Commit {
    /// The attempt still held its claim.
    Held,
    /// The lease had expired, so another attempt may have run too: the lease is too short for the handler.
    Late,
}

/// Identifies one attempt to handle an event. Only the attempt that made a claim can release it.
///
/// # Examples
///
/// See [`Attempt`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClaimToken(u128);

/// The upper half of each token of this process.
static PROCESS: LazyLock<u128> = LazyLock::new(|| u128::from(u64::from_ne_bytes(random())) << 64);

impl ClaimToken {
    /// A token that no other attempt has: 64 random bits of this process, and a counter.
    #[must_use]
    pub fn fresh() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(*PROCESS | u128::from(COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Draws the random bits of this process now, so that no request waits for the operating system.
    pub(super) fn prepare() {
        LazyLock::force(&PROCESS);
    }

    /// The bytes of the token, for a store to keep.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The token of these bytes, as a store has kept them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Debug for ClaimToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimToken({:032x})", self.0)
    }
}
