use std::fmt;

/// The key of an event in a store: a hash of its [`Identity`](super::Identity), keyed by the
/// [`Pepper`](super::Pepper).
///
/// The handler finds it in the request's extensions. Insert it under a unique constraint in the same
/// transaction as the effect, or give it to a queue as the id of the job: that closes what no layer can.
/// Such keys outlive the process, so they need a pepper of yours:
/// [`IdempotencyLayer::with_pepper`](super::IdempotencyLayer::with_pepper).
///
/// Its `Debug` shows nothing, as a key tells that two deliveries were one event. [`to_hex`](Self::to_hex) does.
///
/// # Examples
///
/// ```
/// use tower_webhook::idempotency::EventKey;
///
/// fn job_id<B>(request: &http::Request<B>) -> Option<String> {
///     request.extensions().get::<EventKey>().map(EventKey::to_hex)
/// }
/// # let mut request = http::Request::new(());
/// # request.extensions_mut().insert(EventKey::from_bytes([7; 16]));
/// # assert_eq!(job_id(&request).unwrap(), "07".repeat(16));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey([u8; 16]);

impl EventKey {
    /// The key of these bytes, for tests and for keys that come back from a queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::idempotency::EventKey;
    /// assert_eq!(EventKey::from_bytes([7; 16]).as_bytes(), &[7; 16]);
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a binary column.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// 32 lower-case hexadecimal digits, for a text column.
    #[must_use]
    pub fn to_hex(&self) -> String {
        format!("{:032x}", self.to_u128())
    }

    pub(super) fn to_u128(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl fmt::Debug for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventKey(..)")
    }
}
