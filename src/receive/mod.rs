//! The middleware, in the order in which a delivery passes it: `layer`, `service`, `future`,
//! with `receiver` for the decisions, `collect` and `buffer` for the body on its way in and `body` for the
//! bodies on their way on.

mod body;
mod buffer;
mod collect;
mod future;
mod layer;
mod receiver;
mod refusal;
mod service;

#[cfg(feature = "idempotency")]
pub(crate) use self::receiver::answer_in_place;
pub use self::{
    body::{ResponseBody, WebhookBody},
    future::ResponseFuture,
    layer::WebhookLayer,
    refusal::Refusal,
    service::WebhookService,
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
