//! MediQuo: telemedicine.
//!
//! What the layer does follows MediQuo's page "Webhooks":
//!
//! | the page says | so |
//! |---|---|
//! | `x-webhook-signature` holds a value "specified by the MediQuo support team" | a [`Header`](crate::auth::Header) scheme: it is a fixed value, not a signature of the body |
//! | "additional security methods ... (Oauth, user/password, ...)" | [`basic_auth`](MediQuoBuilder::basic_auth), [`bearer`](MediQuoBuilder::bearer), [`bearer_checked_by`](MediQuoBuilder::bearer_checked_by): all that are configured must be right |
//! | nothing on statuses | a wrong value is answered with 401; the handler's response leaves as it is |
//!
//! To the idempotency layer (feature `idempotency`) a consultation that finished at a time is one event: one that was
//! reopened finishes twice. A report has no id, so it is known by its content, and so is what is unknown.
//!
//! # Examples
//!
//! ```
//! use tower_webhook::provider::mediquo::{Event, MediQuo};
//!
//! let layer = MediQuo::builder()
//!     .signature("mq_Yc6mZa1Kd0Fe7Rt4")
//!     .basic_auth("mediquo", "correct:horse:battery")
//!     .build()?
//!     .into_layer();
//!
//! fn handle(event: &Event) {
//!     match event {
//!         Event::ConsultationFinished(finished) => {
//!             println!("{} reports", finished.payload.reports.len());
//!         }
//!         Event::ReportSent(sent) => println!("a report, {:?}", sent.payload.report_type),
//!         _ => {}
//!     }
//! }
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```

mod builder;
mod event;
#[cfg(feature = "idempotency")]
mod identity;
mod lenient;
mod model;
mod report;
mod report_sent;
mod scheme;
mod unix_time;

pub use self::{
    builder::MediQuoBuilder,
    event::{ConsultationFinished, ConsultationFinishedPayload, Event},
    model::{
        Allergy, Consultation, ConsultationType, Disease, Medication, Patient, Prescription, Professional, Speciality,
        SpecialityId,
    },
    report::{Report, ReportContent, ReportType, Soap},
    report_sent::{ReportPatient, ReportSent, ReportSentPayload},
    scheme::Credentials,
};
use super::{Provider, RawDelivery};
#[cfg(feature = "idempotency")]
use crate::{Delivery, idempotency::Identity};
use crate::{
    Rejection, WebhookLayer,
    json::tagged::{decode, find_tag},
};

/// The provider MediQuo. See the [module](self) for what follows from its page.
#[derive(Clone, Debug)]
pub struct MediQuo {
    scheme: Credentials,
}

impl MediQuo {
    /// Starts without a credential; at least one must follow.
    pub fn builder() -> MediQuoBuilder {
        MediQuoBuilder::new()
    }

    /// The layer that receives from MediQuo; the same as [`WebhookLayer::new`].
    pub fn into_layer(self) -> WebhookLayer<Self> {
        WebhookLayer::new(self)
    }
}

impl Provider for MediQuo {
    type Event = Event;
    type Scheme = Credentials;

    fn name(&self) -> &'static str {
        "mediquo"
    }

    fn scheme(&self) -> &Credentials {
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
}
