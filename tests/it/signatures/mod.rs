//! Schemes that sign the delivery: what they take, what they refuse, and what it costs.

mod bad_input;
mod borders;
mod boxed;
mod lists;
mod settings;
mod standard;
mod twilio;
mod vectors;
mod work;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, request::Parts};
use http_body_util::Full;
use tower_webhook::{
    Rejection, WebhookLayer,
    auth::{Head, Part, Scheme, Signature, SignatureBuilder, Verified},
    clock::Clock,
    provider::{Provider, RawDelivery},
};

const KEY: &str = "Zr41vw-new-and-Random";
const NOW: u64 = 1_700_000_000;

/// Takes any body.
pub(crate) struct Opaque(Arc<dyn Scheme>);

impl Provider for Opaque {
    type Event = Bytes;

    fn name(&self) -> &str {
        "acme"
    }

    fn scheme(&self) -> &dyn Scheme {
        &self.0
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<Bytes, Rejection> {
        Ok(Bytes::copy_from_slice(delivery.body()))
    }
}

struct Standstill(SystemTime);

impl Clock for Standstill {
    fn now(&self) -> SystemTime {
        self.0
    }
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

/// A layer at [`NOW`].
fn layer(scheme: impl Scheme) -> WebhookLayer<Opaque> {
    WebhookLayer::new(Opaque(Arc::new(scheme))).clock(Standstill(at(NOW)))
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

/// Both steps of a scheme, without a layer.
fn verify(scheme: &impl Scheme, head: &Parts, body: &[u8], now: u64) -> Result<Verified, Rejection> {
    let head = Head::new(head, at(now));
    match scheme.verify_head(&head)? {
        Some(verified) => Ok(verified),
        None => scheme.verify_body(&head, &Bytes::copy_from_slice(body)),
    }
}

/// Whether a head may be followed by a body.
fn admits(scheme: &impl Scheme, head: &Parts, now: u64) -> bool {
    scheme.verify_head(&Head::new(head, at(now))).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(HMAC_SHA256, key), &parts.concat()).as_ref().to_vec()
}

/// `v0=HEX` of `v0:time:body`, with the time in a header of its own.
fn timed() -> SignatureBuilder {
    Signature::hmac_sha256("x-acme-signature")
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
