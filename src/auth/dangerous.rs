use http::{HeaderMap, request::Parts};
use jiff::Timestamp;

use super::{Scheme, Verified};
use crate::Rejection;

/// No scheme: whoever can reach the port can deliver.
///
/// It is for a provider that proves nothing, behind a network that lets only that provider through.
///
/// # Examples
///
/// ```
/// use tower_webhook::{WebhookLayer, auth::DangerousAcceptAll, provider::Json};
///
/// let layer = WebhookLayer::new(Json::<serde_json::Value, _>::new("acme", DangerousAcceptAll));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that users write by name")]
pub struct DangerousAcceptAll;

impl Scheme for DangerousAcceptAll {
    type Pending = ();

    fn open(&self, _head: &Parts, _now: Timestamp) -> Result<(), Rejection> {
        Ok(())
    }

    fn close(&self, (): (), _body: &[u8]) -> Result<Verified, Rejection> {
        Ok(Verified::new())
    }

    fn conceal(&self, _headers: &mut HeaderMap) {}
}
