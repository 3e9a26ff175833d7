//! The middleware, in the order in which a delivery passes it: `layer`, `service`, `future`. `decide` has the
//! decisions, `collect` and `buffer` read the request body, `rest` discards one that is not needed, and `body` is what the
//! handler receives. `keep` is what happens to a delivery that would be lost.

mod body;
mod buffer;
mod collect;
mod decide;
mod future;
mod keep;
mod layer;
mod media_types;
mod rejected;
mod rest;
mod service;

use crate::BoxError;

pub use self::{
    body::WebhookBody, future::ResponseFuture, layer::WebhookLayer, rejected::RejectedDelivery, service::WebhookService,
};

#[cfg(feature = "dead-letters")]
pub(crate) use self::{
    decide::RECEIPT,
    keep::{Keep, Keeping, Lost, Original},
};
