use http::{HeaderMap, request::Parts};
use jiff::Timestamp;

use super::{Scheme, Verified};
use crate::Rejection;

/// Two schemes, both of which a delivery must satisfy. Nest it for more.
///
/// Both are always evaluated, so that a refusal does not tell which of them failed.
/// [`Delivery::key_label`](crate::Delivery::key_label) is the label of the first scheme that has one.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{All, Basic, Header};
///
/// let scheme = All::new(
///     Header::builder("x-webhook-signature").key("Zr41vw-new-and-random").build()?,
///     Basic::builder().credentials("mediquo", "correct:horse:battery").build()?,
/// );
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct All<A, B> {
    first: A,
    second: B,
}

impl<A: Scheme, B: Scheme> All<A, B> {
    /// Asks for both.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Scheme, B: Scheme> Scheme for All<A, B> {
    type Pending = (A::Pending, B::Pending);

    fn open(&self, head: &Parts, now: Timestamp) -> Result<Self::Pending, Rejection> {
        match (self.first.open(head, now), self.second.open(head, now)) {
            (Ok(first), Ok(second)) => Ok((first, second)),
            (Err(rejection), _) | (_, Err(rejection)) => Err(rejection),
        }
    }

    fn close(&self, (first, second): Self::Pending, body: &[u8]) -> Result<Verified, Rejection> {
        match (self.first.close(first, body), self.second.close(second, body)) {
            (Ok(first), Ok(second)) => Ok(first.or(second)),
            (Err(rejection), _) | (_, Err(rejection)) => Err(rejection),
        }
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        self.first.conceal(headers);
        self.second.conceal(headers);
    }

    fn challenge(&self, refusal: &mut HeaderMap) {
        self.first.challenge(refusal);
        self.second.challenge(refusal);
    }
}
