//! Signs deliveries as their senders do, for tests, by the same settings by which they are verified.

mod key;
mod signature;

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

pub(crate) use self::{key::SigningKey, signature::sign as signature};
use super::signature::Algorithm;
use crate::{json::edit, urlencoded};

/// A path with more segments is no path of a webhook.
const MAX_SEGMENTS: usize = 64;

/// A delivery that is being made.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) method: Method,
    /// A path with a query, or a whole URL.
    pub(crate) target: String,
    /// The URL that was given to the sender, without a query.
    pub(crate) public_url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) id: String,
    pub(crate) at: SystemTime,
}

impl Draft {
    pub(crate) fn set_header(&mut self, name: &HeaderName, value: &str) {
        // What no header can hold is a mistake in the test, which the receiver then refuses.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    /// Sets a member of a JSON body. Any other body stays as it is.
    pub(crate) fn set_member(&mut self, path: &str, json: &str) {
        if let Some(body) = edit::set(&self.body, path, json) {
            self.body = body.into();
        }
    }

    pub(crate) fn set_query(&mut self, name: &str, value: &str) {
        let separator = if self.target.contains('?') { '&' } else { '?' };
        let pair = format!("{}={}", urlencoded::encode(name), urlencoded::encode(value));
        self.target = format!("{}{separator}{pair}", self.target);
    }

    /// Sets the segment of the path with this number, from 0, and adds those before it.
    pub(crate) fn set_segment(&mut self, index: usize, value: &str) {
        let index = index.min(MAX_SEGMENTS);
        let path_at = self.target.find("://").map_or(0, |at| {
            let after = at + "://".len();
            self.target.get(after..).and_then(|rest| rest.find('/')).map_or(self.target.len(), |slash| after + slash)
        });
        let (origin, rest) = self.target.split_at(path_at);
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let mut segments: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
        segments.resize(segments.len().max(index + 1), "webhooks".to_owned());
        if let Some(segment) = segments.get_mut(index) {
            *segment = urlencoded::encode(value);
        }
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        self.target = format!("{origin}/{}{query}", segments.join("/"));
    }

    /// Adds a field of a form.
    pub(crate) fn set_field(&mut self, name: &str, value: &str) {
        let pair = format!("{}={}", urlencoded::encode(name), urlencoded::encode(value));
        let others = urlencoded::pairs(&self.body).filter(|(other, _)| *urlencoded::decode(other) != *name.as_bytes());
        let mut body = others.fold(Vec::new(), |mut body, (name, value)| {
            body.extend([name, b"=", value, b"&"].concat());
            body
        });
        body.extend(pair.into_bytes());
        self.body = body.into();
    }

    /// The target without its origin.
    fn path_and_query(&self) -> &str {
        let after = self.target.split_once("://").map(|(_, rest)| rest);
        match after {
            Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
            None => &self.target,
        }
    }

    /// The query with its `?`, or nothing.
    fn query(&self) -> &str {
        self.target.find('?').and_then(|at| self.target.get(at..)).unwrap_or_default()
    }

    fn unix_time(&self) -> std::time::Duration {
        self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

/// What a test changes of a credential before it is sent.
pub(crate) type Change<'a> = &'a dyn Fn(String) -> String;

/// Signs as [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
/// say, with headers of this family.
pub(crate) fn standard_webhooks(draft: &mut Draft, family: &str, key: &SigningKey, change: Change<'_>) {
    let (id, time) = (draft.id.clone(), draft.unix_time().as_secs().to_string());
    let message = [id.as_bytes(), b".", time.as_bytes(), b".", &draft.body].concat();
    let (version, algorithm) = if key.is_pair() { ("v1a", Algorithm::Ed25519) } else { ("v1", Algorithm::HmacSha256) };
    let signature = change(format!("{version},{}", BASE64.encode(&key.sign(algorithm, &message))));
    for (name, value) in [("id", &id), ("timestamp", &time), ("signature", &signature)] {
        if let Ok(name) = HeaderName::try_from(format!("{family}-{name}")) {
            draft.set_header(&name, value);
        }
    }
}

/// Signs as Twilio does: URL and sorted fields of a form, or a URL with the digest of any other body.
pub(crate) fn twilio(draft: &mut Draft, sha256: bool, is_form: bool, key: &SigningKey, change: Change<'_>) {
    let mut message = Vec::new();
    if is_form {
        message.extend([draft.public_url.as_bytes(), draft.query().as_bytes()].concat());
        let mut fields: Vec<_> = urlencoded::pairs(&draft.body)
            .map(|(name, value)| (urlencoded::decode(name), urlencoded::decode(value)))
            .collect();
        fields.sort();
        fields.dedup();
        fields.iter().for_each(|(name, value)| message.extend([&**name, &**value].concat()));
    } else {
        let digest = HEXLOWER.encode(digest(&SHA256, &draft.body).as_ref());
        draft.set_query("bodySHA256", &digest);
        message.extend([draft.public_url.as_bytes(), draft.query().as_bytes()].concat());
    }
    let algorithm = if sha256 { Algorithm::HmacSha256 } else { Algorithm::LegacyHmacSha1 };
    let signature = change(BASE64.encode(&key.sign(algorithm, &message)));
    draft.set_header(&HeaderName::from_static("x-twilio-signature"), &signature);
}
