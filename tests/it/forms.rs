//! JSON in a field of a form.

use bytes::Bytes;
use http::{Request, request::Parts};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use tower_webhook::{
    ConfigErrorKind, Rejection, Stated, WebhookBody, WebhookLayer,
    auth::{ApiKey, Scheme},
    json::{self, RawJson},
    provider::{Custom, Envelope, Place, Provider, RawDelivery, preset},
    tagged_enum,
};

use crate::support::{Delivered, deliver};

const KEY: &str = "kx7Gq2-old-and-random";

tagged_enum! {
    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Clicked(Clicked) = "clicked",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Clicked {
    id: String,
}

fn layer() -> WebhookLayer<Custom<Event>> {
    let envelope = Envelope::new().event_type(Place::body("type")).event_id(Place::body("items.0.id"));
    let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
    let custom = Custom::builder("acme", scheme).envelope(envelope).tagged::<Event>().json_in_form("payload");
    custom.build().unwrap().into_layer()
}

async fn send(body: &str) -> Delivered {
    // The media type decides nothing, as nobody signs it.
    let request = Request::post("/").header("x-key", KEY).header("content-type", "text/plain");
    deliver(&layer(), request.body(Full::<Bytes>::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_json_of_a_form_is_decoded() {
    let json = r#"{"type":"clicked","id":"a b+c%","items":[{"id":"i-1"}]}"#;
    for body in [
        "payload=%7B%22type%22%3A%22clicked%22%2C%22id%22%3A%22a+b%2Bc%25%22%2C%22items%22%3A%5B%7B%22id%22%3A%22i-1%22%7D%5D%7D",
        "payload={\"type\":\"clicked\",\"id\":\"a%20b%2bc%25\",\"items\":[{\"id\":\"i-1\"}]}&more=1&&x",
        json,
    ] {
        let outcome = send(body).await;
        assert_eq!(outcome.event::<Event>(), Event::Clicked(Clicked { id: "a b+c%".into() }), "{body}");
        let delivery = outcome.delivery();
        assert_eq!(delivery.event_id(), Some(Stated::Unsigned("i-1")), "{body}");
        assert_eq!(delivery.body_len(), body.len());
        assert_eq!(outcome.handled.unwrap().1, body);
    }
}

#[tokio::test]
async fn a_form_with_the_field_twice_or_not_first_is_malformed() {
    let good = r#"{"type":"clicked","id":"i"}"#;
    assert_eq!(send(&format!("payload={good}")).await.status, 200);
    for body in [
        &format!("payload={good}&payload={good}"),
        &format!("payload={good}&p%61yload="),
        &format!("payload={good}&payload"),
        "payload=",
        "payload",
        "payload=%7B%7",
        "payload=%7B%zz%7D",
        "payload=%FF",
        "p%61yload={}",
        "a=1&payload={}",
        "payload=payload={}",
        " payload={}",
        "Payload={}",
        "",
    ] {
        assert_eq!(send(body).await.status, 400, "{body}");
    }
}

/// A recorded JSON delivery that contains the text of a form is not another delivery under another media type.
#[tokio::test]
async fn json_that_contains_a_form_stays_json() {
    let outcome = send(r#"{"type":"clicked","id":"&payload={}&"}"#).await;
    assert_eq!(outcome.event::<Event>(), Event::Clicked(Clicked { id: "&payload={}&".into() }));
}

#[tokio::test]
async fn raw_keeps_the_form() {
    let github = preset::github().key(KEY).raw().build().unwrap();
    let form = "payload=%7B%7D";
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, KEY.as_bytes());
    let signature = data_encoding::HEXLOWER.encode(aws_lc_rs::hmac::sign(&key, form.as_bytes()).as_ref());
    let request = Request::post("/").header("x-hub-signature-256", format!("sha256={signature}"));
    let request = request.body(Full::<Bytes>::from(form)).unwrap();
    assert_eq!(deliver(&github.into_layer(), request).await.event::<WebhookBody>().bytes(), form);
}

#[tokio::test]
async fn the_head_can_decide_what_the_content_is() {
    struct Wrapped(ApiKey);
    impl Provider for Wrapped {
        type Event = RawJson;

        fn name(&self) -> &str {
            "wrapped"
        }

        fn scheme(&self) -> &dyn Scheme {
            &self.0
        }

        fn content(&self, head: &Parts, body: &Bytes) -> Result<Option<Bytes>, Rejection> {
            Ok(head.headers.contains_key("x-wrapped").then(|| body.slice(1..body.len() - 1)))
        }

        fn decode(&self, delivery: RawDelivery<'_>) -> Result<RawJson, Rejection> {
            Ok(json::decode(delivery.body())?)
        }
    }
    let layer = WebhookLayer::new(Wrapped(ApiKey::header("x-key").key(KEY).build().unwrap()));
    let request = |body| Request::post("/").header("x-key", KEY).body(Full::<Bytes>::from(body)).unwrap();
    let mut wrapped = request("<[7]>");
    wrapped.headers_mut().insert("x-wrapped", "1".parse().unwrap());
    for request in [wrapped, request("[7]")] {
        assert_eq!(deliver(&layer, request).await.event::<RawJson>().get(), "[7]");
    }
    assert_eq!(deliver(&layer, request("<[7]>")).await.status, 400);
}

#[test]
fn raw_and_json_in_form_exclude_each_other() {
    let custom = || Custom::builder("acme", ApiKey::header("x-key").key(KEY).build().unwrap());
    for builder in [
        custom().json_in_form("payload").raw(),
        custom().raw().json_in_form("payload"),
        preset::slack().key(KEY).raw().json_in_form("payload"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Conflict);
        assert_eq!(error.to_string(), "`json_in_form` excludes another setting: expected it without `raw`");
    }
}

#[test]
fn a_field_that_json_could_begin_with_is_an_error() {
    for field in ["", "a b", "a=b", "a&b", "%61", "{", "\"a\""] {
        let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
        let error = Custom::builder("acme", scheme).json::<RawJson>().json_in_form(field).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Malformed, "{field}");
    }
}
