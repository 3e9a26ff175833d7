use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, header, request::Parts};
use jiff::Timestamp;

use super::{
    Scheme, Verified, authorization, conceal_header,
    keys::{Keys, KeysBuilder},
};
use crate::{ConfigError, Rejection};

const SCHEME: &str = "Bearer";

/// A token in `Authorization` ([RFC 6750]): one of those configured, or one that your function accepts.
///
/// The scheme's word may be in any letter case. A refusal carries `WWW-Authenticate`.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::Bearer;
///
/// let fixed = Bearer::builder().token("Zr41vw-new-and-random").build()?;
///
/// // An OAuth access token goes to the JWT library of your choice:
/// # fn verify_jwt(_: &str) -> Result<(), ()> { Ok(()) }
/// let oauth = Bearer::checked_by(|token| verify_jwt(token).is_ok());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750
#[derive(Clone)]
pub struct Bearer {
    tokens: Tokens,
}

#[derive(Clone)]
enum Tokens {
    Checked(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    Fixed(Keys),
}

/// Configures a [`Bearer`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct BearerBuilder {
    keys: KeysBuilder,
}

impl Bearer {
    /// Starts without tokens.
    pub fn builder() -> BearerBuilder {
        BearerBuilder { keys: KeysBuilder::new("token") }
    }

    /// Accepts the tokens for which `check` is true. It is called with a non-empty token of visible
    /// ASCII characters, and only when there is exactly one `Authorization` header.
    ///
    /// The call is synchronous and happens on every delivery: fetch what it needs, such as a key
    /// set, in the background.
    pub fn checked_by(check: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { tokens: Tokens::Checked(Arc::new(check)) }
    }
}

impl BearerBuilder {
    /// Adds a token, labelled by its number: the first is `"1"`.
    pub fn token(mut self, token: impl AsRef<[u8]>) -> Self {
        self.keys.push(None, token.as_ref());
        self
    }

    /// Adds a token with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_token(mut self, label: &str, token: impl AsRef<[u8]>) -> Self {
        self.keys.push(Some(label), token.as_ref());
        self
    }

    /// Takes tokens shorter than 16 bytes, which can be guessed. Some providers assign such tokens.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.keys.allow_short();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There is no token or more than 16; a token is blank, padded, doubled, not ASCII, shorter than 16 bytes
    /// or longer than 1,024, or holds a control character.
    pub fn build(self) -> Result<Bearer, ConfigError> {
        Ok(Bearer { tokens: Tokens::Fixed(self.keys.build()?) })
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Bearer");
        match &self.tokens {
            Tokens::Checked(_) => debug.finish_non_exhaustive(),
            Tokens::Fixed(keys) => debug.field("keys", keys).finish(),
        }
    }
}

impl Scheme for Bearer {
    type Pending = Verified;

    fn open(&self, head: &Parts, _now: Timestamp) -> Result<Verified, Rejection> {
        let token = authorization::credential(&head.headers, SCHEME)?;
        match &self.tokens {
            Tokens::Checked(check) => std::str::from_utf8(token)
                .ok()
                .filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()) && check(token))
                .map(|_| Verified::new())
                .ok_or_else(Rejection::unauthenticated),
            Tokens::Fixed(keys) => keys.verify(token),
        }
    }

    fn close(&self, verified: Verified, _body: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        conceal_header(headers, &header::AUTHORIZATION);
    }

    fn challenge(&self, refusal: &mut HeaderMap) {
        refusal.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="webhooks""#));
    }
}
