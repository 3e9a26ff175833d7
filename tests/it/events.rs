//! Every event that Truemed and MediQuo document, and the forms in which their pages differ.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower_webhook::{
    json::{Amount, DateTime, DecodeErrorKind, Id, RawJson},
    provider::{
        mediquo::{self, Channel, ConsultationPayload, ReportContent, ServiceType},
        truemed::{self, PaymentSessionComplete, PaymentStatus},
    },
};

use crate::support::{fixture, mediquo_event, sockets::events, truemed_event};

fn sent(path: &str) -> Value {
    serde_json::from_slice(&fixture(path)).unwrap()
}

fn variant(event: &dyn Debug) -> String {
    format!("{event:?}").split('(').next().unwrap().to_owned()
}

async fn of_mediquo(value: &Value) -> mediquo::Event {
    mediquo_event(value.to_string()).await.unwrap_or_else(|error| panic!("{error} of {value}"))
}

async fn of_truemed(value: &Value) -> truemed::Event {
    truemed_event(value.to_string()).await.unwrap_or_else(|error| panic!("{error} of {value}"))
}

async fn session(value: &Value) -> PaymentSessionComplete {
    match of_truemed(value).await {
        truemed::Event::PaymentSessionComplete(session) => session,
        other => panic!("{other:?} of {value}"),
    }
}

#[tokio::test]
async fn every_documented_event_is_read_as_its_own_type() {
    for (path, expected) in events::TRUEMED {
        assert_eq!(variant(&of_truemed(&sent(path)).await), expected, "{path}");
    }
    for (path, expected) in events::MEDIQUO {
        let event = of_mediquo(&sent(path)).await;
        assert_eq!(variant(&event), expected, "{path}");
        assert_eq!(event.event_type(), sent(path)["type"]);
    }
}

/// Nothing that the fixtures contain is lost, except for notations.
#[tokio::test]
async fn every_documented_field_is_decoded() {
    fn is_there(path: &str, sent: &Value, decoded: &Value) {
        match (sent, decoded) {
            (Value::Object(sent), Value::Object(decoded)) => {
                sent.iter().for_each(|(name, sent)| is_there(&format!("{path}/{name}"), sent, &decoded[name]));
            }
            (Value::Array(sent), Value::Array(decoded)) => {
                sent.iter().zip(decoded).for_each(|(sent, decoded)| is_there(path, sent, decoded));
                assert_eq!(sent.len(), decoded.len(), "{path}");
            }
            (Value::String(sent), Value::String(decoded)) => {
                assert_eq!(DateTime::from(&**sent), DateTime::from(&**decoded), "{path}");
            }
            (Value::Number(sent), Value::String(decoded)) => assert_eq!(&sent.to_string(), decoded, "{path}"),
            _ => assert_eq!(sent, decoded, "{path}"),
        }
    }
    for (path, _) in events::TRUEMED {
        is_there(path, &sent(path), &serde_json::to_value(of_truemed(&sent(path)).await).unwrap());
    }
    for (path, _) in events::MEDIQUO {
        is_there(path, &sent(path), &serde_json::to_value(of_mediquo(&sent(path)).await).unwrap());
    }
}

#[tokio::test]
async fn a_payment_session() {
    let session = session(&sent("truemed/payment_session_complete.json")).await;
    assert_eq!((&*session.payment_session_id, &session.status), ("ps_4k9d1", &PaymentStatus::Captured));
    let [sauna, magnesium] = &session.order_items[..] else { panic!() };
    assert_eq!(sauna.price.as_ref().and_then(Amount::whole), Some(499_900));
    assert_eq!(magnesium.price, Some("1249.5".into()));
    assert_eq!(magnesium.quantity.as_ref().unwrap().as_str(), "0.75");
    assert_eq!(session.capture_amount.unwrap().to_string(), "500837.125");
    assert_eq!(session.metadata.unwrap().decode::<Value>().unwrap()["cart"], "cart-77");
    assert_eq!(session.payment_token.unwrap().expose_secret(), "ptok_5Qe8Zr");
}

#[tokio::test]
async fn every_status_of_a_payment_and_any_other() {
    for text in
        "captured canceled pending processing rejected authorized authorization_voided authorization_expired".split(' ')
    {
        let session = session(&json!({"payment_session_id": "ps_1", "status": text})).await;
        assert!(session.status.as_str() == text && !matches!(session.status, PaymentStatus::Other(_)), "{text}");
    }
    let session = session(&json!({"payment_session_id": "ps_1", "status": "refunded"})).await;
    assert_eq!(session.status, PaymentStatus::Other("refunded".into()));
}

#[tokio::test]
async fn the_id_of_a_payment_session_has_either_name() {
    let expected = session(&json!({"payment_session_id": "ps_1", "status": "captured"})).await;
    for other in [
        json!({"id": "ps_1", "status": "captured"}),
        json!({"id": "ps_1", "payment_session_id": null, "status": "captured"}),
        json!({"id": "evt_9", "payment_session_id": "ps_1", "status": "captured"}),
        json!({"id": 9, "payment_session_id": "ps_1", "status": "captured", "event_type": null}),
        json!({"payment_session_id": "ps_1", "status": "captured", "qualification_session_id": null, "order_items": null}),
    ] {
        assert_eq!(session(&other).await, expected, "{other}");
    }
}

#[tokio::test]
async fn truemeds_events_are_told_apart_by_their_members() {
    for (told, expected) in [
        (json!({"qualification_session_id": "q", "status": "approved"}), "QualificationSessionComplete"),
        // A member that a later version may add does not make another event of it.
        (
            json!({"qualification_session_id": "q", "status": "approved", "payment_token": "t", "id": "1"}),
            "QualificationSessionComplete",
        ),
        (json!({"id": "ps", "status": "pending"}), "PaymentSessionComplete"),
        (json!({"payment_session_id": "ps", "status": "captured", "payment_token": "t"}), "PaymentSessionComplete"),
        (json!({"payment_token": "t"}), "PaymentTokenUpdated"),
        (json!({"payment_token": "t", "qualification_session_id": "q"}), "PaymentTokenUpdated"),
        (json!({"payment_token": "t", "payment_session_id": "ps", "status": null, "new": []}), "PaymentTokenUpdated"),
        (json!({"payment_token": "t", "status": "x"}), "Unknown"),
        (json!({"status": "approved"}), "Unknown"),
        (json!({"id": "1"}), "Unknown"),
        (json!({"payment_session_id": "ps"}), "Unknown"),
        (json!({}), "Unknown"),
        (json!({"hello": [1, {"x": null}]}), "Unknown"),
        (json!({"event_type": null, "qualification_session_id": null, "status": "approved"}), "Unknown"),
        (json!({"event_type": "later", "payment_token": "t"}), "Unknown"),
        // Names of pages, and not types that are sent.
        (json!({"event_type": "payment_token_updated"}), "Unknown"),
    ] {
        let event = of_truemed(&told).await;
        assert_eq!(variant(&event), expected, "{told}");
        if let truemed::Event::Unknown(unknown) = &event {
            assert_eq!(unknown.json.get(), told.to_string());
            assert_eq!(unknown.event_type, told["event_type"].as_str().unwrap_or_default());
        }
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(truemed_event(text).await, Ok(event));
    }
}

#[tokio::test]
async fn one_of_truemeds_events_without_what_it_is_for_is_malformed() {
    use DecodeErrorKind::{MissingField, WrongType};
    for (wrong, kind, path) in [
        (json!({"qualification_session_id": "q"}), MissingField, "status"),
        (json!({"qualification_session_id": "q", "status": null}), WrongType, "status"),
        (json!({"qualification_session_id": 7, "status": "approved"}), WrongType, "qualification_session_id"),
        (json!({"payment_session_id": "ps", "status": 7}), WrongType, "status"),
        (json!({"payment_session_id": ["ps"], "status": "captured"}), WrongType, "payment_session_id"),
        (json!({"id": {}, "status": "captured"}), WrongType, "id"),
        (json!({"payment_token": 7}), WrongType, "payment_token"),
        (json!({"payment_token": "t", "payment_session_id": 7}), WrongType, "payment_session_id"),
        (json!({"id": "ps", "status": "captured", "order_items": {}}), WrongType, "order_items"),
        (json!({"id": "ps", "status": "captured", "order_items": [{"price": [1]}]}), WrongType, "order_items[0].price"),
        (json!({"id": "ps", "status": "captured", "capture_amount": true}), WrongType, "capture_amount"),
    ] {
        let rejection = truemed_event(wrong.to_string()).await.expect_err(&wrong.to_string());
        let error = rejection.decode_error().unwrap();
        assert_eq!((error.kind(), error.path()), (kind, path), "{wrong}");
    }
    assert!(truemed_event(r#"{"payment_token":"a","payment_token":"b"}"#).await.is_err());
}

async fn finished(value: &Value) -> ConsultationPayload {
    match of_mediquo(value).await {
        mediquo::Event::ConsultationFinished(finished) => finished.payload,
        other => panic!("{other:?} of {value}"),
    }
}

#[tokio::test]
async fn a_consultation_in_its_newer_form() {
    let payload = finished(&sent("mediquo/patient_consultation_finished_newer.json")).await;
    let consultation = payload.consultation;
    assert_eq!((consultation.channel, consultation.service_type), (Some(Channel::Video), Some(ServiceType::Scheduled)));
    assert_eq!(consultation.scheduled_start_date.unwrap().to_string(), "2026-05-04T08:00:00Z");
    assert!(consultation.consultation_url.unwrap().expose_secret().ends_with("?signature=9f2c"));
    assert_eq!(payload.patient.diseases[0].id.as_ref().unwrap().to_string(), "9007199254740993");
    assert_eq!(payload.derivation.unwrap().description.as_deref(), Some("Pneumology"));
    let preconsultation = payload.preconsultation.unwrap();
    assert_eq!(preconsultation.reason.as_deref(), Some("Cough at night"));
    assert_eq!(
        preconsultation.documents[0].url.as_ref().unwrap().expose_secret(),
        "https://files.example.com/55?signature=77ab"
    );
}

#[tokio::test]
async fn every_field_of_mediquos_events_but_a_few_may_be_null_or_absent() {
    // Where the value is what the event is for.
    const REQUIRED: [&str; 9] = [
        "/occurred_on",
        "/payload",
        "/payload/consultation",
        "/payload/consultation/id",
        "/payload/consultation/position",
        "/payload/id",
        "/payload/patient",
        "/payload/prescription",
        "/type",
    ];
    fn pointers(value: &Value, path: &str, to: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let path = format!("{path}/{name}");
                    pointers(value, &path, to);
                    to.push(path);
                }
            }
            Value::Array(elements) => {
                elements.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{path}/{index}"), to));
            }
            _ => {}
        }
    }
    for (path, _) in events::MEDIQUO {
        let (full, mut all) = (sent(path), Vec::new());
        pointers(&full, "", &mut all);
        for pointer in all {
            let mut null = full.clone();
            *null.pointer_mut(&pointer).unwrap() = Value::Null;
            let mut absent = full.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            absent.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
            let read = (mediquo_event(null.to_string()).await, mediquo_event(absent.to_string()).await);
            if REQUIRED.contains(&&*pointer) {
                assert!(read.0.is_err() && read.1.is_err(), "{path} {pointer}");
            } else {
                assert!(read.0.is_ok(), "{path} {pointer}: {:?}", read.0);
                assert_eq!(read.0, read.1, "{path} {pointer}");
            }
        }
    }
}

#[tokio::test]
async fn ids_are_strings_or_numbers_of_any_length() {
    for pointer in [
        "/payload/patient/allergies/0/id",
        "/payload/patient/diseases/0/id",
        "/payload/patient/medications/0/id",
        "/payload/consultation/speciality/id",
    ] {
        let mut value = sent("mediquo/patient_consultation_finished.json");
        *value.pointer_mut(pointer).unwrap() = json!("here");
        for (id, shown) in [
            ("12", "12"),
            ("-3", "-3"),
            ("9007199254740993", "9007199254740993"),
            ("18446744073709551615", "18446744073709551615"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (r#""12""#, "12"),
            (r#""gp""#, "gp"),
            (r#""\u0067p""#, "gp"),
            (r#""""#, ""),
        ] {
            let text = value.to_string().replace(r#""here""#, id);
            let Ok(mediquo::Event::ConsultationFinished(finished)) = mediquo_event(text).await else { panic!("{id}") };
            let patient = &finished.payload.patient;
            let read: Vec<&Id> = [&patient.allergies[0].id, &patient.diseases[0].id, &patient.medications[0].id]
                .into_iter()
                .chain([&finished.payload.consultation.speciality.as_ref().unwrap().id])
                .flatten()
                .filter(|read| *read == shown && format!("{read}") == shown)
                .collect();
            assert_eq!(read.len(), 1, "{id} at {pointer}");
            let event = mediquo::Event::ConsultationFinished(finished.clone());
            let again = serde_json::to_string(&event).unwrap();
            assert_eq!(mediquo_event(again).await, Ok(event), "{id}");
        }
        for wrong in [json!(true), json!([1]), json!({"id": 1})] {
            *value.pointer_mut(pointer).unwrap() = wrong;
            let rejection = mediquo_event(value.to_string()).await.unwrap_err();
            let error = rejection.decode_error().unwrap();
            assert_eq!(error.kind(), DecodeErrorKind::WrongType);
            assert_eq!(error.path(), pointer[1..].replace("/0/", "[0]/").replace('/', "."));
        }
    }
}

#[test]
fn an_id_is_written_as_it_was_sent() {
    for text in ["7", "-7", "18446744073709551615", r#""7""#, r#""gp""#] {
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Id>(text).unwrap()).unwrap(), text);
    }
    let long = serde_json::from_str::<Id>("123456789012345678901234567890").unwrap();
    assert_eq!(serde_json::to_string(&long).unwrap(), r#""123456789012345678901234567890""#);
    assert_eq!((Id::from(7_i64), Id::from("gp")), ("7".into(), "gp".into()));
    assert_ne!(Id::from("7"), Id::from("07"));
}

#[test]
fn amounts_are_equal_if_their_values_are() {
    let amount = |text: &str| serde_json::from_str::<Amount>(text).unwrap();
    for same in ["1250", "1250.0", "125e1", "1.25E+3", "12500e-1", r#""1250""#, r#""1250.00""#, r#""01250""#] {
        assert_eq!(amount(same), Amount::from(1250_i64), "{same}");
        assert_eq!(amount(same).whole(), Some(1250), "{same}");
    }
    for same in ["0", "-0", "0.0", "-0e5", r#""0.00""#] {
        assert_eq!(amount(same), Amount::from(0_i64), "{same}");
    }
    for (sent, shown) in [
        ("0.1", "0.1"),
        ("-0.05", "-0.05"),
        ("5e-3", "0.005"),
        (r#""19.90""#, "19.90"),
        (r#""0.10000000000000000000000001""#, "0.10000000000000000000000001"),
        ("123456789012345678901234567890.12", "123456789012345678901234567890.12"),
        (r#""a lot""#, "a lot"),
        (r#""1.2.3""#, "1.2.3"),
        (r#"".5""#, ".5"),
        (r#""1e""#, "1e"),
        ("1e999999999999", "1e999999999999"),
    ] {
        assert_eq!(amount(sent).as_str(), shown);
        assert_eq!(amount(sent).whole(), None, "{sent}");
        assert_eq!(amount(&serde_json::to_string(&amount(sent)).unwrap()), amount(sent));
    }
    assert_ne!(amount("0.1"), amount("0.10000000000000000000000001"));
    assert_ne!(amount("1"), amount("-1"));
}

#[tokio::test]
async fn reports_are_an_array_one_report_or_an_object_by_name() {
    let mut value = sent("mediquo/patient_consultation_finished.json");
    let array = finished(&value).await.reports;
    let reports = value["payload"]["reports"].clone();
    value["payload"]["reports"] = json!({"admission": reports[0], "discharge": reports[1], "none": null});
    let by_name = finished(&value).await.reports;
    assert_eq!(
        by_name.iter().map(|report| report.name.as_deref().unwrap()).collect::<Vec<_>>(),
        ["admission", "discharge"]
    );
    for (report, expected) in by_name.iter().zip(&array) {
        assert_eq!((&report.id, &report.content), (&expected.id, &expected.content));
    }
    // A report can have the name of a field.
    for name in ["id", "type"] {
        value["payload"]["reports"] = json!({ name: reports[0] });
        let named = finished(&value).await.reports;
        assert_eq!((named[0].name.as_deref(), &named[0].id), (Some(name), &array[0].id));
    }
    for other in [json!({"id": "2"}), json!(null)] {
        value["payload"]["reports"] = json!({"b": reports[0], "content": other, "a": {"id": "1"}});
        let reports = finished(&value).await.reports;
        let names: Vec<_> = reports.iter().map(|report| report.name.as_deref().unwrap()).collect();
        assert_eq!(names, if other.is_null() { vec!["a", "b"] } else { vec!["a", "b", "content"] });
    }
    // Members that nobody has documented, in front of those of one report.
    let mut one = reports[0].clone();
    one["a"] = json!({"b": 1});
    value["payload"]["reports"] = one;
    assert_eq!(finished(&value).await.reports, array[..1]);
    // A content of another type keeps every digit.
    value["payload"]["reports"] = json!({"x-ray": {"type": "x-ray", "content": "here"}});
    let text = value.to_string().replace(r#""here""#, "[0.10000000000000000000001]");
    let Ok(mediquo::Event::ConsultationFinished(finished)) = mediquo_event(text).await else { panic!() };
    let Some(ReportContent::Other(content)) = &finished.payload.reports[0].content else { panic!() };
    assert_eq!(content.get(), "[0.10000000000000000000001]");
}

#[tokio::test]
async fn a_report_by_name_that_is_no_report_is_malformed() {
    for wrong in
        [json!({"a": 1}), json!({"a": {"x": 1}}), json!({"a": {"id": 1}}), json!({"a": []}), json!({"type": 1})]
    {
        let mut value = sent("mediquo/patient_consultation_finished.json");
        value["payload"]["reports"] = wrong.clone();
        let rejection = mediquo_event(value.to_string()).await.expect_err(&wrong.to_string());
        assert_eq!(rejection.decode_error().unwrap().path(), "payload.reports");
    }
}

/// As a test of a handler makes it.
#[test]
fn a_payload_is_made_of_what_is_always_sent() {
    fn same<T: DeserializeOwned + PartialEq + Debug>(made: &T, sent: Value) {
        assert_eq!(*made, serde_json::from_value(sent).unwrap());
    }
    let (patient, jane) = (|| mediquo::Patient::new("jane"), json!({"code": "jane"}));
    let of_consultation = json!({"consultation": {"id": "c"}, "patient": jane});
    same(&ConsultationPayload::new(mediquo::Consultation::new("c"), patient()), of_consultation.clone());
    same(&mediquo::ImmediateVideoCallPayload::new("c", patient()), of_consultation);
    same(&mediquo::MessageReceivedPayload::new(patient()), json!({"patient": jane}));
    same(&mediquo::ProfessionalBlock::new(7_i64), json!({"id": 7}));
    let prescription = json!({"prescription": {}, "patient": jane});
    same(&mediquo::PrescriptionCreatedPayload::new(mediquo::Prescription::default(), patient()), prescription);
    same(&mediquo::WaitingRoomPayload::new(3, patient()), json!({"consultation": {"position": 3}, "patient": jane}));
    let session = json!({"payment_session_id": "s", "status": "captured"});
    same(&PaymentSessionComplete::new("s", PaymentStatus::Captured), session);
    same(&truemed::PaymentTokenUpdated::new("t"), json!({"payment_token": "t"}));
}

#[test]
fn the_content_of_a_report_is_not_shown() {
    let other = ReportContent::Other(RawJson::new(r#""canary""#).unwrap());
    let soap = ReportContent::Soap(serde_json::from_value(json!({"plan": "canary"})).unwrap());
    assert_eq!(format!("{other:?} {soap:?}"), "Other(..) Soap(..)");
}
