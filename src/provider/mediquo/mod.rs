//! MediQuo: telemedicine.
//!
//! | `type` | event | payload |
//! |---|---|---|
//! | `patient_consultation_created`, `_cancelled`, `_rescheduled`, `_finished`, `_no_show` | `ConsultationCreated`, `..Cancelled`, `..Rescheduled`, `..Finished`, `..NoShow` | [`ConsultationPayload`] |
//! | `patient_message_received` | `MessageReceived` | [`MessageReceivedPayload`] |
//! | `patient_immediate_video_call_assigned` | `ImmediateVideoCallAssigned` | [`ImmediateVideoCallPayload`] |
//! | `professional_block_created`, `_updated`, `_deleted` | `ProfessionalBlockCreated`, `..Updated`, `..Deleted` | [`ProfessionalBlock`] |
//! | `prescription_created` | `PrescriptionCreated` | [`PrescriptionCreatedPayload`] |
//! | `patient_report_sent` | `ReportSent` | [`ReportSentPayload`] |
//! | `patient_waiting_room_position_update` | `WaitingRoomPositionUpdate` | [`WaitingRoomPayload`] |
//! | any other | [`Unknown`](Event::Unknown) | the whole JSON |
//!
//! MediQuo documents no retries, so an event that you reject may be lost: every form that a state of its pages shows is
//! accepted. Links that open a room or a document without a login are [`SecretString`](crate::json::SecretString)s.
//!
//! What the layer does follows MediQuo's page "Webhooks":
//!
//! | the page says | the layer |
//! |---|---|
//! | `x-webhook-signature` holds a value "specified by the MediQuo support team" | expects this fixed value in the header ([`ApiKey`](crate::auth::ApiKey)); it is not a signature of the body |
//! | "additional security methods ... (Oauth, user/password, ...)" | also checks [`basic_auth`](MediQuoBuilder::basic_auth), [`bearer`](MediQuoBuilder::bearer) or [`bearer_checked_by`](MediQuoBuilder::bearer_checked_by); everything that you configure must match |
//! | nothing about statuses | answers a wrong value with 401, and sends your handler's response as it is |
//!
//! The idempotency layer (feature `idempotency`) identifies an event by all its decoded fields: a consultation that is
//! reopened or amended finishes twice. A retry is a duplicate even if its JSON is written in another way.
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
mod consultation;
mod event;
mod model;
mod payload;
mod report;
mod report_sent;
mod reports;
#[cfg(feature = "testing")]
pub mod testing;
mod unix_time;

use std::{fmt, sync::Arc};

pub use self::{
    builder::MediQuoBuilder,
    consultation::{
        Channel, Consultation, ConsultationPayload, ConsultationType, Derivation, Document, Preconsultation,
        ServiceType,
    },
    event::{Event, Notification},
    model::{Allergy, Disease, Medication, Patient, Prescription, Professional, Speciality},
    payload::{
        ImmediateVideoCall, ImmediateVideoCallPayload, Message, MessageReceivedPayload, PrescriptionCreatedPayload,
        ProfessionalBlock, WaitingRoom, WaitingRoomPayload,
    },
    report::{Report, ReportContent, ReportType, Soap},
    report_sent::ReportSentPayload,
};
use super::{Envelope, Place, Provider, RawDelivery};
#[cfg(feature = "idempotency")]
use crate::{Delivery, delivery::Identity};
use crate::{Rejection, WebhookLayer, auth::Scheme, json::Tagged, observe::Drift};

/// Where the signature is, unless you say otherwise.
const SIGNATURE_HEADER: &str = "x-webhook-signature";

/// The provider MediQuo. The [module docs](self) compare its page with what the layer does.
#[derive(Clone)]
pub struct MediQuo {
    scheme: Arc<dyn Scheme>,
    envelope: Envelope,
    event_type: Place,
}

impl MediQuo {
    /// Starts without a credential; add at least one.
    pub fn builder() -> MediQuoBuilder {
        MediQuoBuilder::new()
    }

    fn new(scheme: Arc<dyn Scheme>) -> Self {
        let event_type = Place::body("type");
        Self { scheme, envelope: Envelope::new().event_type(event_type.clone()).tagged(), event_type }
    }

    /// Makes the layer of this provider, like [`WebhookLayer::new`].
    pub fn into_layer(self) -> WebhookLayer<Self> {
        WebhookLayer::new(self)
    }
}

impl Provider for MediQuo {
    type Event = Event;

    fn name(&self) -> &str {
        "mediquo"
    }

    fn scheme(&self) -> &dyn Scheme {
        &*self.scheme
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

    fn envelope(&self) -> Option<&Envelope> {
        Some(&self.envelope)
    }
}

impl fmt::Debug for MediQuo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediQuo").finish_non_exhaustive()
    }
}
