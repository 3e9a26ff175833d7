//! How signatures are written in their header.

use std::{iter, ops::RangeInclusive};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use http::{HeaderName, HeaderValue, header::GetAll};
use serde::{Deserialize, Serialize};

use crate::{
    Rejection, RejectionReason,
    auth::Head,
    headers::{self, NotOne},
};

/// How many signatures one delivery can have.
const MAX_SIGNATURES: usize = 8;
/// The longest DER form of an ECDSA signature on P-256. All other signatures are shorter, but for those of RSA.
const NARROW: usize = 72;

/// The encoding of a signature in its header. The default is [`Hex`](Encoding::Hex).
///
/// Signatures are decoded strictly: alphabet, length, padding and unused bits must be right (RFC 4648, 3.5).
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::{Encoding, Signature};
///
/// let scheme =
///     Signature::hmac_sha256("x-shop-hmac").key("Zr41vw-new-and-random").encoding(Encoding::Base64).build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Encoding {
    /// Two hexadecimal digits per byte, in either letter case.
    #[default]
    Hex,
    /// The standard alphabet, padded (RFC 4648, 4).
    Base64,
    /// The URL-safe alphabet, padded or not (RFC 4648, 5).
    Base64Url,
}

impl Encoding {
    /// Decodes into `buffer`. Returns `None` if the text is not this encoding, or does not fit.
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

    fn expected(self) -> &'static str {
        match self {
            Self::Hex => "the configured prefix, if any, and a signature of the right length in hex",
            Self::Base64 => "the configured prefix, if any, and a signature of the right length in base64",
            Self::Base64Url => "the configured prefix, if any, and a signature of the right length in URL-safe base64",
        }
    }
}

/// Removes the padding, because the padded decoders of the library also accept several padded texts in a row.
fn unpadded(text: &[u8]) -> Option<&[u8]> {
    let text = (text.len() % 4 == 0).then_some(text)?;
    let text = text.strip_suffix(b"=").unwrap_or(text);
    Some(text.strip_suffix(b"=").unwrap_or(text))
}

/// Reads signatures out of their header.
///
/// Each value of the header is one entry, or a list of them. An entry is the prefix and a signature, or named fields.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Signatures {
    pub(in crate::auth) encoding: Encoding,
    pub(in crate::auth) lengths: RangeInclusive<usize>,
    pub(in crate::auth) prefix: Box<[u8]>,
    /// What stands between entries. Entries without the prefix belong to versions that are not configured.
    pub(in crate::auth) list: Option<u8>,
    pub(in crate::auth) pairs: Option<Pairs>,
    pub(in crate::auth) may_repeat: bool,
    /// Whether the first entry is the time.
    pub(in crate::auth) timestamp_first: bool,
}

/// The named fields of an entry: `t=1700000000,v1=aa,v1=bb,v0=cc`.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Pairs {
    pub(super) separator: u8,
    pub(super) timestamp: Box<[u8]>,
    pub(super) signatures: Vec<Box<[u8]>>,
}

impl Signatures {
    /// One signature in the header, without a prefix.
    pub(in crate::auth) fn new(encoding: Encoding, lengths: RangeInclusive<usize>) -> Self {
        Self {
            encoding,
            lengths,
            prefix: Box::default(),
            list: None,
            pairs: None,
            may_repeat: false,
            timestamp_first: false,
        }
    }

    /// Looks the header up, which must be there: once, unless it may be repeated.
    pub(in crate::auth) fn sent<'a>(
        &self,
        head: &Head<'a>,
        header: &HeaderName,
    ) -> Result<GetAll<'a, HeaderValue>, Rejection> {
        let values = head.parts.headers.get_all(header);
        match headers::one(&values) {
            Err(NotOne::Repeated) if self.may_repeat => Ok(values),
            Err(not_one) => Err(not_one.reason(header).into()),
            Ok(_) => Ok(values),
        }
    }

    /// All signatures in the header, perhaps none. Rejects a signature that is not well-formed, and the ninth.
    pub(in crate::auth) fn read(
        &self,
        sent: &GetAll<'_, HeaderValue>,
        header: &HeaderName,
    ) -> Result<Candidates, Rejection> {
        let mut candidates = Candidates::default();
        for entry in self.entries(sent).skip(usize::from(self.timestamp_first)) {
            let mut push = |text| candidates.push(text, self.encoding, &self.lengths);
            let pushed = match (&self.pairs, entry.strip_prefix(&*self.prefix)) {
                (Some(pairs), _) => pairs.fields(entry).try_for_each(|field| match field? {
                    (name, text) if pairs.signatures.iter().any(|known| **known == *name) => push(text),
                    _ => Some(()),
                }),
                (None, Some(text)) => push(text),
                (None, None) => self.list.map(|_| ()),
            };
            pushed.ok_or_else(|| self.malformed(header))?;
        }
        Ok(candidates)
    }

    /// The one signature in a text that is not a header.
    pub(super) fn read_one(&self, text: &[u8]) -> Option<Candidates> {
        let mut candidates = Candidates::default();
        candidates.push(text.strip_prefix(&*self.prefix)?, self.encoding, &self.lengths)?;
        Some(candidates)
    }

    /// As [`read`](Self::read), and at least one.
    pub(in crate::auth) fn read_some(
        &self,
        sent: &GetAll<'_, HeaderValue>,
        header: &HeaderName,
    ) -> Result<Candidates, Rejection> {
        let candidates = self.read(sent, header)?;
        if candidates.len() == 0 { Err(self.malformed(header)) } else { Ok(candidates) }
    }

    /// The time, if it is in the header: once in each entry, and the same in all.
    pub(super) fn timestamp<'a>(
        &self,
        sent: &GetAll<'a, HeaderValue>,
        header: &HeaderName,
    ) -> Result<Option<&'a [u8]>, Rejection> {
        let mut entries = self.entries(sent);
        if self.timestamp_first {
            return Ok(entries.next());
        }
        let Some(pairs) = &self.pairs else { return Ok(None) };
        let mut times = entries.map(|entry| pairs.timestamp(entry));
        let time = times.next().flatten().filter(|first| times.all(|other| other == Some(*first)));
        time.map(Some).ok_or_else(|| {
            let expected = "`name=value` fields with one timestamp";
            RejectionReason::MalformedHeader { name: header.clone(), expected }.into()
        })
    }

    fn entries<'a>(&self, sent: &GetAll<'a, HeaderValue>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let list = self.list;
        sent.iter().flat_map(move |value| split(value.as_bytes(), list))
    }

    fn malformed(&self, header: &HeaderName) -> Rejection {
        RejectionReason::MalformedHeader { name: header.clone(), expected: self.encoding.expected() }.into()
    }
}

impl Pairs {
    /// The fields; `None` for what is no field.
    fn fields<'a>(&self, entry: &'a [u8]) -> impl Iterator<Item = Option<(&'a [u8], &'a [u8])>> {
        split(entry, Some(self.separator)).map(|field| {
            let equals = field.iter().position(|byte| *byte == b'=')?;
            let (name, text) = field.split_at_checked(equals)?;
            let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
            is_name.then_some((name, text.strip_prefix(b"=")?))
        })
    }

    /// The time, which must occur once.
    fn timestamp<'a>(&self, entry: &'a [u8]) -> Option<&'a [u8]> {
        let mut found = None;
        for field in self.fields(entry) {
            let (name, text) = field?;
            if name == &*self.timestamp && found.replace(text).is_some() {
                return None;
            }
        }
        found
    }
}

/// Splits at the separator, if there is one. Blanks after it mean nothing.
fn split(text: &[u8], separator: Option<u8>) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    let pieces = iter::from_fn(move || {
        let text = rest.take()?;
        let end = separator.and_then(|separator| text.iter().position(|byte| *byte == separator));
        let Some((piece, after)) = end.and_then(|end| text.split_at_checked(end)) else { return Some(text) };
        rest = after.get(1..).map(<[u8]>::trim_ascii_start);
        Some(piece)
    });
    pieces.filter(move |piece| separator != Some(b' ') || !piece.is_empty())
}

/// The decoded signatures of one delivery, any of which may be the right one.
#[derive(Debug, Default)]
pub(in crate::auth) struct Candidates {
    /// The first ones, so that most deliveries take no allocation, also while a key is rotated.
    narrow: [Narrow; 2],
    narrow_len: usize,
    /// Further ones, and all of RSA, which are wider.
    others: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Narrow {
    bytes: [u8; NARROW],
    len: usize,
}

impl Default for Narrow {
    fn default() -> Self {
        Self { bytes: [0; NARROW], len: 0 }
    }
}

impl Candidates {
    /// Adds one, which must decode to one of `lengths`.
    fn push(&mut self, text: &[u8], encoding: Encoding, lengths: &RangeInclusive<usize>) -> Option<()> {
        let room = self.narrow.get_mut(self.narrow_len).filter(|_| *lengths.end() <= NARROW);
        let len = if let Some(narrow) = room {
            narrow.len = encoding.decode(text, &mut narrow.bytes)?.len();
            self.narrow_len += 1;
            narrow.len
        } else if self.len() < MAX_SIGNATURES {
            let mut bytes = vec![0; *lengths.end()];
            let len = encoding.decode(text, &mut bytes)?.len();
            bytes.truncate(len);
            self.others.push(bytes);
            len
        } else {
            return None;
        };
        lengths.contains(&len).then_some(())
    }

    pub(in crate::auth) fn len(&self) -> usize {
        self.narrow_len + self.others.len()
    }

    pub(in crate::auth) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let narrow = self.narrow.iter().take(self.narrow_len).filter_map(|narrow| narrow.bytes.get(..narrow.len));
        narrow.chain(self.others.iter().map(Vec::as_slice))
    }
}
