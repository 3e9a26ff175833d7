use std::{fmt, ops::RangeInclusive, sync::Arc};

use http::{HeaderMap, HeaderName, request::Parts};
use jiff::Timestamp;

use super::{Candidates, Content, Message, Pending, Signatures};
use crate::{
    Rejection,
    auth::{Scheme, Verified, conceal_header, only_value},
};

/// Keeps [`Algorithm`] to this crate: its name cannot be written elsewhere.
pub trait Sealed {}

/// What checks the signatures of a [`Signed`], with its live keys: [`Mac`](super::super::Mac), or
/// [`PublicKeys`](super::super::PublicKeys) of one kind.
///
/// It is sealed: an algorithm of your own is a [`Scheme`] of your own.
///
/// # Examples
///
/// What a provider's page says of both of its algorithms is written once:
///
/// ```
/// use tower_webhook::{ConfigError, auth::{Algorithm, Hmac, Part, Signed, SignedBuilder}};
///
/// fn acme<A: Algorithm>(builder: SignedBuilder<A>) -> Result<Signed<A>, ConfigError> {
///     builder.signed([Part::Timestamp, Part::Body]).timestamp_header("x-acme-timestamp").build()
/// }
///
/// let scheme: Hmac = acme(Hmac::sha256("x-acme-mac").key("Zr41vw-new-and-random"))?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub trait Algorithm: Sealed + Send + Sync + 'static {
    /// What the scheme is called in `Debug`.
    #[doc(hidden)]
    const NAME: &'static str;

    /// How many bytes a signature has.
    #[doc(hidden)]
    fn lengths(&self) -> RangeInclusive<usize>;

    /// Refuses so many candidates that to try them with all keys would be too much to do for whoever has sent
    /// them. By default none.
    #[doc(hidden)]
    fn check_work(&self, candidates: usize) -> Result<(), Rejection> {
        let _ = candidates;
        Ok(())
    }

    /// The label of the key by which one of the candidates is a signature of the message. All keys and
    /// candidates are tried, also after a hit: the time taken must not tell which key of a rotation is
    /// in use.
    #[doc(hidden)]
    fn verify(&self, message: &dyn Message, candidates: &Candidates) -> Option<Arc<str>>;

    /// The labels of the keys.
    #[doc(hidden)]
    fn labels(&self) -> impl Iterator<Item = &str>;
}

/// A signature of the delivery in a header: [`Hmac`](super::super::Hmac),
/// [`Ed25519`](super::super::Ed25519) or [`EcdsaP256`](super::super::EcdsaP256), each by its features.
///
/// The head is checked first: the header occurs once, what is in it has the right form and length, and
/// the time is within the tolerance. Only then is the body read, and the signature computed.
#[derive(Clone)]
pub struct Signed<A> {
    pub(super) header: HeaderName,
    pub(super) signatures: Signatures,
    pub(super) content: Content,
    pub(super) algorithm: A,
}

impl<A: Algorithm> Scheme for Signed<A> {
    type Pending = Pending;

    fn open(&self, head: &Parts, now: Timestamp) -> Result<Pending, Rejection> {
        let value = only_value(&head.headers, &self.header)?;
        let in_pairs = self.signatures.timestamp(value.as_bytes())?;
        let pending = self.content.open(head, now, value, in_pairs)?;
        self.content.check_border(&pending)?;
        let candidates = self.signatures.read(value.as_bytes())?.len();
        Candidates::check_count(candidates)?;
        self.algorithm.check_work(candidates)?;
        Ok(pending)
    }

    fn close(&self, pending: Pending, body: &[u8]) -> Result<Verified, Rejection> {
        let value = pending.signature.as_bytes();
        let candidates = self.signatures.read(value)?;
        let message = self.content.message(&pending, self.signatures.timestamp(value)?, body);
        let label = self.algorithm.verify(&message, &candidates).ok_or_else(Rejection::unauthenticated)?;
        self.content.verified(label, pending, body)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        conceal_header(headers, &self.header);
    }
}

impl<A: Algorithm> fmt::Debug for Signed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.algorithm.labels().collect();
        f.debug_struct(A::NAME).field("header", &self.header).field("keys", &keys).finish()
    }
}
