//! Law: a text that `Sender::from_json` accepts is the same when it is written and read again; it makes a layer or says why
//! not; no delivery with a wrong key is accepted, and its own signer's is, where no value can contradict the settings.

use bytes::Bytes;
use serde_json::Value;
use tower_webhook::{
    Delivery,
    auth::Key,
    provider::Sender,
    testing::{Spoil, TestDelivery, TestSender},
};

use crate::send::{Steps, now, receiver};

pub fn law(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let sender = match Sender::from_json(text) {
        Ok(sender) => sender,
        Err(error) => return drop(format!("{error} {error:?}")),
    };
    let written = serde_json::to_string(&sender).unwrap();
    let again = Sender::from_json(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert!(again == sender, "{written}");
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
    let _ = (format!("{sender:?}"), sender.retries(), sender.timeout(), sender.title(), sender.page());
    drop(sender.challenge(Some(Key::new("a-token-of-the-right-length"))));
    drop(sender.challenge(None));

    let description: Value = serde_json::from_str(&written).unwrap();
    let credential = &description["credential"];
    let signature = &credential["signature"];
    // Making these keys takes too long.
    if signature["algorithm"] == "rsa_sha256" {
        return;
    }
    let Ok(signer) = TestSender::new(sender.clone()) else { return };
    let builder = || sender.preset().key(signer.key());
    let with_url = builder().public_url(signer.public_url());
    let builder = if with_url.clone().build().is_ok() { with_url } else { builder() };
    let Ok(layer) = builder.raw().build() else { return };
    let receiver = receiver(layer.into_layer());
    let is_accepted = |delivery: TestDelivery| {
        let (response, handled) = receiver.send(delivery.request::<Steps>());
        assert_eq!(handled.is_some(), response.extensions().get::<Delivery>().is_some());
        handled.is_some()
    };
    let delivery = signer.body(Bytes::from_static(b"{\"id\": \"evt_1\"}")).at(now());
    for spoil in [Spoil::WrongKey, Spoil::Stale, Spoil::AlteredBody] {
        if let Some(spoiled) = delivery.spoiled(spoil) {
            assert!(!is_accepted(spoiled), "{spoil:?} is accepted: {written}");
        }
    }
    // Parts of what is signed can contain what ends them, and a header can be one that the layer reads too.
    let is_plain = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("x-"));
    let is_simple = is_plain(&credential["api_key"]["header"])
        || credential["api_key"].get("bearer").is_some()
        || credential.get("standard_webhooks").is_some()
        || credential.get("twilio").is_some()
        || is_plain(&signature["at"]["header"])
            && signature.get("signed").is_none()
            && signature.get("timestamp_in_body").is_none();
    if is_simple {
        assert!(is_accepted(delivery), "the genuine delivery is refused: {written}");
    }
}
