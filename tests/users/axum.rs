//! A whole test file, as you would write it for an axum app: genuine, forged and repeated deliveries, without a crypto crate.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, StatusCode},
    routing::post,
};
use serde::{Deserialize, Serialize};
use tower::{ServiceBuilder, ServiceExt};
use tower_webhook::{
    ConfigError,
    auth::Key,
    axum::Webhook,
    idempotency::{IdempotencyLayer, MemoryStore, Outcome},
    provider::preset,
    tagged_enum,
    testing::{Spoil, TestDelivery, TestSender, assert_outcome},
};

// The app, which would be in your library.

tagged_enum! {
    #[derive(Clone, Debug)]
    enum Event {
        InvoicePaid(InvoicePaid) = "invoice.paid",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct InvoicePaid {
    data: Data,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Data {
    object: Invoice,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Invoice {
    amount_paid: usize,
}

type Revenue = Arc<AtomicUsize>;

fn app(stripe_key: impl Into<Key>, revenue: Revenue) -> Result<Router, ConfigError> {
    let stripe = preset::stripe().key(stripe_key).tagged::<Event>().build()?.into_layer();
    let layers = ServiceBuilder::new().layer(stripe).layer(IdempotencyLayer::new(MemoryStore::new()));
    let route = post(on_stripe).layer(layers);
    Ok(Router::new().route("/webhooks/stripe", route).with_state(revenue))
}

async fn on_stripe(State(revenue): State<Revenue>, Webhook(event): Webhook<Event>) -> StatusCode {
    if let Event::InvoicePaid(paid) = event {
        revenue.fetch_add(paid.data.object.amount_paid, Ordering::Relaxed);
    }
    StatusCode::NO_CONTENT
}

// The tests.

struct Shop {
    stripe: TestSender,
    app: Router,
    revenue: Revenue,
}

impl Shop {
    fn open() -> Self {
        let (stripe, revenue) = (TestSender::named("stripe").unwrap(), Revenue::default());
        Self { app: app(stripe.key(), Arc::clone(&revenue)).unwrap(), stripe, revenue }
    }

    fn paid(&self, cents: usize) -> TestDelivery {
        self.stripe.event("invoice.paid").unwrap().member("data.object.amount_paid", cents)
    }

    async fn receive(&self, delivery: &TestDelivery) -> StatusCode {
        self.answer(delivery).await.status()
    }

    async fn answer(&self, delivery: &TestDelivery) -> Response<Body> {
        self.app.clone().oneshot(delivery.request::<Body>()).await.unwrap()
    }

    fn revenue(&self) -> usize {
        self.revenue.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_paid_invoice_counts() {
    let shop = Shop::open();
    assert_eq!(shop.receive(&shop.paid(4200)).await, StatusCode::NO_CONTENT);
    assert_eq!(shop.revenue(), 4200);
}

#[tokio::test]
async fn a_repeated_delivery_counts_once() {
    let shop = Shop::open();
    let paid = shop.paid(4200).event_id("evt_7");
    for outcome in [Outcome::First, Outcome::Replayed] {
        let answer = shop.answer(&paid).await;
        assert!(answer.status().is_success());
        assert_outcome(&answer, outcome);
    }
    assert!(shop.receive(&shop.paid(100).event_id("evt_8")).await.is_success());
    assert_eq!(shop.revenue(), 4300);
}

#[tokio::test]
async fn a_forged_delivery_is_refused() {
    let shop = Shop::open();
    let paid = shop.paid(4200);
    for how in [Spoil::WrongKey, Spoil::MissingCredential, Spoil::Stale, Spoil::AlteredBody] {
        let forged = paid.spoiled(how).unwrap();
        assert_eq!(shop.receive(&forged).await, StatusCode::UNAUTHORIZED, "{how:?}");
    }
    assert_eq!(shop.revenue(), 0);
}

#[tokio::test]
async fn a_new_type_of_event_is_accepted() {
    let shop = Shop::open();
    let new = shop.paid(4200).event_type("invoice.rounded");
    assert!(shop.receive(&new).await.is_success());
    assert_eq!(shop.revenue(), 0);
}
