//! Schemes that sign the delivery: what they take, what they refuse, and what it costs.

mod bad_input;
mod boxed;
mod settings;
mod standard;
mod twilio;
mod vectors;
mod work;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, request::Parts};
use http_body_util::Full;
use tower_webhook::{
    Rejection, WebhookLayer,
    auth::{Hmac, HmacBuilder, Part, Scheme, Verified},
    clock::Clock,
    jiff::Timestamp,
    provider::{Provider, RawDelivery},
};

const KEY: &str = "Zr41vw-new-and-Random";
const NOW: i64 = 1_700_000_000;

/// Takes any body.
pub(crate) struct Opaque<S>(pub(crate) S);

impl<S: Scheme> Provider for Opaque<S> {
    type Scheme = S;
    type Event = Bytes;

    fn name(&self) -> &'static str {
        "acme"
    }

    fn scheme(&self) -> &S {
        &self.0
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<Bytes, Rejection> {
        Ok(Bytes::copy_from_slice(delivery.body()))
    }
}

struct Standstill(Timestamp);

impl Clock for Standstill {
    fn now(&self) -> std::time::SystemTime {
        self.0.into()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A layer at [`NOW`].
fn layer<S: Scheme>(scheme: S) -> WebhookLayer<Opaque<S>> {
    WebhookLayer::new(Opaque(scheme)).clock(Standstill(at(NOW)))
}

fn head(headers: &[(&'static str, &[u8])]) -> Parts {
    let (mut head, ()) = Request::post("/hooks/acme?to=1").body(()).unwrap().into_parts();
    head.headers = map(headers);
    head
}

fn map(headers: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    }
    map
}

fn request<B>(headers: &[(&'static str, &[u8])], body: B) -> Request<B> {
    let (parts, body) = (head(headers), body);
    Request::from_parts(parts, body)
}

fn full(body: &[u8]) -> Full<Bytes> {
    Full::new(Bytes::copy_from_slice(body))
}

/// Both halves of a scheme, without a layer.
fn verify<S: Scheme>(scheme: &S, head: &Parts, body: &[u8], now: i64) -> Result<Verified, Rejection> {
    let pending = scheme.open(head, at(now))?;
    scheme.close(pending, body)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(HMAC_SHA256, key), &parts.concat()).as_ref().to_vec()
}

/// `v0=HEX` of `v0:time:body`, with the time in a header of its own.
fn timed() -> HmacBuilder {
    Hmac::sha256("x-acme-signature")
        .prefix("v0=")
        .signed([Part::literal("v0:"), Part::Timestamp, Part::literal(":"), Part::Body])
        .timestamp_header("x-acme-timestamp")
}

/// Each single bit of `bytes` flipped.
fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}
