//! How far the time of signing may be off: each setting does what it says, on each builder that has it.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::request::Parts;
use tower_webhook::auth::{Part, Scheme, Signature, SignatureBuilder, StandardWebhooks, StandardWebhooksBuilder};

use super::{KEY, NOW, head, hex, mac, timed, verify};

/// What is set, and how many seconds a delivery may then be old, and ahead.
type Case<B> = (&'static str, fn(B) -> B, u64, u64);

const TEN: Duration = Duration::from_secs(10);
const TWENTY: Duration = Duration::from_secs(20);
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

macro_rules! cases {
    ($builder:ty) => {{
        let cases: [Case<$builder>; 8] = [
            ("nothing", |builder| builder, 300, 300),
            ("both", |builder| builder.tolerance(TEN), 10, 10),
            ("the past", |builder| builder.past_tolerance(TEN), 10, 300),
            ("the future", |builder| builder.future_tolerance(TEN), 300, 10),
            ("each", |builder| builder.past_tolerance(TEN).future_tolerance(TWENTY), 10, 20),
            ("both, then the past", |builder| builder.tolerance(TEN).past_tolerance(TWENTY), 20, 10),
            ("the past, then both", |builder| builder.past_tolerance(TWENTY).tolerance(TEN), 10, 10),
            ("a day", |builder| builder.tolerance(A_DAY), 86_400, 86_400),
        ];
        cases
    }};
}

/// Verifies a delivery that was signed at [`NOW`], around both ends of what is allowed.
fn check(set: &str, scheme: &impl Scheme, head: &Parts, past: u64, future: u64) {
    for (now, is_accepted) in
        [(NOW + past, true), (NOW + past + 1, false), (NOW - future, true), (NOW - future - 1, false)]
    {
        let verified = verify(scheme, head, b"{}", now);
        assert_eq!(verified.is_ok(), is_accepted, "set: {set}; {past}, {future}, at {now}: {verified:?}");
    }
}

#[test]
fn of_a_time_in_a_header() {
    let signature = format!("v0={}", hex(&mac(KEY.as_bytes(), &[b"v0:1700000000:{}"])));
    let head = head(&[("x-acme-signature", signature.as_bytes()), ("x-acme-timestamp", b"1700000000")]);
    for (set, with, past, future) in cases!(SignatureBuilder) {
        check(set, &with(timed()).key(KEY).build().unwrap(), &head, past, future);
    }
}

#[test]
fn of_a_time_in_the_signatures_header() {
    let pairs = || {
        let builder = Signature::hmac_sha256("x-acme-signature").pairs(',', "t", "v1");
        builder.signed([Part::Timestamp, Part::literal("."), Part::Body])
    };
    let signature = format!("t=1700000000,v1={}", hex(&mac(KEY.as_bytes(), &[b"1700000000.{}"])));
    let head = head(&[("x-acme-signature", signature.as_bytes())]);
    for (set, with, past, future) in cases!(SignatureBuilder) {
        check(set, &with(pairs()).key(KEY).build().unwrap(), &head, past, future);
    }
}

#[test]
fn of_a_time_in_the_body() {
    let body = br#"{"at":1700000000}"#;
    let signature = hex(&mac(KEY.as_bytes(), &[body]));
    let head = head(&[("x-acme-signature", signature.as_bytes())]);
    for (set, with, past, future) in cases!(SignatureBuilder) {
        let builder = Signature::hmac_sha256("x-acme-signature").timestamp_in_body("at");
        let scheme = with(builder).key(KEY).build().unwrap();
        for (now, is_accepted) in
            [(NOW + past, true), (NOW + past + 1, false), (NOW - future, true), (NOW - future - 1, false)]
        {
            assert_eq!(verify(&scheme, &head, body, now).is_ok(), is_accepted, "set: {set}, at {now}");
        }
    }
}

#[test]
fn of_standard_webhooks() {
    let secret = b"MfKQ9r8GKYqrwjUP8ILPZIo2";
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac(secret, &[b"msg_1.1700000000.{}"])));
    let headers =
        [["webhook-id", "webhook-timestamp", "webhook-signature"], ["svix-id", "svix-timestamp", "svix-signature"]];
    for [id, timestamp, name] in headers {
        let head = head(&[(id, b"msg_1"), (timestamp, b"1700000000"), (name, signature.as_bytes())]);
        for (set, with, past, future) in cases!(StandardWebhooksBuilder) {
            let builder = with(StandardWebhooks::builder()).key(BASE64_STANDARD.encode(secret));
            check(set, &builder.build().unwrap(), &head, past, future);
        }
    }
}

#[test]
fn a_time_at_the_end_of_all_clocks_is_one_from_the_future() {
    let scheme = Signature::hmac_sha256("x-acme-signature").timestamp_in_body("at").key(KEY).build().unwrap();
    let body = format!(r#"{{"at":{}}}"#, i64::MAX);
    let signature = hex(&mac(KEY.as_bytes(), &[body.as_bytes()]));
    let rejected = verify(&scheme, &head(&[("x-acme-signature", signature.as_bytes())]), body.as_bytes(), NOW);
    assert_eq!(rejected.unwrap_err().label(), "from_the_future");
}
