use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header::CONTENT_TYPE};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::{or_fail, sender::Inner};
use crate::{
    auth::signing::Draft,
    clock::{Clock, SystemClock},
    json::edit,
    provider::{At, Sample},
};

/// A delivery of a [`TestSender`](super::TestSender), which is signed when you take its [`request`](Self::request).
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use http::Request;
/// use tower_webhook::testing::TestSender;
///
/// let slack = TestSender::named("slack")?;
/// let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
/// let delivery = slack.event("app_mention")?.event_id("Ev0PV52K25").at(an_hour_ago).header("x-slack-retry-num", "1");
/// let request: Request<Vec<u8>> = delivery.request();
/// assert_eq!(request.uri(), "/webhooks/slack");
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct TestDelivery {
    sender: Arc<Inner>,
    draft: Draft,
    is_form: bool,
    open_value: Option<String>,
    name: Option<String>,
    /// Whether it is signed, or has the key.
    has_credential: bool,
    spoil: Option<Spoil>,
    change: Option<Change>,
}

/// What the suite for receivers changes of a credential.
pub(super) type Change = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// What can be wrong with a delivery: see [`TestDelivery::spoiled`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Spoil {
    /// It is signed with another key.
    WrongKey,
    /// It has no credential.
    MissingCredential,
    /// It has its credential twice.
    RepeatedCredential,
    /// It was signed 25 hours before now, or before the time that [`at`](TestDelivery::at) sets.
    Stale,
    /// It was signed 25 hours after now, or after the time that [`at`](TestDelivery::at) sets.
    FromTheFuture,
    /// Its body was changed after it was signed, and has another meaning.
    AlteredBody,
    /// The second half of its body is missing. With a fixed key, only a receiver that decodes the body can notice.
    CutOff,
    /// Its body, rightly signed, is longer than 32 MiB.
    Oversized,
    /// Its body, rightly signed, is not JSON.
    NotJson,
    /// It is genuine, and its type is one that the sender does not document.
    UnknownType,
    /// It is genuine, and a value is one that the sender does not document.
    UnknownValue,
}

impl Spoil {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::WrongKey,
        Self::MissingCredential,
        Self::RepeatedCredential,
        Self::Stale,
        Self::FromTheFuture,
        Self::AlteredBody,
        Self::CutOff,
        Self::Oversized,
        Self::NotJson,
        Self::UnknownType,
        Self::UnknownValue,
    ];
}

/// The type and the value that no sender documents.
const UNKNOWN: &str = "tower_webhook.undocumented";
/// Longer than the longest tolerance of this crate.
const TOO_LONG: Duration = Duration::from_secs(25 * 60 * 60);
const OVERSIZED: usize = (32 << 20) + 1;

impl TestDelivery {
    pub(super) fn new(
        sender: Arc<Inner>,
        target: String,
        public_url: String,
        id: String,
        body: Bytes,
        is_form: bool,
    ) -> Self {
        let content_type = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        let draft = Draft { method: Method::POST, target, public_url, headers, body, id, at: SystemClock.now() };
        Self { sender, draft, is_form, open_value: None, name: None, has_credential: true, spoil: None, change: None }
    }

    pub(super) fn of_sample(self, sample: &Sample) -> Self {
        Self { open_value: sample.open_value().map(str::to_owned), name: Some(sample.name.clone()), ..self }
    }

    /// The name of the sample that it was made from, if it was.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Sets the time of signing. The default is the time when the delivery was made.
    #[must_use]
    pub fn at(mut self, time: SystemTime) -> Self {
        self.draft.at = time;
        self
    }

    /// Sets the id of the delivery or event, where the sender has it. If the sender has none, nothing changes.
    #[must_use]
    pub fn event_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        let place = self.sender.sender.places().event_id.clone();
        self.draft.id.clone_from(&id);
        self.put(place.as_ref(), &id);
        self
    }

    /// Sets the type of the event, where the sender has it. If the sender has none, nothing changes.
    #[must_use]
    pub fn event_type(mut self, event_type: impl AsRef<str>) -> Self {
        let place = self.sender.sender.places().event_type.clone();
        self.put(place.as_ref(), event_type.as_ref());
        self
    }

    /// Sets a member of the JSON body, by its path of names with dots between them. In an array, a number is a
    /// position. Nothing changes if the body or the value is not JSON.
    #[must_use]
    pub fn member(mut self, path: &str, value: impl Serialize) -> Self {
        if let Ok(json) = serde_json::to_string(&value) {
            self.draft.set_member(path, &json);
        }
        self
    }

    /// Sets a header. Nothing changes if the name or the value is not valid in a header.
    #[must_use]
    pub fn header(mut self, name: impl TryInto<HeaderName>, value: impl TryInto<HeaderValue>) -> Self {
        if let (Ok(name), Ok(value)) = (name.try_into(), value.try_into()) {
            self.draft.headers.insert(name, value);
        }
        self
    }

    /// Sends to this path or URL. The default is that of the sender.
    #[must_use]
    pub fn to(mut self, target: impl Into<String>) -> Self {
        self.draft.target = target.into();
        self
    }

    /// The same delivery with this fault. `None` if it cannot have the fault: for example, a delivery without a signed
    /// time cannot be stale, and one with a fixed key does not prove its body. A delivery has one fault at most.
    #[must_use]
    pub fn spoiled(&self, how: Spoil) -> Option<Self> {
        if self.spoil.is_some() || !self.has_credential {
            return None;
        }
        let credential = self.sender.sender.credential();
        let mut spoiled = Self { spoil: Some(how), ..self.clone() };
        let now = SystemClock.now();
        match how {
            Spoil::WrongKey => {}
            Spoil::MissingCredential => {
                // A sample has one in its body.
                if let Some(path) = credential.member() {
                    spoiled.draft.set_member(&path, "null");
                }
            }
            Spoil::RepeatedCredential => drop(credential.only_header()?),
            Spoil::Stale | Spoil::FromTheFuture if !credential.covers_time() => return None,
            Spoil::Stale => spoiled.draft.at = self.draft.at.min(now).checked_sub(TOO_LONG)?,
            Spoil::FromTheFuture => spoiled.draft.at = self.draft.at.max(now).checked_add(TOO_LONG)?,
            Spoil::AlteredBody if !credential.covers_body() => return None,
            Spoil::AlteredBody => drop(self.altered()?),
            Spoil::CutOff => {
                let half = self.draft.body.get(..self.draft.body.len() / 2).filter(|half| !half.is_empty())?;
                let is_whole = self.is_form || serde_json::from_slice::<IgnoredAny>(half).is_ok();
                if is_whole && !credential.covers_body() {
                    return None;
                }
            }
            Spoil::Oversized => spoiled = spoiled.padded_to(OVERSIZED),
            Spoil::NotJson if self.is_form || credential.needs_json() => return None,
            Spoil::NotJson => spoiled.draft.body = Bytes::from_static(br#"{"not": "json""#),
            Spoil::UnknownType => {
                self.sender.sender.places().event_type.as_ref()?;
                spoiled = spoiled.event_type(UNKNOWN);
                if spoiled.draft.body == self.draft.body && spoiled.draft.headers == self.draft.headers {
                    return None;
                }
            }
            Spoil::UnknownValue => {
                spoiled.draft.set_member(self.open_value.as_deref()?, &serde_json::Value::from(UNKNOWN).to_string());
                if spoiled.draft.body == self.draft.body {
                    return None;
                }
            }
        }
        Some(spoiled)
    }

    /// Signs the delivery, and makes the request of it.
    ///
    /// A body can be any type that is made from [`Bytes`], such as `Full<Bytes>`, `axum::body::Body` and `Bytes` itself.
    /// For a client such as reqwest, send [`to`](Self::to) a URL, and take method, URI, headers and body out of the
    /// request.
    ///
    /// # Panics
    ///
    /// The target is not a URI.
    #[must_use]
    #[track_caller]
    pub fn request<B: From<Bytes>>(&self) -> Request<B> {
        let mut draft = self.draft.clone();
        if self.has_credential && self.spoil != Some(Spoil::MissingCredential) {
            let change = |text: String| match &self.change {
                Some(change) => change(&text),
                None => text,
            };
            self.sender.sign(&mut draft, self.is_form, self.spoil == Some(Spoil::WrongKey), &change);
        }
        match self.spoil {
            Some(Spoil::AlteredBody) => draft.body = self.altered_of(&draft.body).unwrap_or_default(),
            Some(Spoil::CutOff) => drop(draft.body.split_off(draft.body.len() / 2)),
            Some(Spoil::RepeatedCredential) => {
                let name = self.sender.sender.credential().only_header();
                let sent = name.and_then(|name| Some((draft.headers.get(&name)?.clone(), name)));
                if let Some((value, name)) = sent {
                    draft.headers.append(name, value);
                }
            }
            _ => {}
        }
        let mut request = Request::new(B::from(draft.body));
        *request.method_mut() = draft.method;
        *request.uri_mut() = or_fail("the target", draft.target.parse());
        *request.headers_mut() = draft.headers;
        request
    }

    /// Made into an endpoint verification by this function, which says whether it is signed.
    pub(super) fn asking(mut self, ask: impl FnOnce(&mut Draft) -> bool) -> Self {
        self.has_credential = ask(&mut self.draft);
        if self.draft.body.is_empty() {
            self.draft.headers.remove(CONTENT_TYPE);
        }
        self
    }

    pub(super) fn draft(&mut self) -> &mut Draft {
        &mut self.draft
    }

    pub(super) fn is_form(&self) -> bool {
        self.is_form
    }

    /// Sends its credential changed like this.
    pub(super) fn with_credential(mut self, change: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.change = Some(Arc::new(change));
        self
    }

    /// Genuine, with a member or a field that no sender documents.
    pub(super) fn with_another_member(mut self) -> Option<Self> {
        self.draft.body = self.altered()?;
        Some(self)
    }

    fn put(&mut self, place: Option<&At>, text: &str) {
        match place {
            Some(At::Header(name)) => {
                if let Ok(name) = HeaderName::try_from(name) {
                    self.draft.set_header(&name, text);
                }
            }
            Some(At::Body(path)) => self.draft.set_member(path, &serde_json::Value::from(text).to_string()),
            None => {}
        }
    }

    fn altered(&self) -> Option<Bytes> {
        self.altered_of(&self.draft.body)
    }

    /// With one member or field more.
    fn altered_of(&self, body: &[u8]) -> Option<Bytes> {
        // What is there already would change nothing.
        let name = (0..).map(|number| format!("altered_{number}"));
        let name = name.into_iter().find(|name| !String::from_utf8_lossy(body).contains(&**name))?;
        if self.is_form {
            return Some([body, b"&", name.as_bytes(), b"=true"].concat().into());
        }
        let in_object = edit::set(body, &name, "true");
        in_object.or_else(|| edit::set(body, &format!("0.{name}"), "true")).map(Bytes::from)
    }

    /// With a long member or field, so that its body has at least this length.
    pub(super) fn padded_to(mut self, length: usize) -> Self {
        let padding = "x".repeat(length.saturating_sub(self.draft.body.len()));
        let body: &[u8] = &self.draft.body;
        let padded = if self.is_form {
            Some([body, b"&padding=", padding.as_bytes()].concat())
        } else {
            let padding = format!("\"{padding}\"");
            edit::set(body, "padding", &padding).or_else(|| edit::set(body, "0.padding", &padding))
        };
        let padded = padded.unwrap_or_else(|| [body, padding.as_bytes()].concat());
        self.draft.body = padded.into();
        self
    }
}

/// Shows neither the body nor the key.
impl fmt::Debug for TestDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sender = self.sender.sender.name();
        let mut debug = f.debug_struct("TestDelivery");
        debug.field("sender", &sender).field("event", &self.name).field("spoil", &self.spoil).finish_non_exhaustive()
    }
}
