use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// A value in the answer to an endpoint verification, for [`ChallengeBuilder`](super::ChallengeBuilder).
///
/// Text and whole numbers convert into it.
///
/// # Examples
///
/// ```
/// use tower_webhook::handshake::Value;
///
/// let values: [Value; 3] = [Value::Challenge, "*".into(), 1.into()];
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// The challenge as it was sent, decoded.
    Challenge,
    /// HMAC-SHA256 of the challenge, in lower-case hex, with the key that has verified the delivery.
    ///
    /// That must be a key of a [`Signature::hmac_sha256`](crate::auth::Signature::hmac_sha256); with another scheme, the
    /// request is not answered and reaches your handler. So that nobody gets a signature of an event out of it, it is made
    /// of letters, digits and `-._~+/=` only.
    #[cfg(feature = "signatures")]
    HmacSha256Hex,
    /// The same HMAC, in padded base64.
    #[cfg(feature = "signatures")]
    HmacSha256Base64,
    /// A fixed text.
    Text(String),
    /// A fixed number.
    Number(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// What a value is made of.
pub(super) struct Facts<'a> {
    pub(super) challenge: &'a str,
    /// HMAC-SHA256 with the key that has verified the delivery.
    #[cfg_attr(not(feature = "signatures"), expect(dead_code, reason = "of that feature"))]
    pub(super) mac: &'a dyn Fn(&[u8]) -> Option<[u8; 32]>,
}

impl Value {
    pub(super) fn is_mac(&self) -> bool {
        !matches!(self, Self::Challenge | Self::Text(_) | Self::Number(_))
    }

    fn json(&self, facts: &Facts<'_>) -> Option<Json> {
        Some(match self {
            Self::Challenge => facts.challenge.into(),
            #[cfg(feature = "signatures")]
            Self::HmacSha256Hex => data_encoding::HEXLOWER.encode(&mac(facts)?).into(),
            #[cfg(feature = "signatures")]
            Self::HmacSha256Base64 => data_encoding::BASE64.encode(&mac(facts)?).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
        })
    }

    fn text(&self, facts: &Facts<'_>) -> Option<String> {
        match self.json(facts)? {
            Json::String(text) => Some(text),
            number => Some(number.to_string()),
        }
    }
}

/// The sender of a challenge that could be a part of a delivery would get a signature for one.
#[cfg(feature = "signatures")]
fn mac(facts: &Facts<'_>) -> Option<[u8; 32]> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    facts.challenge.bytes().all(is_token).then(|| (facts.mac)(facts.challenge.as_bytes())).flatten()
}

/// The answer to an endpoint verification, before its values are known.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, Value)>,
    pub(super) is_text: bool,
    pub(super) json: Vec<(String, Value)>,
}

impl Answer {
    /// 200 without a body.
    pub(super) fn new() -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), is_text: false, json: Vec::new() }
    }

    /// `None` if a value cannot be made.
    pub(super) fn fill(&self, facts: &Facts<'_>) -> Option<Response<Bytes>> {
        let mut response = if self.is_text {
            response("text/plain; charset=utf-8", Bytes::copy_from_slice(facts.challenge.as_bytes()))
        } else if self.json.is_empty() {
            Response::default()
        } else {
            let member = |(name, value): &(String, Value)| Some((name.clone(), value.json(facts)?));
            let members = Members(self.json.iter().map(member).collect::<Option<_>>()?);
            response("application/json", serde_json::to_vec(&members).ok()?.into())
        };
        *response.status_mut() = self.status;
        for (name, value) in &self.headers {
            let value = HeaderValue::try_from(value.text(facts)?).ok()?;
            response.headers_mut().append(name, value);
        }
        Some(response)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.headers.iter().map(|(_, value)| value).chain(self.json.iter().map(|(_, value)| value))
    }
}

/// An object in the order of its settings.
struct Members(Vec<(String, Json)>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn response(content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
