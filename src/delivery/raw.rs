use std::fmt;

use bytes::Bytes;
use http::{Uri, request::Parts};

use super::{Delivery, Place, envelope::Where};
use crate::{
    Rejection, RejectionKind, RejectionReason,
    auth::{Head, Scheme},
    headers::only,
    json::{Tagged, tag::Tag, tagged},
    observe::Drift,
};

/// An authentic delivery before it is decoded, for [`Provider::decode`](crate::provider::Provider::decode) and
/// [`Handshake::answer_signed`](crate::handshake::Handshake::answer_signed).
///
/// `Debug` shows the length of the body only.
#[derive(Clone, Copy)]
pub struct RawDelivery<'a> {
    head: &'a Parts,
    body: &'a Bytes,
    delivery: &'a Delivery,
    tag: Option<&'a Tag<'a>>,
    /// The scheme, and what it has verified.
    scheme: Option<(&'a dyn Scheme, &'a Bytes)>,
}

impl<'a> RawDelivery<'a> {
    /// Creates a delivery, for tests of your own provider.
    #[must_use]
    pub fn new(head: &'a Parts, body: &'a Bytes, delivery: &'a Delivery) -> Self {
        Self { head, body, delivery, tag: None, scheme: None }
    }

    /// Keeps the type as it was sent, even if [`Delivery`] drops it.
    pub(crate) fn with_tag(mut self, tag: &'a Tag<'a>) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Keeps the scheme that has authenticated it, and the body as it was sent.
    pub(crate) fn with_scheme(mut self, scheme: &'a dyn Scheme, sent: &'a Bytes) -> Self {
        self.scheme = Some((scheme, sent));
        self
    }

    /// HMAC-SHA256 of a message with the key that has verified the delivery, if its scheme has such keys.
    pub(crate) fn hmac_sha256(&self, message: &[u8]) -> Option<[u8; 32]> {
        let head = Head::new(self.head, self.delivery.received_at());
        let (scheme, sent) = self.scheme?;
        scheme.answer_hmac(&head, sent, message)
    }

    /// The URI without its credential, if it has one.
    pub(crate) fn redacted_uri(&self) -> Option<Uri> {
        self.scheme.and_then(|(scheme, _)| scheme.redact(&self.head.uri))
    }

    /// The request's head.
    #[must_use]
    pub fn head(&self) -> &'a Parts {
        self.head
    }

    /// The whole body, or what [`Provider::content`](crate::provider::Provider::content) has found in it.
    #[must_use]
    pub fn body(&self) -> &'a Bytes {
        self.body
    }

    /// The metadata: the label of the key that matched, the event's type and id, and more.
    #[must_use]
    pub fn delivery(&self) -> &'a Delivery {
        self.delivery
    }

    /// Decodes the event whose type is at this place.
    pub(crate) fn decode_tagged<E: Tagged>(&self, place: &Place) -> Result<E, Rejection> {
        let found;
        let tag = match self.tag {
            Some(tag) => tag,
            None => {
                (found, _) = place.tag(self.head, self.body, false);
                &found
            }
        };
        match &place.0 {
            Where::Body(path) => Ok(tagged::decode(self.body, tag, Some(path))?),
            Where::Header(Ok(name)) if !matches!(tag, Tag::Text(_)) => {
                let name = name.clone();
                let reason = match only(&self.head.headers, &name) {
                    Err(not_one) => not_one.reason(&name),
                    Ok(_) => RejectionReason::MalformedHeader { name, expected: "an event type in ASCII" },
                };
                Err(Rejection::new(RejectionKind::Malformed).because(reason))
            }
            Where::Header(_) => Ok(tagged::decode(self.body, tag, None)?),
        }
    }

    /// What the event whose type is at this place has that `E` does not know.
    pub(crate) fn drift_tagged<E: Tagged>(&self, place: &Place) -> Vec<Drift> {
        let (tag, _) = place.tag(self.head, self.body, false);
        match &place.0 {
            Where::Body(path) => tagged::drift::<E>(self.body, &tag, Some(path)),
            Where::Header(_) => tagged::drift::<E>(self.body, &tag, None),
        }
    }
}

impl fmt::Debug for RawDelivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawDelivery").field("body_len", &self.body.len()).finish_non_exhaustive()
    }
}
