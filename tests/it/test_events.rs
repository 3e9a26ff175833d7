//! The events that users build in their tests: genuine by default, and changed where the test says so.

use std::{collections::BTreeSet, fmt::Debug};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tower_webhook::{
    Rejection, RejectionReason, WebhookLayer,
    jiff::Timestamp,
    json::RawJson,
    provider::{Provider, mediquo, truemed},
    testing::TestEvent,
};

use crate::support::{
    API_KEY, Delivered, SIGNATURE, deliver, fixture, mediquo as mediquo_layer, sockets::events,
    truemed as truemed_layer,
};

/// Makes a delivery with this key.
type Deliver = dyn Fn(&str) -> Request<Full<Bytes>>;

/// What a function makes by default.
struct Made<E> {
    variant: &'static str,
    event: E,
    body: Value,
    request: Box<Deliver>,
}

fn default<E, T>(variant: &'static str, built: TestEvent<E, T>) -> Made<E>
where
    E: Clone + Serialize + DeserializeOwned + 'static,
    T: Clone + 'static,
{
    let request = built.clone();
    let body = serde_json::from_slice(&built.body()).unwrap();
    Made { variant, event: built.event(), body, request: Box::new(move |key| request.request(key)) }
}

fn of_truemed() -> [Made<truemed::Event>; 4] {
    use truemed::testing::*;
    [
        default("QualificationSessionComplete", qualification_session()),
        default("ItemEligibilityUpdated", item_eligibility()),
        default("PaymentSessionComplete", payment_session()),
        default("PaymentTokenUpdated", payment_token()),
    ]
}

fn of_mediquo() -> [Made<mediquo::Event>; 13] {
    use mediquo::testing::*;
    [
        default("ConsultationCreated", consultation_created()),
        default("ConsultationCancelled", consultation_cancelled()),
        default("ConsultationRescheduled", consultation_rescheduled()),
        default("ConsultationFinished", consultation_finished()),
        default("ConsultationNoShow", consultation_no_show()),
        default("MessageReceived", message_received()),
        default("ImmediateVideoCallAssigned", immediate_video_call_assigned()),
        default("ProfessionalBlockCreated", professional_block_created()),
        default("ProfessionalBlockUpdated", professional_block_updated()),
        default("ProfessionalBlockDeleted", professional_block_deleted()),
        default("PrescriptionCreated", prescription_created()),
        default("ReportSent", report_sent()),
        default("WaitingRoomPositionUpdate", waiting_room_position_update()),
    ]
}

/// That an event of the provider has a function at all is checked by the compiler, where they are declared.
#[test]
fn every_documented_event_has_a_function() {
    fn same<E>(defaults: &[Made<E>], documented: &[(&str, &str)]) {
        let made: BTreeSet<_> = defaults.iter().map(|default| default.variant).collect();
        assert_eq!(made.len(), defaults.len());
        assert_eq!(made, documented.iter().map(|(_, variant)| *variant).collect());
    }
    same(&of_truemed(), &events::TRUEMED);
    same(&of_mediquo(), &events::MEDIQUO);
}

async fn is_genuine<P>(layer: WebhookLayer<P>, key: &str, default: Made<P::Event>, event_type: &str)
where
    P: Provider,
    P::Event: Debug + PartialEq,
{
    let name = default.variant;
    let request = (default.request)(key);
    assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/"), "{name}");
    assert_eq!(request.headers()[CONTENT_TYPE], "application/json", "{name}");

    let delivered = deliver(&layer.content_type("application/json").unwrap(), request).await;
    let event: P::Event = delivered.event();
    assert!(delivered.status.is_success(), "{name}");
    assert_eq!(format!("{event:?}").split('(').next(), Some(name));
    assert_eq!(event, default.event, "{name}");
    assert_eq!(delivered.delivery().known_event_type(), Some(event_type), "{name}");
    assert_eq!(serde_json::from_slice::<Value>(&delivered.handled.unwrap().1).unwrap(), default.body, "{name}");
}

#[tokio::test]
async fn each_is_delivered_as_itself() {
    for default in of_truemed() {
        let event_type = default.event.event_type().to_owned();
        is_genuine(truemed_layer(), API_KEY, default, &event_type).await;
    }
    for default in of_mediquo() {
        let event_type = default.event.event_type().to_owned();
        is_genuine(mediquo_layer(), SIGNATURE, default, &event_type).await;
    }
}

#[tokio::test]
async fn another_key_is_refused_with_the_status_of_the_provider() {
    fn is_wrong(refused: &Delivered, status: StatusCode) {
        assert_eq!(refused.status, status);
        let reason = refused.rejection().and_then(Rejection::reason);
        assert_eq!(reason, Some(&RejectionReason::NoKeyMatched));
        assert!(refused.handled.is_none());
    }
    for made in of_truemed() {
        is_wrong(&deliver(&truemed_layer(), (made.request)("another-key-than-this")).await, StatusCode::BAD_REQUEST);
    }
    for made in of_mediquo() {
        is_wrong(&deliver(&mediquo_layer(), (made.request)("another-key-than-this")).await, StatusCode::UNAUTHORIZED);
    }
}

/// Every field that the sample of a page fills is filled.
#[test]
fn each_has_every_documented_field() {
    fn has(path: &str, documented: &Value, made: &Value) {
        match (documented, made) {
            // The user's own.
            (_, made) if path.ends_with("/metadata") => assert!(!made.is_null(), "{path}"),
            (Value::Object(documented), Value::Object(made)) => {
                for (name, documented) in documented {
                    has(&format!("{path}/{name}"), documented, made.get(name).unwrap_or(&Value::Null));
                }
            }
            (Value::Array(documented), Value::Array(made)) => {
                for documented in documented {
                    let made = made.first().unwrap_or_else(|| panic!("{path} is empty"));
                    has(path, documented, made);
                }
            }
            (Value::Null, _) => {}
            (documented, made) => assert!(!made.is_null(), "{path} is not there, and {documented} is documented"),
        }
    }
    fn all_have<E>(defaults: &[Made<E>], documented: &[(&str, &str)]) {
        for (sample, variant) in documented {
            let default = defaults.iter().find(|default| default.variant == *variant).expect(variant);
            has(variant, &serde_json::from_slice(&fixture(sample)).unwrap(), &default.body);
        }
    }
    all_have(&of_truemed(), &events::TRUEMED);
    all_have(&of_truemed(), &[("truemed/item_eligibility_updated_sample.json", "ItemEligibilityUpdated")]);
    all_have(&of_mediquo(), &events::MEDIQUO);
}

/// A page that describes a field in its text only is not in the fixtures.
#[test]
fn truemeds_have_no_empty_field() {
    fn full(path: &str, value: &Value) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| full(&format!("{path}/{name}"), value)),
            Value::Array(elements) => {
                assert!(!elements.is_empty(), "{path}");
                elements.iter().for_each(|value| full(path, value));
            }
            value => assert!(!value.is_null(), "{path}"),
        }
    }
    for default in of_truemed() {
        full(default.variant, &default.body);
    }
}

#[test]
fn a_body_is_in_the_form_of_the_provider() {
    let occurred_on: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
    let body = mediquo::testing::consultation_created().occurred_on(occurred_on).body();
    let body = std::str::from_utf8(&body).unwrap();
    assert!(
        body.starts_with(
            r#"{"type":"patient_consultation_created","occurred_on":1795253400,"payload":{"consultation":{"#
        ),
        "{body}",
    );
    let body = truemed::testing::item_eligibility().body();
    let body = std::str::from_utf8(&body).unwrap();
    assert!(body.starts_with(r#"{"event_type":"product_catalog.item.eligibility_updated","timestamp":""#), "{body}");
    let body = truemed::testing::payment_session().metadata(RawJson::new(r#"{ "cart" : 1.50 }"#).unwrap()).body();
    assert!(String::from_utf8_lossy(&body).contains(r#""metadata":{ "cart" : 1.50 },"payment_token":"ptok_7"}"#));
}

/// Checks that each method changes its place in the body and nothing else, and that the event has it too.
macro_rules! sets {
    ($($function:expr => { $($method:ident($value:expr) sets $pointer:literal to $expected:expr;)+ })+) => {$($(
        let mut expected: Value = serde_json::from_slice(&$function.body()).unwrap();
        *expected.pointer_mut($pointer).expect($pointer) = json!($expected);
        let built = $function.$method($value);
        let body: Value = serde_json::from_slice(&built.body()).unwrap();
        assert_eq!(body, expected, "{}.{}", stringify!($function), stringify!($method));
        assert_ne!(built.event(), $function.event(), "{}.{}", stringify!($function), stringify!($method));
        assert_eq!(serde_json::to_value(built.event()).unwrap(), expected);
    )+)+};
}

#[test]
fn each_field_of_truemeds_can_be_set() {
    use truemed::{Eligibility, Item, OrderItem, PaymentStatus, Status, testing::*};

    sets! {
        qualification_session() => {
            qualification_session_id("qs_8") sets "/qualification_session_id" to "qs_8";
            status(Status::Rejected) sets "/status" to "rejected";
            status("a-later-one") sets "/status" to "a-later-one";
            email("p-8@example.com") sets "/email" to "p-8@example.com";
            expires_at("soon") sets "/expires_at" to "soon";
            source("cart") sets "/source" to "cart";
            user_id("user-8") sets "/user_id" to "user-8";
        }
        item_eligibility() => {
            timestamp("2026-11-21T09:30:00Z") sets "/timestamp" to "2026-11-21T09:30:00Z";
            item(Item::new("SKU-8")) sets "/data/object" to Item::new("SKU-8");
            sku("SKU-8") sets "/data/object/sku" to "SKU-8";
            name("Magnesium") sets "/data/object/name" to "Magnesium";
            eligibility(Eligibility::Ineligible) sets "/data/object/eligibility" to "ineligible";
            reviewed_at("2026-11-21T09:30:00Z") sets "/data/object/reviewed_at" to "2026-11-21T09:30:00Z";
            created_at("2026-11-21T09:30:00Z") sets "/data/object/created_at" to "2026-11-21T09:30:00Z";
        }
        payment_session() => {
            payment_session_id("ps_8") sets "/payment_session_id" to "ps_8";
            status(PaymentStatus::Authorized) sets "/status" to "authorized";
            created_at("2026-11-21T09:30:00Z") sets "/created_at" to "2026-11-21T09:30:00Z";
            order_items([OrderItem::default()]) sets "/order_items" to [OrderItem::default()];
            capture_amount(1_250_i64) sets "/capture_amount" to 1_250;
            metadata(RawJson::new("[7]").unwrap()) sets "/metadata" to [7];
            payment_token("ptok_8") sets "/payment_token" to "ptok_8";
        }
        payment_token() => {
            payment_token("ptok_8") sets "/payment_token" to "ptok_8";
            payment_session_id("ps_8") sets "/payment_session_id" to "ps_8";
            failed_payment_session_id("ps_8") sets "/failed_payment_session_id" to "ps_8";
            provision_token_request_id("ptr_8") sets "/provision_token_request_id" to "ptr_8";
            expires_at("2027-11-21T09:30:00Z") sets "/expires_at" to "2027-11-21T09:30:00Z";
            lmn_expires_at("2027-11-21T09:30:00Z") sets "/lmn_expires_at" to "2027-11-21T09:30:00Z";
        }
    }
}

#[test]
fn each_field_of_mediquos_can_be_set() {
    use mediquo::{
        Channel, Consultation, ConsultationType, Derivation, Message, Patient, Preconsultation, Prescription,
        Professional, Report, ReportContent, ReportType, ServiceType, Soap, Speciality, testing::*,
    };

    const DATE: &str = "2026-11-21T09:30:00Z";
    let at = DATE.parse::<Timestamp>().unwrap();
    let note = || ReportContent::Soap(Soap::default());
    let report = || Report::new(ReportType::Soap, note());
    let (read, cart) = (Message::default(), || RawJson::new(r#"{"text":"Rest."}"#).unwrap());
    let no = Professional::default();

    sets! {
        consultation_finished() => {
            occurred_on(at) sets "/occurred_on" to 1_795_253_400;
            patient(Patient::new("p-8")) sets "/payload/patient" to Patient::new("p-8");
            patient_code("p-8") sets "/payload/patient/code" to "p-8";
            professional(no.clone()) sets "/payload/professional" to no;
            consultation(Consultation::new("c-8")) sets "/payload/consultation" to Consultation::new("c-8");
            consultation_id("c-8") sets "/payload/consultation/id" to "c-8";
            consultation_type(ConsultationType::Chat) sets "/payload/consultation/type" to "chat";
            channel(Channel::Phone) sets "/payload/consultation/channel" to "phone";
            service_type(ServiceType::Immediate) sets "/payload/consultation/service_type" to "immediate";
            consultation_url("https://example.com/8") sets "/payload/consultation/consultation_url" to "https://example.com/8";
            scheduled_start_date(DATE) sets "/payload/consultation/scheduled_start_date" to DATE;
            scheduled_end_date(DATE) sets "/payload/consultation/scheduled_end_date" to DATE;
            previous_scheduled_start_date(DATE) sets "/payload/consultation/previous_scheduled_start_date" to DATE;
            previous_scheduled_end_date(DATE) sets "/payload/consultation/previous_scheduled_end_date" to DATE;
            start_date(DATE) sets "/payload/consultation/start_date" to DATE;
            end_date(DATE) sets "/payload/consultation/end_date" to DATE;
            created_at(DATE) sets "/payload/consultation/created_at" to DATE;
            speciality(Speciality::default()) sets "/payload/consultation/speciality" to Speciality::default();
            reports([report(), report()]) sets "/payload/reports" to [report(), report()];
            prescriptions([Prescription::default()]) sets "/payload/prescriptions" to [Prescription::default()];
            derivation(Derivation::default()) sets "/payload/derivation" to Derivation::default();
            preconsultation(Preconsultation::default()) sets "/payload/preconsultation" to Preconsultation::default();
        }
        message_received() => {
            occurred_on(at) sets "/occurred_on" to 1_795_253_400;
            patient_code("p-8") sets "/payload/patient/code" to "p-8";
            professional(no.clone()) sets "/payload/professional" to no;
            message(read.clone()) sets "/payload/message" to read;
        }
        immediate_video_call_assigned() => {
            occurred_on(at) sets "/occurred_on" to 1_795_253_400;
            patient_code("p-8") sets "/payload/patient/code" to "p-8";
            professional(no.clone()) sets "/payload/professional" to no;
            consultation_id("c-8") sets "/payload/consultation/id" to "c-8";
            speciality(Speciality::default()) sets "/payload/consultation/speciality" to Speciality::default();
            url("https://example.com/8") sets "/payload/consultation/url" to "https://example.com/8";
        }
        professional_block_updated() => {
            occurred_on(at) sets "/occurred_on" to 1_795_253_400;
            professional(no.clone()) sets "/payload/professional" to no;
            id(8_i64) sets "/payload/id" to 8;
            name("Fair") sets "/payload/name" to "Fair";
            starts_at(DATE) sets "/payload/starts_at" to DATE;
            finishes_at(DATE) sets "/payload/finishes_at" to DATE;
        }
        prescription_created() => {
            occurred_on(at) sets "/occurred_on" to 1_795_253_400;
            patient_code("p-8") sets "/payload/patient/code" to "p-8";
            professional(no.clone()) sets "/payload/professional" to no;
            prescription(Prescription::default()) sets "/payload/prescription" to Prescription::default();
        }
        report_sent() => {
            occurred_on(at) sets "/occurred_on" to 1_795_253_400;
            patient_code("p-8") sets "/payload/patient/code" to "p-8";
            content(note()) sets "/payload/content" to Soap::default();
        }
        report_sent().report_type("a-later-one") => {
            content(ReportContent::Other(cart())) sets "/payload/content" to cart();
        }
        report_sent().content(ReportContent::Other(cart())) => {
            report_type("a-later-one") sets "/payload/type" to "a-later-one";
        }
        waiting_room_position_update() => {
            occurred_on(at) sets "/occurred_on" to 1_795_253_400;
            patient_code("p-8") sets "/payload/patient/code" to "p-8";
            speciality(Speciality::default()) sets "/payload/consultation/speciality" to Speciality::default();
            position(1) sets "/payload/consultation/position" to 1;
            url("https://example.com/8") sets "/payload/consultation/url" to "https://example.com/8";
        }
    }
}

#[tokio::test]
async fn what_is_changed_is_delivered() {
    let session = truemed::testing::qualification_session()
        .status(truemed::Status::Pending)
        .with(|session| session.email = None)
        .to("/webhooks/truemed");
    let request = session.request::<Full<Bytes>>(API_KEY);
    assert_eq!(request.uri(), "/webhooks/truemed");
    let event: truemed::Event = deliver(&truemed_layer(), request).await.event();
    let truemed::Event::QualificationSessionComplete(received) = &event else { panic!("{event:?}") };
    assert_eq!((&received.status, &received.email), (&truemed::Status::Pending, &None));
    assert_eq!(event, session.event());

    let finished = mediquo::testing::consultation_finished()
        .consultation_id("c-8")
        .with(|finished| finished.payload.reports.clear())
        .to("https://example.com/webhooks/mediquo");
    let request = finished.request::<Full<Bytes>>(SIGNATURE);
    assert_eq!(request.uri(), "https://example.com/webhooks/mediquo");
    let event: mediquo::Event = deliver(&mediquo_layer(), request).await.event();
    let mediquo::Event::ConsultationFinished(received) = &event else { panic!("{event:?}") };
    assert_eq!((&*received.payload.consultation.id, received.payload.reports.len()), ("c-8", 0));
    assert_eq!(event, finished.event());
}

/// A handler in a test must not get what the layer never gives it.
#[tokio::test]
async fn an_event_is_what_the_layer_makes_of_its_body() {
    let precise = "2026-11-21T09:30:00.123456789Z".parse::<Timestamp>().unwrap();
    let created = mediquo::testing::consultation_created().occurred_on(precise);
    let mediquo::Event::ConsultationCreated(event) = created.event() else { panic!() };
    assert_eq!(event.occurred_on.to_string(), "2026-11-21T09:30:00.123457Z");
    let delivered = deliver(&mediquo_layer(), created.request::<Full<Bytes>>(SIGNATURE)).await;
    assert_eq!(delivered.event::<mediquo::Event>(), created.event());

    let session = truemed::testing::payment_session()
        .metadata(RawJson::new("null").unwrap())
        .with(|session| session.status = truemed::PaymentStatus::Other("captured".into()));
    let truemed::Event::PaymentSessionComplete(event) = session.event() else { panic!() };
    assert_eq!((event.metadata, event.status), (None, truemed::PaymentStatus::Captured));
    let delivered = deliver(&truemed_layer(), session.request::<Full<Bytes>>(API_KEY)).await;
    assert_eq!(delivered.event::<truemed::Event>(), session.event());
}

#[test]
#[should_panic(expected = "the event: wrong type in field `payload.content`")]
fn an_event_that_the_layer_would_reject_fails_the_test() {
    let text = RawJson::new("7").unwrap();
    let sent = mediquo::testing::report_sent().content(mediquo::ReportContent::Other(text));
    let _ = sent.event();
}

#[test]
#[should_panic(expected = "the URI: ")]
fn a_path_that_is_none_fails_the_test() {
    let _ = truemed::testing::payment_token().to("/not a path");
}

#[test]
#[should_panic(expected = "the key: failed to parse header value")]
fn a_key_that_is_no_header_fails_the_test() {
    let _ = truemed::testing::payment_token().request::<Bytes>("first line\nsecond line");
}

#[test]
fn debug_shows_nothing_personal_and_no_key() {
    let session = truemed::testing::qualification_session();
    assert_eq!(
        format!("{session:?}"),
        r#"TestEvent { data: QualificationSessionComplete { qualification_session_id: "qs_7", status: Approved, .. }, .. }"#,
    );
    let request: Request<Full<Bytes>> = session.request(API_KEY);
    let header: &HeaderValue = &request.headers()["x-truemed-api-key"];
    assert!(header.is_sensitive());
    assert!(!format!("{:?}", request.headers()).contains(API_KEY));
}
