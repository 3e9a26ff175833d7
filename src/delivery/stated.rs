/// What a provider states about a delivery, and whether the signature covers it.
///
/// A header that no signature covers can be changed on the way, and a recorded delivery can be sent
/// again under a new id. So what is unsigned must be asked for by that name.
///
/// # Examples
///
/// ```
/// use tower_webhook::{Delivery, Stated};
///
/// /// An id that an attacker cannot choose, to recognise duplicates by.
/// fn key(delivery: &Delivery) -> Option<&str> {
///     delivery.event_id().and_then(Stated::signed)
/// }
///
/// /// Good enough for a log.
/// fn shown(delivery: &Delivery) -> &str {
///     delivery.event_type().map_or("an event", Stated::even_unsigned)
/// }
/// # use tower_webhook::{auth::Verified, jiff::Timestamp};
/// # let delivery = Delivery::new("acme", Verified::new(), Timestamp::UNIX_EPOCH, 2);
/// # assert_eq!((key(&delivery), shown(&delivery)), (None, "an event"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it is covered or it is not")]
pub enum Stated<T> {
    /// The signature covers it: it is what the provider sent.
    Signed(T),
    /// Nothing covers it: whoever stood on the way may have changed it.
    Unsigned(T),
}

impl<T> Stated<T> {
    pub(crate) fn new(value: T, signed: bool) -> Self {
        if signed { Self::Signed(value) } else { Self::Unsigned(value) }
    }

    /// The value, if the signature covers it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::Stated;
    ///
    /// assert_eq!(Stated::Signed("evt_1").signed(), Some("evt_1"));
    /// assert_eq!(Stated::Unsigned("evt_1").signed(), None);
    /// ```
    pub fn signed(self) -> Option<T> {
        match self {
            Self::Signed(value) => Some(value),
            Self::Unsigned(_) => None,
        }
    }

    /// The value, whether or not the signature covers it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::Stated;
    ///
    /// assert_eq!(Stated::Unsigned("evt_1").even_unsigned(), "evt_1");
    /// ```
    pub fn even_unsigned(self) -> T {
        match self {
            Self::Signed(value) | Self::Unsigned(value) => value,
        }
    }

    /// Whether the signature covers it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::Stated;
    ///
    /// assert!(!Stated::Unsigned("evt_1").is_signed());
    /// ```
    #[must_use]
    pub fn is_signed(&self) -> bool {
        matches!(self, Self::Signed(_))
    }

    /// The same statement of another value.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::Stated;
    ///
    /// assert_eq!(Stated::Signed("7").map(str::len), Stated::Signed(1));
    /// ```
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Stated<U> {
        match self {
            Self::Signed(value) => Stated::Signed(change(value)),
            Self::Unsigned(value) => Stated::Unsigned(change(value)),
        }
    }
}
