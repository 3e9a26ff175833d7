use std::{fmt, sync::Arc};

use http::{HeaderName, HeaderValue, Method, StatusCode, request::Parts};
use serde::Serialize;

use super::{
    Challenge, Value,
    answer::Answer,
    body::Others,
    challenge::{Description, Expected},
    place::Place,
};
use crate::{
    ConfigError, ConfigErrorKind,
    auth::{Key, Secrets},
    headers,
    json::SecretString,
};

/// Describes a [`Challenge`]: where the challenge is (`in_`), which conditions hold (`if_`, `token_`), and what the
/// answer is (`answer_`).
///
/// | setting | default |
/// |---|---|
/// | [`in_query`](Self::in_query), [`in_header`](Self::in_header) or [`in_body`](Self::in_body) | there is no challenge |
/// | [`allow_blanks`](Self::allow_blanks) | a challenge with a blank is not answered |
/// | [`if_query`](Self::if_query), [`if_header`](Self::if_header), [`if_body`](Self::if_body) | none |
/// | [`token_in_query`](Self::token_in_query), [`token_in_header`](Self::token_in_header) | none |
/// | [`may_have`](Self::may_have) or [`anything_but`](Self::anything_but) | the body has no other members |
/// | [`answer_text`](Self::answer_text) or [`answer_json`](Self::answer_json) | an empty body |
/// | [`answer_header`](Self::answer_header) | none |
/// | [`answer_status`](Self::answer_status) | 200 |
/// | [`mismatch_status`](Self::mismatch_status) | the request is rejected as [`Unauthenticated`](crate::RejectionKind::Unauthenticated) |
/// | [`on_challenge`](Self::on_challenge) | none |
///
/// # Examples
///
/// See [`Challenge::signed`] and [`Challenge::unsigned`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ChallengeBuilder {
    description: Description,
    /// Whether a call has set the other members.
    has_others: bool,
    error: Option<ConfigError>,
}

impl Challenge {
    /// Describes a request that the scheme authenticates like every delivery, and that the layer answers in your
    /// handler's place.
    ///
    /// The body decides whether a delivery is an endpoint verification, so add [`in_body`](ChallengeBuilder::in_body)
    /// or [`if_body`](ChallengeBuilder::if_body). A body of more than 16 KiB is always an event.
    ///
    /// # Examples
    ///
    /// A provider that sends `{"type":"verification","challenge":".."}` and expects `{"challenge":".."}`:
    ///
    /// ```
    /// use tower_webhook::handshake::{Challenge, Value};
    ///
    /// let challenge = Challenge::signed()
    ///     .in_body("challenge")
    ///     .if_body("type", "verification")
    ///     .answer_json("challenge", Value::Challenge)
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn signed() -> ChallengeBuilder {
        ChallengeBuilder::new(None)
    }

    /// Describes a request without a signature, with the method `GET`, `HEAD`, `OPTIONS` or `POST`. Anyone can send it.
    ///
    /// The layer answers it before it checks a credential. A `POST` with a body may be an event, and is not answered.
    ///
    /// With [`in_body`](ChallengeBuilder::in_body), for a `POST` only, the body must be an object of at most 1 KiB
    /// whose only member is the challenge. The layer reads it only if the scheme has found that a header is missing, or
    /// accepts every request. A scheme whose credential is in the URL or in the body finds no missing header, so it
    /// rejects such a `POST`.
    ///
    /// A request that has any of the parameters and headers that you name counts as this endpoint verification. If
    /// another of them is wrong, missing or repeated, the request is rejected like a delivery with a wrong key. If you
    /// name none, every request with this method counts.
    ///
    /// # Examples
    ///
    /// A provider that sends `GET ?check=..` with a token that you chose in a header, and expects the challenge as
    /// text:
    ///
    /// ```
    /// use http::Method;
    /// use tower_webhook::handshake::Challenge;
    ///
    /// let challenge = Challenge::unsigned(Method::GET)
    ///     .in_query("check")
    ///     .token_in_header("verification-token", "chosen-in-the-dashboard")
    ///     .answer_text()
    ///     .build()?;
    /// # Ok::<_, tower_webhook::ConfigError>(())
    /// ```
    pub fn unsigned(method: Method) -> ChallengeBuilder {
        ChallengeBuilder::new(Some(method))
    }
}

impl ChallengeBuilder {
    fn new(unsigned: Option<Method>) -> Self {
        let description = Description {
            unsigned,
            challenge: None,
            may_have_blanks: false,
            conditions: Vec::new(),
            others: Others::Only(Vec::new()),
            answer: Answer::new(),
            mismatch: None,
            hook: None,
        };
        Self { description, has_others: false, error: None }
    }

    /// Expects the challenge in this parameter of the query.
    pub fn in_query(mut self, name: impl Into<String>) -> Self {
        self.place(query(name));
        self
    }

    /// Expects the challenge in this header.
    pub fn in_header(mut self, name: impl TryInto<HeaderName>) -> Self {
        if let Some(place) = self.header(name) {
            self.place(place);
        }
        self
    }

    /// Expects the challenge as a string in this member of the JSON body. The path is names with dots between them,
    /// such as `payload.token`.
    pub fn in_body(mut self, path: impl AsRef<str>) -> Self {
        self.place(Place::body(path.as_ref()));
        self
    }

    /// Allows blanks in the challenge. By default, a challenge that contains one is not answered.
    pub fn allow_blanks(mut self) -> Self {
        self.description.may_have_blanks = true;
        self
    }

    /// Requires one of these values in a parameter of the query.
    pub fn if_query(mut self, name: impl Into<String>, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let expected = self.one_of(values);
        self.description.conditions.push((query(name), expected));
        self
    }

    /// Requires one of these values in a header.
    pub fn if_header(
        mut self,
        name: impl TryInto<HeaderName>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let expected = self.one_of(values);
        let place = self.header(name);
        self.description.conditions.extend(place.map(|place| (place, expected)));
        self
    }

    /// Requires this JSON value in the member of the body at this path, such as the type of the event.
    pub fn if_body(mut self, path: impl AsRef<str>, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.description.conditions.push((Place::body(path.as_ref()), Expected::Json(value))),
            Err(_) => self.fail(ConfigError::new(ConfigErrorKind::Malformed, "the value of a member").expected("JSON")),
        }
        self
    }

    /// Requires that a member of the body is there and not null.
    pub(super) fn if_present(mut self, path: &str) -> Self {
        self.description.conditions.push((Place::body(path), Expected::Present));
        self
    }

    /// Requires the token that you chose in a parameter of the query. It is compared in constant time, like a key.
    pub fn token_in_query(mut self, name: impl Into<String>, token: impl Into<Key>) -> Self {
        self.token(query(name), &token.into());
        self
    }

    /// Requires the token that you chose in a header. It is compared in constant time, like a key.
    pub fn token_in_header(mut self, name: impl TryInto<HeaderName>, token: impl Into<Key>) -> Self {
        if let Some(place) = self.header(name) {
            self.token(place, &token.into());
        }
        self
    }

    /// Allows these members in a signed body, each by its path. A body with a member that you have neither allowed nor
    /// required is an event, and reaches your handler.
    ///
    /// Call it once, and not together with [`anything_but`](Self::anything_but).
    pub fn may_have(mut self, paths: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let path = |path: &str| path.split('.').map(Box::from).collect();
        self.others(Others::Only(paths.into_iter().map(|paths| path(paths.as_ref())).collect()));
        self
    }

    /// Allows all members in a signed body, except these of the outermost object: a body in which one of them is there
    /// and not null is an event.
    ///
    /// Call it once, and not together with [`may_have`](Self::may_have).
    pub fn anything_but(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.others(Others::AnyBut(names.into_iter().map(|name| name.into().into_boxed_str()).collect()));
        self
    }

    /// Answers with the challenge as `text/plain`.
    pub fn answer_text(mut self) -> Self {
        self.description.answer.is_text = true;
        self
    }

    /// Answers with a JSON object that has this member. Call it once per member.
    pub fn answer_json(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.description.answer.json.push((member.into(), value.into()));
        self
    }

    /// Adds a header to the answer. Call it once per header.
    pub fn answer_header(mut self, name: impl TryInto<HeaderName>, value: impl Into<Value>) -> Self {
        match headers::parse_name(name, "the name of a header of the answer") {
            Ok(name) => self.description.answer.headers.push((name, value.into())),
            Err(error) => self.fail(error),
        }
        self
    }

    /// Sets the status of the answer, 2xx. The default is 200.
    pub fn answer_status(mut self, status: StatusCode) -> Self {
        self.description.answer.status = status;
        self
    }

    /// Sets the status, 4xx, of the answer to an unsigned request that fails a condition. The answer has an empty body.
    /// The default is to reject the request like a delivery with a wrong key.
    ///
    /// Only the head of an unsigned request can fail one, so not together with [`in_body`](Self::in_body).
    pub fn mismatch_status(mut self, status: StatusCode) -> Self {
        self.description.mismatch = Some(status);
        self
    }

    /// Calls `hook` with the head and the challenge of each request that is answered. The hook must not block. The
    /// default is no hook.
    ///
    /// If the request is unsigned, anyone can cause the call, with any challenge. The URI is without the credential of
    /// the route's scheme, as your handler sees it, and the header of the credential is marked as sensitive. A token of
    /// the challenge itself stays.
    pub fn on_challenge<F>(mut self, hook: F) -> Self
    where
        F: Fn(&Parts, SecretString) + Send + Sync + 'static,
    {
        self.description.hook = Some(Arc::new(hook));
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// - The name of a header is not valid; that of a parameter or member is empty; a value cannot be in a header; a
    ///   condition has no values.
    /// - The token is blank, padded, not ASCII, one byte repeated, longer than 1,024 bytes, contains a control
    ///   character, or is shorter than 16 bytes without [`Key::dangerous_short`].
    /// - The method is none of `GET`, `HEAD`, `OPTIONS` and `POST`; a status is not 2xx, or not 4xx for a mismatch.
    /// - The answer contains the challenge, or blanks are allowed in it, but no `in_` setting says where it is; or the
    ///   answer contains an HMAC, but the request is unsigned.
    /// - Two settings say where the challenge is, or what else the body may have; or a mismatch has a status, but the
    ///   request is signed or its challenge is in the body.
    /// - An unsigned request has conditions on its body, other members or a nested challenge; or a body and a method
    ///   other than `POST`.
    /// - A signed request has neither `in_body` nor `if_body`; or no setting distinguishes an unsigned `POST` from an
    ///   event.
    /// - The answer is both text and JSON, or has a member twice.
    pub fn build(self) -> Result<Challenge, ConfigError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        check(&self.description)?;
        Ok(Challenge::of([self.description]))
    }

    /// The description, without the checks of `build`: for those in `senders.rs`.
    pub(super) fn ready(self) -> Description {
        self.description
    }

    fn fail(&mut self, error: ConfigError) {
        self.error.get_or_insert(error);
    }

    fn place(&mut self, place: Place) {
        if self.description.challenge.replace(place).is_some() {
            let error = ConfigError::new(ConfigErrorKind::Conflict, "the place of the challenge");
            self.fail(error.expected("one of `in_query`, `in_header` and `in_body`"));
        }
    }

    fn others(&mut self, others: Others) {
        self.description.others = others;
        if std::mem::replace(&mut self.has_others, true) {
            let error = ConfigError::new(ConfigErrorKind::Conflict, "what else the body may have");
            self.fail(error.expected("one call of `may_have` or `anything_but`"));
        }
    }

    fn header(&mut self, name: impl TryInto<HeaderName>) -> Option<Place> {
        headers::parse_name(name, "the name of a header").map(Place::Header).map_err(|error| self.fail(error)).ok()
    }

    fn one_of(&mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Expected {
        let values: Vec<Box<str>> = values.into_iter().map(|value| value.into().into_boxed_str()).collect();
        if values.is_empty() {
            self.fail(ConfigError::new(ConfigErrorKind::Missing, "the value of a condition"));
        }
        Expected::OneOf(values)
    }

    fn token(&mut self, place: Place, token: &Key) {
        match Secrets::named("the verify token", token) {
            Ok(token) => self.description.conditions.push((place, Expected::Token(token))),
            Err(error) => self.fail(error),
        }
    }
}

fn query(name: impl Into<String>) -> Place {
    Place::Query(name.into().into_bytes().into())
}

fn check(description: &Description) -> Result<(), ConfigError> {
    use ConfigErrorKind::{Blank, Conflict, Duplicate, Malformed, Missing, OutOfRange, Unsigned};

    let Description { unsigned, challenge, may_have_blanks, conditions, others, answer, mismatch, .. } = description;
    let fail = |kind, setting: &str| Err(ConfigError::new(kind, setting));
    let places = || challenge.iter().chain(conditions.iter().map(|(place, _)| place));
    let is_blank = |place: &Place| match place {
        Place::Query(name) => name.is_empty(),
        Place::Header(_) => false,
        Place::Body(path) => path.iter().any(|name| name.is_empty()),
    };
    let has_blank_other = match others {
        Others::Only(paths) => paths.iter().flatten().any(|name| name.is_empty()),
        Others::AnyBut(names) => names.iter().any(|name| name.is_empty()),
    };
    if has_blank_other || places().any(is_blank) {
        return fail(Blank, "the name of a parameter or a member");
    }
    match unsigned {
        None if !places().any(|place| place.path().is_some()) => {
            return fail(
                Missing,
                "what distinguishes the endpoint verification from an event, `in_body` or `if_body`,",
            );
        }
        Some(method) if ![Method::GET, Method::HEAD, Method::OPTIONS, Method::POST].contains(method) => {
            let error = ConfigError::new(OutOfRange, "the method of the endpoint verification");
            return Err(error.expected("GET, HEAD, OPTIONS or POST"));
        }
        Some(method) if *method == Method::POST && places().next().is_none() => {
            return fail(Missing, "what distinguishes the endpoint verification from an event");
        }
        Some(method) => {
            let is_bare = matches!(others, Others::Only(more) if more.is_empty());
            let has_condition = conditions.iter().any(|(place, _)| place.path().is_some());
            let in_body = challenge.as_ref().and_then(Place::path);
            let is_alone = in_body.is_none_or(|path| *method == Method::POST && path.len() == 1);
            if !is_bare || has_condition || !is_alone {
                let error = ConfigError::new(Conflict, "the body of an unsigned request");
                return Err(error.expected("a `POST` with the challenge as the only member"));
            }
        }
        None => {}
    }
    let is_sent_back = answer.is_text || answer.values().any(|value| *value == Value::Challenge || value.is_mac());
    if challenge.is_none() && (is_sent_back || *may_have_blanks) {
        return fail(Missing, "the place of the challenge, `in_query`, `in_header` or `in_body`,");
    }
    if unsigned.is_some() && answer.values().any(Value::is_mac) {
        return fail(Unsigned, "the challenge whose HMAC answers");
    }
    if answer.is_text && !answer.json.is_empty() {
        return fail(Conflict, "the body of the answer");
    }
    for (index, (name, _)) in answer.json.iter().enumerate() {
        if answer.json.iter().skip(index + 1).any(|(other, _)| other == name) {
            return fail(Duplicate, "a member of the answer");
        }
    }
    let is_sendable = |value: &Value| !matches!(value, Value::Text(text) if HeaderValue::from_str(text).is_err());
    if !answer.headers.iter().all(|(_, value)| is_sendable(value)) {
        let error = ConfigError::new(Malformed, "the value of a header of the answer");
        return Err(error.expected("visible ASCII"));
    }
    if !answer.status.is_success() {
        return Err(ConfigError::new(OutOfRange, "the status of the answer").expected("2xx"));
    }
    let is_in_body = places().any(|place| place.path().is_some());
    if mismatch.is_some() && (unsigned.is_none() || is_in_body) {
        let error = ConfigError::new(Conflict, "the status of a mismatch");
        return Err(error.expected("an unsigned request without `in_body`"));
    }
    if mismatch.is_some_and(|status| !status.is_client_error()) {
        return Err(ConfigError::new(OutOfRange, "the status of a mismatch").expected("4xx"));
    }
    Ok(())
}

/// Shows neither the values that are expected nor the token.
impl fmt::Debug for ChallengeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChallengeBuilder").finish_non_exhaustive()
    }
}
