//! What an event of one's own and raw JSON are written as, and read from. The table of all types is in `jobs`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_webhook::{
    json::{self, DateTime, Id, RawJson, SecretString, Unknown, decode_tagged},
    provider::mediquo,
};

use crate::support::jobs::{
    Adjacent, Field, Flattened, Internal, Texts, TextsAndValues, Untagged, cbor, has_arbitrary_precision,
    object_survives_in_every_job, survives, survives_in_every_job,
};

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Paid(Paid) = "paid",
        Sent(Box<Sent>) = "sent",
        Measured(Measured) = "measured",
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
struct Measured {
    number: f64,
    numbers: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Sent {
    One(u8),
    Many(Many),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Many {
    many: Vec<i64>,
    raw: RawJson,
}

tower_webhook::open_enum! {
    enum Carrier {
        Air = "air",
    }
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
    object_survives_in_every_job(&paid(&raw), Texts);
    object_survives_in_every_job(&paid(r#"{"a":[],"b":"c"}"#), TextsAndValues);
    object_survives_in_every_job(&Event::Ping, TextsAndValues);
    object_survives_in_every_job(&Event::Sent(Box::new(Sent::One(1))), TextsAndValues);
    let many = Sent::Many(Many { many: vec![-1], raw: RawJson::new("[\"x\"]").unwrap() });
    object_survives_in_every_job(&Event::Sent(Box::new(many)), TextsAndValues);
    for text in [r#"{"a":1}"#, "[]", "7", "null", r#""text""#, r#"["{}"]"#] {
        let unknown = Unknown::new("lost", RawJson::new(text).unwrap());
        object_survives_in_every_job(&Event::Unknown(unknown), TextsAndValues);
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
        (r#"{"type":777,"data":{}}"#, "invalid type: expected a string"),
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
        serde_json::from_str::<Field<RawJson>>(r#"{"before":"a","part":canary}"#).unwrap_err(),
        serde_json::from_str::<Id>("true").unwrap_err(),
        serde_json::from_str::<SecretString>("777").unwrap_err(),
    ] {
        assert!(!error.to_string().contains("777") && !error.to_string().contains("canary"), "{error}");
    }
}

#[test]
fn an_error_of_a_part_says_where_and_what_was_expected() {
    for (text, what) in [
        (r#"{"code":777}"#, "invalid type: expected a string at line 1 column 11"),
        ("\n7", "invalid type: expected an object at line 2 column 1"),
        (
            r#"{"code":"c","allergies":[{"id":true}]}"#,
            "invalid type: expected a string or a number at line 1 column 36",
        ),
        (r#"{"code":"a","code":"canary"}"#, "duplicate field `code` at line 1 column 18"),
        (r#"{"code":"canary""#, "EOF while parsing an object at line 1 column 16"),
        (r#"{"code":canary}"#, "expected value at line 1 column 9"),
    ] {
        assert_eq!(serde_json::from_str::<mediquo::Patient>(text).unwrap_err().to_string(), what);
    }
    let missing = serde_json::from_str::<mediquo::Consultation>("{}").unwrap_err();
    assert_eq!(missing.to_string(), "missing field `id` at line 1 column 2");
    // What a value says of itself is no part of the message.
    let forged = json!(["missing field `canary`, expected canary at line 3 column 4"]);
    for error in [
        serde_json::from_value::<mediquo::Patient>(forged[0].clone()).unwrap_err(),
        serde_json::from_value::<mediquo::Patient>(json!({"code": "c", "allergies": forged})).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "invalid type: expected an object");
        assert_eq!((error.line(), error.column()), (0, 0));
    }
    // CBOR has words of its own around those of `serde`.
    let error = ciborium::from_reader::<mediquo::Patient, _>(cbor(&json!({"code": 777})).as_slice()).unwrap_err();
    assert_eq!(error.to_string(), r#"Semantic(None, "invalid type")"#);
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
        survives_in_every_job(&raw, TextsAndValues);
    }
    for text in ["{}", r#"{"a":{"b":[1,{"c":null}]},"d":"e"}"#] {
        let raw = RawJson::new(text).unwrap();
        survives(&Flattened { queue: "a".into(), part: raw.clone(), note: String::new() });
        survives(&Internal::Run(raw));
    }
    // No key of a sender's is taken for something else.
    for key in ["RawValue", "Number"].map(|key| format!("$serde_json::private::{key}")) {
        for text in ["canary", "[1]", "7"] {
            let raw = RawJson::new(&json!({ key.as_str(): text }).to_string()).unwrap();
            if has_arbitrary_precision() && key.ends_with("Number") {
                // In a buffer it cannot be told from a number.
                survives(&raw);
                continue;
            }
            survives_in_every_job(&raw, Texts);
            survives(&Flattened { queue: "a".into(), part: raw.clone(), note: String::new() });
            survives(&Internal::Run(raw));
        }
    }
    // To the byte where nothing buffers, and with doubled keys, in their order, where something does.
    for text in ["{ \"b\" : 1.50, \"a\":1e2 }", r#"{"b":1,"a":2,"b":3}"#, "123456789012345678901234567890"] {
        let raw = RawJson::new(text).unwrap();
        survives(&raw);
        survives(&Field { before: "a".into(), part: raw.clone(), after: None });
        survives(&Adjacent::Run(raw));
    }
    let doubled = RawJson::new(r#"{"b":1,"a":2,"b":3}"#).unwrap();
    survives(&Untagged::Run(doubled));
}

/// The shortest texts of numbers whose last digit a quick parser gets wrong.
#[test]
fn a_float_survives_to_its_last_bit() {
    for text in
        ["31.245270191439438", "121.48791951161945", "100.78399658203125", "1.7976931348623157e+308", "5e-324", "-0.0"]
    {
        let number: f64 = text.parse().unwrap();
        let value = json::decode::<Value>(text.as_bytes()).unwrap();
        assert_eq!(value.as_f64().map(f64::to_bits), Some(number.to_bits()), "{text}");
        survives_in_every_job(&RawJson::new(text).unwrap(), TextsAndValues);
        let measured = Event::Measured(Measured { number, numbers: vec![number] });
        object_survives_in_every_job(&measured, TextsAndValues);
    }
}

/// What no buffer of `serde` can have passes where nothing is buffered, and in formats where the text is bytes.
#[test]
fn json_that_cannot_be_read_into_values_survives() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for text in ["1e999", "-1e999", r#""\ud800""#, r#"{"\udc00":"\ud800x"}"#, &deep] {
        let raw = RawJson::new(text).unwrap();
        survives(&raw);
        survives(&Field { before: "a".into(), part: raw.clone(), after: None });
        survives(&Adjacent::Run(raw.clone()));
        let event = Event::Unknown(Unknown::new("lost", raw.clone()));
        survives(&event);
        survives(&Adjacent::Run(event));
        let buffered = Untagged::Run(raw);
        let packed = rmp_serde::to_vec(&buffered).unwrap();
        assert_eq!(rmp_serde::from_slice::<Untagged<RawJson>>(&packed).unwrap(), buffered);
        // Never a value that is another.
        let json = serde_json::to_string(&buffered).unwrap();
        let read = serde_json::from_str::<Untagged<RawJson>>(&json);
        assert!(read.is_err() || has_arbitrary_precision() && text.ends_with("1e999"), "{text}");
    }
}

/// An integer of more digits than 64 bits have keeps them in its text, and has them in a type that is wide enough.
#[test]
fn an_integer_beyond_64_bits() {
    let text = "123456789012345678901234567890";
    let raw = RawJson::new(text).unwrap();
    survives(&raw);
    survives(&Adjacent::Run(raw.clone()));
    assert_eq!(raw.decode::<u128>().unwrap().to_string(), text);
    if !has_arbitrary_precision() {
        // As everywhere in `serde_json`.
        assert_eq!(raw.decode::<Value>().unwrap(), json!(123456789012345678901234567890.0));
        let json = serde_json::to_string(&Untagged::Run(raw)).unwrap();
        let read: Untagged<RawJson> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, Untagged::Run(RawJson::new("1.2345678901234568e+29").unwrap()));
    }
}

#[test]
fn raw_json_is_read_from_what_others_wrote() {
    let value = json!({"a": [1, -1, 1.5, "x", null, true, {"b": []}], "c": {}});
    let raw: RawJson = ciborium::from_reader(cbor(&value).as_slice()).unwrap();
    assert_eq!(raw.decode::<Value>().unwrap(), value);
    let raw: RawJson = rmp_serde::from_slice(&rmp_serde::to_vec_named(&value).unwrap()).unwrap();
    assert_eq!(raw.decode::<Value>().unwrap(), value);
    // Bytes are the text of JSON, at any depth, and nothing is JSON that is not.
    let bytes = |text: &[u8]| cbor(&ciborium::Value::Array(vec![ciborium::Value::Bytes(text.to_vec())]));
    let raw: RawJson = ciborium::from_reader(bytes(b"{\"a\":1.50}").as_slice()).unwrap();
    assert_eq!(raw.get(), r#"[{"a":1.50}]"#);
    for text in [b"canary".as_slice(), b"1 2", b"\"\xff\"", b""] {
        assert!(ciborium::from_reader::<RawJson, _>(bytes(text).as_slice()).is_err());
    }
    assert!(ciborium::from_reader::<RawJson, _>(cbor(&[f64::NAN]).as_slice()).is_err());
    // A format that says it is for humans has the JSON in its own words.
    for text in [
        r#"{"a":[1,{"b":"c"}],"d":null}"#,
        r#"[true,[],{"b":1,"a":2,"b":3}]"#,
        "\"x\"",
        "1.5",
        "-7",
        "18446744073709551615",
        "-9223372036854775808",
    ] {
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
    assert_eq!(event.event_type(), "lost");
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<Later>(&text).unwrap(), Later::Lost(Lost { a: 1 }));
}
