use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    json::{Amount, DateTime, Id, RawJson, SecretString, parts::parts, quiet},
    provider::{lenient::null_as_default, shows::shows},
};

/// The status of a payment session has changed. Truemed sends this several times for one session.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentSessionComplete {
    /// The id that Truemed returned when the session was created. It is read from `id` if it is not sent by this name.
    pub payment_session_id: String,
    /// Where the session stands. Fulfil the order when it is [`Captured`](PaymentStatus::Captured), and not before.
    pub status: PaymentStatus,
    /// When the session was created.
    pub created_at: Option<DateTime>,
    /// What is paid for.
    pub order_items: Vec<OrderItem>,
    /// What is captured, in cents. With an authorization it is absent until the capture.
    pub capture_amount: Option<Amount>,
    /// What you sent when you created the session: any JSON.
    pub metadata: Option<RawJson>,
    /// The token with which the session was paid, or that it was tokenised into.
    pub payment_token: Option<SecretString>,
}

crate::open_enum! {
    /// Where a payment session stands.
    pub enum PaymentStatus {
        /// The payment is reserved and not yet captured.
        Authorized = "authorized",
        /// The authorization ran out before the capture.
        AuthorizationExpired = "authorization_expired",
        /// The authorization was withdrawn before the capture.
        AuthorizationVoided = "authorization_voided",
        /// The session was cancelled.
        Canceled = "canceled",
        /// The payment is captured: fulfil the order.
        Captured = "captured",
        /// The customer has not paid yet.
        Pending = "pending",
        /// The payment is under way.
        Processing = "processing",
        /// The payment failed.
        Rejected = "rejected",
    }
}

parts! {
    /// An item of an order. Money is in cents.
    #[derive(Clone, Default, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct OrderItem {
        /// The id.
        pub item_id: Option<Id>,
        /// The name.
        pub name: Option<String>,
        /// The price.
        pub price: Option<Amount>,
        /// How many.
        pub quantity: Option<Amount>,
        /// The SKU.
        pub sku: Option<String>,
        /// How much can be refunded.
        pub total_refundable: Option<Amount>,
        /// How many can be refunded.
        pub quantity_refundable: Option<Amount>,
        /// How much can be captured.
        pub total_capturable: Option<Amount>,
        /// How many can be captured.
        pub quantity_capturable: Option<Amount>,
    }

    /// A payment token was provisioned or has changed, and can be used.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub struct PaymentTokenUpdated {
        /// The token.
        pub payment_token: SecretString,
        /// The payment session with which it was provisioned.
        pub payment_session_id: Option<String>,
        /// The payment session whose charge failed.
        pub failed_payment_session_id: Option<String>,
        /// The call that provisioned or updated it.
        pub provision_token_request_id: Option<String>,
        /// When the Letter of Medical Necessity expires, by the one name that it may have.
        pub expires_at: Option<DateTime>,
        /// When the Letter of Medical Necessity expires, by the other name.
        pub lmn_expires_at: Option<DateTime>,
    }
}

impl PaymentSessionComplete {
    /// A session with the fields without which it is useless.
    pub fn new(payment_session_id: impl Into<String>, status: PaymentStatus) -> Self {
        Self {
            payment_session_id: payment_session_id.into(),
            status,
            created_at: None,
            order_items: Vec::new(),
            capture_amount: None,
            metadata: None,
            payment_token: None,
        }
    }
}

impl PaymentTokenUpdated {
    /// An update of this token.
    pub fn new(payment_token: impl Into<SecretString>) -> Self {
        Self {
            payment_token: payment_token.into(),
            payment_session_id: None,
            failed_payment_session_id: None,
            provision_token_request_id: None,
            expires_at: None,
            lmn_expires_at: None,
        }
    }
}

shows! {
    PaymentSessionComplete { payment_session_id status }
    OrderItem {}
    PaymentTokenUpdated { payment_session_id failed_payment_session_id provision_token_request_id }
}

/// A session with either name for its id.
#[derive(Deserialize)]
#[serde(rename = "PaymentSessionComplete", expecting = "an object")]
struct Sent {
    payment_session_id: Option<String>,
    status: PaymentStatus,
    created_at: Option<DateTime>,
    #[serde(default, deserialize_with = "null_as_default")]
    order_items: Vec<OrderItem>,
    capture_amount: Option<Amount>,
    metadata: Option<RawJson>,
    payment_token: Option<SecretString>,
    // Last, as compact MessagePack goes by the place of a field, and this one is not written.
    #[serde(default)]
    id: Option<Id>,
}

impl<'de> Deserialize<'de> for PaymentSessionComplete {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = Sent::deserialize(deserializer).map_err(quiet)?;
        let Sent { payment_session_id, status, created_at, order_items, capture_amount, metadata, payment_token, id } =
            sent;
        let payment_session_id = payment_session_id
            .or_else(|| id.map(|id| id.to_string()))
            .ok_or_else(|| D::Error::missing_field("payment_session_id"))?;
        Ok(Self { payment_session_id, status, created_at, order_items, capture_amount, metadata, payment_token })
    }
}
