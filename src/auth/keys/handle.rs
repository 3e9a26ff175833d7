use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use super::{KeyForm, KeySource, live::Live};
use crate::{
    ConfigError, ConfigErrorKind, Rejection, RejectionReason,
    auth::{Head, Key, Verified},
};

/// A set of live keys that you can replace while deliveries arrive.
///
/// It is a handle: clones share the keys, so keep one and give one to a builder. Creating it does not fail. The first
/// scheme that is built with it decides how the keys are read, and checks them; from then on,
/// [`replace`](Self::replace) checks the new ones in the same way. It cannot serve two schemes that read keys
/// differently.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::{Key, Keys}, provider::truemed::Truemed};
///
/// let keys = Keys::new([Key::new("tm_live_8Jq2vXw9Lr5t").label("2026-09")]);
/// let layer = Truemed::builder().api_keys(keys.clone()).build()?.into_layer();
///
/// // Later, while the server runs:
/// keys.replace([
///     Key::new("tm_live_8Jq2vXw9Lr5t").label("2026-09"),
///     Key::new("tm_live_Yc6mZa1Kd0Fe").label("2026-11"),
/// ])?;
/// assert_eq!(format!("{keys:?}"), r#"["2026-09", "2026-11"]"#);
///
/// // A mistake changes nothing.
/// assert!(keys.replace(["too short"]).is_err());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// In a [`Scheme`](crate::auth::Scheme) of your own, it compares what a sender offers with all live keys in constant
/// time, and tells the label of the key that matched: see [`KeySource`].
#[derive(Clone)]
pub struct Keys {
    shared: Arc<RwLock<State>>,
    tenant: Option<Arc<str>>,
}

struct State {
    /// Set by the first scheme that is built with the keys.
    form: Option<KeyForm>,
    content: Content,
}

enum Content {
    Raw(Vec<Key>),
    Live(Arc<Live>),
    /// A source has found only during a delivery that they cannot be used.
    Unusable(ConfigError),
}

impl Keys {
    /// Keys that no scheme has read yet. The first `build()` with them reports what is wrong with them.
    #[must_use]
    pub fn new<K: Into<Key>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::of_content(None, Content::Raw(keys.into_iter().map(Into::into).collect()), None)
    }

    /// Says whose keys they are, for a [`KeySource`] of your own. [`Delivery::tenant`](crate::Delivery::tenant) is then
    /// this name.
    #[must_use]
    pub fn of_tenant(mut self, tenant: impl Into<Arc<str>>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Replaces all keys, in all clones. A delivery is verified with the old keys or with the new ones, never with a
    /// part of each.
    ///
    /// # Errors
    ///
    /// There is no key, or one cannot be used, for the reasons of the scheme's `build()`. Nothing has changed then.
    /// Before the first `build()`, nothing is checked.
    pub fn replace<K: Into<Key>>(&self, keys: impl IntoIterator<Item = K>) -> Result<(), ConfigError> {
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        loop {
            // Prepare them before the lock, so that no delivery waits for it.
            let form = self.read(|state| state.form.clone());
            let content = match &form {
                Some(form) => Content::Live(Arc::new(form.prepare(&keys)?)),
                None => Content::Raw(keys.clone()),
            };
            let mut state = self.shared.write().unwrap_or_else(PoisonError::into_inner);
            // Otherwise a scheme was built meanwhile.
            if form.is_some() || state.form.is_none() {
                let old = std::mem::replace(&mut state.content, content);
                drop(state);
                drop(old);
                return Ok(());
            }
        }
    }

    /// Finds the key that `offered` is equal to, for schemes of your own.
    ///
    /// All keys are compared, also after a match, so that the time taken does not show which key is in use.
    ///
    /// # Errors
    ///
    /// [`RejectionReason::NoKeyMatched`], also for keys that are not in the [form of text](KeyForm::text).
    pub fn verify(&self, offered: &[u8]) -> Result<Verified, Rejection> {
        let label = self.live(&KeyForm::text()).and_then(|live| live.compare(offered));
        let verified = label.map(Verified::by).ok_or(RejectionReason::NoKeyMatched)?;
        Ok(self.tenant.iter().fold(verified, |verified, tenant| verified.with_tenant(Arc::clone(tenant))))
    }

    /// Keys of a tenant, checked if it is known how they will be read.
    pub(super) fn prepared(form: Option<&KeyForm>, tenant: Arc<str>, keys: Vec<Key>) -> Result<Self, ConfigError> {
        let content = match form {
            Some(form) => Content::Live(Arc::new(form.prepare(&keys)?)),
            None => Content::Raw(keys),
        };
        Ok(Self::of_content(form.cloned(), content, Some(tenant)))
    }

    /// A handle to the decoy, in the place of the keys of an unknown tenant.
    pub(super) fn of_nobody(form: &KeyForm, decoy: Arc<Live>) -> Self {
        Self::of_content(Some(form.clone()), Content::Live(decoy), Some(Arc::from("")))
    }

    /// The keys in this form. `None` if they are used in another one, or cannot be used in this one.
    pub(super) fn live(&self, form: &KeyForm) -> Option<Arc<Live>> {
        let live = self.read(|state| state.form.as_ref().map(|own| (own.is(form), state.content.live())));
        match live {
            Some((is_same, live)) => live.filter(|_| is_same),
            // A source of your own that does not attach its keys.
            None => self.attach_late(form),
        }
    }

    pub(super) fn tenant(&self) -> Option<&Arc<str>> {
        self.tenant.as_ref()
    }

    /// Prepares the keys once, even if they cannot be used, because a sender waits.
    #[cold]
    fn attach_late(&self, form: &KeyForm) -> Option<Arc<Live>> {
        if let Err(error) = self.attach(form) {
            let mut state = self.shared.write().unwrap_or_else(PoisonError::into_inner);
            if state.form.is_none() {
                *state = State { form: Some(form.clone()), content: Content::Unusable(error) };
            }
        }
        self.read(|state| state.content.live().filter(|_| state.form.as_ref().is_some_and(|own| own.is(form))))
    }

    fn of_content(form: Option<KeyForm>, content: Content, tenant: Option<Arc<str>>) -> Self {
        Self { shared: Arc::new(RwLock::new(State { form, content })), tenant }
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Content {
    fn live(&self) -> Option<Arc<Live>> {
        match self {
            Self::Live(live) => Some(Arc::clone(live)),
            Self::Raw(_) | Self::Unusable(_) => None,
        }
    }
}

impl KeySource for Keys {
    fn keys(&self, _head: &Head<'_>) -> Option<Keys> {
        Some(self.clone())
    }

    fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
        let mut state = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        if state.form.as_ref().is_some_and(|own| !own.is(form)) {
            let setting = format!("the form of the keys ({})", form.noun());
            return Err(ConfigError::new(ConfigErrorKind::Conflict, setting));
        }
        match &state.content {
            Content::Live(_) => {}
            Content::Unusable(error) => return Err(error.clone()),
            Content::Raw(keys) => {
                let live = form.prepare(keys)?;
                *state = State { form: Some(form.clone()), content: Content::Live(Arc::new(live)) };
            }
        }
        Ok(())
    }
}

/// Shows the labels.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|state| match &state.content {
            Content::Live(live) => f.debug_list().entries(live.labels()).finish(),
            Content::Raw(keys) => {
                let label = |(number, key): (usize, &Key)| match key.own_label() {
                    Some(label) => Arc::clone(label),
                    None => Arc::from(number.to_string()),
                };
                f.debug_list().entries((1..).zip(keys).map(label)).finish()
            }
            Content::Unusable(_) => f.write_str("[]"),
        })
    }
}
