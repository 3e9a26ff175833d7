mod builder;
mod form;

use std::fmt;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE, request::Parts, uri::PathAndQuery};
use jiff::Timestamp;

pub use self::builder::TwilioBuilder;
use self::form::Form;
use super::{
    Encoding, Scheme, Verified, conceal_header,
    mac::Mac,
    only_value,
    signature::{Algorithm, Message, Signatures},
};
use crate::Rejection;

const HEADER: HeaderName = HeaderName::from_static("x-twilio-signature");
const SHA256_LEN: usize = 32;

/// The scheme of [Twilio]: HMAC-SHA1 in `X-Twilio-Signature` over the URL that was called, and over the
/// fields of a form in the order of the alphabet.
///
/// Where the body is no form, Twilio puts its SHA-256 into the URL as `bodySHA256`, and signs the URL
/// alone; without that, such a body would not be covered, and the request is refused. The URL is the
/// configured one, followed by the request's query. As Twilio signs it sometimes with the port and sometimes
/// without, both are taken. A form may have up to 1,024 fields. There is no time in it, so a delivery can
/// be played back; and names and values of a form are signed without anything between them, so that
/// [`Verified::signs_body`] is false for a form. It needs the feature `hmac`.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::Twilio;
///
/// let scheme = Twilio::builder().auth_token("0123456789abcdef0123456789abcdef")
///     .public_url("https://hooks.example.com/twilio").build()?;
/// assert_eq!(format!("{scheme:?}"), r#"Twilio { keys: ["1"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [Twilio]: https://www.twilio.com/docs/usage/security#validating-requests
#[derive(Clone)]
pub struct Twilio {
    mac: Mac,
    signatures: Signatures,
    /// The configured URL, and the same with or without the port.
    urls: [Box<str>; 2],
}

/// What an accepted head leaves to the body.
#[derive(Debug)]
pub struct Pending {
    signature: HeaderValue,
    path: Option<PathAndQuery>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Form,
    /// The digest that the body must have.
    Other([u8; SHA256_LEN]),
}

impl Twilio {
    /// Starts without a token and without a URL; both are needed.
    pub fn builder() -> TwilioBuilder {
        TwilioBuilder::new()
    }
}

impl Scheme for Twilio {
    type Pending = Pending;

    fn open(&self, head: &Parts, _now: Timestamp) -> Result<Pending, Rejection> {
        let value = only_value(&head.headers, &HEADER)?;
        self.signatures.read(value.as_bytes())?;
        let kind = if is_form(&head.headers) {
            Kind::Form
        } else {
            Kind::Other(promised_digest(head.uri.query()).ok_or_else(Rejection::unauthenticated)?)
        };
        Ok(Pending { signature: value.clone(), path: head.uri.path_and_query().cloned(), kind })
    }

    fn close(&self, pending: Pending, body: &[u8]) -> Result<Verified, Rejection> {
        let candidates = self.signatures.read(pending.signature.as_bytes())?;
        let form = match &pending.kind {
            Kind::Form => Some(Form::decode(body)?),
            Kind::Other(promised) => {
                let digest = digest(&SHA256, body);
                verify_slices_are_equal(digest.as_ref(), promised).map_err(|_| Rejection::unauthenticated())?;
                None
            }
        };
        let query = pending.path.as_ref().and_then(PathAndQuery::query);
        let found = self.urls.each_ref().map(|url| {
            let called = Called { url, query, form: form.as_ref() };
            self.mac.verify(&called, &candidates)
        });
        let label = found.into_iter().flatten().next().ok_or_else(Rejection::unauthenticated)?;
        let verified = Verified::by(label);
        // Names and values of a form are signed without anything between them, so their borders are not.
        Ok(if form.is_some() { verified } else { verified.with_signed_body() })
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        conceal_header(headers, &HEADER);
    }
}

/// What Twilio has called.
struct Called<'a> {
    url: &'a str,
    query: Option<&'a str>,
    form: Option<&'a Form>,
}

impl Message for Called<'_> {
    fn feed(&self, sink: &mut dyn FnMut(&[u8])) {
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

/// The digest in the query, which must be there once, and last, where Twilio puts it. Anywhere else it could
/// be a text within a form that has been signed after a query, and would then promise any body.
fn promised_digest(query: Option<&str>) -> Option<[u8; SHA256_LEN]> {
    let mut pairs = query?.rsplit('&');
    let text = pairs.next()?.strip_prefix("bodySHA256=")?;
    if pairs.any(|pair| pair.starts_with("bodySHA256=")) {
        return None;
    }
    let mut digest = [0; SHA256_LEN];
    (Encoding::Hex.decode(text.as_bytes(), &mut digest)?.len() == SHA256_LEN).then_some(digest)
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.mac.labels().collect();
        f.debug_struct("Twilio").field("keys", &keys).finish()
    }
}
