use std::{fmt, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, request::Parts};

use super::Verified;
use crate::{Rejection, RejectionReason, headers};

/// Authenticates deliveries. Implement it for a provider whose signature the schemes of this crate cannot describe.
///
/// The layer calls [`verify_head`](Self::verify_head) before it reads a byte of the body. A scheme that needs the body
/// returns `None` there, and [`verify_body`](Self::verify_body) decides once the body has arrived.
///
/// The trait is object-safe: `Box<dyn Scheme>` and `Arc<dyn Scheme>` are schemes too, so you can choose one at run
/// time.
///
/// # Examples
///
/// A toy scheme that expects the body to end with the text of a header:
///
/// ```
/// use bytes::Bytes;
/// use http::HeaderName;
/// use tower_webhook::{Rejection, RejectionReason, auth::{Head, Scheme, Verified}};
///
/// struct Sealed;
///
/// const SEAL: HeaderName = HeaderName::from_static("x-seal");
///
/// impl Scheme for Sealed {
///     fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
///         head.header(&SEAL)?;
///         Ok(None) // the body decides
///     }
///
///     fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
///         if body.ends_with(head.header(&SEAL)?.as_bytes()) {
///             Ok(Verified::new())
///         } else {
///             Err(RejectionReason::Other("the seal does not end the body").into())
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not authenticate deliveries",
    note = "use a scheme of `tower_webhook::auth` such as `ApiKey` or `Signature`, or `scheme_fn(|head| ..)`"
)]
pub trait Scheme: Send + Sync + 'static {
    /// Verifies the head, before the body is read.
    ///
    /// Return `Some` if the head proves the delivery and the body does not matter, and `None` if the body decides.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if this head cannot belong to a genuine delivery. The body is then never read.
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection>;

    /// Verifies the whole delivery, after [`verify_head`](Self::verify_head) has returned `None` for its head.
    ///
    /// The default rejects: leave it out if your `verify_head` never returns `None`.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if the delivery is not genuine.
    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        let _ = (head, body);
        Err(Rejection::unauthenticated())
    }

    /// Marks the headers that hold the credential as [sensitive](http::HeaderValue::set_sensitive), so that `Debug`
    /// output and the header tables of HTTP/2 do not keep it.
    ///
    /// The default marks all headers, because it cannot know which ones you read.
    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            value.set_sensitive(true);
        }
    }

    /// The URI with its credential replaced, if it has one. The handler and the layer's hooks get it instead of the
    /// request's URI.
    ///
    /// The default is `None`: the URI contains no credential, and stays as it is.
    fn redact(&self, uri: &Uri) -> Option<Uri> {
        let _ = uri;
        None
    }

    /// The methods of deliveries. The default is `POST` alone.
    ///
    /// The layer asks for them once, when it is created, and rejects all others with 405. Of two schemes that are
    /// combined by [`or`](Self::or), a delivery is verified by those that accept its method.
    fn methods(&self) -> Vec<Method> {
        vec![Method::POST]
    }

    /// Computes HMAC-SHA256 of `message` with the key that verifies this delivery, for the answer to an
    /// [endpoint verification](crate::handshake) such as Zoom's. The layer calls it for authentic deliveries only.
    ///
    /// The default is `None`: there is no such key. Of the schemes of this crate, only `Signature::hmac_sha256` has
    /// them.
    fn answer_hmac(&self, head: &Head<'_>, body: &Bytes, message: &[u8]) -> Option<[u8; 32]> {
        let _ = (head, body, message);
        None
    }

    /// Adds the headers that a response to an unauthenticated delivery needs, such as `WWW-Authenticate`.
    ///
    /// The default adds none.
    fn challenge(&self, response: &mut HeaderMap) {
        let _ = response;
    }

    /// Requires this scheme and another one.
    ///
    /// Both are always evaluated, so that the time taken does not show which one failed.
    /// [`Delivery::key_label`](crate::Delivery::key_label) is the label of the first scheme that has one. If both look
    /// their keys up by tenant, both must name the same one: the signature of one clinic and the token of another
    /// together prove nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::{ApiKey, Scheme};
    ///
    /// let scheme = ApiKey::header("x-webhook-signature").key("Zr41vw-new-and-random").build()?
    ///     .and(ApiKey::basic("mediquo").key("correct:horse:battery").build()?);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    fn and(self, other: impl Scheme) -> Arc<dyn Scheme>
    where
        Self: Sized,
    {
        Arc::new(And(self, other))
    }

    /// Accepts this scheme or another one.
    ///
    /// Both are always evaluated, so that the time taken does not show which one is in use. If both are satisfied, the
    /// first one's label is kept.
    ///
    /// # Examples
    ///
    /// A sender moves from a key in a header to a bearer token:
    ///
    /// ```
    /// use tower_webhook::auth::{ApiKey, Key, Scheme};
    ///
    /// let scheme = ApiKey::bearer().key(Key::new("Zr41vw-new-and-random").label("new")).build()?
    ///     .or(ApiKey::header("x-acme-key").key(Key::new("kx7Gq2-old-and-random").label("old")).build()?);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    fn or(self, other: impl Scheme) -> Arc<dyn Scheme>
    where
        Self: Sized,
    {
        Arc::new(Or { methods: [self.methods(), other.methods()], first: self, second: other })
    }
}

/// The head of a delivery, as a [`Scheme`] sees it.
///
/// # Examples
///
/// For tests of your own scheme:
///
/// ```
/// use std::time::SystemTime;
/// use http::HeaderName;
/// use tower_webhook::auth::Head;
///
/// let (parts, ()) = http::Request::post("/").header("x-acme-key", "k").body(())?.into_parts();
/// let head = Head::new(&parts, SystemTime::UNIX_EPOCH);
/// assert_eq!(head.header(&HeaderName::from_static("x-acme-key")).unwrap(), "k");
/// # Ok::<_, http::Error>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Head<'a> {
    /// Method, URI, headers and extensions of the request.
    pub parts: &'a Parts,
    /// When the head arrived, by the layer's [`Clock`](crate::clock::Clock).
    pub received_at: SystemTime,
}

impl<'a> Head<'a> {
    /// Creates the head of a delivery, for tests of your own scheme.
    #[must_use]
    pub fn new(parts: &'a Parts, received_at: SystemTime) -> Self {
        Self { parts, received_at }
    }

    /// The value of a header that must occur exactly once, such as a credential. Two values are rejected even if they
    /// are equal, because a proxy may have acted on either of them.
    ///
    /// # Errors
    ///
    /// [`RejectionReason::MissingHeader`] or [`RejectionReason::RepeatedHeader`].
    pub fn header(&self, name: &HeaderName) -> Result<&'a HeaderValue, Rejection> {
        headers::only(&self.parts.headers, name).map_err(|not_one| not_one.reason(name).into())
    }
}

/// Shows the method and the time: a URI or a header can contain a secret.
impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", &self.parts.method)
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

macro_rules! delegate {
    ($($pointer:ident)+) => {$(
        impl<S: Scheme + ?Sized> Scheme for $pointer<S> {
            fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
                (**self).verify_head(head)
            }

            fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
                (**self).verify_body(head, body)
            }

            fn answer_hmac(&self, head: &Head<'_>, body: &Bytes, message: &[u8]) -> Option<[u8; 32]> {
                (**self).answer_hmac(head, body, message)
            }

            fn mark_sensitive(&self, headers: &mut HeaderMap) {
                (**self).mark_sensitive(headers);
            }

            fn redact(&self, uri: &Uri) -> Option<Uri> {
                (**self).redact(uri)
            }

            fn methods(&self) -> Vec<Method> {
                (**self).methods()
            }

            fn challenge(&self, response: &mut HeaderMap) {
                (**self).challenge(response);
            }
        }
    )+};
}

delegate! { Arc Box }

struct And<A, B>(A, B);

impl<A: Scheme, B: Scheme> Scheme for And<A, B> {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        let (first, second) = (self.0.verify_head(head), self.1.verify_head(head));
        first?.zip(second?).map(|(first, second)| first.and(second)).transpose()
    }

    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        let (first, second) = (verify(&self.0, head, body), verify(&self.1, head, body));
        first?.and(second?)
    }

    fn answer_hmac(&self, head: &Head<'_>, body: &Bytes, message: &[u8]) -> Option<[u8; 32]> {
        self.0.answer_hmac(head, body, message).or_else(|| self.1.answer_hmac(head, body, message))
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        self.0.mark_sensitive(headers);
        self.1.mark_sensitive(headers);
    }

    fn redact(&self, uri: &Uri) -> Option<Uri> {
        redact_both(&self.0, &self.1, uri)
    }

    fn methods(&self) -> Vec<Method> {
        let second = self.1.methods();
        self.0.methods().into_iter().filter(|method| second.contains(method)).collect()
    }

    fn challenge(&self, response: &mut HeaderMap) {
        self.0.challenge(response);
        self.1.challenge(response);
    }
}

struct Or<A, B> {
    first: A,
    second: B,
    /// Of each scheme.
    methods: [Vec<Method>; 2],
}

impl<A: Scheme, B: Scheme> Or<A, B> {
    /// Verifies by the schemes that accept the method of this delivery.
    fn either<T>(
        &self,
        head: &Head<'_>,
        first: impl FnOnce(&A) -> Result<T, Rejection>,
        second: impl FnOnce(&B) -> Result<T, Rejection>,
        both: impl FnOnce(Result<T, Rejection>, Result<T, Rejection>) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        match self.methods.each_ref().map(|methods| methods.contains(&head.parts.method)) {
            [true, false] => first(&self.first),
            [false, true] => second(&self.second),
            _ => match (first(&self.first), second(&self.second)) {
                (Err(first), Err(second)) => Err(the_one_that_was_tried(first, second)),
                (first, second) => both(first, second),
            },
        }
    }
}

impl<A: Scheme, B: Scheme> Scheme for Or<A, B> {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        let both = |first, second| match (first, second) {
            (Ok(None), _) | (_, Ok(None)) => Ok(None),
            (first, second) => Result::or(first, second),
        };
        self.either(head, |first| first.verify_head(head), |second| second.verify_head(head), both)
    }

    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        self.either(head, |first| verify(first, head, body), |second| verify(second, head, body), Result::or)
    }

    fn answer_hmac(&self, head: &Head<'_>, body: &Bytes, message: &[u8]) -> Option<[u8; 32]> {
        self.first.answer_hmac(head, body, message).or_else(|| self.second.answer_hmac(head, body, message))
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        self.first.mark_sensitive(headers);
        self.second.mark_sensitive(headers);
    }

    fn redact(&self, uri: &Uri) -> Option<Uri> {
        redact_both(&self.first, &self.second, uri)
    }

    fn methods(&self) -> Vec<Method> {
        let [first, second] = &self.methods;
        first.iter().chain(second.iter().filter(|method| !first.contains(method))).cloned().collect()
    }

    fn challenge(&self, response: &mut HeaderMap) {
        self.first.challenge(response);
        self.second.challenge(response);
    }
}

fn redact_both(first: &impl Scheme, second: &impl Scheme, uri: &Uri) -> Option<Uri> {
    let redacted = first.redact(uri);
    second.redact(redacted.as_ref().unwrap_or(uri)).or(redacted)
}

/// Verifies head and body by one scheme of two. The head is verified again if the other scheme needed the body, because
/// nothing is kept between the two steps.
fn verify(scheme: &impl Scheme, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
    match scheme.verify_head(head)? {
        Some(verified) => Ok(verified),
        None => scheme.verify_body(head, body),
    }
}

/// Chooses the more helpful reason: a sender that left out the header of one scheme meant the other one.
fn the_one_that_was_tried(first: Rejection, second: Rejection) -> Rejection {
    if first.is_unsigned() { second } else { first }
}

/// Makes a scheme from a function of the request's head.
///
/// Return `true` for a genuine delivery. All headers are marked as sensitive, because the scheme cannot know which ones
/// the function reads.
///
/// Decide on what the sender cannot choose, such as a certificate or a peer address that your server has put into the
/// extensions. Path, query and headers are the sender's choice.
///
/// # Examples
///
/// ```
/// use std::net::IpAddr;
/// use tower_webhook::{auth::scheme_fn, provider::Custom};
///
/// // The server has put the address of the peer into the extensions.
/// let scheme = scheme_fn(|head| head.extensions.get::<IpAddr>().is_some_and(|peer| peer.is_loopback()));
/// let layer = Custom::builder("acme", scheme).build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn scheme_fn<F>(check: F) -> impl Scheme + Clone + fmt::Debug
where
    F: Fn(&Parts) -> bool + Send + Sync + 'static,
{
    SchemeFn { check: Arc::new(check) }
}

#[derive(Clone)]
struct SchemeFn {
    check: Arc<dyn Fn(&Parts) -> bool + Send + Sync>,
}

impl Scheme for SchemeFn {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        if (self.check)(head.parts) {
            Ok(Some(Verified::new().with_scheme("scheme_fn")))
        } else {
            Err(RejectionReason::Other("the function of `scheme_fn` returned false").into())
        }
    }
}

impl fmt::Debug for SchemeFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemeFn").finish_non_exhaustive()
    }
}

/// Accepts every delivery: whoever can reach the port can deliver.
///
/// Use it only for a provider that proves nothing, behind a network that lets only that provider through.
///
/// # Examples
///
/// ```
/// use tower_webhook::{auth::DangerousAcceptAll, provider::Custom};
///
/// let layer = Custom::builder("acme", DangerousAcceptAll).build()?.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that users write by name")]
pub struct DangerousAcceptAll;

impl Scheme for DangerousAcceptAll {
    fn verify_head(&self, _head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        Ok(Some(Verified::new().with_scheme("accept_all")))
    }

    fn mark_sensitive(&self, _headers: &mut HeaderMap) {}
}
