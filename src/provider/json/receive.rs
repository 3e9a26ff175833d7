use http::StatusCode;

use super::Json;
#[cfg(feature = "idempotency")]
use crate::{Delivery, idempotency::Identity};
use crate::{
    Rejection, RejectionKind,
    auth::Scheme,
    provider::{Envelope, Provider, RawDelivery},
};

impl<E, S> Provider for Json<E, S>
where
    E: Clone + Send + Sync + 'static,
    S: Scheme,
{
    type Event = E;
    type Scheme = S;

    fn name(&self) -> &'static str {
        self.name
    }

    fn scheme(&self) -> &S {
        &self.scheme
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<E, Rejection> {
        (self.decode)(self.envelope.as_ref(), &delivery.head().headers, delivery.body())
    }

    fn status(&self, kind: RejectionKind) -> StatusCode {
        (self.statuses)(kind)
    }

    fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    #[cfg(feature = "idempotency")]
    fn identity(&self, event: &E, delivery: &Delivery, body: &[u8]) -> Identity {
        match self.identify {
            Some(identify) => identify(event, Identity::builder(self.name, body)).build(),
            None => Identity::of_delivery(delivery, body),
        }
    }
}
