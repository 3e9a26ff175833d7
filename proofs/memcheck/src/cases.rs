//! What runs under Valgrind.

use std::{hint::black_box, time::SystemTime};

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::Request;
use subtle::ConstantTimeEq;
use tower_webhook::auth::{Head, Key, Keys, Scheme, Signature, SignatureBuilder};

use crate::valgrind::{make_public, make_secret, reports, unseen};

/// The longest key, and the longest text that is offered for one.
const LONGEST: usize = 300;
const BODY: &[u8] = br#"{"id":"evt_1"}"#;

/// A name, and what says how many cases it has run.
type Cases = (&'static str, fn() -> u32);

pub(crate) const ALL: [Cases; 4] = [
    ("the comparison of keys", keys),
    ("the verification of HMACs", hmacs),
    ("control: `==` of two keys", usual_equals),
    ("control: lengths first, then `subtle`", usual_subtle),
];

fn text(len: usize) -> Vec<u8> {
    (b'a'..=b'w').cycle().take(len).collect()
}

/// A key whose bytes and length are secret. Both flow into what is made of it.
fn secret(bytes: &[u8]) -> Key {
    let mut bytes = bytes.to_vec();
    let mut len = [bytes.len()];
    make_secret(&mut bytes);
    make_secret(&mut len);
    Key::bytes(&bytes[..len[0]]).dangerous_short()
}

/// Runs one case. Its verdict is a branch that depends on the key, so there is a report, or else the case proves nothing.
fn check(expected: bool, verify: impl FnOnce() -> bool) -> u32 {
    let before = reports();
    let cases = check_public(expected, verify);
    assert!(reports() > before, "the key was not secret any more");
    cases
}

/// Runs one case whose verdict may be known without the key.
fn check_public(expected: bool, verify: impl FnOnce() -> bool) -> u32 {
    assert_eq!(make_public(black_box(verify())), expected);
    1
}

/// A key of each length beside one more, and offers of each length: a beginning of the key, or more than it, and the same
/// with another first or last byte.
fn keys() -> u32 {
    let mut cases = 0;
    for len in 2..=LONGEST {
        let keys = unseen(|| {
            let keys = Keys::new([secret(&text(len)), secret(b"another-key-of-this-receiver")]);
            // The first call prepares the keys.
            let _ = keys.verify(b"").is_ok();
            keys
        });
        // All lengths with some keys, and some lengths with all keys.
        let all = len < 4 || len % 50 == 0;
        for offered in (0..=LONGEST).filter(|offered| all || offered.abs_diff(len) < 3 || offered % 64 == 0) {
            // Valgrind does not know that the zeros behind a key are as secret as its length, so they show that a longer
            // offer is wrong.
            let check = |expected, verify: &dyn Fn() -> bool| {
                if offered > len { check_public(expected, verify) } else { check(expected, verify) }
            };
            let right = text(offered);
            cases += check(offered == len, &|| keys.verify(black_box(&right)).is_ok());
            for at in [0, offered.saturating_sub(1)].into_iter().filter(|at| *at < offered) {
                let mut wrong = right.clone();
                wrong[at] ^= 1;
                cases += check(false, &|| keys.verify(black_box(&wrong)).is_ok());
            }
        }
    }
    cases
}

/// A key of each length, with the right signature, and with one whose first, last or every byte is another.
fn hmacs() -> u32 {
    type New = fn(&str) -> SignatureBuilder;
    let algorithms: [(New, _); 3] = [
        (|header| Signature::hmac_sha256(header), hmac::HMAC_SHA256),
        (|header| Signature::hmac_sha512(header), hmac::HMAC_SHA512),
        (|header| Signature::legacy_hmac_sha1(header), hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
    ];
    let mut cases = 0;
    for (builder, algorithm) in algorithms {
        for len in 2..=LONGEST {
            let scheme = unseen(|| builder("x-signature").key(secret(&text(len))).build().unwrap());
            let right = hmac::sign(&hmac::Key::new(algorithm, &text(len)), BODY).as_ref().to_vec();
            let last = right.len() - 1;
            for wrong in [vec![], vec![0], vec![last], (0..=last).collect()] {
                let mut signature = right.clone();
                wrong.iter().for_each(|at| signature[*at] ^= 0x55);
                let request = Request::post("/").header("x-signature", HEXLOWER.encode(&signature));
                let (parts, ()) = request.body(()).unwrap().into_parts();
                let head = Head::new(&parts, SystemTime::UNIX_EPOCH);
                let body = Bytes::from_static(BODY);
                cases += check(wrong.is_empty(), || scheme.verify_body(black_box(&head), &body).is_ok());
            }
        }
    }
    cases
}

fn usual_equals() -> u32 {
    let (mut key, offered) = (text(40), text(40));
    make_secret(&mut key);
    check(true, || black_box(&key[..]) == black_box(&offered[..]))
}

fn usual_subtle() -> u32 {
    let (key, offered) = (text(40), text(24));
    let mut len = [key.len()];
    make_secret(&mut len);
    check(false, || black_box(&key[..len[0]]).ct_eq(black_box(&offered)).into())
}
