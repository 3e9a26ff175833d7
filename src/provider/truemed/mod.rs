//! Truemed: payments from HSA and FSA accounts.
//!
//! What the layer does follows Truemed's pages "Qualification Session Complete Webhook" and "Item
//! Eligibility Updated Webhook":
//!
//! | the page says | so |
//! |---|---|
//! | the `x-truemed-api-key` header matches the partner's API key | a [`Header`] scheme with one or several keys |
//! | "204 ... does not need to include any content in the body" | any 2xx of the handler leaves as an empty 204 |
//! | "400 Invalid payload or authentication failure" | a wrong key is answered with 400, not 401 |
//! | "retry the requests ... with backoff for up to 7 days" | what is refused is not lost; what is answered 2xx is not sent again |
//!
//! To the idempotency layer (feature `idempotency`) a session with a status is one event, and so is an item with a
//! timestamp: a session that is approved twice has its effect once. What is unknown is known by its content.
//!
//! Both webhooks may be sent to one URL: one layer decodes both.
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
#[cfg(feature = "idempotency")]
mod identity;

use http::StatusCode;

pub use self::event::{
    Eligibility, EligibilityData, Event, Item, ItemEligibilityUpdated, QualificationSessionComplete, Status,
};
use super::{Provider, RawDelivery};
use crate::{
    ConfigError, Rejection, RejectionKind, WebhookLayer,
    auth::{Header, HeaderBuilder},
    json::tagged::{decode, find_tag},
};
#[cfg(feature = "idempotency")]
use crate::{Delivery, idempotency::Identity};

/// The provider Truemed. See the [module](self) for what follows from its pages.
#[derive(Clone, Debug)]
pub struct Truemed {
    scheme: Header,
}

/// Configures a [`Truemed`].
///
/// # Examples
///
/// While a key is rotated, both are live:
///
/// ```
/// use tower_webhook::provider::truemed::Truemed;
///
/// let truemed = Truemed::builder()
///     .labelled_api_key("2026-09", "tm_live_8Jq2vXw9Lr5t")
///     .labelled_api_key("2026-11", "tm_live_Yc6mZa1Kd0Fe")
///     .build()?;
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct TruemedBuilder {
    scheme: HeaderBuilder,
}

impl Truemed {
    /// Starts without a key; at least one must follow.
    pub fn builder() -> TruemedBuilder {
        TruemedBuilder { scheme: Header::builder("x-truemed-api-key").noun("API key") }
    }

    /// The layer that receives from Truemed; the same as [`WebhookLayer::new`].
    pub fn into_layer(self) -> WebhookLayer<Self> {
        WebhookLayer::new(self)
    }
}

impl TruemedBuilder {
    /// Adds an API key, labelled by its number: the first is `"1"`.
    pub fn api_key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.scheme = self.scheme.key(key);
        self
    }

    /// Adds an API key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_api_key(mut self, label: &str, key: impl AsRef<[u8]>) -> Self {
        self.scheme = self.scheme.labelled_key(label, key);
        self
    }

    /// Looks for the key in another header. By default it is `x-truemed-api-key`.
    pub fn header_name(mut self, name: &str) -> Self {
        self.scheme = self.scheme.name(name);
        self
    }

    /// Takes keys shorter than 16 bytes, which can be guessed.
    pub fn dangerous_allow_short_keys(mut self) -> Self {
        self.scheme = self.scheme.dangerous_allow_short_keys();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// As for [`HeaderBuilder::build`].
    pub fn build(self) -> Result<Truemed, ConfigError> {
        Ok(Truemed { scheme: self.scheme.build()? })
    }
}

impl Provider for Truemed {
    type Event = Event;
    type Scheme = Header;

    fn name(&self) -> &'static str {
        "truemed"
    }

    fn scheme(&self) -> &Header {
        &self.scheme
    }

    fn decode(&self, delivery: RawDelivery<'_>) -> Result<Event, Rejection> {
        let path = [Event::TAG.into()];
        Ok(decode(delivery.body(), &find_tag(delivery.body(), &path), Some(&path))?)
    }

    #[cfg(feature = "idempotency")]
    fn identity(&self, event: &Event, _: &Delivery, body: &[u8]) -> Identity {
        event.identity(Identity::builder(self.name(), body)).build()
    }

    fn status(&self, kind: RejectionKind) -> StatusCode {
        match kind {
            RejectionKind::Unauthenticated => StatusCode::BAD_REQUEST,
            other => other.default_status(),
        }
    }

    fn success(&self) -> Option<StatusCode> {
        Some(StatusCode::NO_CONTENT)
    }
}
