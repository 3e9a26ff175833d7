use std::{fmt, sync::Arc, time::Duration};

use http::Extensions;
use tower::Layer;

#[cfg(feature = "tokio")]
use super::InFlight;
use super::{BoxError, ClaimToken, IdempotencyService, MemoryStore, Pepper, Store};

/// Answers duplicates of an event without running the handler again. The [module](super) explains how.
///
/// Mount it inside a [`WebhookLayer`](crate::WebhookLayer), which identifies the event. Without one, every delivery is
/// answered with 500.
///
/// | setting | default |
/// |---|---|
/// | [`lease`](Self::lease) | 60 seconds |
/// | [`ttl`](Self::ttl) | 8 days |
/// | [`scope`](Self::scope), [`scope_by`](Self::scope_by) | none: layers with the same store and pepper share their events |
/// | [`fail_open`](Self::fail_open) | off: 503 while the store does not answer |
/// | `heartbeat` (feature `tokio`) | off: the lease must be longer than the handler takes |
/// | `detached` (feature `tokio`) | off: the handler runs in the request's future |
/// | [`on_store_error`](Self::on_store_error) | none |
///
/// # Examples
///
/// On axum, the outer layer comes first:
///
/// ```
/// use std::time::Duration;
/// use axum::{Router, http::StatusCode, routing::post};
/// use tower_webhook::{axum::Webhook, idempotency::{IdempotencyLayer, MemoryStore}, provider::truemed::{Event, Truemed}};
///
/// let truemed = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?;
/// let idempotency = IdempotencyLayer::new(MemoryStore::new()).lease(Duration::from_secs(30));
/// let handler = async |Webhook(event): Webhook<Event>| { println!("{event:?}"); StatusCode::NO_CONTENT };
///
/// let app: Router = Router::new()
///     .route("/webhooks/truemed", post(handler).layer((truemed.into_layer(), idempotency)));
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[must_use = "a layer does nothing until it wraps a service"]
pub struct IdempotencyLayer<St> {
    settings: Arc<Settings<St>>,
}

/// The shortest lease and time to live: Redis refuses to keep a key for no time.
const MIN_TIME: Duration = Duration::from_millis(1);

type Hook = dyn Fn(BoxError) + Send + Sync;
type ScopeBy = dyn Fn(&Extensions) -> Option<String> + Send + Sync;

pub(super) struct Settings<St> {
    pub(super) store: Arc<St>,
    pub(super) pepper: Pepper,
    pub(super) scope_by: Option<Arc<ScopeBy>>,
    pub(super) lease: Duration,
    pub(super) ttl: Duration,
    pub(super) fail_open: bool,
    #[cfg(feature = "tokio")]
    pub(super) in_flight: Option<InFlight>,
    #[cfg(feature = "tokio")]
    pub(super) heartbeat: bool,
    on_store_error: Option<Arc<Hook>>,
}

impl IdempotencyLayer<MemoryStore> {
    /// A layer that remembers events in this process, under keys made with a random pepper.
    ///
    /// If you store [`EventKey`](super::EventKey)s outside the process, for example in a unique column, use
    /// [`with_pepper`](Self::with_pepper) instead, so that an event has the same key after a restart.
    pub fn new(store: MemoryStore) -> Self {
        Self::with_pepper(store, Pepper::of_process())
    }
}

impl<St: Store> IdempotencyLayer<St> {
    /// A layer that remembers events in this store, under keys made with this pepper.
    ///
    /// Programs that share a store must share the pepper too, so there is no default.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore, Pepper};
    ///
    /// let pepper = Pepper::new("b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58")?;
    /// let layer = IdempotencyLayer::with_pepper(MemoryStore::new(), pepper);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn with_pepper(store: St, pepper: Pepper) -> Self {
        ClaimToken::prepare();
        let settings = Settings {
            store: Arc::new(store),
            pepper,
            scope_by: None,
            lease: Duration::from_secs(60),
            ttl: Duration::from_secs(8 * 24 * 60 * 60),
            fail_open: false,
            #[cfg(feature = "tokio")]
            in_flight: None,
            #[cfg(feature = "tokio")]
            heartbeat: false,
            on_store_error: None,
        };
        Self { settings: Arc::new(settings) }
    }

    /// Separates this layer's events from those of other layers with the same store and pepper. Events of two
    /// [tenants](crate::Delivery::tenant) are separate anyway.
    ///
    /// By default they are shared: on two routes of one provider, an event that arrived at the first is a duplicate on
    /// the second. If the handlers have different effects, give each layer its own scope, for example the tenant.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore};
    ///
    /// let store = MemoryStore::new();
    /// let layer = |account| IdempotencyLayer::new(store.clone()).scope(account);
    /// let (spain, france) = (layer("spain"), layer("france"));
    /// ```
    pub fn scope(self, scope: &str) -> Self {
        self.with(|settings| settings.pepper = settings.pepper.scoped(scope))
    }

    /// Finds the scope of each request in its extensions, for one route with many tenants such as
    /// `/webhooks/{account}`.
    ///
    /// Take what your server has put there: the account that it has found, a path parameter that the router has matched
    /// and decoded, or the label of the key. URI and headers are not offered, because a sender can write one account in
    /// several ways, as in `/spain` and `/s%70ain`, and each of them would run the handler again.
    ///
    /// If you return `None` or an empty text, the delivery is answered with 500 and the handler does not run. If
    /// [`scope`](Self::scope) is set too, both apply.
    ///
    /// # Examples
    ///
    /// On axum, an outer middleware hands the parameter on. `Path` rejects one that is not UTF-8 when decoded.
    ///
    /// ```
    /// use axum::{Router, extract::{Path, Request}, middleware::{Next, from_fn}, response::Response, routing::post};
    /// use tower_webhook::{WebhookLayer, idempotency::{IdempotencyLayer, MemoryStore}, provider::truemed::Truemed};
    ///
    /// #[derive(Clone)]
    /// struct Account(String);
    ///
    /// async fn account(Path(name): Path<String>, mut request: Request, next: Next) -> Response {
    ///     request.extensions_mut().insert(Account(name));
    ///     next.run(request).await
    /// }
    ///
    /// fn app(webhook: WebhookLayer<Truemed>) -> Router {
    ///     let once = IdempotencyLayer::new(MemoryStore::new())
    ///         .scope_by(|extensions| extensions.get().map(|Account(name)| name.clone()));
    ///     Router::new().route("/webhooks/{account}", post(async || ()).layer((from_fn(account), webhook, once)))
    /// }
    /// ```
    ///
    /// With one key per account, on any stack:
    ///
    /// ```
    /// use tower_webhook::{Delivery, idempotency::{IdempotencyLayer, MemoryStore}};
    ///
    /// let once = IdempotencyLayer::new(MemoryStore::new())
    ///     .scope_by(|extensions| extensions.get::<Delivery>()?.key_label().map(str::to_owned));
    /// ```
    pub fn scope_by(self, scope: impl Fn(&Extensions) -> Option<String> + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.scope_by = Some(Arc::new(scope)))
    }

    /// Sets how long a claim lasts: 60 seconds by default.
    ///
    /// Choose a lease longer than the handler needs, including its wait until the inner service is ready. When an
    /// attempt takes longer, a retry can run at the same time. After a crash, the retry waits until the lease expires. With
    /// `heartbeat` (feature `tokio`), the lease can be short: 10 seconds, for example.
    ///
    /// Stores count in milliseconds: a lease below 1 ms, zero included, counts as 1 ms.
    pub fn lease(self, lease: Duration) -> Self {
        self.with(|settings| settings.lease = lease.max(MIN_TIME))
    }

    /// Sets how long an event is remembered after it is done: 8 days by default, as Truemed retries for 7.
    ///
    /// Choose a time longer than the sender retries, and the same for all layers that share a store: if an event is
    /// committed twice, the time of either commit can apply.
    ///
    /// Stores count in milliseconds: a time below 1 ms, zero included, counts as 1 ms. The event is then forgotten at
    /// once, and a retry runs the handler again.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with(|settings| settings.ttl = ttl.max(MIN_TIME))
    }

    /// Runs the handler without a claim when the store cannot say whether the event is done. Duplicates then run it again.
    ///
    /// By default such a delivery is answered with 503, and the sender retries it. What a store knows to be done does not
    /// run: `RedisStore` first tries a new connection, and reads when Redis refuses to write.
    pub fn fail_open(self) -> Self {
        self.with(|settings| settings.fail_open = true)
    }

    /// Renews the claim while the handler runs: three times in each [`lease`](Self::lease), in a tokio task.
    ///
    /// So the lease can be short: after a crash, the retry waits for 10 seconds, for example, and a handler that takes a
    /// minute still has one effect. Choose a lease of several timeouts of the store: if it cannot be reached for two thirds
    /// of the lease, the claim can expire. A claim that is lost is not taken back, and the outcome is
    /// [`Outcome::Late`](super::Outcome::Late).
    ///
    /// A handler that never ends keeps its event for ever: mount a timeout inside this layer. A store of your own needs
    /// [`Store::renew`].
    ///
    /// # Panics
    ///
    /// The service's future panics outside a tokio runtime with a timer. This method does not panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore};
    ///
    /// let layer = IdempotencyLayer::new(MemoryStore::new()).lease(Duration::from_secs(10)).heartbeat();
    /// ```
    #[cfg(feature = "tokio")]
    pub fn heartbeat(self) -> Self {
        self.with(|settings| settings.heartbeat = true)
    }

    /// Runs each handler in its own tokio task, so that a sender that hangs up cannot cancel it half way.
    ///
    /// By default the handler runs in the request's future, and is cancelled when the server drops that. Wait for
    /// [`InFlight::drained`] when the server shuts down. Mount timeouts and limits for the handler inside this layer:
    /// an outer one cancels the request, but not the task.
    ///
    /// # Panics
    ///
    /// The service's `call` panics outside a tokio runtime. This method does not panic.
    #[cfg(feature = "tokio")]
    pub fn detached(self, in_flight: &InFlight) -> Self {
        self.with(|settings| settings.in_flight = Some(in_flight.clone()))
    }

    /// Calls `hook` with every error of the store that a request waits for, to log or count it.
    ///
    /// Errors in [`Store::commit_detached`] and [`Store::release_detached`] are not reported: no request waits for
    /// them. The hook must not panic: it is called between the two tries of a commit.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore};
    ///
    /// let layer = IdempotencyLayer::new(MemoryStore::new()).on_store_error(|error| eprintln!("{error}"));
    /// ```
    pub fn on_store_error(self, hook: impl Fn(BoxError) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_store_error = Some(Arc::new(hook)))
    }

    fn with(self, set: impl FnOnce(&mut Settings<St>)) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        set(&mut settings);
        Self { settings: Arc::new(settings) }
    }
}

impl<St: Store> Settings<St> {
    pub(super) fn report(&self, error: St::Error) {
        if let Some(hook) = &self.on_store_error {
            hook(error.into());
        }
    }
}

impl<S, St> Layer<S> for IdempotencyLayer<St> {
    type Service = IdempotencyService<S, St>;

    fn layer(&self, inner: S) -> Self::Service {
        IdempotencyService::new(inner, Arc::clone(&self.settings))
    }
}

impl<St> Clone for IdempotencyLayer<St> {
    fn clone(&self) -> Self {
        Self { settings: Arc::clone(&self.settings) }
    }
}

impl<St> Clone for Settings<St> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            pepper: self.pepper.clone(),
            scope_by: self.scope_by.clone(),
            lease: self.lease,
            ttl: self.ttl,
            fail_open: self.fail_open,
            #[cfg(feature = "tokio")]
            in_flight: self.in_flight.clone(),
            #[cfg(feature = "tokio")]
            heartbeat: self.heartbeat,
            on_store_error: self.on_store_error.clone(),
        }
    }
}

impl<St> fmt::Debug for Settings<St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("lease", &self.lease)
            .field("ttl", &self.ttl)
            .field("fail_open", &self.fail_open)
            .finish_non_exhaustive()
    }
}

impl<St> fmt::Debug for IdempotencyLayer<St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyLayer").field("settings", &self.settings).finish()
    }
}
