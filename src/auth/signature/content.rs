//! What is signed, and where in a delivery it is.

use std::{borrow::Cow, time::SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::{algorithm::Message, pieces::Pieces, tolerance::Tolerance};
use crate::{
    Rejection, RejectionReason,
    auth::{Head, Verified},
    delivery::TimeFormat,
    json::members::{self, Path},
};

/// A part of what is signed. Parts follow one another without anything between them.
///
/// Choose parts whose bytes can be split in one way only: `build()` rejects all others. Otherwise, one recorded
/// signature would prove two deliveries, such as the id `evt_1` with the body `pay=1`, and the id `evt_` with the body
/// `1pay=1`.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// These bytes.
    Literal(#[serde(with = "text")] Cow<'static, [u8]>),
    /// The timestamp, byte for byte as it was sent.
    ///
    /// If it is digits, the part next to it, towards the body, must be the body itself or a literal that has no digit
    /// where they meet. A delivery whose body has a digit there is rejected. If it is [RFC
    /// 3339](super::SignatureBuilder::timestamp_in_rfc3339), any part may be next to it.
    Timestamp,
    /// The delivery's id, byte for byte as it was sent.
    ///
    /// A literal must stand between it and the body: an id that contains this literal is rejected. A timestamp in RFC
    /// 3339 that follows the id will do too: an id that contains a colon is then rejected.
    Id,
    /// The body, byte for byte as it was sent.
    Body,
    /// `POST`, the only method that this scheme accepts.
    Method,
    /// Path and query, as the layer receives them. A router that strips the matched part of the path must be inside of
    /// the layer. A literal must stand between it and the body. A URI that contains this literal is rejected.
    Uri,
    /// The URL at which the provider reaches you, as you configured it. The request's own URL is never used, because
    /// the sender chooses it. If the provider adds a query, put [`Part::Query`] after it.
    PublicUrl,
    /// The query of the request with its `?`, byte for byte as it was sent, or nothing if there is none.
    ///
    /// A literal must stand between it and the body, or the body must follow at once. In the second case, a delivery is
    /// rejected unless its body begins with a byte that cannot be in a query, such as `{` or `[`.
    Query,
    /// The value of the header with this name: see [`Part::header`].
    Header(Cow<'static, str>),
    /// The text of the member of the JSON body at this path: see [`Part::member`].
    Member(Cow<'static, str>),
}

impl Part {
    /// The value of the header with this name, in any letter case, byte for byte as it was sent. The header must occur
    /// once. A literal must stand between it and the body: a value that contains this literal is rejected.
    ///
    /// # Examples
    ///
    /// Sinch signs the body, a nonce and the time:
    ///
    /// ```
    /// use tower_webhook::auth::{Encoding, Part, Signature};
    ///
    /// let nonce = Part::header("x-sinch-webhook-signature-nonce");
    /// let scheme = Signature::hmac_sha256("x-sinch-webhook-signature")
    ///     .key("Zr41vw-new-and-random")
    ///     .encoding(Encoding::Base64)
    ///     .signed([Part::Body, Part::literal("."), nonce, Part::literal("."), Part::Timestamp])
    ///     .timestamp_header("x-sinch-webhook-signature-timestamp")
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    #[must_use]
    pub fn header(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Header(name.into())
    }

    /// The text of this member of the JSON body: a string, decoded, or the digits of a whole number. The path is names
    /// with dots between them, such as `signature.token`. Only for a body that is not signed itself: see
    /// [`dangerous_unsigned_body`](super::SignatureBuilder::dangerous_unsigned_body).
    #[must_use]
    pub fn member(path: impl Into<Cow<'static, str>>) -> Self {
        Self::Member(path.into())
    }

    /// These bytes.
    #[must_use]
    pub fn literal(text: &'static str) -> Self {
        Self::Literal(Cow::Borrowed(text.as_bytes()))
    }
}

/// Bytes that are written as text.
mod text {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer, ser::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(bytes).map_err(S::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'static, [u8]>, D::Error> {
        String::deserialize(deserializer).map(|text| text.into_bytes().into())
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
    Beside,
    /// In this member of the body, which is JSON.
    Body(Box<Path>),
}

/// What is signed of one head.
#[derive(Clone, Copy)]
pub(in crate::auth) struct SignedHead<'a> {
    pub(super) head: Head<'a>,
    pub(super) timestamp: &'a [u8],
    pub(super) id: Option<&'a HeaderValue>,
    /// The signed members of the body, once it has arrived.
    pub(super) members: &'a [Cow<'a, str>],
    at: Option<SystemTime>,
}

impl Content {
    /// Reads and checks the signed parts of a head. `beside` is the timestamp beside the signatures, and their header.
    pub(in crate::auth) fn read_head<'a>(
        &self,
        head: &Head<'a>,
        beside: Option<(&HeaderName, &'a [u8])>,
    ) -> Result<SignedHead<'a>, Rejection> {
        let timestamp = match &self.timestamp {
            TimestampSource::Header(name) => Some((name, head.header(name)?.as_bytes())),
            _ => beside,
        };
        let at = match timestamp {
            Some((header, text)) => Some(self.tolerance.read(header, text, head.received_at)?),
            None => None,
        };
        self.pieces.headers().try_for_each(|name| head.header(name).map(drop))?;
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
        let timestamp = timestamp.map_or(&b""[..], |(_, text)| text);
        Ok(SignedHead { head: *head, timestamp, id, members: &[], at })
    }

    /// Adds the signed members of a body that is not signed itself.
    pub(super) fn read_members<'a>(
        &'a self,
        signed: SignedHead<'a>,
        members: &'a Members<'a>,
    ) -> Result<SignedHead<'a>, Rejection> {
        let signed = SignedHead { members: &members.signed, ..signed };
        let signed = match &members.timestamp {
            Some(text) => {
                let at = self.tolerance.read_text(text.as_bytes(), signed.head.received_at).ok_or(NO_TIMESTAMP)??;
                SignedHead { timestamp: text.as_bytes(), at: Some(at), ..signed }
            }
            None => signed,
        };
        self.fitting(signed)
    }

    /// Rejects values whose end is not visible in the signed bytes.
    pub(super) fn fitting<'a>(&self, signed: SignedHead<'a>) -> Result<SignedHead<'a>, Rejection> {
        let reason = "a signed value contains what ends it in what is signed";
        if self.pieces.fit_head(&signed) { Ok(signed) } else { Err(RejectionReason::Other(reason).into()) }
    }

    /// The signed members of a body that is not signed itself.
    pub(super) fn members<'a>(&self, body: &'a [u8]) -> Result<Members<'a>, Rejection> {
        let find = |path: &Path| members::find(body, [Some(path)])[0].and_then(members::Scalar::text);
        let timestamp = match &self.timestamp {
            TimestampSource::Body(path) => Some(find(path).ok_or(NO_TIMESTAMP)?),
            _ => None,
        };
        let signed = self.pieces.members().iter().map(|path| find(path)).collect::<Option<_>>();
        let signed =
            signed.ok_or(RejectionReason::Other("the body has no signed member where the settings say it is"))?;
        Ok(Members { timestamp, signed })
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
        let signs_body = self.pieces.sign_body();
        let at = match &self.timestamp {
            TimestampSource::Body(path) if signs_body => Some(self.time_in_body(body, path, signed)?),
            _ => signed.at,
        };
        let verified = verified.with_scheme("signature");
        let verified = if signs_body { verified.with_signed_body() } else { verified };
        let verified = signed.id.cloned().into_iter().fold(verified, Verified::with_signed_id);
        Ok(at.into_iter().fold(verified, Verified::with_signed_at))
    }

    /// The time in this member of a JSON body that is signed. The member must occur once.
    fn time_in_body(&self, body: &[u8], path: &Path, signed: &SignedHead<'_>) -> Result<SystemTime, Rejection> {
        let [found] = members::find(body, [Some(path)]);
        let (found, now) = (found.ok_or(NO_TIMESTAMP)?, signed.head.received_at);
        if self.tolerance.form() == TimeFormat::Rfc3339 {
            return self.tolerance.read_text(found.text().ok_or(NO_TIMESTAMP)?.as_bytes(), now).ok_or(NO_TIMESTAMP)?;
        }
        let number = found.whole_number().and_then(|number| u64::try_from(number).ok());
        self.tolerance.check_number(number.ok_or(NO_TIMESTAMP)?, now)
    }
}

const NO_TIMESTAMP: RejectionReason = RejectionReason::Other("the body has no timestamp where the settings say it is");

/// The signed members of a body that is not signed itself.
pub(super) struct Members<'a> {
    timestamp: Option<Cow<'a, str>>,
    signed: Vec<Cow<'a, str>>,
}

/// The signed parts of one delivery.
struct Delivered<'a> {
    pieces: &'a Pieces,
    signed: &'a SignedHead<'a>,
    body: &'a [u8],
}

impl Message for Delivered<'_> {
    fn feed<'a>(&'a self, sink: &mut dyn FnMut(&'a [u8])) {
        self.pieces.feed(self.signed, self.body, sink);
    }
}
