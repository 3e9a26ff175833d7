use std::{any::Any, fmt};

use http::{HeaderMap, request::Parts};
use jiff::Timestamp;

use super::{Scheme, Verified};
use crate::Rejection;

/// Any scheme, as one type: for one that is chosen when the program runs, or for several in a list. Made by
/// [`Scheme::boxed`].
///
/// It costs an allocation for each delivery whose head is accepted. Schemes whose
/// [`Pending`](Scheme::Pending) is [`Verified`], such as [`Header`](super::Header), do without it as a
/// `Box<dyn Scheme<Pending = Verified>>`.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{Basic, BoxScheme, Header, Scheme};
///
/// let schemes: Vec<BoxScheme> = vec![
///     Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?.boxed(),
///     Basic::builder().credentials("acme", "correct:horse:battery:staple").build()?.boxed(),
/// ];
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub struct BoxScheme {
    inner: Box<dyn Scheme<Pending = BoxPending>>,
}

/// The [`Pending`](Scheme::Pending) of a [`BoxScheme`]: that of the scheme within.
pub struct BoxPending {
    inner: Box<dyn Any + Send>,
}

impl BoxScheme {
    pub(super) fn new<S: Scheme>(scheme: S) -> Self {
        Self { inner: Box::new(Erased(scheme)) }
    }
}

impl Scheme for BoxScheme {
    type Pending = BoxPending;

    fn open(&self, head: &Parts, now: Timestamp) -> Result<BoxPending, Rejection> {
        self.inner.open(head, now)
    }

    fn close(&self, pending: BoxPending, body: &[u8]) -> Result<Verified, Rejection> {
        self.inner.close(pending, body)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        self.inner.conceal(headers);
    }

    fn challenge(&self, refusal: &mut HeaderMap) {
        self.inner.challenge(refusal);
    }
}

/// A scheme whose `Pending` no longer shows its type.
struct Erased<S>(S);

impl<S: Scheme> Scheme for Erased<S> {
    type Pending = BoxPending;

    fn open(&self, head: &Parts, now: Timestamp) -> Result<BoxPending, Rejection> {
        Ok(BoxPending { inner: Box::new(self.0.open(head, now)?) })
    }

    /// A pending of another type cannot be of this scheme, and is refused.
    fn close(&self, pending: BoxPending, body: &[u8]) -> Result<Verified, Rejection> {
        let pending = pending.inner.downcast::<S::Pending>().map_err(|_| Rejection::unauthenticated())?;
        self.0.close(*pending, body)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        self.0.conceal(headers);
    }

    fn challenge(&self, refusal: &mut HeaderMap) {
        self.0.challenge(refusal);
    }
}

impl fmt::Debug for BoxScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxScheme").finish_non_exhaustive()
    }
}

impl fmt::Debug for BoxPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxPending").finish_non_exhaustive()
    }
}
