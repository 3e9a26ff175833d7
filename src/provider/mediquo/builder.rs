use super::{Credentials, MediQuo};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{Basic, BasicBuilder, Bearer, BearerBuilder, Header, HeaderBuilder},
};

/// Configures a [`MediQuo`].
///
/// # Examples
///
/// While the value of the header is changed, both are live:
///
/// ```
/// use tower_webhook::provider::mediquo::MediQuo;
///
/// let mediquo = MediQuo::builder()
///     .labelled_signature("2026-09", "mq_8Jq2vXw9Lr5tBn3s")
///     .labelled_signature("2026-11", "mq_Yc6mZa1Kd0Fe7Rt4")
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct MediQuoBuilder {
    signature: HeaderBuilder,
    header_named: bool,
    basic: BasicBuilder,
    bearer: BearerBuilder,
    bearer_check: Option<Bearer>,
}

impl MediQuoBuilder {
    pub(super) fn new() -> Self {
        Self {
            signature: Header::builder("x-webhook-signature").noun("signature"),
            header_named: false,
            basic: Basic::builder(),
            bearer: Bearer::builder(),
            bearer_check: None,
        }
    }

    /// Adds a value of the signature header, labelled by its number: the first is `"1"`.
    pub fn signature(mut self, signature: impl AsRef<[u8]>) -> Self {
        self.signature = self.signature.key(signature);
        self
    }

    /// Adds a value of the signature header with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_signature(mut self, label: &str, signature: impl AsRef<[u8]>) -> Self {
        self.signature = self.signature.labelled_key(label, signature);
        self
    }

    /// Looks for the signature in another header. By default it is `x-webhook-signature`. A signature must follow.
    pub fn header_name(mut self, name: &str) -> Self {
        self.signature = self.signature.name(name);
        self.header_named = true;
        self
    }

    /// Asks for a user name and password too; of several, for any.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.basic = self.basic.credentials(user, password);
        self
    }

    /// Asks for a bearer token too; of several, for any.
    pub fn bearer(mut self, token: impl AsRef<[u8]>) -> Self {
        self.bearer = self.bearer.token(token);
        self
    }

    /// Asks for a bearer token too, such as an OAuth access token, for which `check` must be true:
    /// see [`Bearer::checked_by`].
    pub fn bearer_checked_by(mut self, check: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.bearer_check = Some(Bearer::checked_by(check));
        self
    }

    /// Takes signatures, passwords and tokens shorter than 16 bytes, which can be guessed.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.signature = self.signature.dangerous_allow_short_keys();
        self.basic = self.basic.dangerous_allow_short_keys();
        self.bearer = self.bearer.dangerous_allow_short_keys();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// Nothing was configured; or as for [`HeaderBuilder::build`], [`BasicBuilder::build`] and
    /// [`BearerBuilder::build`]; or both a user name and a bearer token were configured, which one
    /// `Authorization` header can not carry.
    pub fn build(self) -> Result<MediQuo, ConfigError> {
        let signature = if_configured(self.signature.build())?;
        let basic = if_configured(self.basic.build())?;
        let bearer = match (if_configured(self.bearer.build())?, self.bearer_check) {
            (Some(_), Some(_)) => return Err(ConfigError::new(ConfigErrorKind::Duplicate, "the bearer token")),
            (tokens, check) => tokens.or(check),
        };
        match (&signature, &basic, &bearer) {
            (None, _, _) if self.header_named => Err(ConfigError::new(ConfigErrorKind::Missing, "signature")),
            (None, None, None) => Err(ConfigError::new(ConfigErrorKind::Missing, "signature")),
            (_, Some(_), Some(_)) => Err(ConfigError::new(ConfigErrorKind::Duplicate, "the Authorization header")),
            _ => Ok(MediQuo { scheme: Credentials { signature, basic, bearer } }),
        }
    }
}

fn if_configured<T>(built: Result<T, ConfigError>) -> Result<Option<T>, ConfigError> {
    match built {
        Err(error) if error.kind() == ConfigErrorKind::Missing => Ok(None),
        built => built.map(Some),
    }
}
