use std::{fmt, hint::black_box, time::Duration};

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, header::GetAll};

use super::{
    Encoding, Head, Key, KeySettings, Part, Scheme, Secret, Verified,
    key::{self, Fault},
    keys::{KeyForm, KeySource, Live, Reading, Source},
    signature::{Algorithm, Candidates, Content, Pieces, Signatures, SignedHead, TimestampSource, Tolerance, Verifier},
};
use crate::{ConfigError, ConfigErrorKind, Rejection, RejectionReason, delivery::TimeFormat, headers};

const MAX_SIGNATURES: usize = 8;

/// The signatures of [Standard Webhooks], which Svix and its customers send too.
///
/// Id, time and body are signed, with a shared secret (`v1`, HMAC-SHA256) or a key pair (`v1a`, Ed25519). The headers
/// are `webhook-id`, `webhook-timestamp` and `webhook-signature`, or the same names with `svix-`. One right signature
/// is enough. Signatures of an unknown version, or of one without a configured key, are ignored.
///
/// These deliveries are rejected on their head:
///
/// - with headers of both families, because two readers could use two different ones;
/// - with an id that has a number after a `.`, because an attacker could pass the number for the timestamp (the
///   specification warns of such ids);
/// - with more than 8 signatures, or more than 8 pairs of a `v1a` signature and a public key, because each pair has to
///   be verified.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::StandardWebhooks;
///
/// let scheme = StandardWebhooks::builder()
///     .key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
///     .key("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")
///     .build()?;
/// assert_eq!(format!("{scheme:?}"), r#"StandardWebhooks { keys: ["1", "2"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#[derive(Clone)]
pub struct StandardWebhooks {
    families: [Family; 2],
    versions: [Version; 2],
    keys: Source,
}

/// One of the two sets of header names.
#[derive(Clone)]
struct Family {
    id: HeaderName,
    timestamp: HeaderName,
    signature: HeaderName,
    content: Content,
}

/// `v1` or `v1a`.
#[derive(Clone)]
struct Version {
    signatures: Signatures,
    is_public: bool,
}

/// Configures a [`StandardWebhooks`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct StandardWebhooksBuilder {
    keys: KeySettings,
    past_tolerance: Option<Duration>,
    future_tolerance: Option<Duration>,
}

impl StandardWebhooks {
    /// Starts without keys.
    pub fn builder() -> StandardWebhooksBuilder {
        StandardWebhooksBuilder { keys: KeySettings::default(), past_tolerance: None, future_tolerance: None }
    }

    /// Reads the head, with the signatures of each version.
    fn read<'a>(&self, head: &Head<'a>) -> Result<(&Family, SignedHead<'a>, [Candidates; 2]), Rejection> {
        let family = self.family(&head.parts.headers)?;
        if may_contain_a_time(head.header(&family.id)?.as_bytes()) {
            let expected = "an id without a number after a full stop";
            return Err(RejectionReason::MalformedHeader { name: family.id.clone(), expected }.into());
        }
        let [v1, v1a] = &self.versions;
        let sent = v1.signatures.sent(head, &family.signature)?;
        let signed = family.content.read_head(head, None)?;
        let candidates = [self.candidates(v1, &sent, family)?, self.candidates(v1a, &sent, family)?];
        let count: usize = candidates.iter().map(Candidates::len).sum();
        // Keys that are looked up are counted once the body has arrived: the head must not show whose they are.
        let can_try = self.keys.fixed().is_none_or(|keys| self.can_try(keys, &candidates));
        if !(1..=MAX_SIGNATURES).contains(&count) || !can_try {
            return Err(family.unusable());
        }
        Ok((family, signed, candidates))
    }

    /// The signatures of a version, if there can be a key for it.
    fn candidates(
        &self,
        version: &Version,
        sent: &GetAll<'_, HeaderValue>,
        family: &Family,
    ) -> Result<Candidates, Rejection> {
        match self.keys.fixed() {
            Some(keys) if version.verifier(keys).is_none() => Ok(Candidates::default()),
            _ => version.signatures.read(sent, &family.signature),
        }
    }

    fn can_try(&self, keys: &Live, candidates: &[Candidates]) -> bool {
        let can_try = |(version, candidates): (&Version, &Candidates)| {
            version.verifier(keys).is_none_or(|verifier| verifier.can_try(candidates.len()))
        };
        self.versions.iter().zip(candidates).all(can_try)
    }

    /// The family whose headers the request has.
    fn family(&self, headers: &HeaderMap) -> Result<&Family, Rejection> {
        let [webhook, svix] = &self.families;
        match (webhook.is_in(headers), svix.is_in(headers)) {
            (true, false) => Ok(webhook),
            (false, true) => Ok(svix),
            (false, false) => Err(RejectionReason::MissingHeader(webhook.signature.clone()).into()),
            (true, true) => Err(RejectionReason::Other("both `webhook-*` and `svix-*` headers are there").into()),
        }
    }
}

impl Family {
    fn new([id, timestamp, signature]: [&'static str; 3], tolerance: &Tolerance) -> Result<Self, ConfigError> {
        let [id, timestamp, signature] = [id, timestamp, signature].map(HeaderName::from_static);
        let parts = [Part::Id, Part::literal("."), Part::Timestamp, Part::literal("."), Part::Body];
        let content = Content {
            pieces: Pieces::new(&parts, None)?,
            timestamp: TimestampSource::Header(timestamp.clone()),
            id: Some(id.clone()),
            tolerance: tolerance.clone(),
        };
        Ok(Self { id, timestamp, signature, content })
    }

    fn unusable(&self) -> Rejection {
        let expected = "one to 8 signatures of a version with a configured key";
        RejectionReason::MalformedHeader { name: self.signature.clone(), expected }.into()
    }

    fn is_in(&self, headers: &HeaderMap) -> bool {
        [&self.id, &self.timestamp, &self.signature].into_iter().any(|name| headers.contains_key(name))
    }
}

impl Version {
    fn new(prefix: &'static str, algorithm: Algorithm) -> Self {
        let one = Signatures::new(Encoding::Base64, algorithm.lengths());
        let signatures = Signatures { prefix: prefix.as_bytes().into(), list: Some(b' '), ..one };
        Self { signatures, is_public: algorithm.is_public() }
    }

    /// The keys of this version.
    fn verifier<'k>(&self, keys: &'k Live) -> Option<&'k Verifier> {
        keys.verifiers().iter().find(|verifier| verifier.is_public() == self.is_public)
    }
}

impl Scheme for StandardWebhooks {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        self.read(head).map(|_| None)
    }

    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        let (family, signed, candidates) = self.read(head)?;
        let message = family.content.message(&signed, body);
        let found = self.keys.find(head);
        let can_try = self.can_try(&found.keys, &candidates);
        let mut label = None;
        // Skip a version without signatures: the sender knows which versions it has sent.
        for (version, candidates) in self.versions.iter().zip(&candidates).filter(|(_, sent)| sent.len() > 0) {
            if let Some(verifier) = version.verifier(&found.keys).filter(|_| can_try) {
                let verified = verifier.verify(&message, candidates);
                label = label.or(verified);
            } else if let Some(decoy) = found.decoy.and_then(|decoy| version.verifier(decoy)) {
                // The time must not show which kinds of keys a tenant has, and how many.
                black_box(decoy.verify(&message, candidates));
            }
        }
        if !can_try {
            return Err(family.unusable());
        }
        let verified = found.proven(label, || RejectionReason::NoKeyMatched)?;
        Ok(family.content.verified(verified, &signed, body)?.with_scheme("standard_webhooks"))
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        for family in &self.families {
            headers::mark_sensitive(headers, &family.signature);
        }
    }
}

impl fmt::Debug for StandardWebhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardWebhooks").field("keys", &self.keys).finish()
    }
}

/// Whether an id such as `a.1` can pass for the id `a` and the time `1`.
fn may_contain_a_time(id: &[u8]) -> bool {
    id.split(|byte| *byte == b'.').skip(1).any(|piece| !piece.is_empty() && piece.iter().all(u8::is_ascii_digit))
}

impl StandardWebhooksBuilder {
    /// Adds a live key. Call it once per key while you rotate; there can be 16 secrets and 8 public keys.
    ///
    /// Text that begins with `whpk_` is a public key, followed by base64. Any other text is a secret in base64, with or
    /// without `whsec_` or `v1,whsec_` before it. For a secret in another form, use [`Key::hex`] or [`Key::bytes`].
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.keys.add(key.into());
        self
    }

    /// Takes the live keys from this source, instead of fixed ones: see [`keys`](super::keys). Deliveries are then read
    /// alike whichever kinds of keys a tenant has.
    pub fn keys(mut self, source: impl KeySource) -> Self {
        self.keys.look_up(source);
        self
    }

    /// Takes the keys of another builder.
    pub(crate) fn with_keys(mut self, keys: KeySettings) -> Self {
        self.keys = keys;
        self
    }

    /// Sets how far the time of signing may be from the time of arrival, in both directions. The default is 300
    /// seconds, the maximum is a day.
    pub fn tolerance(self, tolerance: Duration) -> Self {
        self.past_tolerance(tolerance).future_tolerance(tolerance)
    }

    /// Sets how old a delivery may be. The default is 300 seconds, the maximum is a day.
    pub fn past_tolerance(mut self, tolerance: Duration) -> Self {
        self.past_tolerance = Some(tolerance);
        self
    }

    /// Sets how far the sender's clock may be ahead. The default is 300 seconds, the maximum is a day.
    pub fn future_tolerance(mut self, tolerance: Duration) -> Self {
        self.future_tolerance = Some(tolerance);
        self
    }

    /// Checks all but the keys.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.time_tolerance().map(drop)
    }

    fn time_tolerance(&self) -> Result<Tolerance, ConfigError> {
        Tolerance::new(self.past_tolerance, self.future_tolerance, TimeFormat::UnixSeconds)
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There is no key, or there are more than 16 secrets or 8 public keys, or both keys and a source are set; one is
    /// not base64, doubled, one byte repeated, of a wrong length, or has the prefix of another kind of key; two have
    /// the same label; a tolerance is zero or longer than a day.
    pub fn build(self) -> Result<StandardWebhooks, ConfigError> {
        let keys = self.keys.build(KeyForm::new("secret", Reading::StandardWebhooks))?;
        let versions = [Version::new("v1,", Algorithm::HmacSha256), Version::new("v1a,", Algorithm::Ed25519)];
        let tolerance = self.time_tolerance()?;
        let family = |names| Family::new(names, &tolerance);
        let webhook = family(["webhook-id", "webhook-timestamp", "webhook-signature"])?;
        let svix = family(["svix-id", "svix-timestamp", "svix-signature"])?;
        Ok(StandardWebhooks { families: [webhook, svix], versions, keys })
    }
}

/// Checks keys of both kinds and prepares them.
pub(super) fn verifiers(keys: &[Key]) -> Result<Vec<Verifier>, ConfigError> {
    let labelled = |(number, key): (usize, &Key)| match key.own_label() {
        Some(_) => key.clone(),
        None => key.clone().label(number.to_string()),
    };
    let is_public = |key: &Key| key.text().is_some_and(|text| text.starts_with(b"whpk_"));
    let (public_keys, secrets): (Vec<Key>, Vec<Key>) = (1..).zip(keys).map(labelled).partition(is_public);
    let labels: Vec<_> = secrets.iter().chain(&public_keys).filter_map(Key::own_label).collect();
    let doubled = labels.iter().enumerate().any(|(at, label)| labels.iter().take(at).any(|other| other == label));
    // `_` is in the URL-safe alphabet, so a public key with its prefix can decode to a secret that everybody knows.
    if secrets.iter().any(|key| key.base64_text().is_some_and(has_prefix)) {
        let error = ConfigError::new(ConfigErrorKind::Malformed, "a key in base64");
        return Err(error.expected("base64 without a prefix, or the whole text in `Key::new`"));
    }
    let mut verifiers = Vec::with_capacity(2);
    if !secrets.is_empty() || public_keys.is_empty() {
        verifiers.push(Algorithm::HmacSha256.verifier("secret", &secrets, secret)?);
    }
    if !public_keys.is_empty() {
        let keys: Vec<Key> = public_keys.iter().map(without_prefix).collect();
        verifiers.push(Algorithm::Ed25519.verifier("public key", &keys, secret)?);
    }
    if doubled {
        return Err(ConfigError::new(ConfigErrorKind::Duplicate, "a label"));
    }
    Ok(verifiers)
}

/// The text of an Ed25519 key.
pub(super) fn public_key(bytes: &[u8]) -> Key {
    Key::new(format!("whpk_{}", BASE64.encode(bytes)))
}

pub(super) fn secret(text: &[u8]) -> Result<Secret, Fault> {
    key::text(text)?;
    let expected = "base64, alone or after `whsec_`, or `Key::hex` or `Key::bytes` for another form";
    let text = text.strip_prefix(b"v1,").unwrap_or(text);
    let text = text.strip_prefix(b"whsec_").unwrap_or(text);
    if has_prefix(text) {
        return Err(Fault::malformed(expected));
    }
    key::base64(text).map_err(|fault| fault.or_expected(expected))
}

/// Whether a text begins like `whsec_`, `whpk_` and `whsk_`, in any letter case.
fn has_prefix(text: &[u8]) -> bool {
    let prefix = text.iter().take("whsec_".len()).position(|byte| *byte == b'_').and_then(|end| text.get(..end));
    prefix
        .is_some_and(|prefix| [&b"whsec"[..], b"whpk", b"whsk"].iter().any(|known| prefix.eq_ignore_ascii_case(known)))
}

fn without_prefix(key: &Key) -> Key {
    let text = key.text().unwrap_or_default();
    let stripped = Key::new(text.strip_prefix(b"whpk_").unwrap_or(text));
    key.own_label().map_or_else(|| stripped.clone(), |label| stripped.clone().label(label))
}
