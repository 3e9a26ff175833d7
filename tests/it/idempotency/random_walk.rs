//! The whole walk: the webhook layer outside, the idempotency layer inside.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tower::{ServiceBuilder, ServiceExt};
use tower_webhook::{
    Delivery, Rejection,
    idempotency::{IdempotencyLayer, Identity, MemoryStore, Outcome},
    provider::truemed::Event,
};

use super::on_each_store;
use crate::support::{
    Handler,
    acting::{Act, Acting},
    from_truemed, truemed,
};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

on_each_store! {
    async fn a_replay_leaves_with_the_status_that_the_provider_documents(place: Place) {
        let handler = Acting::new([Act::Answer(500), Act::Answer(200)]);
        let service = ServiceBuilder::new().layer(truemed()).layer(place.layer()).service(handler.clone());
        for (status, outcome) in [(500, Outcome::Failed), (204, Outcome::First), (204, Outcome::Replayed)] {
            let response = service.clone().oneshot(from_truemed(Full::<Bytes>::from(SESSION))).await.unwrap();
            assert_eq!((response.status().as_u16(), response.extensions().get()), (status, Some(&outcome)));
            let extensions = response.extensions();
            assert!(extensions.get::<Event>().is_none() && extensions.get::<Delivery>().is_some(), "{outcome:?}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.is_empty(), status == 204);
        }
        assert_eq!(handler.runs(), 2);
    }
}

#[tokio::test]
async fn a_refusal_of_the_webhook_layer_claims_nothing() {
    let store = MemoryStore::new();
    let service =
        ServiceBuilder::new().layer(truemed()).layer(IdempotencyLayer::new(store.clone())).service(Handler::default());
    let mut forged = from_truemed(Full::<Bytes>::from(SESSION));
    forged.headers_mut().clear();
    let response = service.oneshot(forged).await.unwrap();
    assert!(response.extensions().get::<Rejection>().is_some() && response.extensions().get::<Outcome>().is_none());
    assert!(store.is_empty());
}

#[tokio::test]
async fn an_identity_that_a_layer_between_has_inserted_counts() {
    let identified = |mut request: http::Request<tower_webhook::WebhookBody>| {
        request.extensions_mut().insert(Identity::of_content("between", b"one for all"));
        request
    };
    let handler = Acting::default();
    let service = ServiceBuilder::new()
        .layer(truemed())
        .map_request(identified)
        .layer(IdempotencyLayer::new(MemoryStore::new()))
        .service(handler.clone());
    for session in ["qs_1", "qs_2"] {
        let body = SESSION.replace("qs_1", session);
        assert_eq!(service.clone().oneshot(from_truemed(Full::<Bytes>::from(body))).await.unwrap().status(), 204);
    }
    assert_eq!(handler.runs(), 1);
}
