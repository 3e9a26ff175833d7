use std::fmt;

use blake3::Hasher;

use crate::{Delivery, Stated};

/// What makes two deliveries deliveries of one event: a hash, of which no part can be read.
///
/// Within a [`WebhookLayer`](crate::WebhookLayer) it is what
/// [`Provider::identity`](crate::provider::Provider::identity) says. Where there is none, put one into the request's
/// extensions, and the [`IdempotencyLayer`](super::IdempotencyLayer) takes it. It is not keyed, so it is not for a
/// store or a log: that is what [`EventKey`](super::EventKey) is for.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::Identity;
///
/// let body = br#"{"type":"order.paid","id":"o-1"}"#;
/// let identity = Identity::builder("acme", body).part("order.paid").part("o-1").build();
///
/// // The same event, written in another way.
/// let again = Identity::builder("acme", br#"{"id":"o-1","type":"order.paid"}"#).part("order.paid").part("o-1").build();
/// assert_eq!(identity, again);
/// assert_eq!(format!("{identity:?}"), "Identity(..)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity([u8; 32]);

/// Collects the parts of an [`Identity`].
///
/// Parts are framed by their length: `"ab"`, `"c"` is another identity than `"a"`, `"bc"`.
///
/// If no part is added, or an empty one, the identity is the body's: two events that have lost their
/// ids must not be taken for one, as the second would then never be handled.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct IdentityBuilder<'a> {
    hasher: Hasher,
    provider: &'a str,
    body: &'a [u8],
    parts: usize,
    incomplete: bool,
}

// What has been remembered is found again by these: a change makes a new version forget all of it.
const BY_PARTS: &str = "tower-webhook identity 1: parts";
const BY_CONTENT: &str = "tower-webhook identity 1: content";

impl Identity {
    /// Starts without parts, for a delivery of this provider with this body.
    pub fn builder<'a>(provider: &'a str, body: &'a [u8]) -> IdentityBuilder<'a> {
        let mut builder = IdentityBuilder { hasher: Hasher::new(), provider, body, parts: 0, incomplete: false };
        builder.frame(BY_PARTS.as_bytes());
        builder.frame(provider.as_bytes());
        builder
    }

    /// The identity of this very body, for events without an id.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::idempotency::Identity;
    ///
    /// assert_eq!(Identity::of_content("acme", b"{}"), Identity::builder("acme", b"{}").build());
    /// assert_ne!(Identity::of_content("acme", b"{}"), Identity::of_content("acme", b"{ }"));
    /// ```
    #[must_use]
    pub fn of_content(provider: &str, body: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        for part in [BY_CONTENT.as_bytes(), provider.as_bytes(), body] {
            frame(&mut hasher, part);
        }
        Self(hasher.finalize().into())
    }

    /// The identity of the event that a delivery is of, by what its provider states of it: the id, if it is signed; else
    /// the content of the body, with the id and the type that are stated without being signed. Such an id alone could be
    /// put beside another body, and suppress it. That it counts at all is because two events can have the same body: a
    /// recorded delivery that is sent again under another id is a new event. An id that [`Delivery`] does not keep, as it is
    /// too long or not printable, counts as none.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{Delivery, Stated, auth::Verified, idempotency::Identity, jiff::Timestamp};
    ///
    /// let delivery = || Delivery::new("acme", Verified::new(), Timestamp::UNIX_EPOCH, 2);
    /// let signed = delivery().with_event_id(Stated::Signed("evt_1"));
    /// assert_eq!(Identity::of_delivery(&signed, b"{}"), Identity::of_delivery(&signed, b"{ }"));
    /// let unsigned = delivery().with_event_id(Stated::Unsigned("evt_1"));
    /// assert_ne!(Identity::of_delivery(&unsigned, b"{}"), Identity::of_delivery(&unsigned, b"{ }"));
    /// assert_eq!(Identity::of_delivery(&delivery(), b"{}"), Identity::of_content("acme", b"{}"));
    /// ```
    #[must_use]
    pub fn of_delivery(delivery: &Delivery, body: &[u8]) -> Self {
        let identity = Self::builder(delivery.provider(), body);
        let event_type = delivery.event_type().map(Stated::even_unsigned);
        match (delivery.event_id(), event_type) {
            (Some(Stated::Signed(id)), _) => identity.part("signed id").part(id),
            (Some(Stated::Unsigned(id)), None) => identity.part("id").part(id).content(),
            (Some(Stated::Unsigned(id)), Some(kind)) => identity.part("id, type").part(id).part(kind).content(),
            (None, Some(kind)) => identity.part("type").part(kind).content(),
            (None, None) => identity,
        }
        .build()
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl IdentityBuilder<'_> {
    /// Adds what tells this event from others: a type, an id, a status.
    ///
    /// Every retry of the event must repeat it, so not the number of the attempt.
    pub fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.parts += 1;
        self.incomplete |= part.is_empty();
        self.frame(part);
        self
    }

    /// Adds the whole body, for an id that the provider has not signed or that several events share.
    pub fn content(mut self) -> Self {
        let body = self.body;
        self.parts += 1;
        self.frame(body);
        self
    }

    /// The identity.
    #[must_use]
    pub fn build(self) -> Identity {
        if self.parts == 0 || self.incomplete {
            return Identity::of_content(self.provider, self.body);
        }
        Identity(self.hasher.finalize().into())
    }

    fn frame(&mut self, part: &[u8]) {
        frame(&mut self.hasher, part);
    }
}

fn frame(hasher: &mut Hasher, part: &[u8]) {
    hasher.update(&(part.len() as u64).to_le_bytes());
    hasher.update(part);
}

impl fmt::Debug for IdentityBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityBuilder").field("parts", &self.parts).finish_non_exhaustive()
    }
}
