use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use data_encoding::BASE64;
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use zeroize::Zeroizing;

use super::{
    Head, Key, KeySettings, Scheme, Secret, Secrets, Verified,
    key::Fault,
    keys::{KeyForm, KeySource, Live, MAX_KEYS, Reading, Source, strong_enough},
    uri,
};
use crate::{
    ConfigError, ConfigErrorKind, Rejection, RejectionReason, headers,
    json::members::{self, Path, Scalar},
};

/// A fixed key in a header, in the URL or in the body: an API key, a user name with a password, or a bearer token.
///
/// | the provider sends | use |
/// |---|---|
/// | `X-Acme-Key: <key>` | [`ApiKey::header("x-acme-key")`](Self::header) |
/// | `Authorization: Basic <user:key in base64>` ([RFC 7617]) | [`ApiKey::basic("user")`](Self::basic) |
/// | `Authorization: Bearer <key>` ([RFC 6750]) | [`ApiKey::bearer()`](Self::bearer) |
/// | `https://hooks.example.com/acme?token=<key>` | [`ApiKey::query("token")`](Self::query) |
/// | `https://hooks.example.com/acme/<key>` | [`ApiKey::path_segment(1)`](Self::path_segment) |
/// | `{"passcode": "<key>"}` | [`ApiKey::body("passcode")`](Self::body) |
/// | `token=<key>&..` as a form | [`ApiKey::form_field("token")`](Self::form_field) |
///
/// The header, parameter, member or field must occur exactly once. The words `Basic` and `Bearer` may be in any letter
/// case; for these, the response to a wrong key carries `WWW-Authenticate`. Unless the key is in the body, the head
/// alone decides, so a delivery with a wrong key is rejected before its body is read. A fixed key proves nothing about
/// the body: anyone who has seen it once can send anything.
///
/// Proxies and servers log URLs, so prefer a header. This crate hides a key in the URL: your handler and the layer's
/// hooks get a URI with `redacted` in its place. Layers outside of the webhook layer, such as a `TraceLayer`, and a
/// router's path parameters still contain it. So does axum's `OriginalUri`, which the router stores before the layer
/// runs: take `Uri`. A key in the body stays in the body that your handler gets.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::ApiKey;
///
/// let scheme = ApiKey::header("x-acme-key").key("Zr41vw-new-and-random").build()?;
/// assert_eq!(format!("{scheme:?}"), r#"ApiKey { place: "x-acme-key", keys: ["1"] }"#);
///
/// let basic = ApiKey::basic("acme").key("correct:horse:battery:staple").build()?;
/// let bearer = ApiKey::bearer().key("Zr41vw-new-and-random").build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
#[derive(Clone)]
#[doc(alias = "Basic")]
#[doc(alias = "Bearer")]
#[doc(alias = "Header")]
pub struct ApiKey {
    place: Place,
    keys: Source,
}

/// Configures an [`ApiKey`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ApiKeyBuilder {
    place: Result<Place, ConfigError>,
    noun: Cow<'static, str>,
    user: String,
    /// For Basic, the user of each fixed key.
    users: Vec<String>,
    keys: KeySettings,
}

#[derive(Clone, Debug)]
enum Place {
    Header(HeaderName),
    /// In `Authorization` after this word.
    Authorization(Word),
    /// In the parameter of the query with this name, decoded.
    Query(Box<str>),
    PathSegment(usize),
    Member(Box<Path>),
    FormField(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Basic,
    Bearer,
}

impl ApiKey {
    /// Expects the key in a header with this name, in any letter case.
    pub fn header(name: impl TryInto<HeaderName>) -> ApiKeyBuilder {
        ApiKeyBuilder::new(headers::parse_name(name, "the name of the key's header").map(Place::Header), "key")
    }

    /// Expects this user name and the key as its password in `Authorization: Basic`.
    pub fn basic(user: impl Into<String>) -> ApiKeyBuilder {
        ApiKeyBuilder::new(Ok(Place::Authorization(Word::Basic)), "password").user(user)
    }

    /// Expects the key in `Authorization: Bearer`. For tokens that you check with your own function, such as JWTs, use
    /// [`bearer_fn`](super::bearer_fn).
    pub fn bearer() -> ApiKeyBuilder {
        ApiKeyBuilder::new(Ok(Place::Authorization(Word::Bearer)), "token")
    }

    /// Expects the key in the parameter of the query with this name, decoded like a form. All spellings of the name
    /// count, such as `token` and `%74oken`, and the parameter must occur once.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::ApiKey;
    ///
    /// let scheme = ApiKey::query("token").key("Zr41vw-new-and-random").build()?;
    /// assert_eq!(format!("{scheme:?}"), r#"ApiKey { place: "query token", keys: ["1"] }"#);
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn query(name: impl Into<String>) -> ApiKeyBuilder {
        ApiKeyBuilder::new(named(name, "the name of the key's parameter").map(Place::Query), "key")
    }

    /// Expects the key in this segment of the path, percent-decoded. The first one is 0: with `/webhooks/<key>`, it is
    /// 1.
    ///
    /// The path is the one that the layer gets: inside of axum's `Router::nest`, the part that has matched is cut off.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::auth::ApiKey;
    /// let scheme = ApiKey::path_segment(1).key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn path_segment(index: usize) -> ApiKeyBuilder {
        ApiKeyBuilder::new(Ok(Place::PathSegment(index)), "key")
    }

    /// Expects the key in this member of the JSON body, a string or a whole number. The path is names with dots between
    /// them, such as `auth.key`. The layer reads the body, up to its limit, before it compares the key.
    ///
    /// # Examples
    ///
    /// Figma repeats the passcode that you have chosen:
    ///
    /// ```
    /// use tower_webhook::auth::ApiKey;
    /// let scheme = ApiKey::body("passcode").key("Zr41vw-new-and-random").build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn body(path: impl AsRef<str>) -> ApiKeyBuilder {
        ApiKeyBuilder::new(members::checked_path(path.as_ref(), "the member of the key").map(Place::Member), "key")
    }

    /// Expects the key in the field with this name of a form (`application/x-www-form-urlencoded`). All spellings of
    /// the name count, and the field must occur once. The layer reads the body, up to its limit, before it compares the
    /// key.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::{auth::ApiKey, provider::Custom};
    ///
    /// let scheme = ApiKey::form_field("token").key("Zr41vw-new-and-random").build()?;
    /// let layer = Custom::builder("acme", scheme).raw().build()?.into_layer();
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn form_field(name: impl Into<String>) -> ApiKeyBuilder {
        ApiKeyBuilder::new(named(name, "the name of the key's field").map(Place::FormField), "key")
    }
}

fn named(name: impl Into<String>, setting: &'static str) -> Result<Box<str>, ConfigError> {
    let name: String = name.into();
    if name.is_empty() { Err(ConfigError::new(ConfigErrorKind::Blank, setting)) } else { Ok(name.into()) }
}

impl ApiKeyBuilder {
    fn new(place: Result<Place, ConfigError>, noun: &'static str) -> Self {
        Self { place, noun: noun.into(), user: String::new(), users: Vec::new(), keys: KeySettings::default() }
    }

    /// Adds a live key. Call it once per key while you rotate; there can be 16.
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.users.push(self.user.clone());
        self.keys.add(key.into());
        self
    }

    /// Takes the live keys from this source, instead of fixed ones: see [`keys`](super::keys).
    pub fn keys(mut self, source: impl KeySource) -> Self {
        self.keys.look_up(source);
        self
    }

    /// Takes the keys of another builder.
    #[cfg(feature = "signatures")]
    pub(crate) fn with_keys(mut self, keys: KeySettings) -> Self {
        self.users = vec![self.user.clone(); keys.fixed().len()];
        self.keys = keys;
        self
    }

    /// Sets the user of the keys that follow.
    pub(crate) fn user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Sets the provider's word for its keys, for error messages.
    #[cfg(any(feature = "mediquo", feature = "signatures", feature = "truemed"))]
    pub(crate) fn noun(mut self, noun: impl Into<Cow<'static, str>>) -> Self {
        self.noun = noun.into();
        self
    }

    /// Expects the keys in another header.
    #[cfg(any(feature = "mediquo", feature = "truemed"))]
    pub(crate) fn in_header(mut self, name: impl TryInto<HeaderName>) -> Self {
        self.place = headers::parse_name(name, "the name of the key's header").map(Place::Header);
        self
    }

    #[cfg(feature = "mediquo")]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks all but the keys.
    #[cfg(feature = "signatures")]
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let place = self.place.as_ref().map_err(Clone::clone)?;
        if matches!(place, Place::Authorization(Word::Basic)) { check_user(&self.user) } else { Ok(()) }
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// - There is no key, there are more than 16, or both keys and a source are set.
    /// - A key is blank, padded, doubled, one byte repeated, not ASCII, shorter than 16 bytes or longer than 1,024, or
    ///   contains a control character; or two keys have the same label.
    /// - The name of the header is not valid; that of the parameter, the field or a member in the path is empty; or the
    ///   user name is blank, padded, or contains a `:` or a control character.
    pub fn build(self) -> Result<ApiKey, ConfigError> {
        let place = self.place?;
        let keys = if matches!(place, Place::Authorization(Word::Basic)) {
            check_user(&self.user)?;
            self.users.iter().try_for_each(|user| check_user(user))?;
            // Each fixed password has its own user.
            let keys = self.users.iter().zip(self.keys.fixed()).map(|(user, key)| (key, basic(user, key)));
            let form = KeyForm::new(self.noun.clone(), Reading::Basic { user: self.user });
            self.keys.build_with(form, |_| Secrets::checked(&self.noun, MAX_KEYS, keys).map(Live::compared))?
        } else {
            self.keys.build(KeyForm::new(self.noun, Reading::Text))?
        };
        Ok(ApiKey { place, keys })
    }
}

/// Checks the user name. It is not a secret, so the error says what is wrong with it.
fn check_user(user: &str) -> Result<(), ConfigError> {
    let faulty = |kind| Err(ConfigError::new(kind, "the user name"));
    match user {
        _ if user.trim().is_empty() => faulty(ConfigErrorKind::Blank),
        _ if user.trim() != user => faulty(ConfigErrorKind::Padded),
        _ if user.contains(|letter: char| letter.is_ascii_control()) => faulty(ConfigErrorKind::ControlCharacter),
        _ if user.contains(':') => Err(ConfigError::new(ConfigErrorKind::Malformed, "the user name")
            .expected("a name without a colon, which separates it from the password")),
        _ => Ok(()),
    }
}

/// Encodes user name and password as they are sent. They are compared in this form, so that nothing a sender offers is
/// decoded in a time that depends on it.
pub(super) fn basic(user: &str, password: &Key) -> Result<Secret, Fault> {
    let secret = password.secret(basic_text)?;
    let secret = strong_enough(password, secret)?;
    // Reserve room for all of it, because growing would leave copies behind.
    let mut both = Zeroizing::new(Vec::with_capacity(user.len() + 1 + secret.len()));
    for piece in [user.as_bytes(), b":", secret.bytes()] {
        both.extend_from_slice(piece);
    }
    let encoded = Zeroizing::new(BASE64.encode(&both));
    Ok(Secret::exact(encoded.as_bytes())?)
}

/// A password can be any text without control characters.
fn basic_text(password: &[u8]) -> Result<Secret, Fault> {
    let secret = super::key::text(password)?;
    if password.iter().any(u8::is_ascii_control) { Err(ConfigErrorKind::ControlCharacter.into()) } else { Ok(secret) }
}

impl Place {
    fn header(&self) -> Option<&HeaderName> {
        match self {
            Self::Header(name) => Some(name),
            Self::Authorization(_) => Some(&AUTHORIZATION),
            _ => None,
        }
    }

    fn is_in_body(&self) -> bool {
        matches!(self, Self::Member(_) | Self::FormField(_))
    }

    /// What the sender offers.
    fn offered<'a>(&self, head: &Head<'a>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Rejection> {
        let (found, missing) = match self {
            Self::Header(name) => return Ok(Cow::Borrowed(head.header(name)?.as_bytes())),
            Self::Authorization(word) => {
                return Ok(Cow::Borrowed(word.credential(head.header(&AUTHORIZATION)?.as_bytes())?));
            }
            Self::Query(name) => {
                let missing = "the query does not have the parameter of the key once";
                (uri::parameter(&head.parts.uri, name.as_bytes()), missing)
            }
            Self::PathSegment(index) => {
                (uri::segment(&head.parts.uri, *index), "the path does not have the segment of the key")
            }
            Self::Member(path) => {
                let [found] = members::find(body, [Some(path)]);
                (found.and_then(Scalar::text).map(bytes), "the body does not have the member of the key once")
            }
            Self::FormField(name) => {
                (uri::field(body, name.as_bytes()), "the form does not have the field of the key once")
            }
        };
        Ok(found.ok_or(RejectionReason::MissingCredential(missing))?)
    }
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

impl ApiKey {
    fn verify(&self, head: &Head<'_>, body: &[u8]) -> Result<Verified, Rejection> {
        let offered = self.place.offered(head, body)?;
        self.keys.compare(head, &offered).map(|verified| verified.with_scheme("api_key"))
    }
}

impl Word {
    fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Bearer => "Bearer",
        }
    }

    /// The credential after the word and one or more spaces (RFC 9110, 11.4).
    fn credential(self, value: &[u8]) -> Result<&[u8], Rejection> {
        let split = value.split_at_checked(self.as_str().len());
        if let Some((word, rest @ [b' ', ..])) = split {
            let start = rest.iter().position(|byte| *byte != b' ');
            if let Some(credential) = start.and_then(|start| rest.get(start..)) {
                if word.eq_ignore_ascii_case(self.as_str().as_bytes()) {
                    return Ok(credential);
                }
            }
        }
        let expected = match self {
            Self::Basic => "`Basic` and the credentials",
            Self::Bearer => "`Bearer` and a token",
        };
        Err(RejectionReason::MalformedHeader { name: AUTHORIZATION, expected }.into())
    }

    fn challenge(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Basic => r#"Basic realm="webhooks", charset="UTF-8""#,
            Self::Bearer => r#"Bearer realm="webhooks""#,
        })
    }
}

impl Scheme for ApiKey {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        if self.place.is_in_body() { Ok(None) } else { self.verify(head, b"").map(Some) }
    }

    fn verify_body(&self, head: &Head<'_>, body: &Bytes) -> Result<Verified, Rejection> {
        self.verify(head, body)
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        if let Some(name) = self.place.header() {
            headers::mark_sensitive(headers, name);
        }
    }

    fn redact(&self, uri: &Uri) -> Option<Uri> {
        match &self.place {
            Place::Query(name) => uri::without_parameter(uri, name.as_bytes()),
            Place::PathSegment(index) => uri::without_segment(uri, *index),
            _ => None,
        }
    }

    fn challenge(&self, response: &mut HeaderMap) {
        if let Place::Authorization(word) = self.place {
            response.append(WWW_AUTHENTICATE, word.challenge());
        }
    }
}

/// Shows the labels of the keys only.
impl fmt::Debug for ApiKeyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyBuilder").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.place {
            Place::Header(name) => Cow::Borrowed(name.as_str()),
            Place::Authorization(word) => Cow::Borrowed(word.as_str()),
            Place::Query(name) => format!("query {name}").into(),
            Place::PathSegment(index) => format!("path segment {index}").into(),
            Place::Member(path) => format!("body {}", path.join(".")).into(),
            Place::FormField(name) => format!("form {name}").into(),
        };
        f.debug_struct("ApiKey").field("place", &place).field("keys", &self.keys).finish()
    }
}

/// Makes a scheme that accepts a bearer token if your function accepts it.
///
/// Use it for tokens that another library verifies, such as OAuth access tokens. The function gets a non-empty token of
/// visible ASCII characters, and runs only if there is exactly one `Authorization` header. It runs for each delivery
/// and must not block: fetch what it needs, such as a key set, in the background. The response to a rejected token
/// carries `WWW-Authenticate`.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::bearer_fn;
///
/// # fn verify_jwt(_: &str) -> Result<(), ()> { Ok(()) }
/// let scheme = bearer_fn(|token| verify_jwt(token).is_ok());
/// ```
pub fn bearer_fn<F>(check: F) -> impl Scheme + Clone + fmt::Debug
where
    F: Fn(&str) -> bool + Send + Sync + 'static,
{
    BearerFn { check: Arc::new(check) }
}

#[derive(Clone)]
struct BearerFn {
    check: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl Scheme for BearerFn {
    fn verify_head(&self, head: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        let value = head.header(&AUTHORIZATION)?.as_bytes();
        let token = std::str::from_utf8(Word::Bearer.credential(value)?);
        match token {
            Ok(token) if token.bytes().all(|byte| byte.is_ascii_graphic()) && (self.check)(token) => {
                Ok(Some(Verified::new().with_scheme("bearer_fn")))
            }
            _ => Err(RejectionReason::NoKeyMatched.into()),
        }
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        headers::mark_sensitive(headers, &AUTHORIZATION);
    }

    fn challenge(&self, response: &mut HeaderMap) {
        response.append(WWW_AUTHENTICATE, Word::Bearer.challenge());
    }
}

impl fmt::Debug for BearerFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerFn").finish_non_exhaustive()
    }
}
