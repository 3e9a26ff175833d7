use std::{fmt, ops::Range};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Uri, header::CONTENT_TYPE};

use super::{
    Encoding, Head, Key, KeySettings, Scheme, Verified,
    keys::{KeyForm, KeySource, KeyText, Reading, Source},
    public_url,
    signature::{Algorithm, Candidates, Message, Signatures},
};
use crate::{ConfigError, ConfigErrorKind, Rejection, RejectionReason, headers, urlencoded};

const HEADER: HeaderName = HeaderName::from_static("x-twilio-signature");
const SHA256_LEN: usize = 32;
/// The maximum number of fields. Twilio sends some tens; an unauthenticated sender must not make us sort many more.
const MAX_FIELDS: usize = 1024;

/// The signature of [Twilio]: an HMAC in `X-Twilio-Signature` over the URL and the sorted fields of a form.
///
/// If the body is not a form, Twilio puts its SHA-256 into the URL as `bodySHA256` and signs the URL alone. A body that
/// is not a form is rejected without this digest, because nothing would cover it. The signed URL is the configured one,
/// followed by the request's query. Twilio sometimes signs it with the port and sometimes without, so both are
/// accepted. A form can have up to 1,024 fields.
///
/// By default, the HMAC uses SHA-1, and the key is the auth token. For URLs with a [Webhooks Rule], Twilio uses SHA-256
/// and a SharedKey, and says so in `X-Twilio-Webhooks-Signature-Settings`: set [`sha256`](TwilioBuilder::sha256). To
/// accept both, combine two schemes with [`or`](Scheme::or). For webhooks that Twilio calls with `GET`, set
/// [`get`](TwilioBuilder::get).
///
/// No time is signed, so a recorded delivery can be replayed. Names and values of a form are signed without separators,
/// so [`Verified::covers_body`] is true only if `bodySHA256` is all of the query.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::Twilio;
///
/// let scheme = Twilio::builder()
///     .key("0123456789abcdef0123456789abcdef")
///     .public_url("https://hooks.example.com/twilio")
///     .build()?;
/// assert_eq!(format!("{scheme:?}"), r#"Twilio { keys: ["1"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [Twilio]: https://www.twilio.com/docs/usage/security#validating-requests
/// [Webhooks Rule]: https://www.twilio.com/docs/usage/webhooks/webhook-rules
#[derive(Clone)]
pub struct Twilio {
    keys: Source,
    signatures: Signatures,
    /// The configured URL, and the same with or without the port.
    urls: [Box<str>; 2],
    path: Box<str>,
    get: bool,
}

/// Configures a [`Twilio`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct TwilioBuilder {
    keys: KeySettings,
    url: Option<String>,
    sha256: bool,
    get: bool,
}

impl Twilio {
    /// Starts without a key and without a URL; you need both.
    pub fn builder() -> TwilioBuilder {
        TwilioBuilder { keys: KeySettings::default(), url: None, sha256: false, get: false }
    }

    fn read<'a>(&self, head: &Head<'a>) -> Result<(Candidates, SignedBody), Rejection> {
        let candidates = self.signatures.read_some(&self.signatures.sent(head, &HEADER)?, &HEADER)?;
        let query = head.parts.uri.query();
        if self.get {
            return Ok((candidates, SignedBody::Empty));
        }
        // The media type is not signed. A digest in the URL is, so it counts for every media type.
        if is_form(&head.parts.headers) && digests(query).next().is_none() {
            return Ok((candidates, SignedBody::Form));
        }
        let digest = promised_digest(query).ok_or(RejectionReason::Other(
            "the body is not a form, and the URL does not end with one `bodySHA256` that could cover it",
        ))?;
        Ok((candidates, SignedBody::Digest(digest)))
    }
}

/// How the signature covers the body.
enum SignedBody {
    /// There is none.
    Empty,
    Form,
    /// By this digest of the body.
    Digest([u8; SHA256_LEN]),
}

impl Scheme for Twilio {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        self.read(head).map(|_| None)
    }

    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        let (candidates, signed_body) = self.read(head)?;
        let form = match signed_body {
            SignedBody::Empty if body.is_empty() => None,
            SignedBody::Empty => return Err(RejectionReason::Other("a GET has a body, which nothing covers").into()),
            SignedBody::Form => Some(Form::decode(body)?),
            SignedBody::Digest(promised) => {
                let digest = digest(&SHA256, body);
                verify_slices_are_equal(digest.as_ref(), &promised)
                    .map_err(|_| RejectionReason::Other("the body does not have the digest in the URL"))?;
                None
            }
        };
        let query = head.parts.uri.query();
        // Both URLs are tried, also after a match.
        let found = self.keys.find(head);
        let labels =
            self.urls.each_ref().map(|url| found.keys.verify(&Called { url, query, form: form.as_ref() }, &candidates));
        let verified = found.proven(labels.into_iter().flatten().next(), || {
            if *self.path == *head.parts.uri.path() {
                RejectionReason::NoKeyMatched
            } else {
                RejectionReason::UrlMismatch
            }
        })?;
        let verified = verified.with_scheme("twilio");
        // Names and values of a form are signed without separators, so their borders are not covered, and neither is
        // the border between a query and a form: a digest after other text may have been the end of a form. With `GET`
        // there is no form, and so one reading.
        let is_digest_alone = form.is_none() && query.is_some_and(|query| !query.contains('&'));
        Ok(if is_digest_alone || self.get { verified.with_signed_body() } else { verified })
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        headers::mark_sensitive(headers, &HEADER);
    }

    fn methods(&self) -> Vec<Method> {
        vec![if self.get { Method::GET } else { Method::POST }]
    }
}

/// The URL that Twilio has called.
struct Called<'a> {
    url: &'a str,
    query: Option<&'a str>,
    form: Option<&'a Form>,
}

impl Message for Called<'_> {
    fn feed<'a>(&'a self, sink: &mut dyn FnMut(&'a [u8])) {
        sink(self.url.as_bytes());
        if let Some(query) = self.query {
            sink(b"?");
            sink(query.as_bytes());
        }
        if let Some(form) = self.form {
            form.feed(sink);
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().split(|byte| *byte == b';').next());
    media_type
        .flatten()
        .is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded"))
}

fn digests(query: Option<&str>) -> impl Iterator<Item = &str> {
    query.unwrap_or_default().split('&').filter_map(|pair| pair.strip_prefix("bodySHA256="))
}

/// The digest in the query. It must occur once, and last, where Twilio puts it: anywhere else, text of a signed form
/// could pass for the digest of another body.
fn promised_digest(query: Option<&str>) -> Option<[u8; SHA256_LEN]> {
    let text = query?.rsplit('&').next()?.strip_prefix("bodySHA256=")?;
    let mut digest = [0; SHA256_LEN];
    let is_only = digests(query).count() == 1;
    (is_only && Encoding::Hex.decode(text.as_bytes(), &mut digest)?.len() == SHA256_LEN).then_some(digest)
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").field("keys", &self.keys).finish()
    }
}

impl TwilioBuilder {
    /// Adds an auth token of the account. Call it once per live token; there can be 16.
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.keys.add(key.into());
        self
    }

    /// Takes the live auth tokens from this source, instead of fixed ones: see [`keys`](super::keys).
    pub fn keys(mut self, source: impl KeySource) -> Self {
        self.keys.look_up(source);
        self
    }

    /// Takes the keys of another builder.
    pub(crate) fn with_keys(mut self, keys: KeySettings) -> Self {
        self.keys = keys;
        self
    }

    /// Sets the URL that you gave to Twilio, without its query: the request's query is appended. The request's `Host`
    /// is not used, because the sender chooses it.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Expects HMAC-SHA256, with the secrets of SharedKeys as keys. The default is HMAC-SHA1, with auth tokens as keys.
    ///
    /// # Examples
    ///
    /// While you move from one to the other:
    ///
    /// ```
    /// use tower_webhook::auth::{Scheme, Twilio};
    ///
    /// let url = "https://hooks.example.com/twilio";
    /// let scheme = Twilio::builder().key("the-secret-of-the-shared-key").sha256().public_url(url).build()?;
    /// let scheme = scheme.or(Twilio::builder().key("0123456789abcdef0123456789abcdef").public_url(url).build()?);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn sha256(mut self) -> Self {
        self.sha256 = true;
        self
    }

    /// Expects a `GET` without a body, whose query has all that Twilio sends, and rejects other methods. Decode with
    /// `.raw()`, and read the query of the request in your handler. The default is `POST`.
    ///
    /// One signature can prove a `GET` and a `POST` of different content, so do not combine both with
    /// [`or`](Scheme::or) on one route. Dead letters keep deliveries by `POST` only.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{auth::Twilio, provider::Custom};
    ///
    /// let twilio = Twilio::builder().key("0123456789abcdef0123456789abcdef").public_url("https://hooks.example.com/twilio");
    /// let layer = Custom::builder("twilio", twilio.get().build()?).raw().build()?.into_layer();
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn get(mut self) -> Self {
        self.get = true;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// - There is no key, there are more than 16, or both keys and a source are set.
    /// - A key is blank, padded, doubled, one byte repeated, too short or too long.
    /// - The URL is missing, or does not consist of `http` or `https`, a host and a path, without a query.
    pub fn build(self) -> Result<Twilio, ConfigError> {
        let (algorithm, noun) =
            if self.sha256 { (Algorithm::HmacSha256, "shared key") } else { (Algorithm::LegacyHmacSha1, "auth token") };
        let keys = self.keys.build(KeyForm::new(noun, Reading::Signature(algorithm, KeyText::Text)))?;
        let url = self.url.ok_or_else(|| ConfigError::new(ConfigErrorKind::Missing, "the public URL"))?;
        let uri = public_url::parse(&url)?;
        let expected = "`http` or `https`, a host, a path and no query";
        let (other, path) = other_form(&url, &uri).ok_or_else(|| public_url::malformed(expected))?;
        let signatures = Signatures::new(Encoding::Base64, algorithm.lengths());
        Ok(Twilio { keys, signatures, urls: [url.into(), other.into()], path, get: self.get })
    }
}

/// Shows the labels of the keys only: a URL can contain a password.
impl fmt::Debug for TwilioBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioBuilder").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// The URL without its port, or with the usual one if it has none; and its path.
fn other_form(url: &str, uri: &Uri) -> Option<(String, Box<str>)> {
    let port = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    let (scheme, after) = url.split_once("://")?;
    let (authority, path) = after.split_at_checked(after.find('/')?)?;
    if path.contains('?') {
        return None;
    }
    let other = match uri.port() {
        Some(port) => format!("{scheme}://{}{path}", authority.strip_suffix(&format!(":{port}"))?),
        None => format!("{scheme}://{authority}:{port}{path}"),
    };
    Some((other, path.into()))
}

/// The fields of a form, decoded: names and values in one buffer, in the order in which they are signed.
struct Form {
    text: Vec<u8>,
    fields: Vec<Field>,
}

struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

impl Form {
    /// Decodes `application/x-www-form-urlencoded` (WHATWG URL, 5.1). Names are sorted, and for equal names the values.
    /// A pair that occurs twice is signed once, as in Twilio's own libraries.
    fn decode(body: &[u8]) -> Result<Self, Rejection> {
        let mut form = Self { text: Vec::with_capacity(body.len()), fields: Vec::new() };
        for (name, value) in urlencoded::pairs(body) {
            if form.fields.len() == MAX_FIELDS {
                return Err(RejectionReason::Other("the form has more than 1,024 fields").into());
            }
            let (name, value) = (form.push(name), form.push(value));
            form.fields.push(Field { name, value });
        }
        let text = &form.text;
        let key = |field: &Field| (text.get(field.name.clone()), text.get(field.value.clone()));
        form.fields.sort_by(|a, b| key(a).cmp(&key(b)));
        form.fields.dedup_by(|a, b| key(a) == key(b));
        Ok(form)
    }

    fn feed<'a>(&'a self, sink: &mut dyn FnMut(&'a [u8])) {
        for field in &self.fields {
            sink(self.text.get(field.name.clone()).unwrap_or_default());
            sink(self.text.get(field.value.clone()).unwrap_or_default());
        }
    }

    fn push(&mut self, encoded: &[u8]) -> Range<usize> {
        let start = self.text.len();
        urlencoded::decode_into(encoded, &mut self.text);
        start..self.text.len()
    }
}
