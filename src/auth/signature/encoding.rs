use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

/// How a signature is written in its header. The default is [`Hex`](Encoding::Hex).
///
/// Each is decoded strictly: the letters of the alphabet, the length and the unused bits must be right
/// (RFC 4648, 3.5).
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{Encoding, Hmac};
///
/// let scheme = Hmac::sha256("x-shop-hmac").key("Zr41vw-new-and-random").encoding(Encoding::Base64).build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Two letters a byte, each in either letter case.
    #[default]
    Hex,
    /// The standard alphabet, padded (RFC 4648, 4).
    Base64,
    /// The URL-safe alphabet, padded or not (RFC 4648, 5).
    Base64Url,
}

impl Encoding {
    /// Decodes into `buffer`; `None` if the text is not this encoding of something that fits.
    pub(in crate::auth) fn decode<'a>(self, text: &[u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let (table, text) = match self {
            Self::Hex => (&HEXLOWER_PERMISSIVE, text),
            Self::Base64 => (&BASE64_NOPAD, unpadded(text)?),
            Self::Base64Url if text.ends_with(b"=") => (&BASE64URL_NOPAD, unpadded(text)?),
            Self::Base64Url => (&BASE64URL_NOPAD, text),
        };
        let len = table.decode_len(text.len()).ok()?;
        let output = buffer.get_mut(..len)?;
        table.decode_mut(text, output).ok()?;
        Some(output)
    }
}

/// Takes the padding off, because the library's padded tables also take several padded texts in a row.
fn unpadded(text: &[u8]) -> Option<&[u8]> {
    let text = (text.len() % 4 == 0).then_some(text)?;
    let text = text.strip_suffix(b"=").unwrap_or(text);
    Some(text.strip_suffix(b"=").unwrap_or(text))
}
