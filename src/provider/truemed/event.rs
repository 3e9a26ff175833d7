use std::fmt;

use serde::Serialize;

use crate::json::{DateTime, parts::parts, provider_events::provider_events};

provider_events! {
    /// What Truemed sends.
    ///
    /// `Debug` shows kinds and ids, never personal fields. It is serialised to JSON that means the
    /// same (an instant is written in UTC, an absent field as `null`), and read from it again, so that
    /// an event can wait in a queue.
    ///
    /// # Examples
    ///
    /// For tests of your handler:
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
    untagged {
        /// A customer's qualification session was decided. It has no `event_type`.
        QualificationSessionComplete(QualificationSessionComplete) = "qualification_session_complete",
    }
}

parts! {
    /// A customer's qualification session was decided.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct QualificationSessionComplete {
        /// The id that Truemed returned when the session was created.
        pub qualification_session_id: String,
        /// Where the session stands. By the page it is `approved` or `rejected` when this is sent.
        pub status: Status,
        /// The customer's address.
        #[serde(default)]
        pub email: Option<String>,
        /// When the Letter of Medical Necessity expires, if one was issued.
        #[serde(default)]
        pub expires_at: Option<DateTime>,
        /// The `source` of the redirect to Truemed.
        #[serde(default)]
        pub source: Option<String>,
        /// The `user_id` of the redirect to Truemed.
        #[serde(default)]
        pub user_id: Option<String>,
    }
}

crate::open_enum! {
    /// Where a qualification session stands.
    pub enum Status {
        /// A Letter of Medical Necessity was issued.
        Approved = "approved",
        /// The customer has not completed the survey.
        Pending = "pending",
        /// The survey is under review.
        Processing = "processing",
        /// The customer can not receive a Letter of Medical Necessity.
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
        #[serde(default)]
        pub name: Option<String>,
        /// Whether it can be paid from an HSA or FSA.
        #[serde(default)]
        pub eligibility: Option<Eligibility>,
        /// When it was last reviewed.
        #[serde(default)]
        pub reviewed_at: Option<DateTime>,
        /// When it was created.
        #[serde(default)]
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
    /// An item with the one field that Truemed always sends.
    pub fn new(sku: impl Into<String>) -> Self {
        Self { sku: sku.into(), name: None, eligibility: None, reviewed_at: None, created_at: None }
    }
}

impl fmt::Debug for QualificationSessionComplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QualificationSessionComplete")
            .field("qualification_session_id", &self.qualification_session_id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ItemEligibilityUpdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemEligibilityUpdated").field("data", &self.data).finish_non_exhaustive()
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("sku", &self.sku).field("eligibility", &self.eligibility).finish_non_exhaustive()
    }
}
