//! A provider whose author has written no more than the trait asks for.

use tower_webhook::{
    Rejection,
    auth::{DangerousAcceptAll, Scheme},
    provider::{Provider, RawDelivery},
};

pub(crate) struct Plain;

impl Provider for Plain {
    type Event = ();

    fn name(&self) -> &str {
        "plain"
    }

    fn scheme(&self) -> &dyn Scheme {
        &DangerousAcceptAll
    }

    fn decode(&self, _: RawDelivery<'_>) -> Result<(), Rejection> {
        Ok(())
    }
}
