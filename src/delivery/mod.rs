mod facts;
mod stated;

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use self::facts::Facts;
pub use self::stated::Stated;
use crate::auth::Verified;

/// What is known of an accepted delivery beside its event.
///
/// It is in the request's extensions when the handler runs. Cloning it is cheap: a handful of
/// reference counts at most.
///
/// What the provider states of the event (its id, its type, when it was sent, which attempt this is)
/// comes with whether the signature covers it: see [`Stated`]. An id or a type that is empty, longer
/// than 256 bytes, or not printable is not kept, so that it can stand in a line of a log.
///
/// # Examples
///
/// ```
/// use tower_webhook::Delivery;
///
/// fn log<B>(request: &http::Request<B>) {
///     if let Some(delivery) = request.extensions().get::<Delivery>() {
///         println!("{} delivered {} bytes", delivery.provider(), delivery.body_len());
///         if let Some(label) = delivery.key_label() {
///             println!("authenticated by key {label}");
///         }
///     }
/// }
/// # log(&http::Request::new(()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    provider: &'static str,
    verified: Verified,
    received_at: Timestamp,
    body_len: usize,
    /// None on a route without an envelope, which then pays nothing for it.
    facts: Option<Arc<Facts>>,
}

impl Delivery {
    /// A delivery, for tests of handlers.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{Delivery, Stated, auth::Verified, jiff::Timestamp};
    ///
    /// let delivery = Delivery::new("truemed", Verified::by("2026-11"), Timestamp::UNIX_EPOCH, 84)
    ///     .with_event_type(Stated::Unsigned("order.paid"));
    /// assert_eq!(delivery.key_label(), Some("2026-11"));
    /// assert_eq!(delivery.event_type(), Some(Stated::Unsigned("order.paid")));
    /// ```
    #[must_use]
    pub fn new(provider: &'static str, verified: Verified, received_at: Timestamp, body_len: usize) -> Self {
        Self { provider, verified, received_at, body_len, facts: None }
    }

    /// States the event's id. One that the [scheme](Verified::signed_id) found comes first.
    ///
    /// A text that is empty, longer than 256 bytes or not printable is dropped.
    #[must_use]
    pub fn with_event_id(mut self, id: Stated<&str>) -> Self {
        self.facts_mut().event_id = facts::copied(id);
        self
    }

    /// States the event's type.
    ///
    /// A text that is empty, longer than 256 bytes or not printable is dropped.
    #[must_use]
    pub fn with_event_type(mut self, event_type: Stated<&str>) -> Self {
        self.facts_mut().event_type = facts::copied(event_type);
        self
    }

    /// States when it was sent. A time that the [scheme](Verified::signed_at) found comes first.
    #[must_use]
    pub fn with_sent_at(mut self, sent_at: Stated<Timestamp>) -> Self {
        self.facts_mut().sent_at = Some(sent_at);
        self
    }

    /// States which attempt it is.
    #[must_use]
    pub fn with_attempt(mut self, attempt: Stated<u32>) -> Self {
        self.facts_mut().attempt = Some(attempt);
        self
    }

    pub(crate) fn signs_body(&self) -> bool {
        self.verified.signs_body()
    }

    fn facts_mut(&mut self) -> &mut Facts {
        Arc::make_mut(self.facts.get_or_insert_default())
    }

    /// The name of the provider whose layer accepted the delivery.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// The label of the key that matched: `"1"`, `"2"`, ... in the order of configuration where
    /// none was given. `None` if the scheme has no labelled keys.
    ///
    /// While a key is rotated it tells when the last delivery under the old one came.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.verified.key_label()
    }

    /// The event's id. `None` where the provider states none.
    ///
    /// What a provider calls so may be the id of the delivery: its preset's documentation tells.
    #[must_use]
    pub fn event_id(&self) -> Option<Stated<&str>> {
        match self.verified.signed_id() {
            // An id that is signed but not fit to be kept does not make way for one that is unsigned.
            Some(id) => facts::is_plain(id).then_some(Stated::Signed(id)),
            None => self.facts.as_ref()?.event_id.as_ref().map(facts::borrowed),
        }
    }

    /// The event's type, in the provider's words. `None` where the provider states none.
    #[must_use]
    pub fn event_type(&self) -> Option<Stated<&str>> {
        self.facts.as_ref()?.event_type.as_ref().map(facts::borrowed)
    }

    /// When the provider sent it, by the provider's clock. `None` where it states none.
    #[must_use]
    pub fn sent_at(&self) -> Option<Stated<Timestamp>> {
        match self.verified.signed_at() {
            Some(time) => Some(Stated::Signed(time)),
            None => self.facts.as_ref()?.sent_at,
        }
    }

    /// Which attempt this is, counted as the provider counts. `None` where it states none.
    #[must_use]
    pub fn attempt(&self) -> Option<Stated<u32>> {
        self.facts.as_ref()?.attempt
    }

    /// When the request's head arrived, by the layer's [`Clock`](crate::clock::Clock).
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// The length of the body in bytes.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.body_len
    }
}

/// Shows neither the id nor the type: both are the sender's texts.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("provider", &self.provider)
            .field("key_label", &self.key_label())
            .field("received_at", &self.received_at)
            .field("sent_at", &self.sent_at())
            .field("attempt", &self.attempt())
            .field("body_len", &self.body_len)
            .finish_non_exhaustive()
    }
}
