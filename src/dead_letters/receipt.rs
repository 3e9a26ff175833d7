use std::{fmt, sync::Arc, time::SystemTime};

use blake3::{Hash, Hasher};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{LetterError, content::Content};
use crate::{ConfigError, ConfigErrorKind, receive::Original, secret_text};

/// The form of a receipt. The first one had no route.
const VERSION: u32 = 2;

/// What was proven about a delivery when it arrived, sealed with a MAC.
///
/// It contains no id, no tenant and nothing of the body, so you can read it without a key, and log it. In the
/// extensions of a response, it says that the delivery is kept.
///
/// # Examples
///
/// ```
/// use tower_webhook::dead_letters::Receipt;
///
/// fn log<B>(response: &http::Response<B>) {
///     if let Some(receipt) = response.extensions().get::<Receipt>() {
///         eprintln!("kept {} of {}: {}", receipt.id(), receipt.provider(), receipt.reason());
///     }
/// }
/// # log(&http::Response::new(()));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    version: u32,
    route: String,
    provider: String,
    scheme: Option<String>,
    key_label: Option<String>,
    covers_body: bool,
    #[serde(with = "super::time::optional")]
    signed_at: Option<Timestamp>,
    #[serde(with = "super::time")]
    received_at: Timestamp,
    event_type: Option<String>,
    reason: String,
    body_len: u64,
    /// The names of the headers that are kept if they are there. Their values are encrypted.
    headers: Vec<String>,
    /// A keyed hash of all that is encrypted, so that nobody can test guesses of a body against it.
    digest: String,
    mac: String,
}

impl Receipt {
    /// The letter's id: 32 hexadecimal digits, equal for equal deliveries. Without the key of receipts, nobody can
    /// compute it from a body.
    #[must_use]
    pub fn id(&self) -> String {
        self.digest.chars().take(32).collect()
    }

    /// The name of the route that kept the letter, from its [`ReceiptKey`]. No other route accepts the receipt.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// The name of the provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The kind of scheme that has authenticated the delivery. `None` if a scheme of your own does not say it.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    /// The label of the key that matched.
    #[must_use]
    pub fn key_label(&self) -> Option<&str> {
        self.key_label.as_deref()
    }

    /// Whether the sender's proof covered every byte of the body.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        self.covers_body
    }

    /// The time of signing by the sender's clock, if the proof covered it.
    #[must_use]
    pub fn signed_at(&self) -> Option<SystemTime> {
        self.signed_at.map(SystemTime::from)
    }

    /// When the sender delivered it, by the layer's [`Clock`](crate::clock::Clock).
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.received_at.into()
    }

    /// The event's type, if it was decoded and your event enum lists the type.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// Why it was kept: the text of the [`Rejection`](crate::Rejection), or the status of the handler.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The length of the body in bytes.
    #[must_use]
    pub fn body_len(&self) -> u64 {
        self.body_len
    }

    /// The names of the headers that are kept if they are there.
    pub(super) fn headers(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(String::as_str)
    }

    /// The receipt as JSON in one line.
    pub(super) fn to_json(&self) -> Vec<u8> {
        // A struct of texts and numbers cannot fail to be JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    #[cfg(feature = "postgres")]
    pub(super) fn to_json_text(&self) -> String {
        String::from_utf8(self.to_json()).unwrap_or_default()
    }

    pub(super) fn from_json(json: &[u8]) -> Result<Self, LetterError> {
        // All that the forms have in common.
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        let form: Form = serde_json::from_slice(json).map_err(|_| LetterError::Malformed)?;
        if form.version != VERSION {
            return Err(LetterError::OtherVersion);
        }
        let receipt: Option<Self> = serde_json::from_slice(json).ok();
        // Its id becomes the name of a file.
        receipt.filter(|receipt| bytes_of(&receipt.digest).is_some()).ok_or(LetterError::Malformed)
    }
}

/// Shows neither the digest nor the MAC.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("id", &self.id())
            .field("route", &self.route)
            .field("provider", &self.provider)
            .field("scheme", &self.scheme)
            .field("key_label", &self.key_label)
            .field("received_at", &self.received_at)
            .field("reason", &self.reason)
            .field("body_len", &self.body_len)
            .finish_non_exhaustive()
    }
}

/// The secret that seals the receipts of one route. Whoever has it can make your app accept any delivery as a replay.
///
/// A route accepts only receipts with its own name, so give each route a different name. Routes can share the secret
/// and the sink. All replicas of a route need the same name and the same secret.
///
/// The secret is never shown, and is wiped from memory when it is dropped.
///
/// # Examples
///
/// ```
/// use tower_webhook::dead_letters::ReceiptKey;
///
/// // Generate one with `openssl rand -hex 32`.
/// let secret = "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f";
/// let (spain, france) = (ReceiptKey::new("truemed-spain", secret)?, ReceiptKey::new("truemed-france", secret)?);
/// assert_eq!(format!("{spain:?}"), r#"ReceiptKey { route: "truemed-spain", .. }"#);
/// assert!(ReceiptKey::new("truemed", "short").is_err());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ReceiptKey {
    route: Arc<str>,
    // Boxed so that moving it leaves no copy behind.
    mac: Box<Zeroizing<[u8; 32]>>,
    digest: Box<Zeroizing<[u8; 32]>>,
}

impl ReceiptKey {
    /// Makes the key of a route from its name and a secret: text or random bytes, at least 32 bytes long.
    ///
    /// The name is 1 to 31 visible ASCII characters, shorter than any secret, so that you cannot swap the two. Receipts
    /// show it.
    ///
    /// # Errors
    ///
    /// The name is not 1 to 31 visible ASCII characters; or the secret is blank, is shorter than 32 bytes, is one byte
    /// repeated, or is text with control characters or with white space at an end.
    pub fn new(route: impl AsRef<str>, secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let (route, secret) = (route.as_ref(), secret.as_ref());
        if !(1..secret_text::MIN_LEN).contains(&route.len()) || !route.bytes().all(|byte| byte.is_ascii_graphic()) {
            let error = ConfigError::new(ConfigErrorKind::Malformed, "the route of receipts");
            return Err(error.expected("1 to 31 visible ASCII characters"));
        }
        secret_text::check(secret, "the key of receipts")?;
        let derived = |purpose| Box::new(Zeroizing::new(blake3::derive_key(purpose, secret)));
        Ok(Self {
            route: route.into(),
            mac: derived("tower-webhook 2026-11-27 MAC of receipts"),
            digest: derived("tower-webhook 2026-11-27 digest of kept deliveries"),
        })
    }

    pub(super) fn issue(&self, original: &Original, reason: String, content: &Content) -> Receipt {
        let delivery = &original.delivery;
        let verified = delivery.verified();
        let mut receipt = Receipt {
            version: VERSION,
            route: self.route.to_string(),
            provider: delivery.provider().to_owned(),
            scheme: verified.scheme().map(str::to_owned),
            key_label: verified.key_label().map(str::to_owned),
            covers_body: verified.covers_body(),
            signed_at: verified.signed_at().map(timestamp),
            received_at: timestamp(delivery.received_at()),
            event_type: delivery.known_event_type().map(str::to_owned),
            reason,
            body_len: content.body.len() as u64,
            headers: original.names.iter().map(|name| name.as_str().to_owned()).collect(),
            digest: HEXLOWER.encode(self.digest(delivery.provider(), content).as_bytes()),
            mac: String::new(),
        };
        receipt.mac = HEXLOWER.encode(self.mac(&receipt).as_bytes());
        receipt
    }

    /// Whether the secret of this key has sealed the receipt, of whatever route.
    pub(super) fn sealed(&self, receipt: &Receipt) -> bool {
        // `Hash` compares in constant time.
        bytes_of(&receipt.mac).is_some_and(|mac| Hash::from(mac) == self.mac(receipt))
    }

    /// Whether the receipt is one of this key's route.
    pub(super) fn is_of_route(&self, receipt: &Receipt) -> bool {
        *self.route == *receipt.route
    }

    /// Whether the receipt is that of this content.
    pub(super) fn proves(&self, receipt: &Receipt, content: &Content) -> bool {
        let digest = self.digest(&receipt.provider, content);
        self.sealed(receipt)
            && self.is_of_route(receipt)
            && bytes_of(&receipt.digest).is_some_and(|claimed| Hash::from(claimed) == digest)
    }

    fn mac(&self, receipt: &Receipt) -> Hash {
        let unsealed = Receipt { mac: String::new(), ..receipt.clone() };
        blake3::keyed_hash(&self.mac, &unsealed.to_json())
    }

    fn digest(&self, provider: &str, content: &Content) -> Hash {
        let mut hasher = Hasher::new_keyed(&self.digest);
        let mut frame = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        // Two routes of one sink keep two letters.
        frame(self.route.as_bytes());
        frame(provider.as_bytes());
        for text in [&content.tenant, &content.signed_id] {
            frame(&[u8::from(text.is_some())]);
            frame(text.as_deref().unwrap_or_default().as_bytes());
        }
        frame(&(content.headers.len() as u64).to_le_bytes());
        for (name, value) in &content.headers {
            frame(name.as_str().as_bytes());
            frame(value.as_bytes());
        }
        frame(&content.body);
        hasher.finalize()
    }
}

impl fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiptKey").field("route", &self.route).finish_non_exhaustive()
    }
}

/// Reads the one text of these bytes: 64 lower-case digits.
fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}
