//! Whether the time that a verification takes depends on the bytes or the length of a key, on which key it is, or on the
//! tenant.
//!
//! Each line times two classes of calls, which must not be told apart, and says how far Welch's t-test tells them apart: the
//! median and the highest |t| of ten runs, and by how many nanoseconds the means of a call differ. A |t| of a few is noise.
//! The controls do the same work in the usual ways.
//!
//! ```sh
//! cargo run --release -p bench-timing [part of a name]
//! ```
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark's settings are its own, and it reports")]

mod welch;

use std::{collections::HashMap, env, hint::black_box, time::SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, request::Parts};
use subtle::ConstantTimeEq;
use tower_webhook::auth::{ApiKey, Head, Key, Keys, Scheme, Signature, keys::Tenants};

use crate::welch::{Class, Found, Runs};

const KEY: &[u8; 40] = b"0123456789abcdefghijklmnopqrstuvwxyzABCD";
const SHORT_KEY: &[u8; 24] = b"0123456789abcdefghijklmn";
const KEY_HEADER: HeaderName = HeaderName::from_static("x-key");
const TENANT_HEADER: HeaderName = HeaderName::from_static("x-tenant");
const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("x-signature");

fn main() {
    let part = env::args().nth(1).unwrap_or_default();
    println!("{:<50} {:>10} {:>10} {:>10}", "", "median |t|", "highest", "ns apart");
    for (name, run) in ALL {
        if name.contains(&part) {
            let Found { median, highest, nanoseconds } = run();
            println!("{name:<50} {median:>10.1} {highest:>10.1} {nanoseconds:>10.2}");
        }
    }
}

type Experiment = (&'static str, fn() -> Found);

const ALL: [Experiment; 11] = [
    ("key: wrong first byte, wrong last byte", key_content),
    ("  control: `==`", key_content_usual),
    ("length: a key of 40 bytes, one of 24", key_length),
    ("  control: lengths first, then `subtle`", key_length_usual),
    ("which key: the first of 8, the last", which_key),
    ("  control: the first that matches", which_key_usual),
    ("HMAC: wrong first byte, wrong last byte", hmac_content),
    ("tenant: one that exists, another that exists", || tenant(["north", "south"])),
    ("tenant: one that exists, one that does not", || tenant(["north", "never"])),
    ("  control: no comparison for one that does not", tenant_usual),
    ("nothing: the same call in both classes", nothing),
];

/// The key with its first or its last byte changed.
fn changed(class: Class) -> [u8; 40] {
    let mut key = *KEY;
    let byte = if class == Class::A { key.first_mut() } else { key.last_mut() };
    *byte.expect("it has 40 bytes") ^= 1;
    key
}

fn key_content() -> Found {
    let keys = Keys::new([Key::bytes(KEY)]);
    Runs::of(50).time(changed, |offered| keys.verify(offered).is_ok())
}

fn key_content_usual() -> Found {
    Runs::of(50).time(changed, |offered| black_box(&KEY[..]) == offered)
}

/// One wrong key, for a configured key of its length, and for a shorter one. The keys are made anew for each sample, so that
/// both take the same place in memory.
fn key_length() -> Found {
    let offered = changed(Class::A);
    let keys = |class| Keys::new([if class == Class::A { Key::bytes(KEY) } else { Key::bytes(SHORT_KEY) }]);
    Runs::of(50).time(keys, |keys| keys.verify(black_box(&offered)).is_ok())
}

fn key_length_usual() -> Found {
    let offered = changed(Class::A);
    let key = |class| if class == Class::A { KEY.to_vec() } else { SHORT_KEY.to_vec() };
    Runs::of(50).time(key, |key| key.ct_eq(black_box(&offered[..])).into())
}

fn eight_keys() -> Vec<Vec<u8>> {
    (b'a'..=b'h').map(|first| [&[first], &KEY[1..]].concat()).collect()
}

fn one_of_eight(class: Class) -> Vec<u8> {
    [if class == Class::A { b"a" } else { b"h" }, &KEY[1..]].concat()
}

fn which_key() -> Found {
    let keys = Keys::new(eight_keys().iter().map(Key::bytes));
    Runs::of(50).time(one_of_eight, |offered| keys.verify(offered).is_ok())
}

fn which_key_usual() -> Found {
    let keys = eight_keys();
    Runs::of(50).time(one_of_eight, |offered| keys.iter().any(|key| key.ct_eq(offered).into()))
}

fn parts() -> Parts {
    Request::post("/").body(()).expect("a request").into_parts().0
}

fn is_verified(scheme: &impl Scheme, parts: &Parts, body: &Bytes) -> bool {
    scheme.verify_body(&Head::new(parts, SystemTime::UNIX_EPOCH), body).is_ok()
}

fn hmac_content() -> Found {
    let scheme = Signature::hmac_sha256(SIGNATURE_HEADER).key(Key::bytes(KEY)).build().expect("a scheme");
    // Of this body with this key.
    let right = "ba04cb8d49fa3e1b79d2ccf73f07a14f8dbc81d298c6febf646b3bced9c8118d";
    let body = Bytes::from_static(b"{}");
    let signed = |signature: &[u8]| {
        let mut parts = parts();
        parts.headers.insert(SIGNATURE_HEADER, HeaderValue::from_bytes(signature).expect("hex"));
        parts
    };
    assert!(is_verified(&scheme, &signed(right.as_bytes()), &body));
    let request = |class| {
        let mut signature = right.as_bytes().to_vec();
        let digit = if class == Class::A { signature.first_mut() } else { signature.last_mut() };
        *digit.expect("it has 64 digits") ^= 1;
        signed(&signature)
    };
    Runs::of(10).time(request, |parts| is_verified(&scheme, parts, &body))
}

/// A wrong key in the name of one of two tenants.
fn of_tenant(names: [&'static str; 2]) -> impl Fn(Class) -> Parts {
    move |class| {
        let [a, b] = names;
        let mut parts = parts();
        parts.headers.insert(KEY_HEADER, HeaderValue::from_bytes(&changed(Class::A)).expect("letters"));
        let name = if class == Class::A { a } else { b };
        parts.headers.insert(TENANT_HEADER, HeaderValue::from_bytes(name.as_bytes()).expect("letters"));
        parts
    }
}

fn tenant(names: [&'static str; 2]) -> Found {
    let tenants = Tenants::by_header(TENANT_HEADER);
    for (name, first) in [("north", b"n"), ("south", b"s")] {
        tenants.insert(name, [Key::bytes([first, &KEY[1..]].concat())]).expect("keys");
    }
    let scheme = ApiKey::header(KEY_HEADER).keys(tenants).build().expect("a scheme");
    let body = Bytes::new();
    Runs::of(20).time(of_tenant(names), |parts| is_verified(&scheme, parts, &body))
}

fn tenant_usual() -> Found {
    let tenants = HashMap::from([("north", Keys::new([Key::bytes(KEY)]))]);
    let offered = |parts: &Parts| {
        let tenant = parts.headers.get(TENANT_HEADER)?.to_str().ok()?;
        tenants.get(tenant)?.verify(parts.headers.get(KEY_HEADER)?.as_bytes()).ok()
    };
    Runs::of(20).time(of_tenant(["north", "never"]), |parts| offered(parts).is_some())
}

fn nothing() -> Found {
    let keys = Keys::new([Key::bytes(KEY)]);
    Runs::of(50).time(|_| changed(Class::A), |offered| keys.verify(offered).is_ok())
}
