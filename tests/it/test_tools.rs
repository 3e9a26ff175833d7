//! What `testing` gives to tests of one's own, beside what other modules are about.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};
use tower_webhook::{
    clock::{Clock, MonotonicClock},
    provider::Sender,
    testing::{ManualClock, Spoil, TestSender},
};

use crate::support::deliver;

#[test]
fn a_clock_begins_at_the_epoch_and_shows_how_far_it_is() {
    let clock = ManualClock::default();
    assert_eq!((clock.now(), clock.elapsed()), (SystemTime::UNIX_EPOCH, Duration::ZERO));
    clock.advance(Duration::from_secs(90));
    assert_eq!(format!("{:?}", clock.clone()), "ManualClock(90s)");
}

/// A sender with a fixed key in this place.
fn keyed(place: Value) -> TestSender {
    let description = json!({
        "name": "acme",
        "credential": {"api_key": place},
        "samples": [{"name": "paid", "open_value": "data.status", "body": {"data": {"status": "final"}}}],
    });
    TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap()
}

#[test]
fn a_delivery_has_no_fault_that_would_change_nothing() {
    let sender = keyed(json!({"header": "x-key"}));
    // Half of a form is one, and half of this number too; the key proves neither.
    assert!(sender.form("a=b&c=d").spoiled(Spoil::CutOff).is_none());
    assert!(sender.body("11").spoiled(Spoil::CutOff).is_none());
    assert!(sender.body("[1]").spoiled(Spoil::CutOff).is_some());
    let paid = sender.event("paid").unwrap();
    assert!(paid.spoiled(Spoil::UnknownValue).is_some());
    // There is no place for the value.
    assert!(paid.member("data", 7).spoiled(Spoil::UnknownValue).is_none());
}

#[tokio::test]
async fn a_password_and_a_token_can_be_sent_twice() {
    for place in [json!({"basic": {"user": "acme"}}), json!({"bearer": {}})] {
        let sender = keyed(place);
        let layer = sender.description().preset().key(sender.key()).build().unwrap().into_layer();
        let paid = sender.event("paid").unwrap();
        assert_eq!(deliver(&layer, paid.request::<Full<Bytes>>()).await.status, 200);
        let twice = paid.spoiled(Spoil::RepeatedCredential).unwrap().request::<Full<Bytes>>();
        assert_eq!(twice.headers().get_all("authorization").iter().count(), 2);
        assert_eq!(deliver(&layer, twice).await.status, 401);
    }
}
