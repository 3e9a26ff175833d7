use std::borrow::Cow;

/// A part of what is signed. Parts follow one another without anything between them.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{Hmac, Part};
///
/// let scheme = Hmac::sha256("x-acme-signature")
///     .key("Zr41vw-new-and-random")
///     .signed([Part::Timestamp, Part::literal("."), Part::Body])
///     .timestamp_header("x-acme-timestamp")
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// These bytes, always.
    Literal(Cow<'static, [u8]>),
    /// The time, byte by byte as it was sent.
    Timestamp,
    /// The delivery's id, byte by byte as it was sent. A literal must follow it, and an id that holds this literal is
    /// refused: the same signature would be right for a shorter id and a longer body.
    Id,
    /// The body, byte by byte as it was sent.
    Body,
    /// The request's method, in capitals.
    Method,
    /// The path and the query as the layer receives them. A router that strips what it has matched of
    /// the path must stand inside of the layer. A literal must follow it.
    Uri,
    /// The URL at which the provider reaches you, as configured: never what the request says, which its
    /// sender chooses.
    PublicUrl,
}

impl Part {
    /// These bytes, always.
    #[must_use]
    pub fn literal(text: &'static str) -> Self {
        Self::Literal(Cow::Borrowed(text.as_bytes()))
    }

    /// Whether no sender has a say in it.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self, Self::Literal(_) | Self::PublicUrl)
    }
}
