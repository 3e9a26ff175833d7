use std::{fmt, sync::Arc, time::Duration};

use http::request::Parts;
use tower::Layer;

#[cfg(feature = "tokio")]
use super::InFlight;
use super::{BoxError, IdempotencyService, MemoryStore, Pepper, Store};

/// Answers duplicates of an event without running the handler again. See the [module](super) for how.
///
/// It is mounted inside of a [`WebhookLayer`](crate::WebhookLayer), which identifies the event. Without one,
/// every delivery is answered with 500.
///
/// # Examples
///
/// On axum, with the outer layer first:
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

type Hook = dyn Fn(BoxError) + Send + Sync;
type ScopeBy = dyn Fn(&Parts) -> String + Send + Sync;

pub(super) struct Settings<St> {
    pub(super) store: Arc<St>,
    pub(super) pepper: Pepper,
    pub(super) scope_by: Option<Arc<ScopeBy>>,
    pub(super) lease: Duration,
    pub(super) ttl: Duration,
    pub(super) fail_open: bool,
    #[cfg(feature = "tokio")]
    pub(super) in_flight: Option<InFlight>,
    on_store_error: Option<Arc<Hook>>,
}

impl IdempotencyLayer<MemoryStore> {
    /// Remembers in this process, under keys that no other process can know.
    ///
    /// If [`EventKey`](super::EventKey)s leave the process, as for a unique column, use
    /// [`with_pepper`](Self::with_pepper): they differ after a restart otherwise.
    pub fn new(store: MemoryStore) -> Self {
        Self::with_pepper(store, Pepper::of_process())
    }
}

impl<St: Store> IdempotencyLayer<St> {
    /// Remembers in this store, under keys that only those who have the pepper can make. What shares the store
    /// must share the pepper, so there is no default.
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
        let settings = Settings {
            store: Arc::new(store),
            pepper,
            scope_by: None,
            lease: Duration::from_secs(60),
            ttl: Duration::from_secs(8 * 24 * 60 * 60),
            fail_open: false,
            #[cfg(feature = "tokio")]
            in_flight: None,
            on_store_error: None,
        };
        Self { settings: Arc::new(settings) }
    }

    /// Keeps this layer's events apart from those of other layers that share the store and the pepper. By default they
    /// are not apart: on two routes of one provider, an event that came to the first is a duplicate on the second.
    ///
    /// Give each handler that has effects of its own, such as that of each account or tenant, a scope of its own.
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

    /// The same on one route for many, such as `/webhooks/{account}`: what the head tells is the scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore};
    ///
    /// let layer = IdempotencyLayer::new(MemoryStore::new()).scope_by(|head| head.uri.path().to_owned());
    /// ```
    pub fn scope_by(self, scope: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.scope_by = Some(Arc::new(scope)))
    }

    /// How long an attempt has the event for itself. The default is 60 seconds, and a millisecond is the least.
    ///
    /// It must outlast the handler, and what the handler waits for to become ready: an attempt that takes
    /// longer can meet a second one. After a crash, the retry waits until it has run out.
    pub fn lease(self, lease: Duration) -> Self {
        self.with(|settings| settings.lease = lease.max(Duration::from_millis(1)))
    }

    /// How long an event is remembered once it is done. The default is 8 days: Truemed retries for 7. A
    /// millisecond is the least. What shares a store should share it: of two successes the later one's can count.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with(|settings| settings.ttl = ttl.max(Duration::from_millis(1)))
    }

    /// Runs the handler when the store does not answer. Events are then handled at least once.
    ///
    /// By default they are answered with 503, as the sender still has them and comes again.
    pub fn fail_open(self) -> Self {
        self.with(|settings| settings.fail_open = true)
    }

    /// Runs each handler in a task of its own, so that a sender that hangs up cannot cut it off half way.
    ///
    /// By default the handler runs in the request's future, and ends where that is dropped. The
    /// [`InFlight`] is what to wait for when the server shuts down. A timeout or a limit that is to bound the handler
    /// belongs inside of this layer, as an outer one lets go of the task.
    ///
    /// # Panics
    ///
    /// The service's `call`, not this method, if it is called outside of a tokio runtime.
    #[cfg(feature = "tokio")]
    pub fn detached(self, in_flight: &InFlight) -> Self {
        self.with(|settings| settings.in_flight = Some(in_flight.clone()))
    }

    /// Shows every error of the store that an attempt waits for to `hook`, for a log or a count; not those of
    /// [`Store::abandon`] and [`Store::record`]. It must not panic: it is called between the tries of a record.
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
