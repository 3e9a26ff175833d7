use std::fmt;

use bytes::Bytes;
use http::request::Parts;

use crate::{Delivery, Rejection};

/// A rejected delivery, as [`WebhookLayer::on_rejection`](super::WebhookLayer::on_rejection) and
/// [`WebhookLayer::inspect_rejection`](super::WebhookLayer::inspect_rejection) see it.
///
/// `Debug` shows the rejection only. An [unauthenticated](crate::RejectionKind::Unauthenticated) sender can put anything
/// into head and body, and those of an authentic one may contain personal data.
#[derive(Clone, Copy)]
pub struct RejectedDelivery<'a> {
    head: &'a Parts,
    rejection: &'a Rejection,
    delivery: Option<&'a Delivery>,
    body: Option<&'a Bytes>,
}

impl<'a> RejectedDelivery<'a> {
    pub(super) fn new(
        head: &'a Parts,
        rejection: &'a Rejection,
        delivery: Option<&'a Delivery>,
        body: Option<&'a Bytes>,
    ) -> Self {
        Self { head, rejection, delivery, body }
    }

    /// The request's head. The headers that hold the credential are marked as sensitive.
    #[must_use]
    pub fn head(&self) -> &'a Parts {
        self.head
    }

    /// Why the delivery was rejected. Its `Display` text is one line that you can log.
    #[must_use]
    pub fn rejection(&self) -> &'a Rejection {
        self.rejection
    }

    /// The metadata: the label of the key that matched, the event's type and id, and more. `None` unless the delivery
    /// is authentic.
    #[must_use]
    pub fn delivery(&self) -> Option<&'a Delivery> {
        self.delivery
    }

    /// The whole body. `None` if the delivery was rejected before its body had arrived.
    #[must_use]
    pub fn body(&self) -> Option<&'a Bytes> {
        self.body
    }
}

impl fmt::Debug for RejectedDelivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedDelivery").field("rejection", self.rejection).finish_non_exhaustive()
    }
}
