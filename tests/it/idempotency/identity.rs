//! Which deliveries are deliveries of one event.

use std::{convert::Infallible, time::SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde::Deserialize;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, Stated, WebhookBody, WebhookLayer,
    auth::{DangerousAcceptAll, Verified},
    idempotency::{EventKey, IdempotencyLayer, Identity, MemoryStore},
    provider::{Custom, CustomBuilder, Envelope, Place, Provider},
};

use crate::support::{fixture, from_mediquo, from_truemed, mediquo, truemed};

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

/// The same JSON, written in another way.
fn rewritten(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).unwrap().to_string()
}

#[tokio::test]
async fn a_session_with_a_status_is_one_event_of_truemed() {
    let session = |id: &str, status: &str, email: &str| {
        format!(r#"{{"qualification_session_id":"{id}","status":"{status}","email":"{email}"}}"#)
    };
    let first = of_truemed(&session("qs_1", "approved", "a@example.com")).await;
    assert_eq!(first, of_truemed(&session("qs_1", "approved", "b@example.com")).await);
    assert_ne!(first, of_truemed(&session("qs_1", "rejected", "a@example.com")).await);
    assert_ne!(first, of_truemed(&session("qs_2", "approved", "a@example.com")).await);
    assert_ne!(
        of_truemed(&session("", "approved", "a@example.com")).await,
        of_truemed(&session("", "approved", "b@example.com")).await,
        "without an id, it is the content"
    );
}

#[tokio::test]
async fn an_item_at_a_time_is_one_event_of_truemed() {
    let update = |sku: &str, time: &str, eligibility: &str| {
        format!(
            r#"{{"event_type":"product_catalog.item.eligibility_updated","timestamp":"{time}","data":{{"object":{{"sku":"{sku}","eligibility":"{eligibility}"}}}}}}"#
        )
    };
    let first = of_truemed(&update("S-1", "2026-11-21T09:30:00Z", "eligible")).await;
    assert_eq!(first, of_truemed(&update("S-1", "2026-11-21T10:30:00+01:00", "ineligible")).await);
    assert_ne!(first, of_truemed(&update("S-2", "2026-11-21T09:30:00Z", "eligible")).await);
    assert_ne!(first, of_truemed(&update("S-1", "2026-11-21T09:30:00.001Z", "eligible")).await);
    for vague in ["string", "2026-11-21", "2026-11-21T09:30:00"] {
        assert_ne!(
            of_truemed(&update("S-1", vague, "eligible")).await,
            of_truemed(&update("S-1", vague, "ineligible")).await,
            "{vague} is not one instant"
        );
    }
}

#[tokio::test]
async fn a_consultation_that_finished_at_a_time_is_one_event_of_mediquo() {
    let finished = text("mediquo/patient_consultation_finished.json");
    let first = of_mediquo(&finished).await;
    assert_eq!(first, of_mediquo(&rewritten(&finished)).await);
    let mut other: serde_json::Value = serde_json::from_str(&finished).unwrap();
    other["occurred_on"] = serde_json::json!(1);
    assert_ne!(first, of_mediquo(&other.to_string()).await, "it was reopened");
    let mut other: serde_json::Value = serde_json::from_str(&finished).unwrap();
    other["payload"]["consultation"]["id"] = serde_json::json!("another");
    assert_ne!(first, of_mediquo(&other.to_string()).await);
}

#[tokio::test]
async fn reports_and_what_is_unknown_are_known_by_their_content() {
    for sent in [text("mediquo/patient_report_sent.json"), r#"{ "type": "patient_moved" }"#.to_owned()] {
        let first = of_mediquo(&sent).await;
        assert_eq!(first, of_mediquo(&sent).await);
        assert_ne!(first, of_mediquo(&rewritten(&sent)).await, "there is no id to go by");
    }
    let unknown = r#"{"event_type":"later","id":1}"#;
    assert_eq!(of_truemed(unknown).await, of_truemed(unknown).await);
    assert_ne!(of_truemed(unknown).await, of_truemed(r#"{"event_type":"later","id":2}"#).await);
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
