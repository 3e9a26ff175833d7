//! The header that delivers a kept letter again.

use data_encoding::BASE64URL_NOPAD;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use super::{Receipt, content::Content};

/// The longest header that is read, in bytes. A receipt has about 600.
const MAX_LEN: usize = 8 << 10;

/// A receipt, and what was proven besides it and is nobody else's business.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    pub(super) receipt: Receipt,
    pub(super) tenant: Option<String>,
    pub(super) signed_id: Option<String>,
}

impl Token {
    pub(super) fn new(receipt: Receipt, content: &Content) -> Self {
        Self { receipt, tenant: content.tenant.clone(), signed_id: content.signed_id.clone() }
    }

    pub(super) fn to_header(&self) -> HeaderValue {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let value = HeaderValue::from_str(&BASE64URL_NOPAD.encode(&json));
        // Base64 is ASCII.
        let mut value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// Whether [`from_header`](Self::from_header) will read it.
    pub(super) fn fits(&self) -> bool {
        self.to_header().len() <= MAX_LEN
    }

    pub(super) fn from_header(value: &HeaderValue) -> Option<Self> {
        let encoded = Some(value.as_bytes()).filter(|encoded| encoded.len() <= MAX_LEN)?;
        serde_json::from_slice(&BASE64URL_NOPAD.decode(encoded).ok()?).ok()
    }
}
