//! Truemed: payments from HSA and FSA accounts.
//!
//! | the page | event | told by |
//! |---|---|---|
//! | "Qualification Session Complete" | [`QualificationSessionComplete`] | its `qualification_session_id` |
//! | "Payment Session Complete" | [`PaymentSessionComplete`] | its `status` and a payment session's id |
//! | "Payment Token Updated" | [`PaymentTokenUpdated`] | its `payment_token`, without a `status` |
//! | "Item Eligibility Updated" | [`ItemEligibilityUpdated`] | its `event_type` |
//! | any other | [`Unknown`](Event::Unknown), with its JSON | |
//!
//! One layer decodes all of them, so that Truemed can send them to one URL. The same pages say the rest:
//!
//! | the page says | the layer |
//! |---|---|
//! | the `x-truemed-api-key` header matches the partner's API key | expects one of your keys in that header ([`ApiKey`]) |
//! | "204 ... does not need to include any content in the body" | turns any 2xx of your handler into an empty 204 |
//! | "400 Invalid payload or authentication failure" | answers a wrong key with 400, not 401 |
//! | "retry the requests ... with backoff for up to 7 days" | sends your handler's errors on, so that Truemed retries |
//!
//! The idempotency layer (feature `idempotency`) identifies an event by all its decoded fields: approved, rejected, and
//! approved again with another expiry are three events. A retry is a duplicate even if its JSON is written in another
//! way.
//!
//! # Examples
//!
//! ```
//! use tower_webhook::provider::truemed::{Event, Status, Truemed};
//!
//! let layer = Truemed::builder().api_key("tm_live_8Jq2vXw9Lr5t").build()?.into_layer();
//!
//! fn handle(event: &Event) {
//!     match event {
//!         Event::QualificationSessionComplete(session) if session.status == Status::Approved => {
//!             println!("session {} is approved", session.qualification_session_id);
//!         }
//!         Event::ItemEligibilityUpdated(update) => println!("{} has changed", update.data.object.sku),
//!         _ => {}
//!     }
//! }
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```

mod event;
mod payment;
#[cfg(feature = "testing")]
pub mod testing;

use http::{HeaderName, StatusCode};

pub use self::{
    event::{Eligibility, EligibilityData, Event, Item, ItemEligibilityUpdated, QualificationSessionComplete, Status},
    payment::{OrderItem, PaymentSessionComplete, PaymentStatus, PaymentTokenUpdated},
};
use super::{Envelope, Place, Provider, RawDelivery};
use crate::{
    ConfigError, Rejection, RejectionKind, WebhookLayer,
    auth::{ApiKey, ApiKeyBuilder, Key, Scheme, keys::KeySource},
    json::Tagged,
    observe::Drift,
};
#[cfg(feature = "idempotency")]
use crate::{Delivery, delivery::Identity};

/// Where the key is, unless you say otherwise.
const KEY_HEADER: &str = "x-truemed-api-key";

/// The provider Truemed. The [module docs](self) compare its pages with what the layer does.
#[derive(Clone, Debug)]
pub struct Truemed {
    scheme: ApiKey,
    envelope: Envelope,
    event_type: Place,
}

/// Configures a [`Truemed`].
///
/// # Examples
///
/// Two keys are live while you rotate:
///
/// ```
/// use tower_webhook::{auth::Key, provider::truemed::Truemed};
///
/// let truemed = Truemed::builder()
///     .api_key(Key::new("tm_live_8Jq2vXw9Lr5t").label("2026-09"))
///     .api_key(Key::new("tm_live_Yc6mZa1Kd0Fe").label("2026-11"))
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct TruemedBuilder {
    scheme: ApiKeyBuilder,
}

impl Truemed {
    /// Starts without a key; add at least one.
    pub fn builder() -> TruemedBuilder {
        TruemedBuilder { scheme: ApiKey::header(KEY_HEADER).noun("API key") }
    }

    /// Makes the layer of this provider, like [`WebhookLayer::new`].
    pub fn into_layer(self) -> WebhookLayer<Self> {
        WebhookLayer::new(self)
    }
}

impl TruemedBuilder {
    /// Adds a live API key. Call it once per key while you rotate; there can be 16.
    pub fn api_key(mut self, key: impl Into<Key>) -> Self {
        self.scheme = self.scheme.key(key);
        self
    }

    /// Takes the live API keys from this source, instead of fixed ones: see [`keys`](crate::auth::keys).
    pub fn api_keys(mut self, source: impl KeySource) -> Self {
        self.scheme = self.scheme.keys(source);
        self
    }

    /// Expects the key in another header. The default is `x-truemed-api-key`.
    pub fn header_name(mut self, name: impl TryInto<HeaderName>) -> Self {
        self.scheme = self.scheme.in_header(name);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// See [`ApiKeyBuilder::build`].
    pub fn build(self) -> Result<Truemed, ConfigError> {
        let event_type = Place::body("event_type");
        let envelope = Envelope::new().event_type(event_type.clone()).tagged();
        Ok(Truemed { scheme: self.scheme.build()?, envelope, event_type })
    }
}

impl Provider for Truemed {
    type Event = Event;

    fn name(&self) -> &str {
        "truemed"
    }

    fn scheme(&self) -> &dyn Scheme {
        &self.scheme
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<Event, Rejection> {
        delivery.decode_tagged(&self.event_type)
    }

    fn known_event_type(&self, event: &Event) -> Option<&'static str> {
        Tagged::known_event_type(event)
    }

    fn drift(&self, delivery: RawDelivery<'_>) -> Vec<Drift> {
        delivery.drift_tagged::<Event>(&self.event_type)
    }

    #[cfg(feature = "idempotency")]
    fn identity(&self, event: &Event, _: &Delivery, body: &[u8]) -> Identity {
        super::identity::of_fields(self.name(), event.event_type(), event.canonical(), body)
    }

    fn rejection_status(&self, kind: RejectionKind) -> StatusCode {
        match kind {
            RejectionKind::Unauthenticated => StatusCode::BAD_REQUEST,
            other => other.default_status(),
        }
    }

    fn success_status(&self) -> Option<StatusCode> {
        Some(StatusCode::NO_CONTENT)
    }

    fn envelope(&self) -> Option<&Envelope> {
        Some(&self.envelope)
    }
}
