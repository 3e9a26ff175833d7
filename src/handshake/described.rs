//! An endpoint verification in the description of a sender.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Challenge, ChallengeBuilder, Value};
use crate::{ConfigError, ConfigErrorKind, auth::Key, json::described::is_default};

/// A token of the right length.
const TOKEN: &str = "the-token-that-you-chose";

/// How a sender verifies an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verification {
    Ready(Ready),
    Signed(Box<Described>),
    Unsigned(Box<Described>),
}

/// The name of a ready-made one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ready {
    CloudEvents,
    Discord,
    Dropbox,
    Meta,
    Metriport,
    MicrosoftGraph,
    Monday,
    Notion,
    Okta,
    Slack,
    Strava,
    Trello,
    Websub,
    Zoom,
}

/// The settings of a [`ChallengeBuilder`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Described {
    #[serde(skip_serializing_if = "is_default")]
    method: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    challenge: Option<Place>,
    #[serde(skip_serializing_if = "is_default")]
    allow_blanks: bool,
    #[serde(skip_serializing_if = "is_default")]
    if_query: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "is_default")]
    if_header: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "is_default")]
    if_body: BTreeMap<String, Json>,
    #[serde(skip_serializing_if = "is_default")]
    token: Option<TokenPlace>,
    #[serde(skip_serializing_if = "is_default")]
    may_have: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    anything_but: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    answer_text: bool,
    #[serde(skip_serializing_if = "is_default")]
    answer_json: BTreeMap<String, Json>,
    #[serde(skip_serializing_if = "is_default")]
    answer_headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    answer_status: Option<u16>,
    #[serde(skip_serializing_if = "is_default")]
    mismatch_status: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Query(String),
    Header(String),
    Body(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TokenPlace {
    Query(String),
    Header(String),
}

impl Verification {
    pub(crate) fn challenge(&self, token: Option<Key>) -> Result<Challenge, ConfigError> {
        let described = match self {
            Self::Ready(ready) => return ready.challenge(token),
            Self::Signed(described) => described.complete(Challenge::signed(), token)?,
            Self::Unsigned(described) => {
                let method = described.method.as_deref().unwrap_or("GET");
                let method = Method::from_bytes(method.as_bytes());
                let method = method.map_err(|_| malformed("the method of the endpoint verification"))?;
                described.complete(Challenge::unsigned(method), token)?
            }
        };
        described.build()
    }

    /// One that asks as the sender does, whatever the receiver expects.
    #[cfg(feature = "testing")]
    pub(crate) fn of_a_test(&self) -> Option<Challenge> {
        match self {
            Self::Ready(Ready::CloudEvents) => Challenge::cloud_events(["eventgrid.azure.net"], None),
            Self::Ready(Ready::Notion) => Ok(Challenge::notion(|_, _| {})),
            Self::Ready(Ready::Websub) => Challenge::websub(["https://example.com/feed"]),
            _ => self.challenge(Some(Key::new(TOKEN))),
        }
        .ok()
    }

    /// Checks all but the token.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Ready(_) => Ok(()),
            _ => self.challenge(Some(Key::new(TOKEN))).map(drop),
        }
    }
}

impl Ready {
    fn challenge(self, token: Option<Key>) -> Result<Challenge, ConfigError> {
        let token = || token.ok_or_else(|| ConfigError::new(ConfigErrorKind::Missing, "the verify token"));
        Ok(match self {
            Self::CloudEvents => return Err(by_hand("`Challenge::cloud_events`, with your origins")),
            Self::Notion => return Err(by_hand("`Challenge::notion`, with your function")),
            Self::Websub => return Err(by_hand("`Challenge::websub`, with your topics")),
            Self::Discord => Challenge::discord(),
            Self::Dropbox => Challenge::dropbox(),
            Self::Meta => Challenge::meta(token()?)?,
            Self::Metriport => Challenge::metriport(),
            Self::MicrosoftGraph => Challenge::microsoft_graph(),
            Self::Monday => Challenge::monday(),
            Self::Okta => Challenge::okta(),
            Self::Slack => Challenge::slack(),
            Self::Strava => Challenge::strava(token()?)?,
            Self::Trello => Challenge::trello(),
            Self::Zoom => Challenge::zoom(),
        })
    }
}

impl Described {
    fn complete(&self, builder: ChallengeBuilder, token: Option<Key>) -> Result<ChallengeBuilder, ConfigError> {
        let builder = match &self.challenge {
            Some(Place::Query(name)) => builder.in_query(name),
            Some(Place::Header(name)) => builder.in_header(name),
            Some(Place::Body(path)) => builder.in_body(path),
            None => builder,
        };
        let builder = if self.allow_blanks { builder.allow_blanks() } else { builder };
        let builder = self.if_query.iter().fold(builder, |it, (name, values)| it.if_query(name, values));
        let builder = self.if_header.iter().fold(builder, |it, (name, values)| it.if_header(name, values));
        let builder = self.if_body.iter().fold(builder, |it, (path, value)| it.if_body(path, value));
        let token = || token.ok_or_else(|| ConfigError::new(ConfigErrorKind::Missing, "the verify token"));
        let builder = match &self.token {
            Some(TokenPlace::Query(name)) => builder.token_in_query(name, token()?),
            Some(TokenPlace::Header(name)) => builder.token_in_header(name, token()?),
            None => builder,
        };
        let builder = if self.may_have.is_empty() { builder } else { builder.may_have(&self.may_have) };
        let builder = if self.anything_but.is_empty() { builder } else { builder.anything_but(&self.anything_but) };
        let builder = if self.answer_text { builder.answer_text() } else { builder };
        let builder = self.answer_json.iter().try_fold(builder, |it, (member, json)| {
            let value = match json {
                Json::String(text) => value(text),
                number => Value::Number(number.as_u64().ok_or_else(|| malformed("a value of the answer"))?),
            };
            Ok::<_, ConfigError>(it.answer_json(member, value))
        })?;
        if let Some(name) = self.answer_headers.keys().find(|name| !may_answer(name)) {
            return Err(malformed(&format!("the header `{name}` of the answer")).expected("one of the sender's own"));
        }
        let builder = self.answer_headers.iter().fold(builder, |it, (name, text)| it.answer_header(name, value(text)));
        let status = |status: Option<u16>| {
            let status = status.map(StatusCode::from_u16).transpose();
            status.map_err(|_| malformed("a status of the endpoint verification"))
        };
        let builder = status(self.answer_status)?.into_iter().fold(builder, ChallengeBuilder::answer_status);
        Ok(status(self.mismatch_status)?.into_iter().fold(builder, ChallengeBuilder::mismatch_status))
    }
}

/// Whether a description may set a header of an answer to strangers: none with a meaning for browsers, caches and
/// connections.
fn may_answer(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["x-", "webhook-", "validation-"].iter().any(|own| name.starts_with(own)) && !name.starts_with("x-content-type")
}

fn by_hand(call: &str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::Missing, "the endpoint verification").expected(call)
}

/// The value that a text stands for.
fn value(text: &str) -> Value {
    match text {
        "{challenge}" => Value::Challenge,
        "{hmac_sha256_hex}" => Value::HmacSha256Hex,
        "{hmac_sha256_base64}" => Value::HmacSha256Base64,
        text => Value::Text(text.to_owned()),
    }
}

fn malformed(setting: &str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::Malformed, setting)
}
