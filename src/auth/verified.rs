use std::sync::Arc;

/// The outcome of a [`Scheme`](super::Scheme): the delivery is genuine.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::Verified;
///
/// assert_eq!(Verified::new().key_label(), None);
/// assert_eq!(Verified::by("2026-11").key_label(), Some("2026-11"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    key: Option<Arc<str>>,
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
        Self { key: Some(label.into()) }
    }

    /// The label of the key that proved it.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self { key: self.key.or(other.key) }
    }
}
