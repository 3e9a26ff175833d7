use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

use super::{LetterError, PrivateKey, PublicKey, Receipt, ReceiptKey, content::Content, token::Token};
use crate::receive::{Original, RECEIPT};

/// A kept delivery: its receipt, which anybody can read, and its headers and body, encrypted to a [`PublicKey`].
///
/// As bytes it is one line of JSON, the receipt, and the encrypted part after it: `head -1 FILE` shows the receipt.
///
/// # Examples
///
/// ```
/// use tower_webhook::dead_letters::{DeadLetter, LetterError, PrivateKey};
///
/// fn body(file: &[u8], key: &PrivateKey) -> Result<bytes::Bytes, LetterError> {
///     Ok(DeadLetter::from_bytes(file)?.open(key)?.body().clone())
/// }
/// # assert!(body(b"", &PrivateKey::generate()).is_err());
/// ```
#[derive(Clone)]
pub struct DeadLetter {
    receipt: Receipt,
    encrypted: Bytes,
}

impl DeadLetter {
    /// Encrypts a delivery. `None` if that fails: the public key is bad, or the signed id is too long for a receipt.
    pub(super) fn seal(original: &Original, reason: String, to: &PublicKey, key: &ReceiptKey) -> Option<Self> {
        let content = Content::of(original);
        let receipt = key.issue(original, reason, &content);
        // Otherwise nobody could send it again.
        if !Token::new(receipt.clone(), &content).fits() {
            return None;
        }
        let encrypted = to.encrypt(&content.to_bytes()?, &receipt.to_json())?;
        Some(Self { receipt, encrypted: encrypted.into() })
    }

    /// What was proven about the delivery, and when.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The letter as bytes, for a file or a column.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.receipt.to_json();
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.encrypted);
        bytes
    }

    /// Reads a letter from its bytes.
    ///
    /// # Errors
    ///
    /// [`LetterError::Malformed`] or [`LetterError::OtherVersion`].
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Result<Self, LetterError> {
        let bytes = bytes.as_ref();
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(LetterError::Malformed)?;
        let (line, rest) = bytes.split_at(end);
        let receipt = Receipt::from_json(line)?;
        Ok(Self { receipt, encrypted: Bytes::copy_from_slice(rest.get(1..).unwrap_or_default()) })
    }

    /// Decrypts the letter.
    ///
    /// That it opens does not prove where it comes from, because anybody can encrypt to a public key:
    /// [`OpenLetter::verify`] does.
    ///
    /// # Errors
    ///
    /// [`LetterError::NotOpened`].
    pub fn open(&self, key: &PrivateKey) -> Result<OpenLetter, LetterError> {
        let plain = key.decrypt(&self.encrypted, &self.receipt.to_json()).ok_or(LetterError::NotOpened)?;
        let content = Content::from_bytes(plain).ok_or(LetterError::Malformed)?;
        Ok(OpenLetter { receipt: self.receipt.clone(), content })
    }
}

/// Shows the receipt, and the length of what is encrypted.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter").field("receipt", &self.receipt).field("encrypted", &self.encrypted.len()).finish()
    }
}

/// A decrypted [`DeadLetter`].
///
/// `Debug` shows the receipt only.
///
/// # Examples
///
/// A worker that makes sure, days later, that these bytes were authenticated:
///
/// ```
/// use tower_webhook::{
///     dead_letters::{LetterError, OpenLetter, ReceiptKey},
///     provider::truemed::Event,
/// };
///
/// fn event(letter: &OpenLetter, key: &ReceiptKey) -> Result<Option<Event>, LetterError> {
///     letter.verify(key)?;
///     Ok(serde_json::from_slice(letter.body()).ok())
/// }
/// ```
pub struct OpenLetter {
    receipt: Receipt,
    content: Content,
}

impl OpenLetter {
    /// What was proven about the delivery, and when.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The body as it was sent.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.content.body
    }

    /// The kept headers.
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.content.headers.iter().map(|(name, value)| (name, value))
    }

    /// The tenant whose key had proven the delivery, if keys are looked up by tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.content.tenant.as_deref()
    }

    /// Checks that the receipt is one of this key, and that it is the receipt of these headers and this body.
    ///
    /// # Errors
    ///
    /// [`LetterError::NotProven`].
    pub fn verify(&self, key: &ReceiptKey) -> Result<(), LetterError> {
        if key.proves(&self.receipt, &self.content) { Ok(()) } else { Err(LetterError::NotProven) }
    }

    /// The request that delivers it again, with the receipt in the place of the signature. The layer accepts it if
    /// [`Replays`](super::Replays) are set there.
    #[must_use]
    pub fn to_request(&self, uri: Uri) -> Request<Bytes> {
        let mut request = Request::new(self.content.body.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        for (name, value) in &self.content.headers {
            request.headers_mut().append(name, value.clone());
        }
        let token = Token::new(self.receipt.clone(), &self.content);
        request.headers_mut().insert(RECEIPT, token.to_header());
        request
    }
}

impl fmt::Debug for OpenLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenLetter").field("receipt", &self.receipt).finish_non_exhaustive()
    }
}
