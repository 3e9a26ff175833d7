//! What is sent and the types do not know is told by the names of the types.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_webhook::{
    WebhookLayer,
    auth::ApiKey,
    observe::{Accepted, Drift, Observation, Observer},
    provider::{Custom, Envelope, Place, Provider},
};

use crate::support::{
    deliver, fixture, from_mediquo, from_truemed, mediquo,
    plain::Plain,
    sockets::{API_KEY, events},
    truemed,
};

/// Asks for the drift of each delivery.
#[derive(Clone, Default)]
struct Asking(Arc<Mutex<Vec<Drift>>>);

impl Observer for Asking {
    fn accepted(&self, accepted: &Accepted<'_>) {
        *self.0.lock().unwrap() = accepted.drift();
    }

    fn finished(&self, _: &Observation<'_>) {}
}

async fn drift_of<P: Provider>(layer: &WebhookLayer<P>, request: Request<Full<Bytes>>) -> Vec<Drift> {
    let asking = Asking::default();
    let delivered = deliver(&layer.clone().observer(asking.clone()), request).await;
    assert!(delivered.handled.is_some(), "{:?}", delivered.rejection());
    let found = asking.0.lock().unwrap();
    found.clone()
}

async fn of_truemed(body: impl Into<Bytes>) -> Vec<Drift> {
    drift_of(&truemed(), from_truemed(Full::new(body.into()))).await
}

async fn of_mediquo(body: impl Into<Bytes>) -> Vec<Drift> {
    drift_of(&mediquo(), from_mediquo(Full::new(body.into()))).await
}

/// What the samples of the pages have beyond the types, if anything.
#[tokio::test]
async fn the_documented_events_are_known() {
    for (path, _) in events::TRUEMED {
        assert_eq!(of_truemed(fixture(path)).await, [], "{path}");
    }
    for (path, _) in events::MEDIQUO {
        assert_eq!(of_mediquo(fixture(path)).await, [], "{path}");
    }
}

#[tokio::test]
async fn each_kind_is_found_and_told_once() {
    for body in [r#"{"event_type":"canary"}"#, r#"{"canary":1}"#] {
        assert_eq!(of_truemed(body).await, [Drift::Event]);
    }
    let body = r#"{"qualification_session_id":"1","status":"canary","canary":{"status":"canary"},"canary2":null}"#;
    assert_eq!(of_truemed(body).await, [Drift::Value("Status"), Drift::Member("QualificationSessionComplete")]);
    let items = r#"[{"canary":1},{"canary":2},{"sku":"1"}]"#;
    let body = format!(r#"{{"id":1,"status":"captured","order_items":{items},"metadata":{{"canary":1}}}}"#);
    assert_eq!(of_truemed(body).await, [Drift::Member("OrderItem")]);
    let body = r#"{"payment_session_id":"1","status":"captured","canary":1}"#;
    assert_eq!(of_truemed(body).await, [Drift::Member("PaymentSessionComplete")]);

    let mut sent: Value = serde_json::from_slice(&fixture("mediquo/patient_consultation_finished.json")).unwrap();
    assert_eq!(of_mediquo(sent.to_string()).await, []);
    sent["canary"] = json!(1);
    assert_eq!(of_mediquo(sent.to_string()).await, [Drift::Member("Notification")]);
    sent["payload"]["consultation"]["channel"] = json!("canary");
    sent["payload"]["patient"]["type"] = json!("canary");
    sent["payload"]["reports"][0]["canary"] = json!("canary");
    let mut found = of_mediquo(sent.to_string()).await;
    found.sort_by_key(|drift| format!("{drift:?}"));
    let members = ["Notification", "Patient", "Report"].map(Drift::Member);
    assert_eq!(found, [&members[..], &[Drift::Value("Channel")]].concat(), "the type counts at its own place only");
    sent["type"] = json!("canary");
    assert_eq!(of_mediquo(sent.to_string()).await, [Drift::Event]);
}

tower_webhook::open_enum! {
    /// How a parcel travels.
    pub enum Carrier {
        /// By air.
        Air = "air",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sent {
    carrier: Carrier,
}

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug)]
    enum Parcel {
        Sent(Sent) = "sent",
        Ping = "ping",
    }
}

/// A member that your own type does not have is none that you need.
#[tokio::test]
async fn events_of_your_own_tell_types_and_values() {
    let scheme = || ApiKey::header("x-acme-key").key(API_KEY).build().unwrap();
    let acme = |place| {
        let acme = Custom::builder("acme", scheme()).envelope(Envelope::new().event_type(place));
        acme.tagged::<Parcel>().build().unwrap().into_layer()
    };
    let request = |event_type: &str, body: &str| {
        let request = Request::post("/").header("x-acme-key", API_KEY).header("x-type", event_type);
        request.body(Full::new(Bytes::from(body.replace("TYPE", event_type)))).unwrap()
    };
    for place in [Place::body("type"), Place::body("meta.type"), Place::header("x-type")] {
        let of = async |event_type, carrier: &str| {
            let body = r#"{"type":"TYPE","meta":{"type":"TYPE"},"carrier":"CARRIER","canary":1}"#;
            drift_of(&acme(place.clone()), request(event_type, &body.replace("CARRIER", carrier))).await
        };
        assert_eq!(of("sent", "air").await, []);
        assert_eq!(of("sent", "canary").await, [Drift::Value("Carrier")]);
        assert_eq!(of("canary", "air").await, [Drift::Event]);
        assert_eq!(of("ping", "canary").await, []);
    }
    let json = Custom::builder("acme", scheme()).json::<Sent>().build().unwrap().into_layer();
    assert_eq!(drift_of(&json, request("", r#"{"carrier":"canary","canary":1}"#)).await, [Drift::Value("Carrier")]);
    for body in [Custom::builder("acme", scheme()).build().unwrap().into_layer()] {
        assert_eq!(drift_of(&body, request("", r#"{"canary":1}"#)).await, []);
    }
}

#[tokio::test]
async fn a_provider_of_ones_own_tells_nothing_unless_it_says_otherwise() {
    let request = || Request::post("/").body(Full::new(Bytes::from(r#"{"canary":1}"#))).unwrap();
    assert_eq!(drift_of(&WebhookLayer::new(Plain), request()).await, []);
    let outcome = deliver(&WebhookLayer::new(Plain), request()).await;
    assert_eq!(outcome.delivery().known_event_type(), None);
}
