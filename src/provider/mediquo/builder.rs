use std::sync::Arc;

use http::HeaderName;

use super::{MediQuo, SIGNATURE_HEADER};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{ApiKey, ApiKeyBuilder, Key, Scheme, bearer_fn, keys::KeySource},
};

/// Configures a [`MediQuo`].
///
/// # Examples
///
/// Two values of the header are live while you change it:
///
/// ```
/// use tower_webhook::{auth::Key, provider::mediquo::MediQuo};
///
/// let mediquo = MediQuo::builder()
///     .signature(Key::new("mq_8Jq2vXw9Lr5tBn3s").label("2026-09"))
///     .signature(Key::new("mq_Yc6mZa1Kd0Fe7Rt4").label("2026-11"))
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct MediQuoBuilder {
    signature: ApiKeyBuilder,
    header_named: bool,
    basic: ApiKeyBuilder,
    bearer: ApiKeyBuilder,
    bearer_check: Option<Arc<dyn Scheme>>,
}

impl MediQuoBuilder {
    pub(super) fn new() -> Self {
        Self {
            signature: ApiKey::header(SIGNATURE_HEADER).noun("signature"),
            header_named: false,
            basic: ApiKey::basic(""),
            bearer: ApiKey::bearer(),
            bearer_check: None,
        }
    }

    /// Adds a live value of the signature header. Call it once per value while you change it; there can be 16.
    pub fn signature(mut self, signature: impl Into<Key>) -> Self {
        self.signature = self.signature.key(signature);
        self
    }

    /// Takes the live values of the signature header from this source, instead of fixed ones: see
    /// [`keys`](crate::auth::keys).
    pub fn signatures(mut self, source: impl KeySource) -> Self {
        self.signature = self.signature.keys(source);
        self
    }

    /// Expects the signature in another header. The default is `x-webhook-signature`. Add a signature too.
    pub fn header_name(mut self, name: impl TryInto<HeaderName>) -> Self {
        self.signature = self.signature.in_header(name);
        self.header_named = true;
        self
    }

    /// Also requires HTTP Basic credentials. Call it again to accept any of several.
    pub fn basic_auth(mut self, user: impl Into<String>, password: impl Into<Key>) -> Self {
        self.basic = self.basic.user(user).key(password);
        self
    }

    /// Also requires HTTP Basic credentials of this user, with a password of this source, instead of fixed ones.
    pub fn basic_auths(mut self, user: impl Into<String>, passwords: impl KeySource) -> Self {
        self.basic = self.basic.user(user).keys(passwords);
        self
    }

    /// Also requires a bearer token. Call it again to accept any of several.
    pub fn bearer(mut self, token: impl Into<Key>) -> Self {
        self.bearer = self.bearer.key(token);
        self
    }

    /// Also requires a bearer token of this source, instead of fixed ones.
    pub fn bearers(mut self, source: impl KeySource) -> Self {
        self.bearer = self.bearer.keys(source);
        self
    }

    /// Also requires a bearer token that your function accepts, such as an OAuth access token: see [`bearer_fn`]. Call
    /// it again to accept what any of several functions does.
    pub fn bearer_checked_by(mut self, check: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let check = bearer_fn(check);
        self.bearer_check = Some(match self.bearer_check {
            Some(other) => Arc::new(other.or(check)),
            None => Arc::new(check),
        });
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// No credential is configured; a credential cannot be used, for the reasons of [`ApiKeyBuilder::build`]; or both a
    /// user name and a bearer token are configured, which one `Authorization` header cannot carry.
    pub fn build(self) -> Result<MediQuo, ConfigError> {
        let missing = || ConfigError::new(ConfigErrorKind::Missing, "signature");
        if self.signature.is_empty() && self.header_named {
            return Err(missing());
        }
        let bearer = match self.bearer_check {
            Some(_) if !self.bearer.is_empty() => {
                return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the bearer token"));
            }
            Some(check) => Some(check),
            None => built(self.bearer)?,
        };
        let basic = built(self.basic)?;
        if basic.is_some() && bearer.is_some() {
            return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the Authorization header"));
        }
        let schemes = [built(self.signature)?, basic, bearer].into_iter().flatten();
        schemes.reduce(|all, scheme| all.and(scheme)).map(MediQuo::new).ok_or_else(missing)
    }
}

fn built(builder: ApiKeyBuilder) -> Result<Option<Arc<dyn Scheme>>, ConfigError> {
    if builder.is_empty() { Ok(None) } else { Ok(Some(Arc::new(builder.build()?))) }
}

/// Shows the labels of the keys.
impl std::fmt::Debug for MediQuoBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediQuoBuilder")
            .field("signature", &self.signature)
            .field("basic", &self.basic)
            .field("bearer", &self.bearer)
            .finish_non_exhaustive()
    }
}
