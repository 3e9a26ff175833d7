//! Facts about types that a later change must not lose.

use std::{error::Error, fmt::Debug, hash::Hash};

use bytes::Bytes;
use http_body_util::Full;
use serde::{Serialize, de::DeserializeOwned};
use tower_webhook::{
    ConfigError, ConfigErrorKind, Delivery, Refusal, Rejection, RejectionKind, ResponseBody, ResponseFuture,
    WebhookBody, WebhookLayer, WebhookService,
    auth::{
        Algorithm, All, Any, Basic, Bearer, BoxPending, BoxScheme, DangerousAcceptAll, EcdsaP256, EcdsaP256Kind,
        Ed25519, Ed25519Kind, Header, Hmac, Mac, PublicKeyKind, PublicKeys, Scheme, Secret, Signed, SignedPending,
        StandardWebhooks, Twilio, TwilioPending, Verified,
    },
    axum::{MissingLayer, Webhook},
    clock::{Clock, SystemClock},
    json::{DateTime, DecodeError, DecodeErrorKind, RawJson, Unknown},
    provider::{Json, mediquo, truemed},
};

use crate::support::Handler;

fn shared<T: Send + Sync + Unpin + 'static>() {}
fn shown<T: Debug>() {}
fn cloned<T: Clone>() {}
fn compared<T: Eq>() {}
fn data<T: Clone + Debug + Eq + Serialize + DeserializeOwned + Send + Sync + 'static>() {}
fn error<T: Error + Clone + Send + Sync + 'static>() {}
fn key<T: Copy + Eq + Hash + Debug + Send + Sync>() {}

type Mine = Json<serde_json::Value, All<Header, Any<Basic, Bearer>>>;
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
    shared::<WebhookLayer<Json<Plain, DangerousAcceptAll>>>();
    fn sent<T: Send + 'static>() {}
    sent::<Future<truemed::Truemed>>();
    sent::<Future<mediquo::MediQuo>>();
    sent::<Future<Mine>>();
    shared::<ResponseBody<Full<Bytes>>>();
    shared::<WebhookBody>();
    shown::<WebhookLayer<truemed::Truemed>>();
    shown::<WebhookLayer<Json<Plain, DangerousAcceptAll>>>();
    shown::<WebhookService<(), mediquo::MediQuo>>();
    shown::<Future<Mine>>();
    shown::<ResponseBody<Full<Bytes>>>();
    shown::<Refusal<'static>>();
    shown::<WebhookBody>();
    cloned::<WebhookLayer<mediquo::MediQuo>>();
    cloned::<WebhookService<(), mediquo::MediQuo>>();
    cloned::<WebhookBody>();
}

#[test]
fn schemes_are_shared_and_shown() {
    shared::<(Header, Basic, Bearer, Secret, Verified, DangerousAcceptAll)>();
    shared::<All<Header, Any<Basic, Bearer>>>();
    shown::<(Header, Basic, Bearer, Secret, Verified, DangerousAcceptAll)>();
    shown::<All<Header, Any<Basic, Bearer>>>();
    cloned::<(Header, Basic, Secret, Verified)>();
    shared::<SystemClock>();
    fn clock(_: &dyn Clock) {}
    clock(&SystemClock);
    shared::<(Hmac, Ed25519, EcdsaP256, StandardWebhooks, Twilio, BoxScheme)>();
    shown::<(Hmac, Ed25519, EcdsaP256, StandardWebhooks, Twilio, BoxScheme)>();
    cloned::<(Hmac, Ed25519, EcdsaP256, StandardWebhooks, Twilio)>();
}

#[test]
fn what_the_compiler_says_of_schemes_can_be_written() {
    fn leaves<S: Scheme<Pending = P>, P>() {}
    leaves::<BoxScheme, BoxPending>();
    leaves::<Twilio, TwilioPending>();
    leaves::<Signed<Mac>, SignedPending>();
    leaves::<Signed<PublicKeys<EcdsaP256Kind>>, SignedPending>();
    fn signed<A: Algorithm>() {
        leaves::<Signed<A>, SignedPending>();
    }
    fn keyed<K: PublicKeyKind>() {
        signed::<PublicKeys<K>>();
    }
    signed::<Mac>();
    keyed::<Ed25519Kind>();
    keyed::<EcdsaP256Kind>();
}

#[test]
fn events_are_data() {
    data::<truemed::Event>();
    data::<truemed::QualificationSessionComplete>();
    data::<truemed::ItemEligibilityUpdated>();
    data::<mediquo::Event>();
    data::<mediquo::ConsultationFinished>();
    data::<mediquo::ReportSent>();
    data::<mediquo::Report>();
    data::<DateTime>();
    data::<RawJson>();
    compared::<Unknown>();
    compared::<Delivery>();
    compared::<Webhook<truemed::Event>>();
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
    assert!(size_of::<Rejection>() <= 64, "{}", size_of::<Rejection>());
}
