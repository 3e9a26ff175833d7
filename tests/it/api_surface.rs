//! Facts about types that a later change must not lose.

use std::{error::Error, fmt::Debug, hash::Hash, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use serde::{Serialize, de::DeserializeOwned};
use tower_webhook::{
    ConfigError, ConfigErrorKind, Delivery, RejectedDelivery, Rejection, RejectionKind, ResponseBody, ResponseFuture,
    WebhookBody, WebhookLayer, WebhookService,
    auth::{
        ApiKey, DangerousAcceptAll, Key, Keys, Scheme, Signature, StandardWebhooks, Twilio, Verified,
        keys::{KeyForm, KeySource, LoadError, Tenants, Watched, WatchedBuilder},
    },
    axum::{MissingLayer, Webhook},
    clock::{Clock, SystemClock},
    json::{Amount, DateTime, DecodeError, DecodeErrorKind, Id, RawJson, SecretString, Unknown},
    provider::{Custom, mediquo, truemed},
    testing::TestEvent,
};

use crate::support::Handler;

fn shared<T: Send + Sync + Unpin + 'static>() {}
fn shown<T: Debug>() {}
fn cloned<T: Clone>() {}
fn compared<T: Eq>() {}
fn data<T: Clone + Debug + Eq + Serialize + DeserializeOwned + Send + Sync + 'static>() {}
fn error<T: Error + Clone + Send + Sync + 'static>() {}
fn key<T: Copy + Eq + Hash + Debug + Send + Sync>() {}

type Mine = Custom<serde_json::Value>;
type Future<P> = ResponseFuture<Handler, P, Full<Bytes>>;

/// A provider's event that is neither `Default` nor `Debug` puts no bound on anything.
#[derive(Clone, serde::Deserialize)]
struct Plain {}

#[test]
fn the_middleware_is_shared_and_shown() {
    shared::<WebhookLayer<truemed::Truemed>>();
    shared::<WebhookLayer<mediquo::MediQuo>>();
    shared::<WebhookLayer<Mine>>();
    shared::<WebhookService<Handler, mediquo::MediQuo>>();
    shared::<WebhookLayer<Custom<Plain>>>();
    fn sent<T: Send + 'static>() {}
    sent::<Future<truemed::Truemed>>();
    sent::<Future<mediquo::MediQuo>>();
    sent::<Future<Mine>>();
    shared::<ResponseBody<Full<Bytes>>>();
    shared::<WebhookBody>();
    shown::<WebhookLayer<truemed::Truemed>>();
    shown::<WebhookLayer<Custom<Plain>>>();
    shown::<WebhookService<(), mediquo::MediQuo>>();
    shown::<Future<Mine>>();
    shown::<ResponseBody<Full<Bytes>>>();
    shown::<RejectedDelivery<'static>>();
    shown::<WebhookBody>();
    cloned::<WebhookLayer<mediquo::MediQuo>>();
    cloned::<WebhookService<(), mediquo::MediQuo>>();
    cloned::<WebhookBody>();
}

#[test]
fn schemes_are_shared_and_shown() {
    shared::<(ApiKey, Key, Keys, Verified, DangerousAcceptAll)>();
    shown::<(ApiKey, Key, Keys, Verified, DangerousAcceptAll)>();
    cloned::<(ApiKey, Key, Keys, Verified)>();
    shared::<(KeyForm, Tenants, Watched, Arc<dyn KeySource>)>();
    shown::<(KeyForm, Tenants, Watched, WatchedBuilder, LoadError)>();
    cloned::<(KeyForm, Tenants, Watched)>();
    shared::<SystemClock>();
    fn clock(_: &dyn Clock) {}
    clock(&SystemClock);
    shared::<(Signature, StandardWebhooks, Twilio, Box<dyn Scheme>, Arc<dyn Scheme>)>();
    shown::<(Signature, StandardWebhooks, Twilio)>();
    cloned::<(Signature, StandardWebhooks, Twilio, Arc<dyn Scheme>)>();
}

#[test]
fn events_are_data() {
    data::<truemed::Event>();
    data::<truemed::QualificationSessionComplete>();
    data::<truemed::ItemEligibilityUpdated>();
    data::<mediquo::Event>();
    data::<truemed::PaymentSessionComplete>();
    data::<truemed::PaymentTokenUpdated>();
    data::<mediquo::Notification<mediquo::ConsultationPayload>>();
    data::<mediquo::Notification<mediquo::ReportSentPayload>>();
    data::<mediquo::Report>();
    data::<(Id, Amount, SecretString)>();
    data::<DateTime>();
    data::<RawJson>();
    compared::<Unknown>();
    compared::<Delivery>();
    compared::<Webhook<truemed::Event>>();
}

#[test]
fn events_of_tests_are_shared_and_shown() {
    type Session = TestEvent<truemed::Event, truemed::QualificationSessionComplete>;
    shared::<Session>();
    shown::<Session>();
    cloned::<Session>();
}

#[test]
fn errors_are_errors() {
    error::<Rejection>();
    error::<DecodeError>();
    error::<ConfigError>();
    error::<MissingLayer>();
    key::<RejectionKind>();
    key::<DecodeErrorKind>();
    key::<ConfigErrorKind>();
}

#[test]
fn results_stay_small() {
    assert!(size_of::<Rejection>() <= 96, "{}", size_of::<Rejection>());
}
