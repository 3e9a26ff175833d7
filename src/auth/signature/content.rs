//! What is signed, and where in a delivery it is.

use std::{borrow::Cow, slice, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, uri::PathAndQuery};

use super::{algorithm::Message, tolerance::Tolerance};
use crate::{
    Rejection, RejectionReason,
    auth::{Head, Verified, only_header},
    json::members::{self, Path},
};

/// A part of what is signed. Parts follow one another without anything between them.
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
    /// The timestamp, byte for byte as it was sent.
    Timestamp,
    /// The delivery's id, byte for byte as it was sent. A literal must follow it. An id that contains this literal is
    /// rejected, because a shorter id with a longer body would have the same signature.
    Id,
    /// The body, byte for byte as it was sent.
    Body,
    /// The request's method, in upper case.
    Method,
    /// Path and query, as the layer receives them. A router that strips the matched part of the path must be inside of
    /// the layer. A literal must follow it.
    Uri,
    /// The URL at which the provider reaches you, as you configured it. What the request says of its URL is the
    /// sender's choice and is never used.
    PublicUrl,
}

impl Part {
    /// These bytes.
    #[must_use]
    pub fn literal(text: &'static str) -> Self {
        Self::Literal(Cow::Borrowed(text.as_bytes()))
    }

    /// Whether no sender has a say in it.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self, Self::Literal(_) | Self::PublicUrl)
    }
}

/// What is signed, checked and ready to be read from deliveries.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Content {
    /// The public URL is in here as a literal.
    pub(in crate::auth) parts: Vec<Part>,
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
    Body(Box<str>),
}

/// What is signed of one head.
pub(in crate::auth) struct SignedHead<'a> {
    head: Head<'a>,
    timestamp: &'a [u8],
    id: Option<&'a HeaderValue>,
    at: Option<SystemTime>,
}

impl Content {
    /// Reads and checks the signed parts of a head. `signatures` is the header of the signatures, and `in_pairs` the
    /// timestamp beside them, where it is there.
    pub(in crate::auth) fn read_head<'a>(
        &self,
        head: &Head<'a>,
        signatures: &HeaderName,
        in_pairs: Option<&'a [u8]>,
    ) -> Result<SignedHead<'a>, Rejection> {
        let timestamp = match &self.timestamp {
            TimestampSource::Header(name) => Some((name, only_header(head, name)?.as_bytes())),
            _ => in_pairs.map(|digits| (signatures, digits)),
        };
        let at = match timestamp {
            Some((header, digits)) => Some(self.tolerance.read(header, digits, head.received_at)?),
            None => None,
        };
        let id = match &self.id {
            Some(name) => Some(only_header(head, name)?),
            None => None,
        };
        if id.is_some_and(|id| id.to_str().map_or(true, |text| text.trim().is_empty())) {
            return Err(self.malformed_id("an id of visible ASCII characters"));
        }
        Ok(SignedHead { head: *head, timestamp: timestamp.map_or(b"", |(_, digits)| digits), id, at })
    }

    /// Rejects an id that contains what is signed behind it: a shorter id and a longer rest would have the same
    /// signature.
    pub(super) fn check_border(&self, signed: &SignedHead<'_>) -> Result<(), Rejection> {
        let Some(id) = signed.id else { return Ok(()) };
        for parts in self.parts.windows(2) {
            if let [Part::Id, Part::Literal(literal)] = parts {
                if id.as_bytes().windows(literal.len().max(1)).any(|window| window == &**literal) {
                    return Err(self.malformed_id("an id without the separator that is signed behind it"));
                }
            }
        }
        Ok(())
    }

    fn malformed_id(&self, expected: &'static str) -> Rejection {
        match &self.id {
            Some(name) => RejectionReason::MalformedHeader { name: name.clone(), expected }.into(),
            None => Rejection::unauthenticated(),
        }
    }

    pub(in crate::auth) fn message<'a>(&'a self, signed: &'a SignedHead<'a>, body: &'a [u8]) -> impl Message + 'a {
        Delivered { parts: &self.parts, signed, body }
    }

    /// What is proven, once the signature was found to be right.
    pub(in crate::auth) fn verified(
        &self,
        label: Arc<str>,
        signed: &SignedHead<'_>,
        body: &Bytes,
    ) -> Result<Verified, Rejection> {
        let at = match &self.timestamp {
            TimestampSource::Body(member) => {
                let number = whole_number(body, slice::from_ref(member))
                    .ok_or(RejectionReason::Other("the body has no timestamp where the settings say it is"))?;
                Some(self.tolerance.check(number, signed.head.received_at)?)
            }
            _ => signed.at,
        };
        let verified = Verified::by(label).with_signed_body();
        let verified = signed.id.cloned().into_iter().fold(verified, Verified::with_signed_id);
        Ok(at.into_iter().fold(verified, Verified::with_signed_at))
    }
}

/// The whole number in this member of the JSON object that a body is. The member must occur once.
fn whole_number(body: &[u8], member: &Path) -> Option<u64> {
    let [found] = members::find(body, [Some(member)]);
    found.and_then(members::Scalar::whole_number).and_then(|number| u64::try_from(number).ok())
}

/// The signed parts of one delivery.
struct Delivered<'a> {
    parts: &'a [Part],
    signed: &'a SignedHead<'a>,
    body: &'a [u8],
}

impl Message for Delivered<'_> {
    fn whole(&self) -> Option<&[u8]> {
        matches!(self.parts, [Part::Body]).then_some(self.body)
    }

    fn feed(&self, sink: &mut dyn FnMut(&[u8])) {
        let request = self.signed.head.parts;
        for part in self.parts {
            sink(match part {
                Part::Literal(bytes) => bytes,
                Part::Timestamp => self.signed.timestamp,
                Part::Id => self.signed.id.map_or(b"", |id| id.as_bytes()),
                Part::Body => self.body,
                Part::Method => request.method.as_str().as_bytes(),
                Part::Uri => request.uri.path_and_query().map_or("", PathAndQuery::as_str).as_bytes(),
                // `build` has put the configured URL in its place, as a literal.
                Part::PublicUrl => b"",
            });
        }
    }
}
