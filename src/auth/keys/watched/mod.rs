mod error;
mod refresh;

use std::{error::Error, fmt, sync::Arc, time::Duration};

use tokio::{task::AbortHandle, time::Instant};

pub use self::error::LoadError;
use self::refresh::Refresher;
use super::{
    KeyForm, KeySource, Keys, Tenants,
    tenants::{LookUp, grouped},
};
use crate::{
    ConfigError,
    auth::{Head, Key},
};

/// Keys that an async function of yours loads, for example from a database or a secret manager.
///
/// Your function runs in a background task, never while a delivery waits. It returns all keys, as they should be now:
///
/// - They are loaded once by [`start`](WatchedBuilder::start), then every [`every`](WatchedBuilder::every).
/// - If the function fails or hangs, the keys stay as they are, and it is called again at the next time.
/// - If the keys of one tenant cannot be used, that tenant keeps the ones that it had. The others get theirs.
/// - A delivery of a tenant that is not known loads early, at most once per
///   [`unknown_every`](WatchedBuilder::unknown_every), whatever strangers send. That delivery is rejected all the same;
///   its sender's next try finds the new tenant.
///
/// It is a handle. The task ends when the last clone is dropped, with the layers that have one.
///
/// # Examples
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use tower_webhook::{auth::keys::{Tenants, Watched}, provider::truemed::Truemed};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// /// One pair per live key. A real one asks a database.
/// async fn load() -> Result<Vec<(String, String)>, Infallible> {
///     Ok(vec![("north".into(), "tm_live_8Jq2vXw9Lr5t".into())])
/// }
///
/// let clinics = Watched::tenants(Tenants::by_path_segment(1), load)
///     .every(Duration::from_secs(30))
///     .on_failure(|error| eprintln!("the keys were not refreshed: {error:#}"))
///     .start()
///     .await?;
/// let layer = Truemed::builder().api_keys(clinics.clone()).build()?.into_layer();
/// # Ok(())
/// # }
/// ```
///
/// With the keys of one sender:
///
/// ```
/// use tower_webhook::{auth::{Key, keys::Watched}, provider::truemed::Truemed};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # async fn ask_the_secret_manager() -> std::io::Result<String> { Ok("tm_live_8Jq2vXw9Lr5t".into()) }
/// async fn load() -> std::io::Result<Vec<Key>> {
///     let one_per_line = ask_the_secret_manager().await?;
///     Ok(one_per_line.lines().map(Key::new).collect())
/// }
///
/// let layer = Truemed::builder().api_keys(Watched::keys(load).start().await?).build()?.into_layer();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Watched(Arc<Watching>);

struct Watching {
    target: Target,
    refresher: Arc<Refresher>,
    task: AbortHandle,
}

#[derive(Clone)]
enum Target {
    Tenants(Tenants),
    Keys(Keys),
}

/// Configures a [`Watched`].
///
/// | setting | default |
/// |---|---|
/// | [`every`](Self::every) | 60 seconds |
/// | [`unknown_every`](Self::unknown_every) | 10 seconds |
/// | [`timeout`](Self::timeout) | 10 seconds |
/// | [`on_failure`](Self::on_failure) | none |
#[must_use = "a builder does nothing until it is started"]
pub struct WatchedBuilder {
    target: Target,
    refresher: Refresher,
}

/// The shortest time between two loads.
const MIN: Duration = Duration::from_millis(1);
/// The longest, because a sum of times must not overflow.
const MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

impl Watched {
    /// Loads the keys of these tenants: your function returns pairs of a tenant and a live key, as for
    /// [`Tenants::replace`]. What you change in the tenants by hand lasts until the next load.
    pub fn tenants<L, F, I, T, K, E>(tenants: Tenants, load: L) -> WatchedBuilder
    where
        L: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<I, E>> + Send + 'static,
        I: IntoIterator<Item = (T, K)>,
        T: AsRef<str>,
        K: Into<Key>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let target = tenants.clone();
        let refresher = Refresher::new(move || {
            let (loaded, tenants) = (load(), tenants.clone());
            async move {
                let loaded = grouped(loaded.await.map_err(Into::into)?);
                Ok(refresh::tenants(&tenants, loaded).await)
            }
        });
        WatchedBuilder { target: Target::Tenants(target), refresher }
    }

    /// Loads the live keys of one sender.
    pub fn keys<L, F, I, K, E>(load: L) -> WatchedBuilder
    where
        L: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<I, E>> + Send + 'static,
        I: IntoIterator<Item = K>,
        K: Into<Key>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let keys = Keys::new::<Key>([]);
        let target = keys.clone();
        let refresher = Refresher::new(move || {
            let (loaded, keys) = (load(), keys.clone());
            async move { Ok(keys.replace(loaded.await.map_err(Into::into)?).err()) }
        });
        WatchedBuilder { target: Target::Keys(target), refresher }
    }

    /// How long ago keys were loaded last without a failure of your function, for a probe or a metric.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_webhook::auth::keys::Watched;
    ///
    /// fn is_worth_a_look(keys: &Watched) -> bool {
    ///     keys.age() > Duration::from_secs(600)
    /// }
    /// ```
    #[must_use]
    pub fn age(&self) -> Duration {
        Instant::now().saturating_duration_since(self.0.refresher.loaded_at())
    }
}

impl WatchedBuilder {
    /// Sets how often the keys are loaded. The default is 60 seconds; the minimum is a millisecond, the maximum a year.
    pub fn every(mut self, every: Duration) -> Self {
        self.refresher.every = every.clamp(MIN, MAX);
        self
    }

    /// Sets how soon after a load a delivery of an unknown tenant can cause the next one. The default is 10 seconds;
    /// the minimum is a millisecond, the maximum a year.
    pub fn unknown_every(mut self, every: Duration) -> Self {
        self.refresher.unknown_every = every.clamp(MIN, MAX);
        self
    }

    /// Sets after which time a load is given up. The default is 10 seconds; the minimum is a millisecond, the maximum a
    /// year. A function that blocks its thread cannot be given up.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.refresher.timeout = timeout.clamp(MIN, MAX);
        self
    }

    /// Calls `hook` in the background task when keys could not be loaded or not be used, to log or count it. The
    /// default does nothing. With the feature `tracing`, there is an event of level `WARN` too.
    ///
    /// `{error}` and that event do not show the error of your function, because it may quote a key. If it quotes none,
    /// log `{error:#}`.
    pub fn on_failure(mut self, hook: impl Fn(&LoadError) + Send + Sync + 'static) -> Self {
        self.refresher.on_failure = Some(Box::new(hook));
        self
    }

    /// Loads the keys, and starts the task that refreshes them.
    ///
    /// # Errors
    ///
    /// The first load has failed, or took too long.
    ///
    /// # Panics
    ///
    /// It runs outside of a tokio runtime with a timer.
    pub async fn start(self) -> Result<Watched, LoadError> {
        let refresher = Arc::new(self.refresher);
        refresher.load().await?;
        let task = tokio::spawn(Arc::clone(&refresher).run()).abort_handle();
        Ok(Watched(Arc::new(Watching { target: self.target, refresher, task })))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl KeySource for Watched {
    fn keys(&self, head: &Head<'_>) -> Option<Keys> {
        match &self.0.target {
            Target::Keys(keys) => Some(keys.clone()),
            Target::Tenants(tenants) => match tenants.look_up(head) {
                LookUp::Known(keys) => Some(keys),
                LookUp::Unnamed => None,
                LookUp::Unknown => {
                    self.0.refresher.wake();
                    None
                }
            },
        }
    }

    /// Leaves out tenants whose keys cannot be used, and calls the hook, unless there are no others.
    fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
        match &self.0.target {
            Target::Keys(keys) => keys.attach(form),
            Target::Tenants(tenants) => {
                let mut first = None;
                tenants.attach_each(form, |error| {
                    first.get_or_insert(error);
                    Ok(())
                })?;
                match first {
                    Some(error) if tenants.is_empty() => Err(error),
                    Some(error) => {
                        self.0.refresher.report(&LoadError::Unusable(error));
                        Ok(())
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

/// Shows what is watched, without keys and names.
impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target: &dyn fmt::Debug = match &self.0.target {
            Target::Tenants(tenants) => tenants,
            Target::Keys(keys) => keys,
        };
        f.debug_tuple("Watched").field(target).finish()
    }
}

impl fmt::Debug for WatchedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedBuilder")
            .field("every", &self.refresher.every)
            .field("unknown_every", &self.refresher.unknown_every)
            .field("timeout", &self.refresher.timeout)
            .finish_non_exhaustive()
    }
}
