//! What a scheme says that it has proved, and what two schemes say together.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use tower_webhook::{
    Rejection,
    auth::{Head, Scheme, Verified},
};

struct Says(Verified);

impl Scheme for Says {
    fn verify_head(&self, _: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        Ok(None)
    }

    fn verify_body(&self, _: &Head<'_>, _: &Bytes) -> Result<Verified, Rejection> {
        Ok(self.0.clone())
    }

    fn mark_sensitive(&self, _: &mut HeaderMap) {}
}

fn both(first: Verified, second: Verified) -> Verified {
    let scheme = Says(first).and(Says(second));
    let (head, ()) = Request::new(()).into_parts();
    let head = Head::new(&head, SystemTime::UNIX_EPOCH);
    assert_eq!(scheme.verify_head(&head), Ok(None));
    scheme.verify_body(&head, &Bytes::new()).unwrap()
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

#[test]
fn two_schemes_prove_what_either_does_and_the_first_is_preferred() {
    let id = HeaderValue::from_static;
    let key = Verified::by("key");
    let signature = Verified::by("signature").with_signed_body().with_signed_id(id("msg_1")).with_signed_at(at(1));

    for verified in [both(key.clone(), signature.clone()), both(signature.clone(), key.clone())] {
        assert!(verified.covers_body());
        assert_eq!(verified.signed_id(), Some("msg_1"));
        assert_eq!(verified.signed_at(), Some(at(1)));
    }
    assert_eq!(both(key.clone(), signature.clone()).key_label(), Some("key"));
    assert_eq!(both(signature.clone(), key.clone()).key_label(), Some("signature"));
    assert!(!both(key.clone(), key).covers_body());

    let other = Verified::new().with_signed_id(id("msg_2")).with_signed_at(at(2));
    let verified = both(other, signature);
    assert_eq!((verified.signed_id(), verified.signed_at()), (Some("msg_2"), Some(at(2))));
    assert_eq!(verified.key_label(), Some("signature"));
}

#[test]
fn an_id_that_is_no_text_is_none() {
    let id = HeaderValue::from_bytes(b"msg_\xff").unwrap();
    assert_eq!(Verified::new().with_signed_id(id).signed_id(), None);
}

#[test]
fn debug_shows_the_label_and_neither_id_nor_time() {
    let verified = Verified::by("2026-11")
        .with_signed_body()
        .with_signed_id(HeaderValue::from_static("canary"))
        .with_signed_at(at(1_614_265_330));
    assert_eq!(format!("{verified:?}"), r#"Verified { key: Some("2026-11"), covers_body: true, .. }"#);
}
