//! Deliveries that senders' own code or pages have signed: `tests/fixtures/senders/`.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Map, Value};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    auth::Key,
    provider::{Custom, Sender},
    testing::ManualClock,
};

use super::root;
use crate::support::{deliver, fixture};

#[derive(Deserialize)]
struct Answer {
    source: String,
    key: String,
    clock: u64,
    uri: Option<String>,
    public_url: Option<String>,
    method: Option<String>,
    headers: Map<String, Value>,
    body: String,
}

impl Answer {
    fn layer(&self, sender: &Sender, key: &str) -> WebhookLayer<Custom<WebhookBody>> {
        let preset = sender.preset().key(Key::new(key).dangerous_short());
        let preset = self.public_url.iter().fold(preset, |preset, url| preset.public_url(url));
        let clock = ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(self.clock));
        preset.raw().build().unwrap_or_else(|error| panic!("{}: {error}", self.source)).into_layer().clock(clock)
    }

    fn request(&self, body: &str) -> Request<Full<Bytes>> {
        let request = Request::builder()
            .method(self.method.as_deref().unwrap_or("POST"))
            .uri(self.uri.as_deref().unwrap_or("/hook"));
        let values = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        let headers = self.headers.iter().flat_map(|(name, value)| values(value).into_iter().map(move |it| (name, it)));
        let request = headers.fold(request, |request, (name, value)| request.header(name, value.as_str().unwrap()));
        request.body(Full::from(body.to_owned())).unwrap()
    }
}

fn answers() -> Vec<(Sender, Vec<Answer>)> {
    let files = fs::read_dir(root().join("tests/fixtures/senders")).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let sender = Sender::named(name).unwrap_or_else(|| panic!("no description: {name}"));
            (sender, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn each_preset_accepts_what_its_sender_has_signed_and_nothing_else() {
    let mut tried = 0;
    for (sender, answers) in answers() {
        assert!(!answers.is_empty(), "{}", sender.name());
        for answer in answers {
            let name = format!("{} ({})", sender.name(), answer.source);
            let layer = answer.layer(&sender, &answer.key);
            let outcome = deliver(&layer, answer.request(&answer.body)).await;
            assert!(outcome.status.is_success(), "{name}: {:?}", outcome.rejection());
            let json = serde_json::to_value(&sender).unwrap();
            let is_signed = json["credential"]["api_key"].is_null()
                && json["credential"]["signature"]["dangerous_unsigned_body"].is_null();
            if is_signed {
                let altered = if answer.body.is_empty() { "x".to_owned() } else { format!("{} ", answer.body) };
                assert!(deliver(&layer, answer.request(&altered)).await.handled.is_none(), "{name}: altered");
            }
            let public = json["credential"]["signature"]["algorithm"].as_str().is_some_and(|it| !it.contains("hmac"));
            if !public {
                let other: String = answer.key.chars().rev().collect();
                let is_text = json["credential"]["signature"]["key"].is_null()
                    && json["credential"]["standard_webhooks"].is_null();
                if is_text && other != answer.key {
                    let layer = answer.layer(&sender, &other);
                    assert!(deliver(&layer, answer.request(&answer.body)).await.handled.is_none(), "{name}: key");
                }
            }
            tried += 1;
        }
    }
    assert!(tried >= 45, "{tried}");
}

/// HighLevel shows its key as PEM (RFC 8410).
#[tokio::test]
async fn a_key_in_pem_is_the_same_key() {
    let info = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    let pem = |key: &[u8]| {
        let text = BASE64_STANDARD.encode([info, key].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    };
    let answers: Vec<Answer> = serde_json::from_slice(&fixture("senders/highlevel.json")).unwrap();
    let key = BASE64_STANDARD.decode(&answers[0].key).unwrap();
    let sender = Sender::named("highlevel").unwrap();
    let layer = answers[0].layer(&sender, &pem(&key));
    let accepted = deliver(&layer, answers[0].request(&answers[0].body)).await;
    assert!(accepted.status.is_success(), "{:?}", accepted.rejection());
    assert!(deliver(&layer, answers[0].request("{}")).await.handled.is_none());
    // For a key of zeros, everybody can sign; and one byte less is no key.
    for refused in [&[0; 32][..], &key[1..]] {
        assert!(sender.preset().key(pem(refused)).build().is_err());
    }
}
