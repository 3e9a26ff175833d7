//! What was decoded is written and read again: alone, as a part of a job, in JSON and in other formats.

use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tower_webhook::{
    jiff::Timestamp,
    json::{Amount, DateTime, Id, RawJson, SecretString, Tagged, Unknown, decode_tagged},
    provider::{mediquo, truemed},
};

use crate::support::{fixture, mediquo_event, sockets::events, truemed_event};

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Paid(Paid) = "paid",
        Sent(Box<Sent>) = "sent",
        Ping = "ping",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Paid {
    id: u8,
    at: DateTime,
    more: RawJson,
    carrier: Option<Carrier>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Sent {
    One(u8),
    Many(Many),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Many {
    many: Vec<f64>,
    raw: RawJson,
}

tower_webhook::open_enum! {
    enum Carrier {
        Air = "air",
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Field<T> {
    before: u8,
    event: T,
    after: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", content = "what")]
enum Adjacent<T> {
    Run(T),
    Stop,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job")]
enum Internal<T> {
    Run(T),
    Stop,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job")]
enum InternalField<T> {
    Run { event: T, tries: u8 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flattened<T> {
    tries: u8,
    #[serde(flatten)]
    event: T,
    note: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged<T> {
    Other { nothing: u8 },
    Run(T),
}

/// What a job reads like in all formats.
fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(job: &T) {
    let text = serde_json::to_string(job).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).expect(&text), job, "{text}");
    assert_eq!(&serde_json::from_reader::<_, T>(text.as_bytes()).expect(&text), job, "{text}");
    let pretty = serde_json::to_string_pretty(job).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&pretty).expect(&pretty), job, "{pretty}");
    let mut cbor = Vec::new();
    ciborium::into_writer(job, &mut cbor).unwrap();
    let read: Result<T, _> = ciborium::from_reader(cbor.as_slice());
    assert_eq!(&read.unwrap_or_else(|error| panic!("CBOR of {job:?}: {error}")), job);
    for packed in [rmp_serde::to_vec(job).unwrap(), rmp_serde::to_vec_named(job).unwrap()] {
        let read: Result<T, _> = rmp_serde::from_slice(&packed);
        assert_eq!(&read.unwrap_or_else(|error| panic!("MessagePack of {job:?}: {error}")), job);
    }
}

/// Through a `Value` a raw text is written anew.
fn survives_as_value<T: Serialize + DeserializeOwned + PartialEq + Debug>(job: &T) {
    let value = serde_json::to_value(job).unwrap();
    assert_eq!(&serde_json::from_value::<T>(value.clone()).unwrap(), job, "{value}");
    assert_eq!(&T::deserialize(&value).unwrap(), job, "{value}");
}

macro_rules! in_every_job {
    ($event:expr, $($check:ident)+) => {{
        let event = $event;
        $(
            $check(&event);
            $check(&Field { before: 1, event: event.clone(), after: None });
            $check(&vec![event.clone(), event.clone()]);
            $check(&Adjacent::Run(event.clone()));
            $check(&InternalField::Run { event: event.clone(), tries: 1 });
            $check(&Untagged::Run(event.clone()));
        )+
    }};
}

macro_rules! in_every_job_of_objects {
    ($event:expr, $($check:ident)+) => {{
        let event = $event;
        in_every_job!(event.clone(), $($check)+);
        $(
            $check(&Internal::Run(event.clone()));
            $check(&Flattened { tries: 1, event: event.clone(), note: "note".to_owned() });
        )+
    }};
}

fn paid(more: &str) -> Event {
    let at = DateTime::from("2024-01-15T09:30:00.25Z");
    Event::Paid(Paid { id: 7, at, more: RawJson::new(more).unwrap(), carrier: Some("rail".into()) })
}

#[test]
fn an_event_of_ones_own() {
    // Buffered by `serde`, a raw text is written anew: without white space, and numbers as `serde_json` reads them.
    let raw = r#"{"b":[1,-2,1.5,true,null,"\u00e9\n"],"a":{},"c":[],"18446744073709551615":18446744073709551615}"#;
    let raw = serde_json::from_str::<RawJson>(raw).unwrap().get().replace("\\u00e9", "é");
    in_every_job_of_objects!(paid(&raw), survives);
    in_every_job_of_objects!(paid(r#"{"a":[],"b":"c"}"#), survives survives_as_value);
    in_every_job_of_objects!(Event::Ping, survives survives_as_value);
    in_every_job_of_objects!(Event::Sent(Box::new(Sent::One(1))), survives survives_as_value);
    let many = Sent::Many(Many { many: vec![1.5], raw: RawJson::new("[\"x\"]").unwrap() });
    in_every_job_of_objects!(Event::Sent(Box::new(many)), survives survives_as_value);
    for text in [r#"{"a":1}"#, "[]", "7", "null", r#""text""#, r#"["{}"]"#] {
        let unknown = Unknown::new("lost", RawJson::new(text).unwrap());
        in_every_job_of_objects!(Event::Unknown(unknown), survives survives_as_value);
    }
}

#[test]
fn what_is_written_is_the_type_and_the_data() {
    let text = |event: &Event| serde_json::to_string(event).unwrap();
    assert_eq!(text(&Event::Ping), r#"{"type":"ping"}"#);
    let unknown = Event::Unknown(Unknown::new("lost", RawJson::new("{ \"a\": 1.50 }").unwrap()));
    assert_eq!(text(&unknown), r#"{"type":"lost","data":{ "a": 1.50 }}"#);
    assert_eq!(serde_json::from_str::<Event>(&text(&unknown)).unwrap(), unknown);
    let early = r#" {"data":{ "a": 1.50 }, "other": 1, "type":"lost"}"#;
    assert_eq!(serde_json::from_str::<Event>(early).unwrap(), unknown);
    let sent = Event::Sent(Box::new(Sent::One(1)));
    assert_eq!(serde_json::from_str::<Event>(r#"{"data":1,"type":"sent"}"#).unwrap(), sent);
    for ping in [r#"{"type":"ping","data":null}"#, r#"{"data":{"zen":"x"},"type":"ping"}"#, r#"["ping"]"#] {
        assert_eq!(serde_json::from_str::<Event>(ping).unwrap(), Event::Ping);
    }
}

#[test]
fn what_cannot_be_read_is_told_without_a_value() {
    for (text, what) in [
        (r#"{"data":{}}"#, "missing field `type`"),
        (r#"{"type":"paid"}"#, "missing field `data`"),
        (r#"{"type":"canary"}"#, "missing field `data`"),
        (r#"{"type":"ping","type":"ping"}"#, "duplicate field `type`"),
        (r#"{"type":"ping","data":1,"data":1}"#, "duplicate field `data`"),
        (r#"{"data":1,"type":"ping","data":1}"#, "duplicate field `data`"),
        (r#"{"type":777,"data":{}}"#, "a type that is not a string"),
        (r#"{"type":"paid","data":"canary"}"#, "wrong type in field `data`"),
        (r#"{"type":"paid","data":{"id":"canary"}}"#, "wrong type in field `data.id`"),
        (r#"{"type":"paid","data":{"id":1}}"#, "missing field in field `data.at`"),
        (r#"{"type":"paid","data":{"id":1,"at":777}}"#, "wrong type in field `data.at`"),
        (r#"{"data":{"id":"canary"},"type":"paid"}"#, "wrong type in field `data.id`"),
        (r#"{"type":"paid","data":{"id":1,"id":777}}"#, "repeated field in field `data.id`"),
    ] {
        let read = |error: serde_json::Error| {
            let error = error.to_string();
            assert!(!error.contains("canary") && !error.contains("777"), "{text}: {error}");
            error
        };
        let error = read(serde_json::from_str::<Event>(text).unwrap_err());
        assert!(error.starts_with(what), "{text}: {error}");
        read(serde_json::from_str::<Untagged<Event>>(text).unwrap_err());
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            let _ = serde_json::from_value::<Event>(value).map_err(read);
        }
    }
    for error in [
        serde_json::from_str::<Carrier>("777").unwrap_err(),
        serde_json::from_str::<DateTime>("[777]").unwrap_err(),
        serde_json::from_str::<Field<RawJson>>(r#"{"before":1,"event":canary}"#).unwrap_err(),
        serde_json::from_str::<Id>("true").unwrap_err(),
        serde_json::from_str::<SecretString>("777").unwrap_err(),
    ] {
        assert!(!error.to_string().contains("777") && !error.to_string().contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn the_events_of_both_providers() {
    for (path, _) in events::TRUEMED.into_iter().chain([("truemed/item_eligibility_updated_sample.json", "Unknown")]) {
        let event = truemed_event(fixture(path)).await.unwrap();
        let event = compact(event, |text| truemed_event(text.to_owned())).await;
        in_every_job_of_objects!(event, survives survives_as_value);
    }
    for (path, _) in events::MEDIQUO {
        let event = mediquo_event(fixture(path)).await.unwrap();
        in_every_job_of_objects!(event, survives survives_as_value);
    }
    let mut report: Value = serde_json::from_slice(&fixture("mediquo/patient_report_sent.json")).unwrap();
    for content in [json!({"findings": [1.5, "x"]}), json!(["{}"]), json!("x"), json!(7), json!(null)] {
        report["payload"]["type"] = "x-ray".into();
        report["payload"]["content"] = content;
        report["occurred_on"] = json!(1_704_063_600.25);
        let event = mediquo_event(report.to_string()).await.unwrap();
        in_every_job_of_objects!(event, survives survives_as_value);
    }
    let unknown = mediquo_event(r#"{"a":[1,{"b":"c"}],"type":"patient_moved"}"#).await.unwrap();
    in_every_job_of_objects!(unknown, survives survives_as_value);
}

/// An unknown event with the white space that buffering takes away.
async fn compact<F: Future<Output = Result<truemed::Event, E>>, E: Debug>(
    event: truemed::Event,
    read: impl Fn(&str) -> F,
) -> truemed::Event {
    match &event {
        truemed::Event::Unknown(unknown) => read(&unknown.json.decode::<Value>().unwrap().to_string()).await.unwrap(),
        _ => event,
    }
}

#[tokio::test]
async fn the_parts_of_events() {
    let event = mediquo_event(fixture("mediquo/patient_consultation_finished.json")).await.unwrap();
    let mediquo::Event::ConsultationFinished(finished) = event else { panic!() };
    for report in &finished.payload.reports {
        in_every_job_of_objects!(report.clone(), survives survives_as_value);
    }
    in_every_job_of_objects!(finished.payload.consultation.clone(), survives survives_as_value);
    in_every_job_of_objects!(finished.payload.patient.clone(), survives survives_as_value);
    in_every_job_of_objects!(finished, survives survives_as_value);
    for report_type in ["soap", "x-ray"] {
        let mut report: Value = serde_json::from_slice(&fixture("mediquo/patient_report_sent.json")).unwrap();
        report["payload"]["type"] = report_type.into();
        let mediquo::Event::ReportSent(sent) = mediquo_event(report.to_string()).await.unwrap() else { panic!() };
        in_every_job_of_objects!(sent.payload.clone(), survives survives_as_value);
        in_every_job_of_objects!(sent, survives survives_as_value);
    }
    let newer = mediquo_event(fixture("mediquo/patient_consultation_finished_newer.json")).await.unwrap();
    let mediquo::Event::ConsultationFinished(newer) = newer else { panic!() };
    in_every_job_of_objects!(newer, survives survives_as_value);
    let event = mediquo_event(fixture("mediquo/prescription_created.json")).await.unwrap();
    let mediquo::Event::PrescriptionCreated(created) = event else { panic!() };
    in_every_job_of_objects!(created, survives survives_as_value);
    let event = truemed_event(fixture("truemed/payment_session_complete.json")).await.unwrap();
    let truemed::Event::PaymentSessionComplete(session) = event else { panic!() };
    in_every_job_of_objects!(session.clone(), survives survives_as_value);
    in_every_job_of_objects!(session.order_items[1].clone(), survives survives_as_value);
    let event = truemed_event(fixture("truemed/payment_token_updated.json")).await.unwrap();
    let truemed::Event::PaymentTokenUpdated(updated) = event else { panic!() };
    in_every_job_of_objects!(updated, survives survives_as_value);
    for time in [DateTime::from("2024-01-01T00:00:00"), Timestamp::UNIX_EPOCH.into(), DateTime::from("soon")] {
        in_every_job!(time, survives survives_as_value);
    }
    for text in ["7", "-7", "18446744073709551615", "123456789012345678901234567890", "0.1", r#""gp""#, r#""007""#] {
        in_every_job!(serde_json::from_str::<Id>(text).unwrap(), survives survives_as_value);
        in_every_job!(serde_json::from_str::<Amount>(text).unwrap(), survives survives_as_value);
    }
    in_every_job!(SecretString::from("https://x"), survives survives_as_value);
    in_every_job!(truemed::Status::Other("x".into()), survives survives_as_value);
}

#[test]
fn raw_json() {
    for text in [
        "null",
        "true",
        "-7",
        "1.5",
        "\"\"",
        "[]",
        "{}",
        r#"[null,[],{},[[]],"]"]"#,
        r#"{"a":{"b":[{"c":"\""}]},"a2":"\u0001"}"#,
        r#"["[1]"]"#,
    ] {
        let raw = RawJson::new(text).unwrap();
        assert_eq!(serde_json::to_string(&raw).unwrap(), text);
        in_every_job!(raw, survives survives_as_value);
    }
    for text in ["{}", r#"{"a":{"b":[1,{"c":null}]},"d":"e"}"#] {
        let raw = RawJson::new(text).unwrap();
        survives(&Flattened { tries: 1, event: raw.clone(), note: String::new() });
        survives(&Internal::Run(raw));
    }
    // No key of a sender's is taken for something else.
    for key in ["RawValue", "Number"].map(|key| format!("$serde_json::private::{key}")) {
        for text in ["canary", "[1]", "7"] {
            let raw = RawJson::new(&json!({ key.as_str(): text }).to_string()).unwrap();
            in_every_job!(raw.clone(), survives);
            survives(&Flattened { tries: 1, event: raw.clone(), note: String::new() });
            survives(&Internal::Run(raw));
        }
    }
    // To the byte where nothing buffers, and with doubled keys, in their order, where something does.
    for text in ["{ \"b\" : 1.50, \"a\":1e2 }", r#"{"b":1,"a":2,"b":3}"#, "123456789012345678901234567890"] {
        let raw = RawJson::new(text).unwrap();
        survives(&raw);
        survives(&Field { before: 1, event: raw.clone(), after: None });
        survives(&Adjacent::Run(raw));
    }
    let doubled = RawJson::new(r#"{"b":1,"a":2,"b":3}"#).unwrap();
    survives(&Untagged::Run(doubled));
}

#[test]
fn raw_json_is_read_from_what_others_wrote() {
    let value = json!({"a": [1, -1, 1.5, "x", null, true, {"b": []}], "c": {}});
    let mut cbor = Vec::new();
    ciborium::into_writer(&value, &mut cbor).unwrap();
    let raw: RawJson = ciborium::from_reader(cbor.as_slice()).unwrap();
    assert_eq!(raw.decode::<Value>().unwrap(), value);
    let raw: RawJson = rmp_serde::from_slice(&rmp_serde::to_vec(&value).unwrap()).unwrap();
    assert_eq!(raw.decode::<Value>().unwrap(), value);
    // Nothing is JSON that is not.
    let mut bytes = Vec::new();
    ciborium::into_writer(&ciborium::Value::Bytes(b"1".to_vec()), &mut bytes).unwrap();
    assert!(ciborium::from_reader::<RawJson, _>(bytes.as_slice()).is_err());
    let mut nan = Vec::new();
    ciborium::into_writer(&vec![f64::NAN], &mut nan).unwrap();
    assert!(ciborium::from_reader::<RawJson, _>(nan.as_slice()).is_err());
    // A format that says it is for humans has the JSON in its own words.
    for text in [r#"{"a":[1,{"b":"c"}],"d":null}"#, "[true,[]]", "\"x\"", "1.5"] {
        let raw = RawJson::new(text).unwrap();
        let mut packed = Vec::new();
        raw.serialize(&mut rmp_serde::Serializer::new(&mut packed).with_human_readable()).unwrap();
        let mut unpacked = rmp_serde::Deserializer::new(packed.as_slice()).with_human_readable();
        assert_eq!(RawJson::deserialize(&mut unpacked).unwrap(), raw);
    }
}

#[test]
fn a_type_that_is_known_later_is_read_from_what_was_unknown() {
    tower_webhook::tagged_enum! {
        #[derive(Debug, PartialEq)]
        enum Later {
            Lost(Lost) = "lost",
        }
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Lost {
        a: u8,
    }
    let event: Event = decode_tagged(Some("lost"), br#"{"a":1}"#).unwrap();
    assert_eq!(Tagged::event_type(&event), "lost");
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<Later>(&text).unwrap(), Later::Lost(Lost { a: 1 }));
}
