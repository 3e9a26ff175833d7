//! Which deliveries are deliveries of one event.

use std::{convert::Infallible, time::SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, Stated, WebhookBody, WebhookLayer,
    auth::{DangerousAcceptAll, Verified},
    idempotency::{EventKey, IdempotencyLayer, Identity, MemoryStore},
    provider::{Custom, CustomBuilder, Envelope, Place, Provider},
};

use crate::support::{fixture, from_mediquo, from_truemed, mediquo, plain::Plain, sockets::events, truemed};

/// The key under which the event of a delivery is remembered.
async fn identity<P: Provider>(layer: &WebhookLayer<P>, request: Request<Full<Bytes>>) -> EventKey {
    let handler =
        service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let idempotency = IdempotencyLayer::new(MemoryStore::new());
    let service = ServiceBuilder::new().layer(layer.clone()).layer(idempotency).service(handler);
    *service.oneshot(request).await.unwrap().extensions().get().unwrap()
}

async fn of_truemed(body: &str) -> EventKey {
    identity(&truemed(), from_truemed(Full::from(body.to_owned()))).await
}

async fn of_mediquo(body: &str) -> EventKey {
    identity(&mediquo(), from_mediquo(Full::from(body.to_owned()))).await
}

fn text(path: &str) -> String {
    String::from_utf8(fixture(path).to_vec()).unwrap()
}

/// The same JSON, as another library writes it.
fn rewritten(json: &str) -> String {
    serde_json::from_str::<Value>(json).unwrap().to_string()
}

/// Written in another way: other white space, another order, escapes, and a field that nobody has documented.
fn retried(json: &str) -> String {
    let mut value: Value = serde_json::from_str(json).unwrap();
    value["attempt"] = json!(2);
    format!(" {value:#}").replace("\"status\"", "\"st\\u0061tus\"").replace("\"id\"", "\"i\\u0064\"")
}

/// Every value below, each changed to something else that the event may say.
fn amended(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !["type", "event_type"].contains(&name.as_str()))
            .flat_map(|(name, value)| amended(value).into_iter().map(move |other| (name.clone(), other)))
            .map(|(name, other)| {
                let mut members = members.clone();
                members.insert(name, other);
                Value::Object(members)
            })
            .collect(),
        Value::Array(elements) => (0..elements.len())
            .flat_map(|index| amended(&elements[index]).into_iter().map(move |other| (index, other)))
            .map(|(index, other)| {
                let mut elements = elements.clone();
                elements[index] = other;
                Value::Array(elements)
            })
            .collect(),
        Value::String(text) if text.contains("T00:00") || text.contains(":00+") || text.ends_with('Z') => {
            vec![json!("2031-01-01T01:01:01Z")]
        }
        Value::String(text) => vec![json!(format!("{text}-other"))],
        Value::Number(number) => vec![number.as_i64().map_or(json!(1), |number| json!(number + 1))],
        Value::Bool(flag) => vec![json!(!flag)],
        // Of whichever type it is.
        Value::Null => vec![],
    }
}

#[tokio::test]
async fn an_event_is_told_from_others_by_every_decoded_field_and_a_retry_is_not() {
    let (truemed, mediquo) = (events::TRUEMED.into_iter(), events::MEDIQUO.into_iter());
    for (path, _) in truemed.chain(mediquo) {
        let of = async |body: String| {
            if path.starts_with("truemed") { of_truemed(&body).await } else { of_mediquo(&body).await }
        };
        let sent = text(path);
        let first = of(sent.clone()).await;
        assert_eq!(first, of(sent.clone()).await, "{path}");
        assert_eq!(first, of(rewritten(&sent)).await, "{path}");
        assert_eq!(first, of(retried(&sent)).await, "{path}");
        let others = amended(&serde_json::from_str(&sent).unwrap());
        assert!(others.len() > 3, "{path}");
        for other in others {
            assert_ne!(first, of(other.to_string()).await, "{path}: {other}");
        }
    }
}

#[tokio::test]
async fn three_decisions_of_one_session_are_three_events() {
    let session = |status: &str, expires_at: &str| {
        format!(r#"{{"qualification_session_id":"qs_1","status":"{status}","expires_at":{expires_at}}}"#)
    };
    let decisions = [
        session("approved", r#""2027-01-01T00:00:00Z""#),
        session("rejected", "null"),
        session("approved", r#""2028-01-01T00:00:00Z""#),
    ];
    for (index, decision) in decisions.iter().enumerate() {
        for (other, decided) in decisions.iter().enumerate() {
            assert_eq!(of_truemed(decision).await == of_truemed(&retried(decided)).await, index == other);
        }
    }
    // The same instant, in another time zone.
    assert_eq!(
        of_truemed(&decisions[0]).await,
        of_truemed(&session("approved", r#""2027-01-01T01:00:00+01:00""#)).await
    );
}

#[tokio::test]
async fn an_amount_and_metadata_in_another_notation_are_the_same_event() {
    let session = |amount: &str, metadata: &str| {
        format!(
            r#"{{"payment_session_id":"ps_1","status":"captured","capture_amount":{amount},"metadata":{metadata}}}"#
        )
    };
    let first = of_truemed(&session("1250", r#"{"a":[1,{"b":2.50}],"c":"é"}"#)).await;
    assert_eq!(first, of_truemed(&session("1250.00", r#"{ "c":"\u00e9", "a" : [1, {"b":25e-1}] }"#)).await);
    assert_ne!(first, of_truemed(&session("1250.01", r#"{"a":[1,{"b":2.50}],"c":"é"}"#)).await);
    // More digits than a number of most readers has.
    let long = |last: u8| session("1", &format!("[1234567890123456789012345678{last}]"));
    assert_ne!(of_truemed(&long(1)).await, of_truemed(&long(2)).await);
    let long = |last: u8| session(&format!("0.1000000000000000000{last}"), "null");
    assert_ne!(of_truemed(&long(1)).await, of_truemed(&long(2)).await);
    // Deep enough to overflow the stack of whoever reads it by recursion.
    let deep = session("1", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert_eq!(of_truemed(&deep).await, of_truemed(&deep).await);
}

#[tokio::test]
async fn what_is_unknown_is_known_by_all_of_its_json() {
    for unknown in [r#"{"event_type":"later","id":1}"#, r#"{"hello":{"id":1}}"#] {
        assert_eq!(of_truemed(unknown).await, of_truemed(&unknown.replace(':', " : ")).await);
        assert_ne!(of_truemed(unknown).await, of_truemed(&unknown.replace('1', "2")).await);
    }
    // Both readings of a doubled member count.
    assert_ne!(of_truemed(r#"{"a":1,"a":2}"#).await, of_truemed(r#"{"a":3,"a":2}"#).await);
}

#[derive(Clone, Deserialize)]
struct Order {
    id: String,
    status: String,
}

async fn of_acme(layer: &WebhookLayer<Custom<Order>>, id: &str, status: &str) -> EventKey {
    let body = format!(r#"{{"id":"{id}","status":"{status}"}}"#);
    identity(layer, Request::post("/").body(Full::from(body)).unwrap()).await
}

#[tokio::test]
async fn any_provider_says_itself_what_identifies_an_event() {
    let acme = || Custom::builder("acme", DangerousAcceptAll).json::<Order>();
    let layer = |builder: CustomBuilder<Order>| builder.build().unwrap().into_layer();
    let by_id = layer(acme().identified_by(|order, identity| identity.part(&order.id)));
    assert_eq!(of_acme(&by_id, "1", "paid").await, of_acme(&by_id, "1", "sent").await);
    assert_ne!(of_acme(&by_id, "1", "paid").await, of_acme(&by_id, "2", "paid").await);
    assert_ne!(of_acme(&by_id, "", "paid").await, of_acme(&by_id, "", "sent").await);

    let by_content = layer(acme());
    assert_eq!(of_acme(&by_content, "1", "paid").await, of_acme(&by_content, "1", "paid").await);
    assert_ne!(of_acme(&by_content, "1", "paid").await, of_acme(&by_content, "1", "sent").await);

    let both = layer(acme().identified_by(|order, identity| identity.part(&order.id).part(&order.status)));
    assert_ne!(of_acme(&both, "1", "23").await, of_acme(&both, "12", "3").await, "parts are framed");
    let other = Custom::builder("other", DangerousAcceptAll).json::<Order>();
    let other = layer(other.identified_by(|order, identity| identity.part(&order.id)));
    assert_ne!(of_acme(&by_id, "1", "paid").await, of_acme(&other, "1", "paid").await);
}

#[test]
fn content_binds_a_part_to_the_body() {
    let bound = |id: &str, body: &[u8]| Identity::builder("acme", body).part(id).content().build();
    assert_eq!(bound("1", b"a"), bound("1", b"a"));
    assert_ne!(bound("1", b"a"), bound("1", b"b"));
    assert_ne!(bound("1", b"a"), bound("2", b"a"));
    assert_ne!(bound("1", b"a"), Identity::of_content("acme", b"a"));
    let part = Identity::builder("acme", b"").part("1").build();
    assert_ne!(part, Identity::of_content("acme", b"1"), "a part is no content");
}

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug)]
    enum Told {
        Paid = "order.paid",
    }
}

#[tokio::test]
async fn a_type_in_a_header_tells_two_events_with_one_body_apart() {
    let layer = Custom::builder("acme", DangerousAcceptAll)
        .envelope(Envelope::new().event_type(Place::header("x-acme-event")))
        .tagged::<Told>()
        .build()
        .unwrap()
        .into_layer();
    let key = async |kind: &str| {
        let request = Request::post("/").header("x-acme-event", kind).body(Full::from(r#"{"id":"o1"}"#)).unwrap();
        identity(&layer, request).await
    };
    assert_eq!(key("order.paid").await, key("order.paid").await);
    assert_ne!(key("order.paid").await, key("order.shipped").await);
}

#[test]
fn an_id_is_bound_to_the_body_unless_it_is_signed() {
    let of = |id: Option<Stated<&str>>, body: &[u8]| {
        let delivery = Delivery::new("acme", Verified::new(), SystemTime::UNIX_EPOCH, body.len());
        let delivery = match id {
            Some(id) => delivery.with_event_id(id),
            None => delivery,
        };
        Identity::of_delivery(&delivery, body)
    };
    let (signed, unsigned) = (Some(Stated::Signed("1")), Some(Stated::Unsigned("1")));
    assert_eq!(of(signed, b"a"), of(signed, b"b"));
    assert_eq!(of(unsigned, b"a"), of(unsigned, b"a"));
    assert_ne!(of(unsigned, b"a"), of(unsigned, b"b"), "somebody else could have written it there");
    assert_ne!(of(unsigned, b"a"), of(Some(Stated::Unsigned("2")), b"a"));
    assert_ne!(of(signed, b"a"), of(unsigned, b"a"));
    assert_eq!(of(None, b"a"), Identity::of_content("acme", b"a"));
}

#[tokio::test]
async fn a_provider_of_ones_own_identifies_an_event_by_its_delivery_unless_it_says_otherwise() {
    let of = async |body: &str| {
        identity(&WebhookLayer::new(Plain), Request::post("/").body(Full::from(body.to_owned())).unwrap()).await
    };
    let raw = Custom::builder("plain", DangerousAcceptAll).raw().build().unwrap().into_layer();
    let same = identity(&raw, Request::post("/").body(Full::from("one")).unwrap()).await;
    assert_eq!(of("one").await, same);
    assert_ne!(of("other").await, same);
}
