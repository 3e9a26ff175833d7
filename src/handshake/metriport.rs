use bytes::Bytes;
use http::Response;
use serde::Deserialize;
use serde_json::json;

use super::{Handshake, MAX_CHALLENGE, read, response};
use crate::delivery::RawDelivery;

/// Answers Metriport's [ping](https://docs.metriport.com/medical-api/getting-started/webhooks) `{"ping":".."}` with
/// `{"pong":".."}`.
///
/// Metriport signs it like every delivery. A body with more than `ping` and `meta` is an event and reaches your
/// handler.
///
/// # Examples
///
/// See [`WebhookLayer::handshake`](crate::WebhookLayer::handshake).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct MetriportPing;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ping {
    ping: String,
    meta: Option<Meta>,
}

/// Every message has this member. Unknown members are ignored.
#[derive(Deserialize)]
struct Meta {
    r#type: String,
}

impl MetriportPing {
    /// Answers pings.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Handshake for MetriportPing {
    fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        let Ping { ping, meta } = read(delivery)?;
        if ping.len() > MAX_CHALLENGE || meta.is_some_and(|meta| meta.r#type != "ping") {
            return None;
        }
        Some(response("application/json", json!({ "pong": ping }).to_string().into()))
    }
}
