use std::{fmt, sync::Arc};

use http::HeaderValue;
use jiff::Timestamp;

/// The outcome of a [`Scheme`](super::Scheme): the delivery is genuine, and this much of it is proved.
///
/// What a signature does not cover may have been changed on the way, or belong to another delivery: an id
/// that is not here must not decide what is a duplicate. Cloning costs at most two reference counts.
///
/// # Examples
///
/// ```
/// use http::HeaderValue;
/// use tower_webhook::{auth::Verified, jiff::Timestamp};
///
/// assert_eq!(Verified::new().key_label(), None);
///
/// let verified = Verified::by("2026-11")
///     .with_signed_body()
///     .with_signed_id(HeaderValue::from_static("msg_1"))
///     .with_signed_at(Timestamp::UNIX_EPOCH);
/// assert_eq!(verified.key_label(), Some("2026-11"));
/// assert!(verified.signs_body());
/// assert_eq!(verified.signed_id(), Some("msg_1"));
/// assert_eq!(verified.signed_at(), Some(Timestamp::UNIX_EPOCH));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    key: Option<Arc<str>>,
    signs_body: bool,
    id: Option<HeaderValue>,
    at: Option<Timestamp>,
}

impl Verified {
    /// Genuine, by a proof that has no labelled key.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Genuine, by the key of this label. Keep the label as an `Arc<str>` and give out clones,
    /// and naming it costs no allocation.
    #[must_use]
    pub fn by(label: impl Into<Arc<str>>) -> Self {
        Self { key: Some(label.into()), ..Self::default() }
    }

    /// The proof covers every byte of the body.
    #[must_use]
    pub fn with_signed_body(mut self) -> Self {
        self.signs_body = true;
        self
    }

    /// The proof covers the delivery's id. A value that is not visible ASCII counts as none.
    #[must_use]
    pub fn with_signed_id(mut self, id: HeaderValue) -> Self {
        self.id = id.to_str().is_ok().then_some(id);
        self
    }

    /// The proof covers the time at which the sender says it signed.
    #[must_use]
    pub fn with_signed_at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// The label of the key that proved it.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Whether the proof covers every byte of the body. By default it does not.
    #[must_use]
    pub fn signs_body(&self) -> bool {
        self.signs_body
    }

    /// The delivery's id, if the proof covers it.
    #[must_use]
    pub fn signed_id(&self) -> Option<&str> {
        self.id.as_ref()?.to_str().ok()
    }

    /// When the sender says it signed, if the proof covers that.
    #[must_use]
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.at
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            key: self.key.or(other.key),
            signs_body: self.signs_body || other.signs_body,
            id: self.id.or(other.id),
            at: self.at.or(other.at),
        }
    }
}

/// Without the id and the time: either may point to a person.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("key", &self.key).field("signs_body", &self.signs_body).finish_non_exhaustive()
    }
}
