use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{ReceiptKey, content::Content, token::Token};
use crate::{
    Rejection, RejectionReason,
    auth::{Head, Scheme, Verified},
    headers,
    receive::RECEIPT,
};

/// Accepts deliveries that you send again, by their receipts: for
/// [`WebhookLayer::replays`](crate::WebhookLayer::replays).
///
/// | setting | default |
/// |---|---|
/// | [`max_age`](Self::max_age) | 30 days |
/// | [`or`](Self::or) | one key |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_webhook::{dead_letters::{ReceiptKey, Replays}, provider::truemed::Truemed};
///
/// let key = ReceiptKey::new("truemed", "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f")?;
/// let replays = Replays::new(key).max_age(Duration::from_secs(7 * 86_400));
/// let layer = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer().replays(replays);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "replays are not accepted until a layer has them"]
pub struct Replays {
    keys: Vec<ReceiptKey>,
    max_age: Duration,
}

impl Replays {
    /// Accepts the letters that this key has sealed, which are those of its route.
    pub fn new(key: ReceiptKey) -> Self {
        Self { keys: vec![key], max_age: Duration::from_secs(30 * 86_400) }
    }

    /// Also accepts the letters that this key has sealed: for example the key before the last rotation, or one with the
    /// route's earlier name.
    pub fn or(mut self, key: ReceiptKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Sets how old a delivery may be, from its first arrival. The default is 30 days.
    ///
    /// Let the idempotency layer remember events for longer: what it has forgotten, a replay handles again.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// The scheme of this provider. `read` are the headers that the layer reads.
    pub(crate) fn of(self, provider: &str, read: Vec<HeaderName>) -> impl Scheme {
        ReplayScheme { replays: self, provider: provider.into(), read }
    }
}

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replays").field("keys", &self.keys.len()).field("max_age", &self.max_age).finish()
    }
}

struct ReplayScheme {
    replays: Replays,
    provider: Box<str>,
    read: Vec<HeaderName>,
}

impl ReplayScheme {
    fn token(&self, head: &Head<'_>) -> Result<(Token, &ReceiptKey), Rejection> {
        let malformed = || RejectionReason::MalformedHeader { name: RECEIPT, expected: "a receipt of this crate" };
        let token = Token::from_header(head.header(&RECEIPT)?).ok_or_else(malformed)?;
        let receipt = &token.receipt;
        let mut sealing = self.replays.keys.iter().filter(|key| key.sealed(receipt)).peekable();
        // `NoKeyMatched` would point at the provider's key.
        sealing.peek().ok_or(RejectionReason::Other("no receipt key made this receipt, or it was altered"))?;
        let is_of_route = |key: &&ReceiptKey| key.is_of_route(receipt);
        let key = sealing.find(is_of_route).ok_or(RejectionReason::Other("the receipt is one of another route"))?;
        if *receipt.provider() != *self.provider {
            return Err(RejectionReason::Other("the receipt is one of another provider").into());
        }
        let age = head.received_at.duration_since(receipt.received_at()).unwrap_or_default();
        if age > self.replays.max_age {
            return Err(RejectionReason::Stale { age, tolerance: self.replays.max_age }.into());
        }
        // What was not there when the receipt was made is not covered by it.
        let is_covered = |name: &HeaderName| receipt.headers().any(|kept| kept == name.as_str());
        if self.read.iter().any(|name| !is_covered(name) && head.parts.headers.contains_key(name)) {
            return Err(RejectionReason::Other("the receipt does not cover a header that is read").into());
        }
        Ok((token, key))
    }
}

impl Scheme for ReplayScheme {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        self.token(head).map(|_| None)
    }

    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        let (Token { receipt, tenant, signed_id }, key) = self.token(head)?;
        let headers = receipt.headers().flat_map(|name| kept(&head.parts.headers, name)).collect();
        let content = Content { tenant, signed_id, headers, body: body.clone() };
        if !key.proves(&receipt, &content) {
            return Err(RejectionReason::Other("the receipt is not that of this delivery").into());
        }
        let verified = receipt.key_label().map_or_else(Verified::new, Verified::by);
        let mut verified = verified.replayed(receipt.received_at(), receipt.scheme().map(str::to_owned));
        if let Some(tenant) = content.tenant {
            verified = verified.with_tenant(tenant);
        }
        if receipt.covers_body() {
            verified = verified.with_signed_body();
        }
        if let Some(id) = content.signed_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
            verified = verified.with_signed_id(id);
        }
        Ok(receipt.signed_at().into_iter().fold(verified, Verified::with_signed_at))
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        headers::mark_sensitive(headers, &RECEIPT);
    }
}

fn kept(headers: &HeaderMap, name: &str) -> Vec<(HeaderName, HeaderValue)> {
    let Ok(name) = name.parse::<HeaderName>() else { return Vec::new() };
    headers.get_all(&name).iter().map(|value| (name.clone(), value.clone())).collect()
}
