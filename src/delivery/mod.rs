//! Metadata of a delivery.

mod envelope;
#[cfg(feature = "idempotency")]
mod identity;
mod raw;
mod stated;
mod statements;

use std::{fmt, sync::Arc, time::SystemTime};

use jiff::Timestamp;

#[cfg(feature = "idempotency")]
pub(crate) use self::identity::{Identifiable, Identify, identity};
#[cfg(feature = "idempotency")]
pub use self::identity::{Identity, IdentityBuilder};
use self::statements::{InBody, Statements, is_plain, plain};
pub use self::{
    envelope::{Envelope, Place, TimeFormat},
    raw::RawDelivery,
    stated::Stated,
};
use crate::auth::Verified;

/// Metadata of an authentic delivery: provider, key label, event type and id, times, and length.
///
/// Find it in the request's extensions in a handler, and in the response's in an outer layer. It is cheap to clone.
///
/// The values that the provider states (id, type, time of sending, attempt) say whether the signature covers them: see
/// [`Stated`]. An id or type that is empty, longer than 256 bytes or not printable is dropped, so that you can log all
/// others.
///
/// What the body states is read when you first ask for it, so a `Delivery` can keep the body in memory.
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
#[derive(Clone)]
pub struct Delivery(Arc<Facts>);

#[derive(Clone)]
struct Facts {
    provider: Arc<str>,
    verified: Verified,
    received_at: SystemTime,
    body_len: usize,
    known_event_type: Option<&'static str>,
    stated: Statements,
    in_body: Option<InBody>,
}

impl Delivery {
    /// Creates a delivery, for tests of your handlers.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use tower_webhook::{Delivery, Stated, auth::Verified};
    ///
    /// let delivery = Delivery::new("truemed", Verified::by("2026-11"), SystemTime::UNIX_EPOCH, 84)
    ///     .with_event_type(Stated::Unsigned("order.paid"));
    /// assert_eq!(delivery.key_label(), Some("2026-11"));
    /// assert_eq!(delivery.event_type(), Some(Stated::Unsigned("order.paid")));
    /// ```
    #[must_use]
    pub fn new(provider: impl Into<Arc<str>>, verified: Verified, received_at: SystemTime, body_len: usize) -> Self {
        Self(Arc::new(Facts {
            provider: provider.into(),
            verified,
            received_at,
            body_len,
            known_event_type: None,
            stated: Statements::default(),
            in_body: None,
        }))
    }

    /// Sets the event's id. An id that the [scheme](Verified::signed_id) has proven takes precedence.
    ///
    /// A text that is empty, longer than 256 bytes or not printable is dropped.
    #[must_use]
    pub fn with_event_id(mut self, id: Stated<&str>) -> Self {
        self.stated_mut().event_id = plain(id);
        self
    }

    /// Sets the event's type.
    ///
    /// A text that is empty, longer than 256 bytes or not printable is dropped.
    #[must_use]
    pub fn with_event_type(mut self, event_type: Stated<&str>) -> Self {
        self.stated_mut().event_type = plain(event_type);
        self
    }

    /// Sets the event's type as your event enum has it, for tests of what you do with
    /// [`known_event_type`](Self::known_event_type).
    #[must_use]
    pub fn with_known_event_type(mut self, event_type: &'static str) -> Self {
        Arc::make_mut(&mut self.0).known_event_type = Some(event_type);
        self
    }

    /// Sets the time of sending. A time that the [scheme](Verified::signed_at) has proven takes precedence.
    #[must_use]
    pub fn with_sent_at(mut self, sent_at: Stated<SystemTime>) -> Self {
        self.stated_mut().sent_at = Some(sent_at);
        self
    }

    /// Sets the number of the attempt.
    #[must_use]
    pub fn with_attempt(mut self, attempt: Stated<u32>) -> Self {
        self.stated_mut().attempt = Some(attempt);
        self
    }

    /// Sets what the provider states in the head, and where in the body it states the rest.
    fn state(&mut self, stated: Statements, in_body: Option<InBody>) {
        let facts = Arc::make_mut(&mut self.0);
        (facts.stated, facts.in_body) = (stated, in_body);
    }

    fn stated_mut(&mut self) -> &mut Statements {
        let facts = Arc::make_mut(&mut self.0);
        if let Some(in_body) = facts.in_body.take() {
            facts.stated = facts.stated.or(in_body.read());
        }
        &mut facts.stated
    }

    /// What is stated in the head, else in the body: each has a place in one of them.
    fn stated<'a, T>(&'a self, of: impl Fn(&'a Statements) -> Option<T>) -> Option<T> {
        of(&self.0.stated).or_else(|| of(self.0.in_body.as_ref()?.read()))
    }

    /// The name of the provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.0.provider
    }

    /// What the scheme has verified.
    #[must_use]
    pub fn verified(&self) -> &Verified {
        &self.0.verified
    }

    /// The label of the key that matched: `"1"`, `"2"`, ... in the order of configuration unless you chose one. `None` if
    /// the scheme has no labelled keys.
    ///
    /// While you rotate a key, watch the label until no delivery uses the old key.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.0.verified.key_label()
    }

    /// Whether you have sent it again from what you had kept, with a receipt in the place of the signature.
    /// [`Verified::replay_of`] says when the sender delivered it.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.0.verified.replay_of().is_some()
    }

    /// The tenant whose key has proven the delivery. `None` if the keys are not looked up by tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.verified.tenant()
    }

    /// The event's id. `None` if the provider sends none.
    ///
    /// For some providers this identifies the delivery, not the event; see the preset.
    #[must_use]
    pub fn event_id(&self) -> Option<Stated<&str>> {
        match self.0.verified.signed_id() {
            // If a signed id cannot be kept, an unsigned one must not take its place.
            Some(id) => is_plain(id).then_some(Stated::Signed(id)),
            None => self.stated(|stated| stated.event_id.as_ref().map(Stated::as_deref)),
        }
    }

    /// The event's type, in the provider's words. `None` if the provider sends none.
    #[must_use]
    pub fn event_type(&self) -> Option<Stated<&str>> {
        self.stated(|stated| stated.event_type.as_ref().map(Stated::as_deref))
    }

    /// The event's type, if your event enum lists it, in the words of that list. `None` for an unknown event, before the
    /// event is decoded, and for events without types.
    ///
    /// It has few values, whatever senders send, so use it as the label of a metric.
    #[must_use]
    pub fn known_event_type(&self) -> Option<&'static str> {
        self.0.known_event_type
    }

    /// The time of sending by the provider's clock. `None` if the provider sends none.
    #[must_use]
    pub fn sent_at(&self) -> Option<Stated<SystemTime>> {
        match self.0.verified.signed_at() {
            Some(time) => Some(Stated::Signed(time)),
            None => self.stated(|stated| stated.sent_at),
        }
    }

    /// The number of the attempt, counted as the provider counts. `None` if the provider sends none.
    #[must_use]
    pub fn attempt(&self) -> Option<Stated<u32>> {
        self.stated(|stated| stated.attempt)
    }

    /// When the head of the request arrived, by the layer's [`Clock`](crate::clock::Clock).
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.0.received_at
    }

    /// The length of the body in bytes.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.0.body_len
    }
}

/// By what the getters return.
impl PartialEq for Delivery {
    fn eq(&self, other: &Self) -> bool {
        fn seen(delivery: &Delivery) -> impl PartialEq {
            let Facts { provider, verified, received_at, body_len, known_event_type, .. } = &*delivery.0;
            let stated = (delivery.event_id(), delivery.event_type(), delivery.sent_at(), delivery.attempt());
            (provider, verified, received_at, body_len, known_event_type, stated)
        }
        seen(self) == seen(other)
    }
}

impl Eq for Delivery {}

/// Shows neither the id nor the type: both are texts of the sender.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Delivery");
        if self.is_replay() {
            debug.field("is_replay", &true);
        }
        debug
            .field("provider", &self.provider())
            .field("key_label", &self.key_label())
            .field("received_at", &shown(self.received_at()))
            .field("sent_at", &self.sent_at().map(|time| time.map(shown)))
            .field("attempt", &self.attempt())
            .field("body_len", &self.body_len())
            .finish_non_exhaustive()
    }
}

/// A time as people read it.
fn shown(time: SystemTime) -> impl fmt::Debug {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}
