//! Deliveries of senders whose settings are unusual, made by the sender's own code where there is any: the source of each is in
//! the fixture.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::Value;
use tower_webhook::{
    ConfigError, Delivery, WebhookBody, WebhookLayer,
    auth::{ApiKey, At, Encoding, Key, Part, Scheme, Signature, Twilio},
    provider::{Custom, preset},
    testing::ManualClock,
};

use crate::support::{Delivered, deliver, fixture};

/// A key that a sender could have used before.
const OLD: &str = "another-key-than-that-of-the-sender";

type Built = Result<Arc<dyn Scheme>, ConfigError>;

/// What a user writes for this sender.
fn scheme(sender: &str, key: Key) -> Built {
    let lit = Part::literal;
    let dotted = [Part::Timestamp, lit("."), Part::Body];
    let signature = match sender {
        "workos" => {
            Signature::hmac_sha256("workos-signature").pairs(',', "t", "v1").timestamp_in_milliseconds().signed(dotted)
        }
        "zendesk" => Signature::hmac_sha256("x-zendesk-webhook-signature")
            .encoding(Encoding::Base64)
            .signed([Part::Timestamp, Part::Body])
            .timestamp_header("x-zendesk-webhook-signature-timestamp")
            .timestamp_in_rfc3339(),
        "box" => Signature::hmac_sha256("box-signature-primary")
            .encoding(Encoding::Base64)
            .signed([Part::Body, Part::Timestamp])
            .timestamp_header("box-delivery-timestamp")
            .timestamp_in_rfc3339(),
        "mollie" => Signature::hmac_sha256("x-mollie-signature").prefix("sha256=").repeated_header(),
        "adyen" => Signature::hmac_sha256("hmacsignature").encoding(Encoding::Base64),
        "hubspot" => Signature::hmac_sha256("x-hubspot-signature-v3")
            .encoding(Encoding::Base64)
            .signed([Part::Method, Part::PublicUrl, Part::Query, Part::Body, Part::Timestamp])
            .public_url("https://hooks.example.com/hubspot")
            .timestamp_header("x-hubspot-request-timestamp")
            .timestamp_in_milliseconds(),
        "pagerduty" => Signature::hmac_sha256("x-pagerduty-signature").list(',').prefix("v1="),
        "tabapay" => {
            Signature::hmac_sha256("x-hmac-signature").pairs(',', "t", "v1").another_field("v2").signed(dotted)
        }
        "recurly" => Signature::hmac_sha256("recurly-signature")
            .list(',')
            .timestamp_first()
            .timestamp_in_milliseconds()
            .signed(dotted),
        "contentful" => Signature::hmac_sha256("x-contentful-signature")
            .signed([
                Part::Method,
                lit("\n"),
                Part::Uri,
                lit("\ncontent-type:"),
                Part::header("content-type"),
                lit(";x-contentful-signed-headers:"),
                Part::header("x-contentful-signed-headers"),
                lit(";x-contentful-timestamp:"),
                Part::Timestamp,
                lit(";x-contentful-topic:"),
                Part::header("x-contentful-topic"),
                lit("\n"),
                Part::Body,
            ])
            .timestamp_header("x-contentful-timestamp")
            .timestamp_in_milliseconds(),
        "sinch" => Signature::hmac_sha256("x-sinch-webhook-signature")
            .encoding(Encoding::Base64)
            .signed([Part::Body, lit("."), Part::header("x-sinch-webhook-signature-nonce"), lit("."), Part::Timestamp])
            .timestamp_header("x-sinch-webhook-signature-timestamp"),
        "mailgun" => Signature::hmac_sha256(At::body("signature.signature"))
            .signed([Part::Timestamp, Part::member("signature.token")])
            .timestamp_in_body("signature.timestamp")
            .dangerous_unsigned_body(),
        "pandadoc" => Signature::hmac_sha256(At::query("signature")),
        "highlevel" => Signature::rsa_sha256("x-wh-signature").encoding(Encoding::Base64),
        "twitch" => Signature::hmac_sha256("twitch-eventsub-message-signature")
            .prefix("sha256=")
            .signed([Part::Id, Part::Timestamp, Part::Body])
            .id_header("twitch-eventsub-message-id")
            .timestamp_header("twitch-eventsub-message-timestamp")
            .timestamp_in_rfc3339(),
        "figma" => return Ok(Arc::new(ApiKey::body("passcode").key(key).build()?)),
        "twilio-get" => {
            let twilio = Twilio::builder().public_url("https://hooks.example.com/twilio").get();
            return Ok(Arc::new(twilio.key(key).build()?));
        }
        "twilio-sha256" => {
            let twilio = Twilio::builder().public_url("https://hooks.example.com/twilio").sha256();
            return Ok(Arc::new(twilio.key(key).build()?));
        }
        other => panic!("a sender without settings: {other}"),
    };
    Ok(Arc::new(signature.key(key).build()?))
}

struct Case(Value);

impl Case {
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    fn sender(&self) -> &str {
        self.text("sender")
    }

    fn key(&self) -> Key {
        let key = self.text("key");
        if self.sender() == "adyen" { Key::hex(key) } else { Key::new(key) }
    }

    fn clock(&self) -> ManualClock {
        ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(self.0["clock"].as_u64().unwrap()))
    }

    fn layer(&self, key: Key) -> WebhookLayer<Custom<WebhookBody>> {
        let scheme = scheme(self.sender(), key).unwrap();
        Custom::builder("acme", scheme).raw().build().unwrap().into_layer().clock(self.clock())
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let values = |value: &'_ Value| match value {
            Value::Array(values) => values.clone(),
            one => vec![one.clone()],
        };
        let headers = self.0["headers"].as_object().unwrap();
        let pairs = headers.iter().flat_map(|(name, value)| values(value).into_iter().map(move |value| (name, value)));
        pairs.map(|(name, value)| (&**name, &*value.as_str().unwrap().to_owned().leak())).collect()
    }

    fn request_with(&self, headers: &[(&str, &str)], uri: &str, body: &[u8]) -> Request<Full<Bytes>> {
        let method: Method = self.0["method"].as_str().unwrap_or("POST").parse().unwrap();
        let request = Request::builder().method(method).uri(uri);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(Full::new(Bytes::copy_from_slice(body))).unwrap()
    }

    fn uri(&self) -> &str {
        self.0["uri"].as_str().unwrap_or("/hook")
    }

    fn request(&self) -> Request<Full<Bytes>> {
        self.request_with(&self.headers(), self.uri(), self.text("body").as_bytes())
    }

    /// Whether the proof covers the body.
    fn covers_body(&self) -> bool {
        !matches!(self.sender(), "figma" | "mailgun" | "twilio-sha256")
    }
}

fn cases() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_slice(&fixture("senders.json")).unwrap();
    cases.into_iter().map(Case).filter(|case| !case.0.as_object().unwrap().contains_key("json")).collect()
}

fn rejected(outcome: &Delivered) -> bool {
    outcome.handled.is_none() && outcome.status == 401
}

#[tokio::test]
async fn every_sender_is_accepted() {
    let mut senders: Vec<String> = Vec::new();
    for case in cases() {
        let outcome = deliver(&case.layer(case.key()), case.request()).await;
        assert_eq!(outcome.status, 200, "{}: {:?}", case.sender(), outcome.rejection());
        let delivery: Delivery = outcome.delivery();
        assert_eq!(delivery.verified().covers_body(), case.covers_body(), "{}", case.sender());
        senders.push(case.sender().to_owned());
    }
    senders.dedup();
    assert_eq!(senders.len(), 18, "{senders:?}");
}

#[tokio::test]
async fn no_sender_is_accepted_with_another_key() {
    for case in cases() {
        let other = match case.sender() {
            "highlevel" => continue,
            "adyen" => Key::hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeefe"),
            _ => Key::new(OLD),
        };
        assert!(rejected(&deliver(&case.layer(other), case.request()).await), "{}", case.sender());
    }
}

#[tokio::test]
async fn no_bit_of_a_signed_body_can_be_flipped() {
    for case in cases().iter().filter(|case| case.covers_body() && !case.text("body").is_empty()) {
        let (layer, body) = (case.layer(case.key()), case.text("body").as_bytes());
        for bit in 0..body.len() * 8 {
            let mut flipped = body.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let request = case.request_with(&case.headers(), case.uri(), &flipped);
            assert!(rejected(&deliver(&layer, request).await), "{} {bit}", case.sender());
        }
    }
}

/// Headers that prove nothing.
const IDLE: [&str; 7] = [
    "box-signature-algorithm",
    "box-signature-secondary",
    "box-signature-version",
    "content-type",
    "protocol",
    "twilio-webhooks-signature-settings",
    "x-sinch-webhook-signature-algorithm",
];

#[tokio::test]
async fn each_header_is_needed_once() {
    for case in cases() {
        let (layer, headers) = (case.layer(case.key()), case.headers());
        for (at, (name, _)) in headers.iter().enumerate() {
            let is_idle = IDLE.iter().any(|idle| name.ends_with(idle)) && case.sender() != "contentful";
            if is_idle || case.sender() == "mollie" {
                continue;
            }
            let mut without = headers.clone();
            without.remove(at);
            let twice = [&headers[..], &headers[at..=at]].concat();
            let emptied =
                headers.iter().enumerate().map(|(other, (name, value))| (*name, if other == at { "" } else { *value }));
            for changed in [without, twice, emptied.collect()] {
                let request = case.request_with(&changed, case.uri(), case.text("body").as_bytes());
                assert!(rejected(&deliver(&layer, request).await), "{} {name}", case.sender());
            }
        }
    }
}

#[tokio::test]
async fn a_signed_query_cannot_be_changed() {
    for case in cases().iter().filter(|case| matches!(case.sender(), "hubspot" | "twilio-get")) {
        let (path, query) = case.uri().split_once('?').unwrap_or((case.uri(), ""));
        let changed =
            [format!("{query}&more=1"), format!("{query}&"), format!("more=1&{query}"), query.to_lowercase() + "%20"];
        let twin = query.replacen('a', "%61", 1);
        let uris = changed.into_iter().chain([twin, String::new()]).map(|query| format!("{path}?{query}"));
        let without = [path.to_owned(), case.uri().replace('?', "%3F")];
        for uri in uris.chain(without).filter(|uri| uri != case.uri()) {
            let request = case.request_with(&case.headers(), &uri, case.text("body").as_bytes());
            assert!(rejected(&deliver(&case.layer(case.key()), request).await), "{uri}");
        }
    }
}

#[tokio::test]
async fn the_end_of_a_query_cannot_become_the_beginning_of_a_body() {
    let case = cases().into_iter().find(|case| case.uri().starts_with("/hubspot?")).unwrap();
    let layer = case.layer(case.key());
    // The same bytes are signed: what the query loses, the body gets, and the other way round.
    let (shorter, body) = ("/hubspot?portal=62515&env=", format!("test{}", case.text("body")));
    assert!(rejected(&deliver(&layer, case.request_with(&case.headers(), shorter, body.as_bytes())).await));
    let (longer, body) = (format!("{}[", case.uri()), &case.text("body")[1..]);
    assert!(rejected(&deliver(&layer, case.request_with(&case.headers(), &longer, body.as_bytes())).await));
    let (without, body) = ("/hubspot", format!("?portal=62515&env=test{}", case.text("body")));
    assert!(rejected(&deliver(&layer, case.request_with(&case.headers(), without, body.as_bytes())).await));
}

#[tokio::test]
async fn a_rotation_of_box_is_two_schemes() {
    let case = cases().into_iter().find(|case| case.sender() == "box").unwrap();
    let secondary = Signature::hmac_sha256("box-signature-secondary")
        .encoding(Encoding::Base64)
        .signed([Part::Body, Part::Timestamp])
        .timestamp_header("box-delivery-timestamp")
        .timestamp_in_rfc3339()
        .key(Key::new("KWkROAOiof4zhYUHbAmiVn63cMj").label("secondary"))
        .build()
        .unwrap();
    let both = scheme("box", Key::new(OLD)).unwrap().or(secondary);
    let layer = Custom::builder("box", both).raw().build().unwrap().into_layer().clock(case.clock());
    let outcome = deliver(&layer, case.request()).await;
    assert_eq!(outcome.delivery().key_label(), Some("secondary"));
}

#[tokio::test]
async fn a_time_in_rfc_3339_grows_stale() {
    for sender in ["zendesk", "box", "twitch"] {
        let case = cases().into_iter().find(|case| case.sender() == sender).unwrap();
        for (seconds, status) in [(299, 200), (301, 401)] {
            let clock = case.clock();
            let layer = case.layer(case.key()).clock(clock.clone());
            clock.advance(Duration::from_secs(seconds));
            assert_eq!(deliver(&layer, case.request()).await.status, status, "{sender} {seconds}");
        }
    }
}

#[tokio::test]
async fn mailguns_event_is_not_covered() {
    let case = cases().into_iter().find(|case| case.sender() == "mailgun").unwrap();
    let layer = case.layer(case.key());
    let body = |change: &dyn Fn(&mut Value)| {
        let mut body: Value = serde_json::from_str(case.text("body")).unwrap();
        change(&mut body);
        case.request_with(&[], case.uri(), body.to_string().as_bytes())
    };
    // Another event passes, and says itself that nothing covers it.
    let outcome = deliver(&layer, body(&|body| body["event-data"]["event"] = "failed".into())).await;
    let verified = outcome.delivery().verified().clone();
    assert_eq!((verified.covers_body(), verified.signed_id()), (false, None));
    assert!(verified.signed_at().is_some());

    // The border between time and token cannot be moved, and each is needed once.
    let token = "8a1f2b3c4d5e6f708192a3b4c5d6e7f80123456789abcdef12";
    let changes: [&dyn Fn(&mut Value); 6] = [
        &|body| {
            body["signature"]["timestamp"] = "17000000008".into();
            body["signature"]["token"] = token[1..].into();
        },
        &|body| {
            body["signature"]["timestamp"] = "170000000".into();
            body["signature"]["token"] = format!("0{token}").into();
        },
        &|body| body["signature"]["token"] = format!("{token}0").into(),
        &|body| drop(body["signature"].as_object_mut().unwrap().remove("token")),
        &|body| drop(body["signature"].as_object_mut().unwrap().remove("signature")),
        &|body| body["signature"]["timestamp"] = Value::Null,
    ];
    for change in changes {
        assert!(rejected(&deliver(&layer, body(change)).await));
    }
    let doubled = case.text("body").replace(r#"{"token":"#, r#"{"token":"x","token":"#);
    assert_ne!(doubled, case.text("body"));
    assert!(rejected(&deliver(&layer, case.request_with(&[], case.uri(), doubled.as_bytes())).await));
}

#[tokio::test]
async fn a_signature_in_the_query_must_be_there_once() {
    let case = cases().into_iter().find(|case| case.sender() == "pandadoc").unwrap();
    let (layer, uri) = (case.layer(case.key()), case.uri());
    let signature = uri.rsplit('=').next().unwrap();
    for uri in [
        format!("/pandadoc?signature={signature}&signature={signature}"),
        format!("/pandadoc?signature={signature}&sign%61ture={signature}"),
        format!("/pandadoc?Signature={signature}"),
        format!("/pandadoc?signature={signature}0"),
        "/pandadoc?signature=".to_owned(),
        "/pandadoc?signature".to_owned(),
        "/pandadoc".to_owned(),
    ] {
        let request = case.request_with(&[], &uri, case.text("body").as_bytes());
        assert!(rejected(&deliver(&layer, request).await), "{uri}");
    }
    // What the handler sees of it.
    let outcome = deliver(&layer, case.request()).await;
    assert_eq!(outcome.handled.unwrap().0.uri, "/pandadoc?signature=redacted");
}

#[tokio::test]
async fn twilio_takes_the_method_that_was_set() {
    let case = cases().into_iter().find(|case| case.sender() == "twilio-get").unwrap();
    let layer = case.layer(case.key());
    let mut post = case.request();
    *post.method_mut() = Method::POST;
    let outcome = deliver(&layer, post).await;
    assert_eq!((outcome.status.as_u16(), outcome.head.headers["allow"].to_str().unwrap()), (405, "GET"));
    // A body would be covered by nothing.
    let request = case.request_with(&case.headers(), case.uri(), b"a=1");
    assert!(rejected(&deliver(&layer, request).await));
    let outcome = deliver(&layer, case.request()).await;
    assert_eq!(outcome.handled.unwrap().0.uri.query(), case.uri().split_once('?').map(|(_, query)| query));

    let case = cases().into_iter().find(|case| case.sender() == "twilio-sha256").unwrap();
    let mut get = case.request();
    *get.method_mut() = Method::GET;
    assert_eq!(deliver(&case.layer(case.key()), get).await.status, 405);
}

#[tokio::test]
async fn github_and_slack_send_json_in_a_form() {
    let cases: Vec<Value> = serde_json::from_slice(&fixture("senders.json")).unwrap();
    let cases: Vec<Case> = cases.into_iter().map(Case).filter(|case| !case.0["json"].is_null()).collect();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let preset = preset::by_name(case.sender()).unwrap().key(case.key());
        let layer = preset.json::<Value>().build().unwrap().into_layer().clock(case.clock());
        let outcome = deliver(&layer, case.request()).await;
        assert_eq!(outcome.status, 200, "{}: {:?}", case.sender(), outcome.rejection());
        assert_eq!(
            outcome.event::<Value>().to_string(),
            serde_json::from_str::<Value>(case.text("json")).unwrap().to_string()
        );
        // The handler still gets what was sent.
        assert_eq!(outcome.handled.unwrap().1, case.text("body"));
    }
}
