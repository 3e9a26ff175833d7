use bytes::Bytes;
use http::Response;
use serde::{Deserialize, Serialize};

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
    #[serde(rename = "meta")]
    _meta: Option<Meta>,
}

/// Every message has this member. Unknown members are ignored.
#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "type")]
    _type: Type,
}

#[derive(Deserialize)]
enum Type {
    #[serde(rename = "ping")]
    Ping,
}

#[derive(Serialize)]
struct Pong {
    pong: String,
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
        let Ping { ping, .. } = read(delivery)?;
        if ping.len() > MAX_CHALLENGE {
            return None;
        }
        let pong = serde_json::to_vec(&Pong { pong: ping }).ok()?;
        Some(response("application/json", pong.into()))
    }
}
