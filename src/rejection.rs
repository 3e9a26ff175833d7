use std::{error::Error, fmt};

use http::StatusCode;

use crate::json::DecodeError;

/// Why a delivery was turned away.
///
/// The sender sees only the status and the kind. An outer layer finds the `Rejection` in the
/// response's extensions, for counting or logging: nothing in it comes from the request.
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
///             other => println!("refused: {other}"),
///         }
///     }
/// }
/// # count(&http::Response::new(()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    kind: RejectionKind,
    decode_error: Option<DecodeError>,
}

/// The ways in which a delivery can fail, in the order of the alphabet.
///
/// | kind | status by default |
/// |---|---|
/// | `Incomplete` | 400 |
/// | `Malformed` | 400 |
/// | `MethodNotAllowed` | 405, with `Allow: POST` |
/// | `TimedOut` | 408 |
/// | `TooLarge` | 413 |
/// | `Unauthenticated` | 401 |
/// | `UnsupportedEncoding` | 415, with `Accept-Encoding: identity` |
///
/// A provider may answer otherwise: see [`Provider::status`](crate::provider::Provider::status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The body broke off, or came in more than 4,096 empty frames.
    Incomplete,
    /// The body is not what the provider documents. [`Rejection::decode_error`] tells where.
    Malformed,
    /// The request is not a `POST`.
    MethodNotAllowed,
    /// The body did not arrive in time. The timeout is set by a layer outside of this one.
    TimedOut,
    /// The body is larger than the limit.
    TooLarge,
    /// The credential is missing, doubled or wrong.
    Unauthenticated,
    /// The body is compressed.
    UnsupportedEncoding,
}

impl Rejection {
    /// A rejection of this kind, for authors of a [`Scheme`](crate::auth::Scheme) or a
    /// [`Provider`](crate::provider::Provider).
    #[must_use]
    pub fn new(kind: RejectionKind) -> Self {
        Self { kind, decode_error: None }
    }

    /// The credential is missing, doubled or wrong.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(RejectionKind::Unauthenticated)
    }

    /// In which way the delivery failed.
    #[must_use]
    pub fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// Where the body stopped being what was expected, if it is
    /// [`Malformed`](RejectionKind::Malformed) JSON.
    #[must_use]
    pub fn decode_error(&self) -> Option<&DecodeError> {
        self.decode_error.as_ref()
    }
}

impl From<RejectionKind> for Rejection {
    fn from(kind: RejectionKind) -> Self {
        Self::new(kind)
    }
}

impl From<DecodeError> for Rejection {
    fn from(error: DecodeError) -> Self {
        Self { kind: RejectionKind::Malformed, decode_error: Some(error) }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.decode_error.as_ref().map(|error| error as _)
    }
}

impl RejectionKind {
    /// The status that answers this kind where the provider's page does not say otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::RejectionKind;
    /// assert_eq!(RejectionKind::TooLarge.default_status(), 413);
    /// ```
    #[must_use]
    pub fn default_status(self) -> StatusCode {
        match self {
            Self::Incomplete | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    /// An RFC 9457 problem document: the same bytes for every delivery of this kind.
    pub(crate) fn problem(self) -> &'static str {
        self.texts().1
    }

    fn texts(self) -> (&'static str, &'static str) {
        macro_rules! texts {
            ($kind:literal, $title:literal) => {
                ($title, concat!(r#"{"title":""#, $title, r#"","kind":""#, $kind, r#""}"#))
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
        }
    }
}

impl fmt::Display for RejectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.texts().0)
    }
}
