use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;

use crate::auth::Verified;

/// An authentic delivery as it was sent, for [`Provider::decode`](super::Provider::decode).
///
/// Its `Debug` shows the length of the body only.
#[derive(Clone, Copy)]
pub struct RawDelivery<'a> {
    head: &'a Parts,
    body: &'a Bytes,
    verified: &'a Verified,
    received_at: Timestamp,
}

impl<'a> RawDelivery<'a> {
    /// A delivery, for tests of providers.
    #[must_use]
    pub fn new(head: &'a Parts, body: &'a Bytes, verified: &'a Verified, received_at: Timestamp) -> Self {
        Self { head, body, verified, received_at }
    }

    /// The request's head.
    #[must_use]
    pub fn head(&self) -> &'a Parts {
        self.head
    }

    /// The whole body.
    #[must_use]
    pub fn body(&self) -> &'a Bytes {
        self.body
    }

    /// What the scheme found.
    #[must_use]
    pub fn verified(&self) -> &'a Verified {
        self.verified
    }

    /// When the request's head arrived.
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.received_at
    }
}

impl fmt::Debug for RawDelivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawDelivery").field("body_len", &self.body.len()).finish_non_exhaustive()
    }
}
