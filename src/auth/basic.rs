use http::{HeaderMap, HeaderValue, header, request::Parts};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    Scheme, Secret, Verified, authorization, base64, conceal_header,
    keys::{Flaw, Keys, KeysBuilder},
};
use crate::{ConfigError, ConfigErrorKind, Rejection};

const SCHEME: &str = "Basic";

/// User name and password in `Authorization` ([RFC 7617]).
///
/// The scheme's word may be in any letter case and the password may hold `:`. The credentials are
/// compared in their base64 form, which is canonical and padded. A refusal carries
/// `WWW-Authenticate`.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::Basic;
///
/// let scheme = Basic::builder().credentials("mediquo", "correct:horse:battery").build()?;
/// assert_eq!(format!("{scheme:?}"), r#"Basic { keys: ["1"] }"#);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
///
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
#[derive(Clone, Debug)]
pub struct Basic {
    keys: Keys,
}

/// Configures a [`Basic`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct BasicBuilder {
    keys: KeysBuilder,
}

impl Basic {
    /// Starts without credentials.
    pub fn builder() -> BasicBuilder {
        BasicBuilder { keys: KeysBuilder::new("password") }
    }
}

impl BasicBuilder {
    /// Adds a user name and its password, labelled by their number: the first are `"1"`.
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.push(None, user, password);
        self
    }

    /// Adds a user name and its password with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_credentials(mut self, label: &str, user: &str, password: &str) -> Self {
        self.push(Some(label), user, password);
        self
    }

    /// Takes passwords shorter than 16 bytes, which can be guessed. Some providers assign such passwords.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.keys.allow_short();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// There are no credentials or more than 16; a user name or password is blank, padded, too long or holds a
    /// control character; a user name holds a `:`; a password is shorter than 16 bytes; two are equal.
    pub fn build(self) -> Result<Basic, ConfigError> {
        Ok(Basic { keys: self.keys.build()? })
    }

    fn push(&mut self, label: Option<&str>, user: &str, password: &str) {
        self.keys.push_secret(label, password.len(), encode(user, password));
    }
}

fn encode(user: &str, password: &str) -> Result<Secret, Flaw> {
    Secret::checked(user.as_bytes()).map_err(|kind| Flaw::of("the user name of ", kind))?;
    if user.contains(':') {
        return Err(Flaw::of("the user name of ", ConfigErrorKind::UserName));
    }
    Secret::checked(password.as_bytes())?;
    // With room for all of it, as growing would leave copies behind.
    let mut both = Zeroizing::new(String::with_capacity(user.len() + 1 + password.len()));
    both.extend([user, ":", password]);
    let encoded = Zeroizing::new(base64::encode(both.as_bytes()));
    Ok(Secret::checked(encoded.as_bytes())?)
}

impl Scheme for Basic {
    type Pending = Verified;

    fn open(&self, head: &Parts, _now: Timestamp) -> Result<Verified, Rejection> {
        self.keys.verify(authorization::credential(&head.headers, SCHEME)?)
    }

    fn close(&self, verified: Verified, _body: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        conceal_header(headers, &header::AUTHORIZATION);
    }

    fn challenge(&self, refusal: &mut HeaderMap) {
        let challenge = HeaderValue::from_static(r#"Basic realm="webhooks", charset="UTF-8""#);
        refusal.append(header::WWW_AUTHENTICATE, challenge);
    }
}
