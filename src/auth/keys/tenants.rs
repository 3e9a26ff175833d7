use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use http::HeaderName;

use super::{
    KeyForm, KeySource, Keys, live,
    place::{MAX_NAME, Place},
};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{Head, Key},
    headers,
};

/// The keys of many tenants, such as clinics or accounts. A delivery names its tenant, and that tenant's key proves it.
///
/// It is a handle: clones share the tenants. Change them whenever you like, also while deliveries arrive. The first
/// scheme that is built with it checks the keys, and from then on each change is checked in the same way.
///
/// | the name is | choose | read as |
/// |---|---|---|
/// | a piece of the path | [`by_path_segment`](Self::by_path_segment) | percent-decoded |
/// | in a header | [`by_header`](Self::by_header) | as it is; the header must occur once |
/// | in the query | [`by_query`](Self::by_query) | decoded like a form; the parameter must occur once |
/// | anywhere else | [`by`](Self::by) | by your function |
///
/// All spellings of a name are one tenant: `/n%6Frth` is `/north`. Letter case counts. A name is at most 256 bytes long.
/// Deliveries without a name, or with one that is repeated, too long or not UTF-8, are those of an unknown tenant.
///
/// With 10,000 tenants, each takes up to 1.6 KB of memory: with one live key, a short name and an HMAC or an API key.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::{Key, keys::Tenants}, provider::truemed::Truemed};
///
/// // For the path `/webhooks/<clinic>`.
/// let clinics = Tenants::by_path_segment(1);
/// clinics.insert("north", ["tm_live_8Jq2vXw9Lr5t"])?;
/// let layer = Truemed::builder().api_keys(clinics.clone()).build()?.into_layer();
///
/// // Rotate the key of one clinic.
/// clinics.insert("north", [
///     Key::new("tm_live_8Jq2vXw9Lr5t").label("2026-09"),
///     Key::new("tm_live_Yc6mZa1Kd0Fe").label("2026-11"),
/// ])?;
/// assert_eq!(format!("{clinics:?}"), "Tenants { tenants: 1 }");
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Tenants(Arc<Shared>);

struct Shared {
    place: Result<Place, ConfigError>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    form: Option<KeyForm>,
    tenants: Map,
}

/// Strangers choose the names that are looked up, so the hash must be the standard library's, which they cannot predict.
pub(super) type Map = HashMap<Arc<str>, Keys>;

/// What is known about the tenant of a delivery.
pub(super) enum LookUp {
    Known(Keys),
    Unknown,
    Unnamed,
}

impl Tenants {
    /// Takes the name from this segment of the path. The first one is 0: with `/webhooks/north`, segment 1 is `north`.
    ///
    /// It is the path that the layer gets. Inside of axum's `Router::nest`, the matched part is missing.
    #[must_use]
    pub fn by_path_segment(index: usize) -> Self {
        Self::new(Ok(Place::PathSegment(index)))
    }

    /// Takes the name from the header with this name, in any letter case. `build()` rejects what is no header name.
    #[must_use]
    pub fn by_header(name: impl TryInto<HeaderName>) -> Self {
        Self::new(headers::parse_name(name, "the name of the tenant's header").map(Place::Header))
    }

    /// Takes the name from this parameter of the query.
    #[must_use]
    pub fn by_query(name: impl AsRef<str>) -> Self {
        Self::new(Ok(Place::Query(name.as_ref().as_bytes().into())))
    }

    /// Takes the name that your function finds. It runs for each delivery and must not block.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::borrow::Cow;
    /// use tower_webhook::auth::keys::Tenants;
    ///
    /// /// What a middleware outside of the layer has found.
    /// #[derive(Clone)]
    /// struct Clinic(String);
    ///
    /// let clinics = Tenants::by(|head| Some(Cow::Borrowed(&*head.parts.extensions.get::<Clinic>()?.0)));
    /// ```
    #[must_use]
    pub fn by(find: impl for<'a> Fn(&Head<'a>) -> Option<Cow<'a, str>> + Send + Sync + 'static) -> Self {
        Self::new(Ok(Place::Function(Arc::new(find))))
    }

    fn new(place: Result<Place, ConfigError>) -> Self {
        Self(Arc::new(Shared { place, state: RwLock::default() }))
    }

    /// Adds a tenant with its live keys, or replaces the keys of a tenant.
    ///
    /// # Errors
    ///
    /// The name is blank, padded, longer than 256 bytes or has a control character; there is no key, or one cannot be used,
    /// for the reasons of the scheme's `build()`. Nothing has changed then. Before the first `build()`, keys are not
    /// checked.
    pub fn insert<K: Into<Key>>(
        &self,
        tenant: impl AsRef<str>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), ConfigError> {
        let tenant = checked_name(tenant.as_ref(), || "the name of the tenant".to_owned())?;
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        self.change(
            |form| Keys::prepared(form, Arc::clone(&tenant), keys.clone()),
            |state, keys| state.tenants.insert(Arc::clone(&tenant), keys),
        )
    }

    /// Removes a tenant, and says whether it was there.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn remove(&self, tenant: &str) -> bool {
        let removed = self.write(|state| state.tenants.remove(tenant));
        removed.is_some()
    }

    /// Replaces all tenants, from pairs of a tenant and a live key. A tenant with several live keys has several pairs.
    ///
    /// A delivery sees the old tenants or the new ones, never a part of each.
    ///
    /// # Errors
    ///
    /// As for [`insert`](Self::insert). The error counts tenants and keys in the order of the pairs. Nothing has changed
    /// then.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::keys::Tenants;
    ///
    /// let clinics = Tenants::by_header("x-clinic");
    /// clinics.replace([
    ///     ("north", "tm_live_8Jq2vXw9Lr5t"),
    ///     ("south", "tm_live_8Kd93bTq0ZxP"),
    ///     ("north", "tm_live_Yc6mZa1Kd0Fe"),
    /// ])?;
    /// assert_eq!(clinics.len(), 2);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn replace<K: Into<Key>>(
        &self,
        keys: impl IntoIterator<Item = (impl AsRef<str>, K)>,
    ) -> Result<(), ConfigError> {
        let tenants = grouped(keys);
        self.change(
            |form| {
                (1..).zip(&tenants).map(|(number, tenant)| tenant.prepared(form, number)).collect::<Result<Map, _>>()
            },
            |state, tenants| std::mem::replace(&mut state.tenants, tenants),
        )
    }

    /// The number of tenants.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read(|state| state.tenants.len())
    }

    /// Whether there are no tenants.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn look_up(&self, head: &Head<'_>) -> LookUp {
        let Some(name) = self.0.place.as_ref().ok().and_then(|place| place.find(head)) else {
            return LookUp::Unnamed;
        };
        self.read(|state| match state.tenants.get(&*name) {
            Some(keys) => LookUp::Known(keys.clone()),
            None => LookUp::Unknown,
        })
    }

    /// Checks all keys in this form. `unusable` decides whether a tenant whose keys cannot be used is an error, or is
    /// left out.
    pub(super) fn attach_each(
        &self,
        form: &KeyForm,
        mut unusable: impl FnMut(ConfigError) -> Result<(), ConfigError>,
    ) -> Result<(), ConfigError> {
        if let Err(error) = &self.0.place {
            return Err(error.clone());
        }
        self.write(|state| {
            if state.form.as_ref().is_some_and(|own| !own.is(form)) {
                let setting = format!("the form of the tenants' keys ({})", form.noun());
                return Err(ConfigError::new(ConfigErrorKind::Conflict, setting));
            }
            let mut usable = Map::with_capacity(state.tenants.len());
            for (tenant, keys) in &state.tenants {
                match keys.attach(form) {
                    Ok(()) => drop(usable.insert(Arc::clone(tenant), keys.clone())),
                    Err(error) => unusable(error.of("a tenant"))?,
                }
            }
            *state = State { form: Some(form.clone()), tenants: usable };
            Ok(())
        })
    }

    /// The form of the keys, and these tenants as they are now.
    #[cfg(feature = "watched")]
    pub(super) fn form(&self) -> Option<KeyForm> {
        self.read(|state| state.form.clone())
    }

    #[cfg(feature = "watched")]
    pub(super) fn get(&self, tenant: &str) -> Option<Keys> {
        self.read(|state| state.tenants.get(tenant).cloned())
    }

    /// Replaces all tenants by such as were prepared.
    #[cfg(feature = "watched")]
    /// Whether it did: not if a scheme was built since `form` was read, because nobody has checked the keys for it.
    pub(super) fn swap(&self, form: Option<&KeyForm>, tenants: &mut Map) -> bool {
        self.write(|state| {
            let is_current = form.is_some() || state.form.is_none();
            if is_current {
                std::mem::swap(&mut state.tenants, tenants);
            }
            is_current
        })
    }

    /// Prepares a change without the lock, so that no delivery waits for it, and then makes it.
    fn change<P, O>(
        &self,
        prepare: impl Fn(Option<&KeyForm>) -> Result<P, ConfigError>,
        make: impl Fn(&mut State, P) -> O,
    ) -> Result<(), ConfigError> {
        loop {
            let form = self.read(|state| state.form.clone());
            let prepared = prepare(form.as_ref())?;
            // Otherwise a scheme was built meanwhile. What was there before is dropped without the lock.
            let made = self.write(|state| (form.is_some() || state.form.is_none()).then(|| make(state, prepared)));
            if made.is_some() {
                return Ok(());
            }
        }
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.0.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        write(&mut self.0.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeySource for Tenants {
    fn keys(&self, head: &Head<'_>) -> Option<Keys> {
        match self.look_up(head) {
            LookUp::Known(keys) => Some(keys),
            LookUp::Unknown | LookUp::Unnamed => None,
        }
    }

    fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
        self.attach_each(form, Err)
    }
}

/// Shows the number of tenants.
impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants").field("tenants", &self.len()).finish()
    }
}

/// A tenant with its keys, not yet checked.
pub(super) struct Tenant {
    name: String,
    keys: Vec<Key>,
}

impl Tenant {
    #[cfg(feature = "watched")]
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// With the name and the keys checked. Errors name the tenant by its number, never by its name.
    pub(super) fn prepared(&self, form: Option<&KeyForm>, number: usize) -> Result<(Arc<str>, Keys), ConfigError> {
        let name = checked_name(&self.name, || format!("the name of tenant {number}"))?;
        let keys = Keys::prepared(form, Arc::clone(&name), self.keys.clone());
        Ok((name, keys.map_err(|error| error.of(format!("tenant {number}")))?))
    }
}

/// The tenants in the order in which they come first.
pub(super) fn grouped<K: Into<Key>>(keys: impl IntoIterator<Item = (impl AsRef<str>, K)>) -> Vec<Tenant> {
    let mut tenants: Vec<Tenant> = Vec::new();
    let mut places = HashMap::new();
    for (name, key) in keys {
        let name = name.as_ref();
        let place = match places.entry(name.to_owned()) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(vacant) => {
                tenants.push(Tenant { name: name.to_owned(), keys: Vec::new() });
                *vacant.insert(tenants.len() - 1)
            }
        };
        if let Some(tenant) = tenants.get_mut(place) {
            tenant.keys.push(key.into());
        }
    }
    tenants
}

/// The name of a tenant, which logs will show.
fn checked_name(name: &str, setting: impl FnOnce() -> String) -> Result<Arc<str>, ConfigError> {
    let kind = match live::flaw(name) {
        Some(kind) => kind,
        None if name.len() > MAX_NAME => ConfigErrorKind::TooLong,
        None if name.trim() != name => ConfigErrorKind::Padded,
        None => return Ok(Arc::from(name)),
    };
    Err(ConfigError::new(kind, setting()))
}
