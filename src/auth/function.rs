use std::fmt;

use http::request::Parts;
use jiff::Timestamp;

use super::{Scheme, Verified};
use crate::Rejection;

/// A function of the request's head that tells whether the delivery is genuine. Made by [`scheme_fn`].
///
/// As it does not tell which headers it reads, all of them are marked sensitive.
#[derive(Clone, Copy)]
pub struct SchemeFn<F> {
    check: F,
}

/// Makes a scheme of a function.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::scheme_fn, provider::Json};
///
/// let scheme = scheme_fn(|head| head.uri.path().starts_with("/internal/"));
/// let layer = Json::<serde_json::Value, _>::new("acme", scheme).into_layer();
/// ```
pub fn scheme_fn<F>(check: F) -> SchemeFn<F>
where
    F: Fn(&Parts) -> bool + Send + Sync + 'static,
{
    SchemeFn { check }
}

impl<F> Scheme for SchemeFn<F>
where
    F: Fn(&Parts) -> bool + Send + Sync + 'static,
{
    type Pending = Verified;

    fn open(&self, head: &Parts, _now: Timestamp) -> Result<Verified, Rejection> {
        if (self.check)(head) { Ok(Verified::new()) } else { Err(Rejection::unauthenticated()) }
    }

    fn close(&self, verified: Verified, _body: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }
}

impl<F> fmt::Debug for SchemeFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemeFn").finish_non_exhaustive()
    }
}
