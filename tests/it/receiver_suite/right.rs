//! Receivers that are made with this crate.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::post};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    WebhookLayer,
    idempotency::{IdempotencyLayer, MemoryStore},
    provider::{Provider, Sender, mediquo::MediQuo, truemed::Truemed},
    testing::{TestSender, receiver::ReceiverSuite},
};

use super::left_out;

/// A receiver as the README shows it, and the count of its effects.
fn app<P: Provider>(sender: &TestSender, layer: WebhookLayer<P>) -> (Router, Arc<AtomicUsize>) {
    let effects = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&effects);
    let handler = async move || {
        // Copies that come at once meet here.
        tokio::task::yield_now().await;
        counted.fetch_add(1, Ordering::Relaxed);
        StatusCode::OK
    };
    let route = post(handler).layer((layer, IdempotencyLayer::new(MemoryStore::new())));
    let path = format!("/webhooks/{}", sender.description().name());
    let app = Router::new().route(&path, route).layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    (app, effects)
}

/// The cases that are left out.
async fn run(suite: ReceiverSuite, (app, effects): (Router, Arc<AtomicUsize>)) -> Vec<String> {
    let suite = suite.effects(move || effects.load(Ordering::Relaxed));
    let report = suite.deadline(Duration::from_secs(11)).timer(tokio::time::sleep).run(app).await;
    report.assert();
    left_out(&report).into_iter().map(str::to_owned).collect()
}

async fn of_preset(name: &str) -> Vec<String> {
    let sender = TestSender::named(name).unwrap();
    let preset = sender.description().preset().key(sender.key());
    let with_url = preset.clone().public_url(sender.public_url()).build();
    let layer = with_url.or_else(|_| preset.build()).unwrap().into_layer();
    let app = app(&sender, layer);
    run(ReceiverSuite::new(sender), app).await
}

#[tokio::test(start_paused = true)]
async fn truemed() {
    let sender = TestSender::named("truemed").unwrap();
    let app = app(&sender, Truemed::builder().api_key(sender.key()).build().unwrap().into_layer());
    let left_out = run(ReceiverSuite::new(sender), app).await;
    assert_eq!(left_out, ["stale", "from-the-future", "altered-body", "after-a-refusal"]);
}

#[tokio::test(start_paused = true)]
async fn mediquo() {
    let sender = TestSender::named("mediquo").unwrap();
    let app = app(&sender, MediQuo::builder().signature(sender.key()).build().unwrap().into_layer());
    let left_out = run(ReceiverSuite::new(sender), app).await;
    assert_eq!(left_out, ["stale", "from-the-future", "altered-body", "after-a-refusal"]);
}

#[tokio::test(start_paused = true)]
async fn signatures_with_a_time() {
    for name in ["stripe", "discord", "standard_webhooks", "slack"] {
        assert_eq!(of_preset(name).await, ["unknown-value", "after-a-refusal"], "{name}");
    }
    let of_arrays = ["unknown-type", "unknown-value", "unusual-json", "after-a-refusal"];
    assert_eq!(of_preset("sendgrid").await, of_arrays);
}

#[tokio::test(start_paused = true)]
async fn signatures_without_a_time() {
    let timeless = ["unknown-value", "stale", "from-the-future", "after-a-refusal"];
    assert_eq!(of_preset("github").await, timeless);
}

#[tokio::test(start_paused = true)]
async fn signatures_of_forms() {
    let sender = TestSender::named("twilio").unwrap();
    let preset = sender.description().preset().key(sender.key()).public_url(sender.public_url());
    let app = app(&sender, preset.raw().build().unwrap().into_layer());
    let left_out = run(ReceiverSuite::new(sender), app).await;
    let of_json = ["unknown-type", "unknown-value", "unusual-json"];
    assert_eq!(left_out, [&of_json[..], &["stale", "from-the-future", "malformed", "after-a-refusal"]].concat());
}

#[tokio::test(start_paused = true)]
async fn signatures_in_the_body() {
    assert_eq!(of_preset("mailgun").await, ["unknown-value", "repeated-credential", "altered-body", "after-a-refusal"]);
}

/// Of whatever a sender does, some receiver of this crate is right.
#[tokio::test(start_paused = true)]
async fn every_sender() {
    let mut wrong = Vec::new();
    for name in tower_webhook::provider::preset::NAMES {
        let sender = TestSender::named(name).unwrap();
        let preset = sender.description().preset().key(sender.key());
        let with_url = preset.clone().public_url(sender.public_url()).raw().build();
        let layer = with_url.or_else(|_| preset.raw().build()).unwrap().into_layer();
        let report = ReceiverSuite::new(sender.clone())
            .without("malformed", "the layer takes bodies as they are")
            .run(app(&sender, layer).0)
            .await;
        if !super::failed(&report).is_empty() {
            wrong.push(format!("{name}: {report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn events_of_ones_own() {
    let sender = TestSender::new(Sender::named("stripe").unwrap()).unwrap();
    let layer = sender.description().preset().key(sender.key()).build().unwrap().into_layer();
    let (app, effects) = app(&sender, layer);
    let event = sender.event("invoice.paid").unwrap().member("data.object.customer", "cus_1");
    let report = ReceiverSuite::new(sender)
        .events([event])
        .distinct(|event, number| event.event_id(format!("evt_{number}_of_mine")))
        .effects(move || effects.load(Ordering::Relaxed))
        .without("slow", "the test has no deadline")
        .run(app)
        .await;
    report.assert();
}
