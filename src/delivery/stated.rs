/// A value that the provider sent, and whether the signature covers it.
///
/// An attacker who replays a recorded delivery can change a header that no signature covers, such as its id. Use
/// unsigned values in logs, but not to recognise duplicates.
///
/// # Examples
///
/// ```
/// use tower_webhook::{Delivery, Stated};
///
/// /// An id that no attacker can choose, to recognise duplicates by.
/// fn key(delivery: &Delivery) -> Option<&str> {
///     delivery.event_id().and_then(Stated::signed)
/// }
///
/// /// Good enough for a log.
/// fn shown(delivery: &Delivery) -> &str {
///     delivery.event_type().map_or("an event", Stated::into_inner)
/// }
/// # use tower_webhook::auth::Verified;
/// # let delivery = Delivery::new("acme", Verified::new(), std::time::SystemTime::UNIX_EPOCH, 2);
/// # assert_eq!((key(&delivery), shown(&delivery)), (None, "an event"));
/// assert_eq!(Stated::Signed("7").map(str::len), Stated::Signed(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it is covered or it is not")]
pub enum Stated<T> {
    /// The signature covers it: the provider sent it.
    Signed(T),
    /// No signature covers it: an attacker may have changed it.
    Unsigned(T),
}

impl<T> Stated<T> {
    pub(crate) fn new(value: T, signed: bool) -> Self {
        if signed { Self::Signed(value) } else { Self::Unsigned(value) }
    }

    /// The value, if the signature covers it.
    pub fn signed(self) -> Option<T> {
        match self {
            Self::Signed(value) => Some(value),
            Self::Unsigned(_) => None,
        }
    }

    /// The value, whether or not the signature covers it.
    pub fn into_inner(self) -> T {
        match self {
            Self::Signed(value) | Self::Unsigned(value) => value,
        }
    }

    /// Whether the signature covers it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        matches!(self, Self::Signed(_))
    }

    /// Changes the value, and keeps whether the signature covers it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Stated<U> {
        match self {
            Self::Signed(value) => Stated::Signed(change(value)),
            Self::Unsigned(value) => Stated::Unsigned(change(value)),
        }
    }

    /// Maps the value, or drops it.
    pub(crate) fn try_map<U>(self, change: impl FnOnce(T) -> Option<U>) -> Option<Stated<U>> {
        match self {
            Self::Signed(value) => change(value).map(Stated::Signed),
            Self::Unsigned(value) => change(value).map(Stated::Unsigned),
        }
    }

    /// Borrows the value.
    pub(crate) fn as_deref(&self) -> Stated<&T::Target>
    where
        T: std::ops::Deref,
    {
        match self {
            Self::Signed(value) => Stated::Signed(value),
            Self::Unsigned(value) => Stated::Unsigned(value),
        }
    }
}
