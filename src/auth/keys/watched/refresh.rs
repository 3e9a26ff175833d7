//! The task that loads keys.

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::{JoinSet, yield_now},
    time::{Instant, sleep_until, timeout, timeout_at},
};

use super::LoadError;
use crate::{
    ConfigError,
    auth::keys::{
        KeyForm, Tenants,
        tenants::{Map, Tenant},
    },
};

/// What a load comes to: the first key that cannot be used, if any.
type Loaded = Result<Option<ConfigError>, Box<dyn Error + Send + Sync>>;
type Hook = dyn Fn(&LoadError) + Send + Sync;
type Load = dyn Fn() -> Pin<Box<dyn Future<Output = Loaded> + Send>> + Send + Sync;

/// How many tenants are prepared without a pause for other tasks.
const AT_ONCE: usize = 32;

pub(super) struct Refresher {
    pub(super) every: Duration,
    pub(super) unknown_every: Duration,
    pub(super) timeout: Duration,
    pub(super) on_failure: Option<Box<Hook>>,
    load: Arc<Load>,
    unknown: Notify,
    loaded_at: Mutex<Instant>,
}

impl Refresher {
    pub(super) fn new<F>(load: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Loaded> + Send + 'static,
    {
        Self {
            every: Duration::from_secs(60),
            unknown_every: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            on_failure: None,
            load: Arc::new(move || Box::pin(load())),
            unknown: Notify::new(),
            loaded_at: Mutex::new(Instant::now()),
        }
    }

    /// Asks for an early load. All calls before that load count as one.
    pub(super) fn wake(&self) {
        self.unknown.notify_one();
    }

    pub(super) fn loaded_at(&self) -> Instant {
        *self.loaded_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads again and again.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            let last = Instant::now();
            let due = last + self.every;
            if timeout_at(due, self.unknown.notified()).await.is_ok() {
                sleep_until(due.min(last + self.unknown_every)).await;
            }
            // What was asked until now, this load will answer.
            pin!(self.unknown.notified()).as_mut().enable();
            if let Err(error) = self.load().await {
                self.report(&error);
            }
        }
    }

    /// Loads once. A key that cannot be used is reported, and is no error.
    pub(super) async fn load(&self) -> Result<(), LoadError> {
        // In a task of its own, so that a panic of your function does not end this one.
        let mut task = JoinSet::new();
        let load = Arc::clone(&self.load);
        task.spawn(async move { load().await });
        let ended = timeout(self.timeout, task.join_next()).await.map_err(|_| LoadError::TimedOut)?;
        let unusable = match ended {
            Some(Ok(loaded)) => loaded.map_err(LoadError::Failed)?,
            // It was cancelled, because its runtime shuts down.
            Some(Err(error)) if !error.is_panic() => return Err(LoadError::Failed(error.into())),
            _ => return Err(LoadError::Panicked),
        };
        *self.loaded_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if let Some(error) = unusable {
            self.report(&LoadError::Unusable(error));
        }
        Ok(())
    }

    pub(super) fn report(&self, error: &LoadError) {
        #[cfg(feature = "tracing")]
        tracing::warn!(target: "tower_webhook", reason = %error, "keys not refreshed");
        if let Some(hook) = &self.on_failure {
            // A panic of the hook must not end the task.
            let _ = catch_unwind(AssertUnwindSafe(|| hook(error)));
        }
    }
}

/// Replaces all tenants by those that were loaded. A tenant whose new keys cannot be used keeps its old ones.
pub(super) async fn tenants(tenants: &Tenants, loaded: Vec<Tenant>) -> Option<ConfigError> {
    loop {
        let form = tenants.form();
        let (mut all, unusable) = prepared(tenants, form.as_ref(), &loaded).await;
        // What was there before is dropped without the lock.
        if tenants.swap(form.as_ref(), &mut all) {
            return unusable;
        }
    }
}

async fn prepared(tenants: &Tenants, form: Option<&KeyForm>, loaded: &[Tenant]) -> (Map, Option<ConfigError>) {
    let mut all = Map::with_capacity(loaded.len());
    let mut first = None;
    for (number, tenant) in (1..).zip(loaded) {
        match tenant.prepared(form, number) {
            Ok((name, keys)) => drop(all.insert(name, keys)),
            Err(error) => {
                first.get_or_insert(error);
                all.extend(tenants.get(tenant.name()).map(|keys| (Arc::from(tenant.name()), keys)));
            }
        }
        if number % AT_ONCE == 0 {
            yield_now().await;
        }
    }
    (all, first)
}
