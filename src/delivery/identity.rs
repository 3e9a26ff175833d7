use std::{fmt, sync::Arc};

use blake3::Hasher;
use bytes::Bytes;
use http::Extensions;

use super::{Delivery, Stated};

/// The identity of an event: equal for all retries of one event, different for different events.
///
/// Inside a [`WebhookLayer`](crate::WebhookLayer), [`Provider::identity`](crate::provider::Provider::identity) computes
/// it. Without that layer, put an `Identity` into the request's extensions for the
/// [`IdempotencyLayer`](crate::idempotency::IdempotencyLayer). It is a hash without a key, so keep it out of stores and
/// logs: use the [`EventKey`](crate::idempotency::EventKey) there.
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
/// Parts are hashed with their length, so `"ab"`, `"c"` is another identity than `"a"`, `"bc"`.
///
/// Without a part, or with an empty one, the body identifies the event. Otherwise, two events without ids would count
/// as one, and the second would never be handled.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct IdentityBuilder<'a> {
    hasher: Hasher,
    provider: &'a str,
    body: &'a [u8],
    parts: usize,
    incomplete: bool,
}

// Stored keys depend on these texts: a version that changes them finds none of its earlier events.
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

    /// Identifies an event by its exact body, for events without an id. A builder without parts does the same.
    #[must_use]
    pub fn of_content(provider: &str, body: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        for part in [BY_CONTENT.as_bytes(), provider.as_bytes(), body] {
            frame(&mut hasher, part);
        }
        Self(hasher.finalize().into())
    }

    /// Identifies an event by what its delivery says.
    ///
    /// A signed id identifies the event. Otherwise the body does, together with any unsigned id and type. An unsigned
    /// id alone would not do, because an attacker can attach it to another body; the body alone would not do, because
    /// two events can have the same body. So a recorded delivery that is replayed under another id is a new event. An
    /// id that [`Delivery`] drops counts as none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use tower_webhook::{Delivery, Stated, auth::Verified, idempotency::Identity};
    ///
    /// let delivery = || Delivery::new("acme", Verified::new(), SystemTime::UNIX_EPOCH, 2);
    /// let signed = delivery().with_event_id(Stated::Signed("evt_1"));
    /// assert_eq!(Identity::of_delivery(&signed, b"{}"), Identity::of_delivery(&signed, b"{ }"));
    /// let unsigned = delivery().with_event_id(Stated::Unsigned("evt_1"));
    /// assert_ne!(Identity::of_delivery(&unsigned, b"{}"), Identity::of_delivery(&unsigned, b"{ }"));
    /// assert_eq!(Identity::of_delivery(&delivery(), b"{}"), Identity::of_content("acme", b"{}"));
    /// ```
    #[must_use]
    pub fn of_delivery(delivery: &Delivery, body: &[u8]) -> Self {
        let identity = Self::builder(delivery.provider(), body);
        let event_type = delivery.event_type().map(Stated::into_inner);
        match (delivery.event_id(), event_type) {
            (Some(Stated::Signed(id)), _) => identity.part("signed id").part(id),
            (Some(Stated::Unsigned(id)), None) => identity.part("id").part(id).content(),
            (Some(Stated::Unsigned(id)), Some(kind)) => identity.part("id, type").part(id).part(kind).content(),
            (None, Some(kind)) => identity.part("type").part(kind).content(),
            (None, None) => identity,
        }
        .build()
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl IdentityBuilder<'_> {
    /// Adds what tells this event from others, such as a type, an id or a status.
    ///
    /// Every retry of the event must repeat it, so the number of the attempt does not belong here.
    pub fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.parts += 1;
        self.incomplete |= part.is_empty();
        self.frame(part);
        self
    }

    /// Adds the whole body, for an id that is not signed or that several events share.
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

/// What the webhook layer puts into the request's extensions, so that an identity is computed only if somebody asks for
/// it: routes without an idempotency layer pay for no hash.
#[derive(Clone)]
pub(crate) struct Identifiable {
    provider: Arc<dyn Identify>,
    body: Bytes,
}

impl Identifiable {
    pub(crate) fn new(provider: Arc<dyn Identify>, body: Bytes) -> Self {
        Self { provider, body }
    }
}

/// A provider of any event.
pub(crate) trait Identify: Send + Sync {
    fn identify(&self, extensions: &Extensions, body: &[u8]) -> Option<Identity>;
}

/// The identity that the extensions contain, or that their event has.
pub(crate) fn identity(extensions: &Extensions) -> Option<Identity> {
    if let Some(identity) = extensions.get() {
        return Some(*identity);
    }
    let Identifiable { provider, body } = extensions.get()?;
    provider.identify(extensions, body)
}
