use std::fmt;

use bytes::Bytes;
use http::request::Parts;

use crate::Rejection;

/// A rejected delivery, as [`WebhookLayer::on_rejection`](super::WebhookLayer::on_rejection) shows it.
///
/// Its `Debug` shows the rejection only. Head and body hold what the sender sent: of an
/// [unauthenticated](crate::RejectionKind::Unauthenticated) sender that can be anything, and of an
/// authentic one it can be personal data.
#[derive(Clone, Copy)]
pub struct Refusal<'a> {
    head: &'a Parts,
    rejection: &'a Rejection,
    body: Option<&'a Bytes>,
}

impl<'a> Refusal<'a> {
    pub(super) fn new(head: &'a Parts, rejection: &'a Rejection, body: Option<&'a Bytes>) -> Self {
        Self { head, rejection, body }
    }

    /// The request's head. The headers that the scheme reads are marked sensitive.
    #[must_use]
    pub fn head(&self) -> &'a Parts {
        self.head
    }

    /// Why the delivery was turned away.
    #[must_use]
    pub fn rejection(&self) -> &'a Rejection {
        self.rejection
    }

    /// The whole body, if the delivery got as far as that.
    #[must_use]
    pub fn body(&self) -> Option<&'a Bytes> {
        self.body
    }
}

impl fmt::Debug for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal").field("rejection", self.rejection).finish_non_exhaustive()
    }
}
