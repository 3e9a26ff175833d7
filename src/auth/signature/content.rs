//! What is signed, and where in a delivery it is.

use std::{borrow::Cow, time::SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::{algorithm::Message, pieces::Pieces, tolerance::Tolerance};
use crate::{
    Rejection, RejectionReason,
    auth::{Head, Verified},
    json::members::{self, Path},
};

/// A part of what is signed. Parts follow one another without anything between them.
///
/// Choose parts whose bytes can be split in one way only; `build()` rejects others. Otherwise, one recorded signature
/// would prove several deliveries: an id that ends with `1`, and the same id without it before a body that begins with
/// `1`.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{Part, Signature};
///
/// let scheme = Signature::hmac_sha256("x-acme-signature")
///     .key("Zr41vw-new-and-random")
///     .signed([Part::Timestamp, Part::literal("."), Part::Body])
///     .timestamp_header("x-acme-timestamp")
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// These bytes.
    Literal(Cow<'static, [u8]>),
    /// The timestamp, byte for byte as it was sent. The next part towards the body must be the body itself, or a
    /// literal without a digit where they meet. A body with a digit there is rejected.
    Timestamp,
    /// The delivery's id, byte for byte as it was sent. A literal must stand between it and the body. An id that
    /// contains this literal is rejected.
    Id,
    /// The body, byte for byte as it was sent.
    Body,
    /// `POST`: the layer accepts no other method.
    Method,
    /// Path and query, as the layer receives them. A router that strips the matched part of the path must be inside of
    /// the layer. A literal must stand between it and the body. A URI that contains this literal is rejected.
    Uri,
    /// The URL at which the provider reaches you, as you configured it. The request's own URL is never used, because
    /// the sender chooses it.
    PublicUrl,
}

impl Part {
    /// These bytes.
    #[must_use]
    pub fn literal(text: &'static str) -> Self {
        Self::Literal(Cow::Borrowed(text.as_bytes()))
    }
}

/// What is signed, checked and ready to be read from deliveries.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Content {
    pub(in crate::auth) pieces: Pieces,
    pub(in crate::auth) timestamp: TimestampSource,
    pub(in crate::auth) id: Option<HeaderName>,
    pub(in crate::auth) tolerance: Tolerance,
}

/// Where the time of signing is.
#[derive(Clone, Debug)]
pub(in crate::auth) enum TimestampSource {
    None,
    Header(HeaderName),
    /// In the header of the signatures.
    Pairs,
    /// In this member of the body, which is JSON.
    Body(Box<Path>),
}

/// What is signed of one head.
pub(in crate::auth) struct SignedHead<'a> {
    pub(super) head: Head<'a>,
    pub(super) timestamp: &'a [u8],
    pub(super) id: Option<&'a HeaderValue>,
    at: Option<SystemTime>,
}

impl Content {
    /// Reads and checks the signed parts of a head. `signatures` is the header of the signatures, and `in_pairs` the
    /// timestamp beside them, if there is one.
    pub(in crate::auth) fn read_head<'a>(
        &self,
        head: &Head<'a>,
        signatures: &HeaderName,
        in_pairs: Option<&'a [u8]>,
    ) -> Result<SignedHead<'a>, Rejection> {
        let timestamp = match &self.timestamp {
            TimestampSource::Header(name) => Some((name, head.header(name)?.as_bytes())),
            _ => in_pairs.map(|digits| (signatures, digits)),
        };
        let at = match timestamp {
            Some((header, digits)) => Some(self.tolerance.read(header, digits, head.received_at)?),
            None => None,
        };
        let id = match &self.id {
            Some(name) => Some(head.header(name)?),
            None => None,
        };
        if let (Some(name), Some(value)) = (&self.id, id) {
            if value.to_str().map_or(true, |text| text.trim().is_empty()) {
                let expected = "an id of visible ASCII characters";
                return Err(RejectionReason::MalformedHeader { name: name.clone(), expected }.into());
            }
        }
        Ok(SignedHead { head: *head, timestamp: timestamp.map_or(b"", |(_, digits)| digits), id, at })
    }

    pub(in crate::auth) fn message<'a>(&'a self, signed: &'a SignedHead<'a>, body: &'a [u8]) -> impl Message + 'a {
        Delivered { pieces: &self.pieces, signed, body }
    }

    /// Adds what a right signature proves.
    pub(in crate::auth) fn verified(
        &self,
        verified: Verified,
        signed: &SignedHead<'_>,
        body: &Bytes,
    ) -> Result<Verified, Rejection> {
        let at = match &self.timestamp {
            TimestampSource::Body(path) => {
                let number = whole_number(body, path)
                    .ok_or(RejectionReason::Other("the body has no timestamp where the settings say it is"))?;
                Some(self.tolerance.check(number, signed.head.received_at)?)
            }
            _ => signed.at,
        };
        let verified = verified.with_scheme("signature").with_signed_body();
        let verified = signed.id.cloned().into_iter().fold(verified, Verified::with_signed_id);
        Ok(at.into_iter().fold(verified, Verified::with_signed_at))
    }
}

/// The whole number in this member of a JSON body. The member must occur once.
fn whole_number(body: &[u8], path: &Path) -> Option<u64> {
    let [found] = members::find(body, [Some(path)]);
    found.and_then(members::Scalar::whole_number).and_then(|number| u64::try_from(number).ok())
}

/// The signed parts of one delivery.
struct Delivered<'a> {
    pieces: &'a Pieces,
    signed: &'a SignedHead<'a>,
    body: &'a [u8],
}

impl Message for Delivered<'_> {
    fn whole(&self) -> Option<&[u8]> {
        self.pieces.are_none().then_some(self.body)
    }

    fn feed(&self, sink: &mut dyn FnMut(&[u8])) {
        self.pieces.feed(self.signed, self.body, sink);
    }
}
