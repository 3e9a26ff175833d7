use http::request::Parts;
use jiff::Timestamp;

use super::{Scheme, Verified};
use crate::Rejection;

/// Makes a scheme of a closure, and spares it the type of its argument.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::scheme_fn, provider::Json};
///
/// let scheme = scheme_fn(|head| head.uri.path().starts_with("/internal/"));
/// let layer = Json::<serde_json::Value, _>::new("acme", scheme).into_layer();
/// ```
pub fn scheme_fn<F>(check: F) -> F
where
    F: Fn(&Parts) -> bool + Send + Sync + 'static,
{
    check
}

/// A function of the request's head that tells whether the delivery is genuine.
///
/// As it does not tell which headers it reads, all of them are marked sensitive.
impl<F> Scheme for F
where
    F: Fn(&Parts) -> bool + Send + Sync + 'static,
{
    type Pending = Verified;

    fn open(&self, head: &Parts, _now: Timestamp) -> Result<Verified, Rejection> {
        if self(head) { Ok(Verified::new()) } else { Err(Rejection::unauthenticated()) }
    }

    fn close(&self, verified: Verified, _body: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }
}
