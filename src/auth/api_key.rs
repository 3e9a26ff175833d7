use std::{fmt, sync::Arc};

use data_encoding::BASE64;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use zeroize::Zeroizing;

use super::{
    Head, Key, KeySettings, Scheme, Secret, Secrets, Verified,
    key::Fault,
    keys::{KeyForm, KeySource, Live, MAX_KEYS, Reading, Source, strong_enough},
};
use crate::{ConfigError, ConfigErrorKind, Rejection, RejectionReason, headers};

/// A fixed key in a header: an API key, a user name with a password, or a bearer token.
///
/// | the provider sends | use |
/// |---|---|
/// | `X-Acme-Key: <key>` | [`ApiKey::header("x-acme-key")`](Self::header) |
/// | `Authorization: Basic <user:key in base64>` ([RFC 7617]) | [`ApiKey::basic("user")`](Self::basic) |
/// | `Authorization: Bearer <key>` ([RFC 6750]) | [`ApiKey::bearer()`](Self::bearer) |
///
/// The header must occur exactly once. The words `Basic` and `Bearer` may be in any letter case; for these, the
/// response to a wrong key carries `WWW-Authenticate`. The head alone decides, so a delivery with a wrong key is
/// rejected before its body is read. A fixed key covers nothing of the body: anyone who sees it once can send anything.
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
    noun: &'static str,
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
}

impl ApiKeyBuilder {
    fn new(place: Result<Place, ConfigError>, noun: &'static str) -> Self {
        Self { place, noun, user: String::new(), users: Vec::new(), keys: KeySettings::default() }
    }

    /// Adds a live key. Call it once per key while you rotate; there can be 16.
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.users.push(self.user.clone());
        self.keys.add(key.into());
        self
    }

    /// Takes the live keys from this source, in the place of fixed ones: see [`keys`](super::keys).
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
    pub(crate) fn noun(mut self, noun: &'static str) -> Self {
        self.noun = noun;
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

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There is no key or there are more than 16, or both keys and a source are set; a key is blank, padded, doubled, not ASCII, shorter than 16 bytes or
    /// longer than 1,024, or contains a control character; two have the same label; the name is not a header name; the
    /// user name is blank, padded or contains a `:` or a control character.
    pub fn build(self) -> Result<ApiKey, ConfigError> {
        let place = self.place?;
        let keys = if matches!(place, Place::Authorization(Word::Basic)) {
            check_user(&self.user)?;
            self.users.iter().try_for_each(|user| check_user(user))?;
            // Each fixed password has its own user.
            let keys = self.users.iter().zip(self.keys.fixed()).map(|(user, key)| (key, basic(user, key)));
            let form = KeyForm::new(self.noun, Reading::Basic { user: self.user });
            self.keys.build_with(form, |_| Secrets::checked(self.noun, MAX_KEYS, keys).map(Live::Compared))?
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
    fn header(&self) -> &HeaderName {
        match self {
            Self::Header(name) => name,
            Self::Authorization(_) => &AUTHORIZATION,
        }
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
        let value = head.header(self.place.header())?.as_bytes();
        let offered = match &self.place {
            Place::Header(_) => value,
            Place::Authorization(word) => word.credential(value)?,
        };
        self.keys.compare(head, offered).map(|verified| Some(verified.with_scheme("api_key")))
    }

    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        headers::mark_sensitive(headers, self.place.header());
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
            Place::Header(name) => name.as_str(),
            Place::Authorization(word) => word.as_str(),
        };
        f.debug_struct("ApiKey").field("place", &place).field("keys", &self.keys).finish()
    }
}

/// Makes a scheme that accepts a bearer token if your function accepts it.
///
/// Use it for tokens that another library verifies, such as OAuth access tokens. The function gets a non-empty token of
/// visible ASCII characters, and runs only if there is exactly one `Authorization` header. It runs for each delivery
/// and must not block: fetch what it needs, such as a key set, in the background. The response to a rejected token
/// carries
/// `WWW-Authenticate`.
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
