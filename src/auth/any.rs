use http::{HeaderMap, request::Parts};
use jiff::Timestamp;

use super::{Scheme, Verified};
use crate::Rejection;

/// Two schemes, either of which a delivery may satisfy. Nest it for more.
///
/// Both are always evaluated, so that the time taken does not tell which of them is in use. If
/// both are satisfied, the first one's label is kept.
///
/// # Examples
///
/// A sender is moved from a key in a header to a bearer token:
///
/// ```
/// use tower_webhook::auth::{Any, Bearer, Header};
///
/// let scheme = Any::new(
///     Bearer::builder().labelled_token("new", "Zr41vw-new-and-random").build()?,
///     Header::builder("x-acme-key").labelled_key("old", "kx7Gq2-old-and-random").build()?,
/// );
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Any<A, B> {
    first: A,
    second: B,
}

impl<A: Scheme, B: Scheme> Any<A, B> {
    /// Asks for either.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Scheme, B: Scheme> Scheme for Any<A, B> {
    type Pending = (Result<A::Pending, Rejection>, Result<B::Pending, Rejection>);

    fn open(&self, head: &Parts, now: Timestamp) -> Result<Self::Pending, Rejection> {
        match (self.first.open(head, now), self.second.open(head, now)) {
            (Err(rejection), Err(_)) => Err(rejection),
            pending => Ok(pending),
        }
    }

    fn close(&self, (first, second): Self::Pending, body: &[u8]) -> Result<Verified, Rejection> {
        let first = first.and_then(|pending| self.first.close(pending, body));
        let second = second.and_then(|pending| self.second.close(pending, body));
        first.or(second)
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
