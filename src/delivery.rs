use jiff::Timestamp;

use crate::auth::Verified;

/// What is known of an accepted delivery beside its event.
///
/// It is in the request's extensions when the handler runs. Cloning it is cheap: a few
/// reference counts at most.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    provider: &'static str,
    verified: Verified,
    received_at: Timestamp,
    body_len: usize,
}

impl Delivery {
    /// A delivery, for tests of handlers.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{Delivery, auth::Verified, jiff::Timestamp};
    ///
    /// let delivery = Delivery::new("truemed", Verified::by("2026-11"), Timestamp::UNIX_EPOCH, 84);
    /// assert_eq!(delivery.key_label(), Some("2026-11"));
    /// ```
    #[must_use]
    pub fn new(provider: &'static str, verified: Verified, received_at: Timestamp, body_len: usize) -> Self {
        Self { provider, verified, received_at, body_len }
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
