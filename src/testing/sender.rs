use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderName, header::AUTHORIZATION};
use serde::Serialize;

use super::TestDelivery;
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{
        Key, KeyText,
        signing::{self, Change, Draft, SigningKey},
    },
    provider::{Credential, KeyPlace, Sender},
};

/// Plays a sender in your tests: it makes deliveries as the real one does, signed with a key of its own or of yours.
///
/// Your test needs no crypto crate, and no copy of the signature's rules: the same [`Sender`] describes the preset that
/// your service verifies with. The default key is made up, so it is new in each test.
///
/// # Examples
///
/// A genuine, a forged and a stale delivery to your service:
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower::{BoxError, Layer, ServiceExt, service_fn};
/// use tower_webhook::{WebhookBody, provider::preset, testing::{Spoil, TestSender}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let stripe = TestSender::named("stripe")?;
///
/// // Your service, with the key of the test.
/// let layer = preset::stripe().key(stripe.key()).build()?.into_layer();
/// let service = layer.layer(service_fn(async |_: Request<WebhookBody>| {
///     Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
/// }));
///
/// let paid = stripe.event("invoice.paid")?;
/// let send = async |delivery: &TestDelivery| {
///     service.clone().oneshot(delivery.request::<Full<Bytes>>()).await.map(|response| response.status())
/// };
/// # use tower_webhook::testing::TestDelivery;
/// assert_eq!(send(&paid).await?, 200);
/// assert_eq!(send(&paid.spoiled(Spoil::WrongKey).unwrap()).await?, 401);
/// assert_eq!(send(&paid.spoiled(Spoil::Stale).unwrap()).await?, 401);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestSender(Arc<Inner>);

#[derive(Clone)]
pub(super) struct Inner {
    pub(super) sender: Sender,
    key: SigningKey,
    other_key: SigningKey,
    public_url: String,
    target: String,
    verify_token: String,
    made: Arc<AtomicU64>,
}

impl TestSender {
    /// Plays the sender of this crate with this name: one of [`preset::NAMES`](crate::provider::preset::NAMES),
    /// `truemed` or `mediquo`.
    ///
    /// # Errors
    ///
    /// There is no such sender, or the system has no random bytes.
    pub fn named(name: &str) -> Result<Self, ConfigError> {
        let sender = Sender::named(name).ok_or_else(|| {
            let error = ConfigError::new(ConfigErrorKind::Unknown, format!("the sender `{name}`"));
            error.expected("a name of `preset::NAMES`, `truemed` or `mediquo`")
        });
        Self::new(sender?)
    }

    /// Plays the sender with this description.
    ///
    /// # Errors
    ///
    /// The system has no random bytes.
    pub fn new(sender: Sender) -> Result<Self, ConfigError> {
        let (key, other_key) = (sender.credential().made_up()?, sender.credential().made_up()?);
        let public_url = format!("https://hooks.example.com/webhooks/{}", sender.name());
        let target = format!("/webhooks/{}", sender.name());
        let verify_token = "the-token-that-you-chose".to_owned();
        Ok(Self(Arc::new(Inner { sender, key, other_key, public_url, target, verify_token, made: Arc::default() })))
    }

    /// Signs with this key instead of a made-up one: the secret that the sender shows you. For senders that sign with a
    /// private key, it is that private key: PKCS#8, as PEM or in base64, or `whsk_..` for Standard Webhooks.
    ///
    /// # Errors
    ///
    /// The key is not written as the sender shows its keys.
    pub fn with_key(&self, key: impl Into<Key>) -> Result<Self, ConfigError> {
        let key = self.0.sender.credential().signing_key(&key.into())?;
        Ok(self.with(|inner| inner.key = key))
    }

    /// Sets the URL that you gave to the sender, for those that sign it. The default is
    /// `https://hooks.example.com/webhooks/<name>`. See [`public_url`](Self::public_url).
    #[must_use]
    pub fn with_public_url(&self, url: impl Into<String>) -> Self {
        self.with(|inner| inner.public_url = url.into())
    }

    /// Sets the token for [`verification`](Self::verification) that you chose at the sender. The default is
    /// `the-token-that-you-chose`.
    #[must_use]
    pub fn with_verify_token(&self, token: impl Into<String>) -> Self {
        self.with(|inner| inner.verify_token = token.into())
    }

    /// Sends to this path or URL. The default is `/webhooks/<name>`.
    #[must_use]
    pub fn to(&self, target: impl Into<String>) -> Self {
        self.with(|inner| inner.target = target.into())
    }

    /// The key for the receiver's settings: the secret, or the public key.
    #[must_use]
    pub fn key(&self) -> Key {
        self.0.key.receiver().clone()
    }

    /// The [`key`](Self::key) as text, for a receiver in another process. `None` if you gave it as bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::testing::TestSender;
    ///
    /// let svix = TestSender::named("svix")?;
    /// let secret = svix.key_text().expect("a made-up key is text");
    /// assert!(secret.starts_with("whsec_"));
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    #[must_use]
    pub fn key_text(&self) -> Option<String> {
        self.0.key.receiver_text()
    }

    /// The URL for the receiver's settings, for senders that sign it.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// The text of a key that both sides have, if there is one.
    pub(super) fn secret(&self) -> String {
        self.0.key.text()
    }

    /// The description of the sender.
    #[must_use]
    pub fn description(&self) -> &Sender {
        &self.0.sender
    }

    /// The sample event with this name: one of [`Sender::samples`].
    ///
    /// # Errors
    ///
    /// There is no such sample; the error lists them.
    pub fn event(&self, name: &str) -> Result<TestDelivery, ConfigError> {
        let sample = self.0.sender.sample(name).ok_or_else(|| {
            let names = self.0.sender.samples().collect::<Vec<_>>().join("`, `");
            let error = ConfigError::new(ConfigErrorKind::Unknown, format!("the event `{name}`"));
            error.expected(&format!("one of `{names}`"))
        })?;
        let (body, is_form) = sample.body();
        let headers = sample.headers()?;
        let delivery = self.deliver(body, is_form);
        let delivery = headers.into_iter().fold(delivery, |it, (name, value)| it.header(name, value));
        Ok(delivery.of_sample(sample))
    }

    /// All sample events.
    #[must_use]
    pub fn events(&self) -> Vec<TestDelivery> {
        self.0.sender.samples().filter_map(|name| self.event(name).ok()).collect()
    }

    /// The request by which the sender verifies your endpoint, with this challenge. `None` if it verifies no endpoint.
    ///
    /// It is signed if the sender signs it. One that is not signed cannot be [`spoiled`](TestDelivery::spoiled).
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use http_body_util::{BodyExt, Full};
    /// use tower::{BoxError, Layer, ServiceExt, service_fn};
    /// use tower_webhook::{WebhookBody, handshake::Challenge, provider::preset, testing::TestSender};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), BoxError> {
    /// let slack = TestSender::named("slack")?;
    /// let layer = preset::slack().key(slack.key()).build()?.into_layer().handshake(Challenge::slack());
    /// let service = layer.layer(service_fn(async |_: Request<WebhookBody>| {
    ///     Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
    /// }));
    ///
    /// let request = slack.verification("3eZbrw1aBm2rZgRNFdxV").expect("Slack verifies endpoints").request::<Full<Bytes>>();
    /// let response = service.oneshot(request).await?;
    /// assert_eq!(response.into_body().collect().await?.to_bytes(), "3eZbrw1aBm2rZgRNFdxV");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn verification(&self, challenge: &str) -> Option<TestDelivery> {
        let verification = self.0.sender.verification()?.of_a_test()?;
        let delivery = self.deliver(Bytes::new(), false);
        Some(delivery.asking(|draft| verification.ask(draft, challenge, &self.0.verify_token)))
    }

    /// A delivery of this JSON.
    ///
    /// # Errors
    ///
    /// The value cannot be written as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde_json::json;
    /// use tower_webhook::testing::TestSender;
    ///
    /// let github = TestSender::named("github")?;
    /// let delivery = github.json(json!({"zen": "Keep it logically awesome."}))?.header("x-github-event", "ping");
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn json(&self, body: impl Serialize) -> Result<TestDelivery, ConfigError> {
        let json = serde_json::to_vec(&body).map_err(|_| ConfigError::new(ConfigErrorKind::Malformed, "the body"));
        Ok(self.deliver(json.map_err(|error| error.expected("a value that JSON can express"))?.into(), false))
    }

    /// A delivery of these bytes, which are sent as JSON.
    #[must_use]
    pub fn body(&self, body: impl Into<Bytes>) -> TestDelivery {
        self.deliver(body.into(), false)
    }

    /// A delivery of this form, such as `From=%2B15005550006&Body=hi`.
    #[must_use]
    pub fn form(&self, form: impl Into<String>) -> TestDelivery {
        self.deliver(form.into().into(), true)
    }

    fn deliver(&self, body: Bytes, is_form: bool) -> TestDelivery {
        let number = self.0.made.fetch_add(1, Ordering::Relaxed) + 1;
        let (target, public_url) = (self.0.target.clone(), self.0.public_url.clone());
        TestDelivery::new(Arc::clone(&self.0), target, public_url, format!("msg_{number}"), body, is_form)
    }

    fn with(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner::clone(&self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

/// Shows the name.
impl fmt::Debug for TestSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestSender").field(&self.0.sender.name()).finish()
    }
}

impl Inner {
    /// Adds the credential, changed like this.
    pub(super) fn sign(&self, draft: &mut Draft, is_form: bool, with_wrong_key: bool, change: Change<'_>) {
        let key = if with_wrong_key { &self.other_key } else { &self.key };
        match self.sender.credential() {
            Credential::ApiKey(place) => place.put(draft, &change(key.text())),
            Credential::Signature(settings) => signing::signature(settings, draft, key, change),
            Credential::StandardWebhooks(settings) => {
                signing::standard_webhooks(draft, settings.family(), key, change);
            }
            Credential::Twilio(settings) => signing::twilio(draft, settings.sha256, is_form, key, change),
        }
    }
}

impl Credential {
    fn made_up(&self) -> Result<SigningKey, ConfigError> {
        match self {
            Self::ApiKey(_) | Self::Twilio(_) => SigningKey::made_up(None, KeyText::Text),
            Self::Signature(settings) => SigningKey::made_up(Some(settings.algorithm), settings.key),
            Self::StandardWebhooks(_) => SigningKey::made_up_standard(),
        }
    }

    fn signing_key(&self, key: &Key) -> Result<SigningKey, ConfigError> {
        match self {
            Self::ApiKey(_) | Self::Twilio(_) => SigningKey::secret(key, KeyText::Text),
            Self::Signature(settings) if settings.algorithm.is_public() => SigningKey::private(settings.algorithm, key),
            Self::Signature(settings) => SigningKey::secret(key, settings.key),
            Self::StandardWebhooks(_) => SigningKey::standard(key),
        }
    }

    /// Whether it proves the body.
    pub(super) fn covers_body(&self) -> bool {
        match self {
            Self::ApiKey(_) => false,
            Self::Signature(settings) => !settings.dangerous_unsigned_body,
            Self::StandardWebhooks(_) | Self::Twilio(_) => true,
        }
    }

    /// The member of the body that has it.
    pub(super) fn member(&self) -> Option<String> {
        match self {
            Self::ApiKey(KeyPlace::Body(path)) => Some(path.clone()),
            Self::Signature(settings) => settings.at.member(),
            _ => None,
        }
    }

    /// Whether the signer writes into a JSON body.
    pub(super) fn needs_json(&self) -> bool {
        let is_timed = matches!(self, Self::Signature(settings) if settings.timestamp_in_body.is_some());
        is_timed || self.member().is_some()
    }

    /// Whether it proves when the delivery was made.
    pub(super) fn covers_time(&self) -> bool {
        match self {
            Self::ApiKey(_) | Self::Twilio(_) => false,
            Self::Signature(settings) => {
                let has_own_place = settings.timestamp_header.is_some() || settings.timestamp_in_body.is_some();
                has_own_place || settings.pairs.is_some() || settings.timestamp_first
            }
            Self::StandardWebhooks(_) => true,
        }
    }

    /// The header of the credential, if it is in one that must occur once.
    pub(super) fn only_header(&self) -> Option<HeaderName> {
        match self {
            Self::Signature(settings) if settings.repeated_header => None,
            _ => self.header(),
        }
    }

    fn header(&self) -> Option<HeaderName> {
        match self {
            Self::ApiKey(KeyPlace::Header(name)) => HeaderName::try_from(name).ok(),
            Self::ApiKey(KeyPlace::Basic { .. } | KeyPlace::Bearer {}) => Some(AUTHORIZATION),
            Self::ApiKey(_) => None,
            Self::Signature(settings) => settings.at.header_name().cloned(),
            Self::StandardWebhooks(settings) => HeaderName::try_from(format!("{}-signature", settings.family())).ok(),
            Self::Twilio(_) => Some(HeaderName::from_static("x-twilio-signature")),
        }
    }
}

impl KeyPlace {
    fn put(&self, draft: &mut Draft, key: &str) {
        match self {
            Self::Header(name) => {
                if let Ok(name) = HeaderName::try_from(name) {
                    draft.set_header(&name, key);
                }
            }
            Self::Basic { user } => {
                draft.set_header(
                    &AUTHORIZATION,
                    &format!("Basic {}", BASE64.encode(format!("{user}:{key}").as_bytes())),
                );
            }
            Self::Bearer {} => draft.set_header(&AUTHORIZATION, &format!("Bearer {key}")),
            Self::Query(name) => draft.set_query(name, key),
            Self::PathSegment(index) => draft.set_segment(*index, key),
            Self::Body(path) => draft.set_member(path, &serde_json::Value::from(key).to_string()),
            Self::FormField(name) => draft.set_field(name, key),
        }
    }
}
