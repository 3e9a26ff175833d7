//! Truemed's events for your own tests (feature `testing`), with made-up data in every field.
//!
//! # Examples
//!
//! A function that takes an event, and a whole route:
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_webhook::{BoxError, WebhookBody, provider::truemed::{Event, Status, Truemed, testing}};
//!
//! fn is_approved(event: &Event) -> bool {
//!     matches!(event, Event::QualificationSessionComplete(session) if session.status == Status::Approved)
//! }
//!
//! async fn handle(request: Request<WebhookBody>) -> Result<Response<Full<Bytes>>, BoxError> {
//!     let event = request.extensions().get::<Event>().ok_or("no event")?;
//!     if is_approved(event) { Ok(Response::default()) } else { Err("not approved".into()) }
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), BoxError> {
//! assert!(is_approved(&testing::qualification_session().event()));
//! assert!(!is_approved(&testing::qualification_session().status(Status::Rejected).event()));
//! assert!(!is_approved(&testing::payment_token().event()));
//!
//! let key = "a-key-for-this-test";
//! let layer = Truemed::builder().api_key(key).build()?.into_layer();
//! let service = ServiceBuilder::new().layer(layer).service_fn(handle);
//! let request = testing::qualification_session().request::<Full<Bytes>>(key);
//! assert_eq!(service.oneshot(request).await?.status(), StatusCode::NO_CONTENT);
//! # Ok(())
//! # }
//! ```

use super::{
    Eligibility, EligibilityData, Event, Item, ItemEligibilityUpdated, KEY_HEADER, OrderItem, PaymentSessionComplete,
    PaymentStatus, PaymentTokenUpdated, QualificationSessionComplete, Status,
};
use crate::{
    json::{Amount, DateTime, RawJson, SecretString},
    testing::event::{setters, test_events},
};

test_events! {
    Event with its key in KEY_HEADER;
    /// A qualification session was approved.
    qualification_session: QualificationSessionComplete(QualificationSessionComplete) = session();
    /// An item became eligible with a Letter of Medical Necessity.
    item_eligibility: ItemEligibilityUpdated(ItemEligibilityUpdated) = update();
    /// A payment of one item was captured.
    payment_session: PaymentSessionComplete(PaymentSessionComplete) = payment();
    /// A payment token was provisioned, and the charge of an earlier session had failed.
    payment_token: PaymentTokenUpdated(PaymentTokenUpdated) = token();
}

setters! {
    Event(QualificationSessionComplete) {
        qualification_session_id: String = qualification_session_id,
        status: Status = status,
        email: String = email,
        expires_at: DateTime = expires_at,
        source: String = source,
        user_id: String = user_id,
    }
    Event(ItemEligibilityUpdated) {
        timestamp: DateTime = timestamp,
        item: Item = data.object,
        sku: String = data.object.sku,
        name: String = data.object.name,
        eligibility: Eligibility = data.object.eligibility,
        reviewed_at: DateTime = data.object.reviewed_at,
        created_at: DateTime = data.object.created_at,
    }
    Event(PaymentSessionComplete) {
        payment_session_id: String = payment_session_id,
        status: PaymentStatus = status,
        created_at: DateTime = created_at,
        order_items: Vec<OrderItem> = order_items,
        capture_amount: Amount = capture_amount,
        metadata: RawJson = metadata,
        payment_token: SecretString = payment_token,
    }
    Event(PaymentTokenUpdated) {
        payment_token: SecretString = payment_token,
        payment_session_id: String = payment_session_id,
        failed_payment_session_id: String = failed_payment_session_id,
        provision_token_request_id: String = provision_token_request_id,
        expires_at: DateTime = expires_at,
        lmn_expires_at: DateTime = lmn_expires_at,
    }
}

fn session() -> QualificationSessionComplete {
    QualificationSessionComplete {
        qualification_session_id: "qs_7".into(),
        status: Status::Approved,
        email: Some("p-7@example.com".into()),
        expires_at: Some("2027-05-04T08:00:00Z".into()),
        source: Some("checkout".into()),
        user_id: Some("user-7".into()),
    }
}

fn update() -> ItemEligibilityUpdated {
    let object = Item {
        sku: "SKU-7".into(),
        name: Some("Two-person sauna".into()),
        eligibility: Some(Eligibility::EligibleWithLmn),
        reviewed_at: Some("2026-05-04T08:00:00Z".into()),
        created_at: Some("2026-05-01T08:00:00Z".into()),
    };
    ItemEligibilityUpdated { timestamp: "2026-05-04T08:00:01Z".into(), data: EligibilityData { object } }
}

fn payment() -> PaymentSessionComplete {
    let item = OrderItem {
        item_id: Some("item-7".into()),
        name: Some("Two-person sauna".into()),
        price: Some(499_900_i64.into()),
        quantity: Some(1_i64.into()),
        sku: Some("SKU-7".into()),
        total_refundable: Some(499_900_i64.into()),
        quantity_refundable: Some(1_i64.into()),
        total_capturable: Some(0_i64.into()),
        quantity_capturable: Some(0_i64.into()),
    };
    PaymentSessionComplete {
        payment_session_id: "ps_7".into(),
        status: PaymentStatus::Captured,
        created_at: Some("2026-05-04T08:00:00Z".into()),
        order_items: vec![item],
        capture_amount: Some(499_900_i64.into()),
        metadata: RawJson::new(r#"{"cart":"cart-7"}"#).ok(),
        payment_token: Some("ptok_7".into()),
    }
}

fn token() -> PaymentTokenUpdated {
    PaymentTokenUpdated {
        payment_token: "ptok_7".into(),
        payment_session_id: Some("ps_7".into()),
        failed_payment_session_id: Some("ps_6".into()),
        provision_token_request_id: Some("ptr_7".into()),
        expires_at: Some("2027-05-04T08:00:00Z".into()),
        lmn_expires_at: Some("2027-05-04T08:00:00Z".into()),
    }
}
