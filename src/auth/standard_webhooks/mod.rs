mod builder;

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, request::Parts};
use jiff::Timestamp;

pub use self::builder::StandardWebhooksBuilder;
use super::{
    Scheme, Verified, conceal_header,
    ed25519::Ed25519Kind,
    mac::Mac,
    only_value,
    public_keys::PublicKeys,
    signature::{Algorithm, Candidates, Content, Pending, Signatures},
};
use crate::Rejection;

/// The scheme of [Standard Webhooks], which Svix and those who send through it use: id, time and body are
/// signed, with a shared secret (`v1`, HMAC-SHA256) or a key pair (`v1a`, Ed25519).
///
/// The headers are `webhook-id`, `webhook-timestamp` and `webhook-signature`, or the same with `svix-`. A
/// request that has any of both is refused, as two readers could take two different ones. So is an id with
/// a number after a `.`, which could be a time: the specification warns of such ids, as the borders of what
/// is signed can be moved with them. A signature of a version that is not known, or for which no key is
/// configured, is passed over. One right signature is enough. A delivery is refused on its head if its `v1a`
/// signatures and the public keys make more than 8 pairs, as each has to be verified. It needs the feature
/// `standard-webhooks`.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::StandardWebhooks;
///
/// let scheme = StandardWebhooks::builder()
///     .secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
///     .public_key("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")
///     .build()?;
/// assert_eq!(format!("{scheme:?}"), r#"StandardWebhooks { keys: ["1", "2"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#[derive(Clone)]
pub struct StandardWebhooks {
    webhook: Family,
    svix: Family,
    v1: Option<(Signatures, Mac)>,
    v1a: Option<(Signatures, PublicKeys<Ed25519Kind>)>,
}

/// One of the two sets of names.
#[derive(Clone)]
struct Family {
    id: HeaderName,
    timestamp: HeaderName,
    signature: HeaderName,
    content: Content,
}

impl StandardWebhooks {
    /// Starts without keys.
    pub fn builder() -> StandardWebhooksBuilder {
        StandardWebhooksBuilder::new()
    }

    fn family(&self, is_svix: bool) -> &Family {
        if is_svix { &self.svix } else { &self.webhook }
    }
}

impl Family {
    fn is_in(&self, headers: &HeaderMap) -> bool {
        [&self.id, &self.timestamp, &self.signature].into_iter().any(|name| headers.contains_key(name))
    }

    /// The label of the key of this version that has signed; `None` without computing anything if the
    /// delivery has no signature of it.
    fn signer<A: Algorithm>(
        &self,
        version: Option<&(Signatures, A)>,
        pending: &Pending,
        body: &[u8],
    ) -> Result<Option<Arc<str>>, Rejection> {
        let Some((signatures, algorithm)) = version else { return Ok(None) };
        let candidates = signatures.read(pending.signature.as_bytes())?;
        let signed = candidates.len() > 0;
        Ok(signed.then(|| algorithm.verify(&self.content.message(pending, None, body), &candidates)).flatten())
    }
}

impl Scheme for StandardWebhooks {
    /// With whether the headers are those of Svix.
    type Pending = (bool, Pending);

    fn open(&self, head: &Parts, now: Timestamp) -> Result<(bool, Pending), Rejection> {
        let is_svix = match (self.webhook.is_in(&head.headers), self.svix.is_in(&head.headers)) {
            (true, false) => false,
            (false, true) => true,
            _ => return Err(Rejection::unauthenticated()),
        };
        let family = self.family(is_svix);
        if may_hold_a_time(only_value(&head.headers, &family.id)?.as_bytes()) {
            return Err(Rejection::unauthenticated());
        }
        let value = only_value(&head.headers, &family.signature)?;
        let pending = family.content.open(head, now, value, None)?;
        Candidates::check_count(
            count(self.v1.as_ref(), value.as_bytes())? + count(self.v1a.as_ref(), value.as_bytes())?,
        )?;
        Ok((is_svix, pending))
    }

    fn close(&self, (is_svix, pending): (bool, Pending), body: &[u8]) -> Result<Verified, Rejection> {
        let family = self.family(is_svix);
        let v1 = family.signer(self.v1.as_ref(), &pending, body)?;
        let v1a = family.signer(self.v1a.as_ref(), &pending, body)?;
        family.content.verified(v1.or(v1a).ok_or_else(Rejection::unauthenticated)?, pending, body)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        conceal_header(headers, &self.webhook.signature);
        conceal_header(headers, &self.svix.signature);
    }
}

/// Whether `a.1` may be the id `a` and the time `1`, of a delivery whose body has lost its beginning to
/// what is now the time.
fn may_hold_a_time(id: &[u8]) -> bool {
    id.split(|byte| *byte == b'.').skip(1).any(|piece| !piece.is_empty() && piece.iter().all(u8::is_ascii_digit))
}

fn count<A: Algorithm>(version: Option<&(Signatures, A)>, value: &[u8]) -> Result<usize, Rejection> {
    let Some((signatures, algorithm)) = version else { return Ok(0) };
    let candidates = signatures.read(value)?.len();
    algorithm.check_work(candidates)?;
    Ok(candidates)
}

impl fmt::Debug for StandardWebhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v1 = self.v1.iter().flat_map(|(_, mac)| mac.labels());
        let keys: Vec<_> = v1.chain(self.v1a.iter().flat_map(|(_, keys)| keys.labels())).collect();
        f.debug_struct("StandardWebhooks").field("keys", &keys).finish()
    }
}
