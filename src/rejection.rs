use std::{error::Error, fmt, time::Duration};

use http::{HeaderName, StatusCode};

use crate::json::DecodeError;

/// Why a delivery was rejected, for the operator.
///
/// The sender sees only the status and the [kind](RejectionKind). You also see the [reason](Self::reason): in
/// [`WebhookLayer::inspect_rejection`](crate::WebhookLayer::inspect_rejection), in the extensions of the response, and
/// in the `Display` text. None of it contains a byte of the request, so you can log it.
///
/// # Examples
///
/// ```
/// use tower_webhook::{Rejection, RejectionKind};
///
/// fn count<B>(response: &http::Response<B>) {
///     if let Some(rejection) = response.extensions().get::<Rejection>() {
///         match rejection.kind() {
///             RejectionKind::Unauthenticated => { /* alert on a spike */ }
///             // For example: the body is not a documented event: missing field at line 1 column 12, field data.id
///             _ => println!("rejected: {rejection}"),
///         }
///     }
/// }
/// # count(&http::Response::new(()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    kind: RejectionKind,
    reason: Option<RejectionReason>,
}

/// The kind of a [`Rejection`], which decides the response.
///
/// | kind | default status |
/// |---|---|
/// | `Incomplete` | 400 |
/// | `Malformed` | 400 |
/// | `MethodNotAllowed` | 405, with `Allow`: `POST`, and the methods of endpoint verifications |
/// | `TimedOut` | 408 |
/// | `TooLarge` | 413 |
/// | `Unauthenticated` | 401 |
/// | `UnsupportedEncoding` | 415, with `Accept-Encoding: identity` |
/// | `UnsupportedMediaType` | 415, with `Accept` |
///
/// A provider can use other statuses: see
/// [`Provider::rejection_status`](crate::provider::Provider::rejection_status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The body broke off, or arrived in more than 4,096 empty frames.
    Incomplete,
    /// The body is not what the provider documents. [`Rejection::decode_error`] says where.
    Malformed,
    /// The request is neither a `POST` nor an [endpoint verification](crate::handshake).
    MethodNotAllowed,
    /// The body did not arrive in time. Set the timeout with a layer outside of the webhook layer.
    TimedOut,
    /// The body is larger than the limit.
    TooLarge,
    /// The credential is missing, repeated, stale or wrong. [`Rejection::reason`] says which.
    Unauthenticated,
    /// The body is compressed.
    UnsupportedEncoding,
    /// The `Content-Type` is none of those that
    /// [`WebhookLayer::content_type`](crate::WebhookLayer::content_type) lists. Without that setting, any is accepted.
    UnsupportedMediaType,
}

/// The exact reason of a [`Rejection`]. It is for you and never part of the response.
///
/// It contains header names of your settings, durations, and where the JSON is wrong, but no byte of the request.
///
/// # Examples
///
/// ```
/// use http::HeaderName;
/// use tower_webhook::{Rejection, RejectionKind, RejectionReason};
///
/// let rejection = Rejection::from(RejectionReason::MissingHeader(HeaderName::from_static("x-acme-key")));
/// assert_eq!(rejection.kind(), RejectionKind::Unauthenticated);
/// assert_eq!(rejection.to_string(), "the credential is missing or wrong: header x-acme-key is missing");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionReason {
    /// A required header is missing.
    MissingHeader(HeaderName),
    /// A header occurs more than once: a proxy may have acted on the other value.
    RepeatedHeader(HeaderName),
    /// The credential is not where your settings say, once and well-formed: in the query, in the path or in the body.
    MissingCredential(&'static str),
    /// A header does not have the form that your settings ask for.
    MalformedHeader {
        /// The header.
        name: HeaderName,
        /// The form that was expected.
        expected: &'static str,
    },
    /// The delivery was signed too long ago: it is a replay, it was delayed, or a clock is wrong.
    Stale {
        /// The time between signing and arrival.
        age: Duration,
        /// The largest age that the settings allow.
        tolerance: Duration,
    },
    /// The delivery was signed in the future: a clock is wrong, or the unit of the timestamp is.
    FromTheFuture {
        /// The time between arrival and signing.
        ahead: Duration,
        /// The largest difference that the settings allow.
        tolerance: Duration,
    },
    /// No live key matches: the key is wrong, or something signed was changed on the way, such as the body.
    NoKeyMatched,
    /// No tenant has the name that the delivery states, or it states none, or the tenant's keys cannot be used. The
    /// sender sees a wrong key.
    UnknownTenant,
    /// No live key matches, and the path of the request is not that of the configured public URL, which is signed.
    UrlMismatch,
    /// The body is not the JSON that the event type expects.
    Json(DecodeError),
    /// A reason given by your own [`Scheme`](crate::auth::Scheme), [`Provider`](crate::provider::Provider) or
    /// [`Handshake`](crate::handshake::Handshake).
    Other(&'static str),
}

impl Rejection {
    /// Creates a rejection of this kind without a reason, for your own [`Scheme`](crate::auth::Scheme) or
    /// [`Provider`](crate::provider::Provider).
    #[must_use]
    pub fn new(kind: RejectionKind) -> Self {
        Self { kind, reason: None }
    }

    /// Creates a rejection of the kind [`Unauthenticated`](RejectionKind::Unauthenticated) without a reason.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(RejectionKind::Unauthenticated)
    }

    /// Adds the reason for the operator.
    #[must_use]
    pub fn because(mut self, reason: RejectionReason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The kind, which decides the response.
    #[must_use]
    pub fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// The exact reason. `None` if the kind says everything.
    #[must_use]
    pub fn reason(&self) -> Option<&RejectionReason> {
        self.reason.as_ref()
    }

    /// The reason as a label for metrics: one word of a fixed set. Without a reason, it is the kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{Rejection, RejectionKind, RejectionReason};
    ///
    /// assert_eq!(Rejection::from(RejectionReason::NoKeyMatched).label(), "no_key_matched");
    /// assert_eq!(Rejection::new(RejectionKind::TooLarge).label(), "too_large");
    /// ```
    #[must_use]
    pub fn label(&self) -> &'static str {
        match &self.reason {
            Some(RejectionReason::MissingHeader(_)) => "missing_header",
            Some(RejectionReason::RepeatedHeader(_)) => "repeated_header",
            Some(RejectionReason::MissingCredential(_)) => "missing_credential",
            Some(RejectionReason::MalformedHeader { .. }) => "malformed_header",
            Some(RejectionReason::Stale { .. }) => "stale",
            Some(RejectionReason::FromTheFuture { .. }) => "from_the_future",
            Some(RejectionReason::NoKeyMatched) => "no_key_matched",
            Some(RejectionReason::UnknownTenant) => "unknown_tenant",
            Some(RejectionReason::UrlMismatch) => "url_mismatch",
            Some(RejectionReason::Json(_)) => "json",
            Some(RejectionReason::Other(_)) => "other",
            None => self.kind.as_str(),
        }
    }

    /// Whether the request has no credential, instead of a wrong one.
    pub(crate) fn is_unsigned(&self) -> bool {
        let is_missing =
            matches!(self.reason, Some(RejectionReason::MissingHeader(_) | RejectionReason::MissingCredential(_)));
        is_missing && self.kind == RejectionKind::Unauthenticated
    }

    /// The JSON error, if the reason is that the body is not the JSON that was expected.
    #[must_use]
    pub fn decode_error(&self) -> Option<&DecodeError> {
        match &self.reason {
            Some(RejectionReason::Json(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<RejectionKind> for Rejection {
    fn from(kind: RejectionKind) -> Self {
        Self::new(kind)
    }
}

/// [`Malformed`](RejectionKind::Malformed) for JSON, [`Unauthenticated`](RejectionKind::Unauthenticated) for all else.
impl From<RejectionReason> for Rejection {
    fn from(reason: RejectionReason) -> Self {
        let kind = match reason {
            RejectionReason::Json(_) => RejectionKind::Malformed,
            _ => RejectionKind::Unauthenticated,
        };
        Self { kind, reason: Some(reason) }
    }
}

impl From<DecodeError> for Rejection {
    fn from(error: DecodeError) -> Self {
        RejectionReason::Json(error).into()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "{}: {reason}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl Error for Rejection {}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader(name) => write!(f, "header {name} is missing"),
            Self::RepeatedHeader(name) => write!(f, "header {name} occurs more than once"),
            Self::MalformedHeader { name, expected } => {
                write!(f, "header {name} is not well-formed, expected {expected}")
            }
            Self::Stale { age, tolerance } => {
                write!(f, "signed {} s before arrival, at most {} s are allowed", age.as_secs(), tolerance.as_secs())
            }
            Self::FromTheFuture { ahead, tolerance } => {
                write!(f, "signed {} s after arrival, at most {} s are allowed", ahead.as_secs(), tolerance.as_secs())
            }
            Self::NoKeyMatched => f.write_str("no key matched"),
            Self::UnknownTenant => f.write_str("the tenant is not known"),
            Self::UrlMismatch => {
                f.write_str("no key matched, and the path of the request is not that of the configured public URL")
            }
            Self::Json(error) => error.fmt(f),
            Self::MissingCredential(reason) | Self::Other(reason) => f.write_str(reason),
        }
    }
}

impl RejectionKind {
    /// The kind as one word. The body of the response has it as the member `kind`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.texts().0
    }

    /// Whether a text is the [word](Self::as_str) of a kind.
    #[cfg(feature = "signatures")]
    pub(crate) fn is_word(text: &str) -> bool {
        use RejectionKind::*;
        let all = [
            Incomplete,
            Malformed,
            MethodNotAllowed,
            TimedOut,
            TooLarge,
            Unauthenticated,
            UnsupportedEncoding,
            UnsupportedMediaType,
        ];
        all.iter().any(|kind| kind.as_str() == text)
    }

    /// The status for this kind, unless the provider documents another one.
    #[must_use]
    pub fn default_status(self) -> StatusCode {
        match self {
            Self::Incomplete | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::UnsupportedEncoding | Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    /// An RFC 9457 problem document: the same bytes for every rejection of this kind.
    pub(crate) fn problem(self) -> &'static str {
        self.texts().2
    }

    /// The word, the title and the document.
    fn texts(self) -> (&'static str, &'static str, &'static str) {
        macro_rules! texts {
            ($kind:literal, $title:literal) => {
                ($kind, $title, concat!(r#"{"title":""#, $title, r#"","kind":""#, $kind, r#""}"#))
            };
        }
        match self {
            Self::Incomplete => texts!("incomplete", "the body broke off"),
            Self::Malformed => texts!("malformed", "the body is not a documented event"),
            Self::MethodNotAllowed => texts!("method_not_allowed", "the method is not POST"),
            Self::TimedOut => texts!("timed_out", "the body did not arrive in time"),
            Self::TooLarge => texts!("too_large", "the body is too large"),
            Self::Unauthenticated => texts!("unauthenticated", "the credential is missing or wrong"),
            Self::UnsupportedEncoding => texts!("unsupported_encoding", "the body is compressed"),
            Self::UnsupportedMediaType => {
                texts!("unsupported_media_type", "the content type is not one that is accepted")
            }
        }
    }
}

impl fmt::Display for RejectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.texts().1)
    }
}
