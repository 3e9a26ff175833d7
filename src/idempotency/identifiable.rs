use std::sync::Arc;

use bytes::Bytes;
use http::Extensions;

use super::Identity;
use crate::{Delivery, provider::Provider};

/// What the webhook layer leaves in the request's extensions, so that an identity is computed only where somebody asks
/// for it: routes without an idempotency layer pay for no hash.
#[derive(Clone)]
pub(crate) struct Identifiable {
    provider: Arc<dyn Identify>,
    body: Bytes,
}

impl Identifiable {
    pub(crate) fn new<P: Provider>(provider: &Arc<P>, body: &Bytes) -> Self {
        Self { provider: Arc::clone(provider) as _, body: body.clone() }
    }
}

/// The identity of the event that the extensions hold, or of which they tell.
pub(super) fn identity(extensions: &Extensions) -> Option<Identity> {
    if let Some(identity) = extensions.get() {
        return Some(*identity);
    }
    let Identifiable { provider, body } = extensions.get()?;
    provider.identify(extensions, body)
}

/// A provider of any event.
trait Identify: Send + Sync {
    fn identify(&self, extensions: &Extensions, body: &[u8]) -> Option<Identity>;
}

impl<P: Provider> Identify for P {
    fn identify(&self, extensions: &Extensions, body: &[u8]) -> Option<Identity> {
        let (event, delivery) = (extensions.get::<P::Event>()?, extensions.get::<Delivery>()?);
        Some(self.identity(event, delivery, body))
    }
}
