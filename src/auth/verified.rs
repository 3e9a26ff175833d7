use std::{fmt, sync::Arc, time::SystemTime};

use http::HeaderValue;

use crate::{Rejection, RejectionReason};

/// What a [`Scheme`](super::Scheme) has verified: the delivery is genuine, and the proof covers these parts of it.
///
/// An attacker may have changed other parts, or taken them from another delivery. So do not recognise duplicates by an
/// id that is not in here. It is cheap to clone.
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use http::HeaderValue;
/// use tower_webhook::auth::Verified;
///
/// assert_eq!(Verified::new().key_label(), None);
///
/// let verified = Verified::by("2026-11")
///     .with_signed_body()
///     .with_signed_id(HeaderValue::from_static("msg_1"))
///     .with_signed_at(SystemTime::UNIX_EPOCH);
/// assert_eq!(verified.key_label(), Some("2026-11"));
/// assert!(verified.covers_body());
/// assert_eq!(verified.signed_id(), Some("msg_1"));
/// assert_eq!(verified.signed_at(), Some(SystemTime::UNIX_EPOCH));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    scheme: Option<&'static str>,
    key: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
    covers_body: bool,
    id: Option<HeaderValue>,
    at: Option<SystemTime>,
    /// Boxed because it is rare, and this is moved for every delivery.
    replay: Option<Box<Replay>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Replay {
    received_at: SystemTime,
    scheme: Option<String>,
}

impl Verified {
    /// A genuine delivery, verified without a labelled key.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A genuine delivery, verified by the key with this label. Pass a clone of an `Arc<str>` to avoid an allocation.
    #[must_use]
    pub fn by(label: impl Into<Arc<str>>) -> Self {
        Self { key: Some(label.into()), ..Self::default() }
    }

    /// Names the kind of scheme, in one word of your choice. The schemes of this crate do it themselves.
    #[must_use]
    pub fn with_scheme(mut self, scheme: &'static str) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Names the tenant whose key has proven the delivery: one of yours, never a text that only the sender knows.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<Arc<str>>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Says that the proof covers every byte of the body.
    #[must_use]
    pub fn with_signed_body(mut self) -> Self {
        self.covers_body = true;
        self
    }

    /// Says that the proof covers the delivery's id. A value that is not visible ASCII is dropped.
    #[must_use]
    pub fn with_signed_id(mut self, id: HeaderValue) -> Self {
        self.id = id.to_str().is_ok().then_some(id);
        self
    }

    /// Says that the proof covers the time of signing.
    #[must_use]
    pub fn with_signed_at(mut self, at: SystemTime) -> Self {
        self.at = Some(at);
        self
    }

    /// Says that the delivery was authenticated and kept at this time, and is now sent again by you.
    ///
    /// `WebhookLayer::replays` (feature `dead-letters`) does it for you; call it in tests of your handlers.
    #[must_use]
    pub fn with_replay_of(self, received_at: SystemTime) -> Self {
        self.replayed(received_at, None)
    }

    /// The same, with the kind of scheme that authenticated it at first.
    pub(crate) fn replayed(mut self, received_at: SystemTime, scheme: Option<String>) -> Self {
        self.replay = Some(Box::new(Replay { received_at, scheme }));
        self
    }

    /// The kind of scheme: `api_key`, `signature`, `twilio` or your own word. `None` if your own scheme does not say it.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.replay.as_ref().and_then(|replay| replay.scheme.as_deref()).or(self.scheme)
    }

    /// The label of the key that matched.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The tenant whose key has proven the delivery, if keys are looked up by tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Whether the proof covers every byte of the body. The default is `false`.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        self.covers_body
    }

    /// The delivery's id, if the proof covers it.
    #[must_use]
    pub fn signed_id(&self) -> Option<&str> {
        self.id.as_ref()?.to_str().ok()
    }

    /// The time of signing by the sender's clock, if the proof covers it.
    #[must_use]
    pub fn signed_at(&self) -> Option<SystemTime> {
        self.at
    }

    /// When the sender delivered it first, if you have kept it and now send it again.
    #[must_use]
    pub fn replay_of(&self) -> Option<SystemTime> {
        self.replay.as_ref().map(|replay| replay.received_at)
    }

    /// What both prove together, unless they are the proofs of two tenants.
    pub(super) fn and(self, other: Self) -> Result<Self, Rejection> {
        if let (Some(tenant), Some(another)) = (&self.tenant, &other.tenant) {
            if tenant != another {
                return Err(RejectionReason::Other("the two credentials belong to two tenants").into());
            }
        }
        Ok(Self {
            scheme: self.scheme.or(other.scheme),
            key: self.key.or(other.key),
            tenant: self.tenant.or(other.tenant),
            covers_body: self.covers_body || other.covers_body,
            id: self.id.or(other.id),
            at: self.at.or(other.at),
            replay: self.replay.or(other.replay),
        })
    }
}

/// Shows neither the tenant nor the id nor the time: each may point to a person.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("key", &self.key)
            .field("covers_body", &self.covers_body)
            .finish_non_exhaustive()
    }
}
