//! Keys that change while deliveries arrive, and keys of many tenants.
//!
//! Every builder takes fixed keys with `.key(..)`, or one source of keys with `.keys(..)` (Truemed: `.api_keys(..)`,
//! MediQuo: `.signatures(..)`):
//!
//! | source | the keys |
//! |---|---|
//! | [`Keys`] | of one sender; you replace them while deliveries arrive |
//! | [`Tenants`] | of many tenants; a delivery names its tenant in its path, its query or a header |
//! | `Watched` (feature `watched`) | either of them, loaded and refreshed by an async function of yours |
//! | your own [`KeySource`] | from anywhere in memory |
//!
//! Keys are checked and prepared when they are set, not when a delivery arrives.
//!
//! A delivery of a tenant that does not exist is verified too, with a key that nobody has. So it gets the same response as one with a wrong key, and
//! takes the same work as a tenant with one live key. Only you see the difference, as
//! [`RejectionReason::UnknownTenant`](crate::RejectionReason::UnknownTenant). The tenant of an authentic delivery is in
//! [`Delivery::tenant`](crate::Delivery::tenant).
//!
//! # Examples
//!
//! ```
//! use tower_webhook::{auth::keys::Tenants, provider::truemed::Truemed};
//!
//! // For the path `/webhooks/<clinic>`.
//! let clinics = Tenants::by_path_segment(1);
//! let layer = Truemed::builder().api_keys(clinics.clone()).build()?.into_layer();
//!
//! // Now, or while deliveries arrive:
//! clinics.insert("north", ["tm_live_8Jq2vXw9Lr5t"])?;
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```

mod form;
mod handle;
mod live;
mod place;
mod source;
mod tenants;
#[cfg(feature = "watched")]
mod watched;

use std::sync::Arc;

#[cfg(feature = "signatures")]
pub(crate) use self::form::KeyText;
#[cfg(feature = "watched")]
pub use self::watched::{LoadError, Watched, WatchedBuilder};
pub use self::{form::KeyForm, handle::Keys, tenants::Tenants};
pub(in crate::auth) use self::{
    form::Reading,
    live::{Live, MAX_KEYS, strong_enough},
    source::Source,
};
pub(crate) use self::{live::Secrets, source::KeySettings};
use super::Head;
use crate::ConfigError;

/// Finds the keys for a delivery.
///
/// [`Keys`] and [`Tenants`] are sources. Implement it for keys that you keep in another way.
///
/// # Examples
///
/// A source of your own, for tenants that the server has found before:
///
/// ```
/// use std::collections::HashMap;
/// use tower_webhook::{
///     ConfigError,
///     auth::{Head, Keys, keys::{KeyForm, KeySource}},
///     provider::truemed::Truemed,
/// };
///
/// #[derive(Clone)]
/// struct Account(u64);
///
/// struct Accounts(HashMap<u64, Keys>);
///
/// impl KeySource for Accounts {
///     fn keys(&self, head: &Head<'_>) -> Option<Keys> {
///         let Account(number) = head.parts.extensions.get()?;
///         self.0.get(number).cloned()
///     }
///
///     fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
///         self.0.values().try_for_each(|keys| keys.attach(form))
///     }
/// }
///
/// let keys = Keys::new(["tm_live_8Jq2vXw9Lr5t"]).of_tenant("account 7");
/// let truemed = Truemed::builder().api_keys(Accounts(HashMap::from([(7, keys)]))).build()?;
/// # Ok::<_, ConfigError>(())
/// ```
///
/// A scheme of your own, with any source:
///
/// ```
/// use http::HeaderName;
/// use tower_webhook::{
///     ConfigError, Rejection, RejectionReason,
///     auth::{Head, Keys, Scheme, Verified, keys::{KeyForm, KeySource}},
/// };
///
/// struct Sealed<S> { keys: S, decoy: Keys }
///
/// impl<S: KeySource> Sealed<S> {
///     fn new(keys: S) -> Result<Self, ConfigError> {
///         keys.attach(&KeyForm::text())?;
///         Ok(Self { keys, decoy: Keys::new(["compared in the place of an unknown tenant's"]) })
///     }
/// }
///
/// impl<S: KeySource> Scheme for Sealed<S> {
///     fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
///         let offered = head.header(&HeaderName::from_static("x-seal"))?;
///         let found = self.keys.keys(head);
///         let verified = found.as_ref().unwrap_or(&self.decoy).verify(offered.as_bytes());
///         if found.is_some() { verified.map(Some) } else { Err(RejectionReason::UnknownTenant.into()) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of keys",
    note = "use `Keys`, `Tenants` or `Watched` of `tower_webhook::auth::keys`; for fixed keys, call `.key(..)` once per key"
)]
pub trait KeySource: Send + Sync + 'static {
    /// The keys for the delivery with this head, or `None` for a tenant that you do not know.
    ///
    /// It runs for each delivery, before anything is proven: answer from memory, and remember nothing that the sender
    /// has chosen. A scheme that verifies the body asks once the body has arrived.
    fn keys(&self, head: &Head<'_>) -> Option<Keys>;

    /// Checks the keys that are there, and keeps the form to check those that come later. `build()` calls it.
    ///
    /// The default checks nothing. Keys that nobody has attached are checked at their first delivery; if they cannot be
    /// used, the tenant counts as unknown.
    ///
    /// # Errors
    ///
    /// A key cannot be used in this form, or the keys are used in another form already.
    fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
        let _ = form;
        Ok(())
    }
}

impl<S: KeySource + ?Sized> KeySource for Arc<S> {
    fn keys(&self, head: &Head<'_>) -> Option<Keys> {
        (**self).keys(head)
    }

    fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
        (**self).attach(form)
    }
}
