//! What is encrypted of a letter.

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::receive::Original;

/// A line of JSON with all but the body, and the body.
pub(super) struct Content {
    pub(super) tenant: Option<String>,
    pub(super) signed_id: Option<String>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Line {
    tenant: Option<String>,
    signed_id: Option<String>,
    /// The values in base64, as they can have any bytes.
    headers: Vec<(String, String)>,
}

impl Content {
    pub(super) fn of(original: &Original) -> Self {
        let verified = original.delivery.verified();
        Self {
            tenant: verified.tenant().map(str::to_owned),
            signed_id: verified.signed_id().map(str::to_owned),
            headers: original.headers.clone(),
            body: original.body.clone(),
        }
    }

    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let line = Line {
            tenant: self.tenant.clone(),
            signed_id: self.signed_id.clone(),
            headers: self
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), BASE64.encode(value.as_bytes())))
                .collect(),
        };
        let mut bytes = serde_json::to_vec(&line).ok()?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        Some(bytes)
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let mut bytes = Bytes::from(bytes);
        let line: Line = serde_json::from_slice(&bytes.split_to(end)).ok()?;
        let header = |(name, value): (String, String)| {
            let value = BASE64.decode(value.as_bytes()).ok()?;
            Some((name.parse().ok()?, HeaderValue::from_bytes(&value).ok()?))
        };
        Some(Self {
            tenant: line.tenant,
            signed_id: line.signed_id,
            headers: line.headers.into_iter().map(header).collect::<Option<_>>()?,
            body: bytes.slice(1..),
        })
    }
}
