use serde::Serialize;

use super::{PaymentSessionComplete, PaymentTokenUpdated};
use crate::{
    json::{DateTime, parts::parts, provider_events::provider_events},
    provider::shows::shows,
};

provider_events! {
    /// What Truemed sends.
    ///
    /// `Debug` shows kinds and ids, never personal fields. An event can wait in a queue: it is
    /// serialised to equivalent JSON (an instant in UTC, an absent field as `null`), and read from it
    /// again.
    ///
    /// # Examples
    ///
    /// Build an event in a test of your handler. The module `truemed::testing` (feature `testing`) has complete ones.
    ///
    /// ```
    /// use tower_webhook::provider::truemed::{Event, QualificationSessionComplete, Status};
    ///
    /// let mut session = QualificationSessionComplete::new("qs_1", Status::Approved);
    /// session.email = Some("jane@example.com".to_owned());
    /// let event = Event::QualificationSessionComplete(session);
    ///
    /// let debug = format!("{event:?}");
    /// assert!(debug.contains("qs_1") && !debug.contains("jane"));
    ///
    /// let json = serde_json::to_string(&event)?;
    /// assert_eq!(serde_json::from_str::<Event>(&json)?, event);
    /// # Ok::<_, serde_json::Error>(())
    /// ```
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Event by "event_type" {
        /// An item's eligibility was determined or has changed.
        ItemEligibilityUpdated(ItemEligibilityUpdated) = "product_catalog.item.eligibility_updated",
    }
    untagged(has) {
        /// A customer's qualification session was decided.
        QualificationSessionComplete(QualificationSessionComplete) = "qualification_session_complete"
            if has("qualification_session_id") && (has("status") || !has("payment_token")),
        /// The status of a payment session has changed.
        PaymentSessionComplete(PaymentSessionComplete) = "payment_session_complete"
            if has("status") && (has("payment_session_id") || has("id")),
        /// A payment token was provisioned or has changed.
        PaymentTokenUpdated(PaymentTokenUpdated) = "payment_token_updated" if has("payment_token") && !has("status"),
    }
}

parts! {
    /// A customer's qualification session was decided.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct QualificationSessionComplete {
        /// The id that Truemed returned when the session was created.
        pub qualification_session_id: String,
        /// The state of the session. The page says that it is `approved` or `rejected` when this is sent.
        pub status: Status,
        /// The customer's address.
        pub email: Option<String>,
        /// When the Letter of Medical Necessity expires, if one was issued.
        pub expires_at: Option<DateTime>,
        /// The `source` of the redirect to Truemed.
        pub source: Option<String>,
        /// The `user_id` of the redirect to Truemed.
        pub user_id: Option<String>,
    }
}

crate::open_enum! {
    /// The state of a qualification session.
    pub enum Status {
        /// A Letter of Medical Necessity was issued.
        Approved = "approved",
        /// The customer has not completed the survey.
        Pending = "pending",
        /// The survey is under review.
        Processing = "processing",
        /// The customer cannot receive a Letter of Medical Necessity.
        Rejected = "rejected",
    }
}

parts! {
    /// An item's eligibility was determined or has changed.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct ItemEligibilityUpdated {
        /// When it happened.
        pub timestamp: DateTime,
        /// The envelope around the item.
        pub data: EligibilityData,
    }

    /// The envelope around an [`Item`].
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct EligibilityData {
        /// The item.
        pub object: Item,
    }

    /// An item of the product catalogue.
    ///
    /// The page lists `eligibility` and `reviewed_at` in its text and `created_at` in its sample; all
    /// of them are optional here.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct Item {
        /// The SKU.
        pub sku: String,
        /// The name.
        pub name: Option<String>,
        /// Whether it can be paid from an HSA or FSA.
        pub eligibility: Option<Eligibility>,
        /// When it was last reviewed.
        pub reviewed_at: Option<DateTime>,
        /// When it was created.
        pub created_at: Option<DateTime>,
    }
}

crate::open_enum! {
    /// Whether an item can be paid from an HSA or FSA.
    pub enum Eligibility {
        /// Eligible by default.
        Eligible = "eligible",
        /// Eligible with a Letter of Medical Necessity.
        EligibleWithLmn = "eligible_with_lmn",
        /// Not eligible.
        Ineligible = "ineligible",
    }
}

impl QualificationSessionComplete {
    /// A session with the fields that Truemed always sends.
    pub fn new(qualification_session_id: impl Into<String>, status: Status) -> Self {
        Self {
            qualification_session_id: qualification_session_id.into(),
            status,
            email: None,
            expires_at: None,
            source: None,
            user_id: None,
        }
    }
}

impl ItemEligibilityUpdated {
    /// An update of this item.
    pub fn new(timestamp: impl Into<DateTime>, object: Item) -> Self {
        Self { timestamp: timestamp.into(), data: EligibilityData::new(object) }
    }
}

impl EligibilityData {
    /// An envelope around this item.
    #[must_use]
    pub fn new(object: Item) -> Self {
        Self { object }
    }
}

impl Item {
    /// An item with only the field that Truemed always sends.
    pub fn new(sku: impl Into<String>) -> Self {
        Self { sku: sku.into(), name: None, eligibility: None, reviewed_at: None, created_at: None }
    }
}

shows! {
    QualificationSessionComplete { qualification_session_id status }
    ItemEligibilityUpdated { data }
    Item { sku eligibility }
}
