//! Decoding into users' own types: strict, and with errors that quote nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_webhook::json::{DecodeError, DecodeErrorKind, RawJson, decode, decode_tagged};

use crate::support::jobs::has_arbitrary_precision;

tower_webhook::tagged_enum! {
    #[derive(Debug)]
    enum Event {
        Inner(Inner) = "inner",
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    id: u8,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Outer {
    inner: Inner,
    #[serde(default)]
    many: Vec<Inner>,
    #[serde(default)]
    maybe: Option<Inner>,
    #[serde(default)]
    map: BTreeMap<String, Inner>,
    #[serde(default)]
    numbered: BTreeMap<u16, (u8, Inner)>,
    #[serde(default)]
    choice: Option<Choice>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Choice {
    Unit,
    Newtype(Inner),
    Tuple(u8, Inner),
    Struct { inner: Inner },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Tagged {
    One(Inner),
}

fn error(text: &str) -> DecodeError {
    decode::<Outer>(text.as_bytes()).expect_err(text)
}

#[test]
fn what_serde_json_reads_is_read() {
    let text = r#"{
        "inner": {"id": 1, "tags": ["a", "\u00e9"]},
        "many": [{"id": 2}],
        "maybe": {"id": 3},
        "map": {"k": {"id": 4}},
        "numbered": {"7": [1, {"id": 5}]},
        "choice": {"Tuple": [1, {"id": 6}]},
        "\u0065xtra": [{}, [], null, 1.5e3, true]
    }"#;
    assert_eq!(decode::<Outer>(text.as_bytes()).unwrap(), serde_json::from_str(text).unwrap());
    for choice in [r#""Unit""#, r#"{"Newtype":{"id":1}}"#, r#"{"Struct":{"inner":{"id":1}}}"#, "null"] {
        let text = format!(r#"{{"inner":{{"id":1}},"choice":{choice}}}"#);
        assert_eq!(decode::<Outer>(text.as_bytes()).unwrap(), serde_json::from_str(&text).unwrap());
    }
    assert_eq!(decode::<&str>(br#""borrowed""#).unwrap(), "borrowed");
    assert_eq!(decode::<i128>(b"-170141183460469231731687303715884105728").unwrap(), i128::MIN);
}

#[test]
fn the_path_is_made_of_fields_and_indices() {
    for (text, path) in [
        (r#"{"inner": {"id": "canary"}}"#, "inner.id"),
        (r#"{"inner": {"id": 256}}"#, "inner.id"),
        (r#"{"inner": {"\u0069d": "canary"}}"#, "inner.id"),
        (r#"{"inner": {"tags": ["x"]}}"#, "inner.id"),
        (r#"{"inner": {"id": 1, "tags": ["x", {"canary": 1}]}}"#, "inner.tags[1]"),
        (r#"{"inner": {"id": 1}, "many": [{"id": 1}, {"id": "canary"}]}"#, "many[1].id"),
        (r#"{"inner": {"id": 1}, "many": [{"id": 1}, {}]}"#, "many[1].id"),
        (r#"{"inner": {"id": 1, "id": 2}}"#, "inner.id"),
        (r#"{"inner": {"id": 1, "tags": [], "\u0074ags": []}}"#, "inner.tags"),
        (r#"{"inner": {"id": 1}, "maybe": {"id": "canary"}}"#, "maybe.id"),
        (r#"{"inner": {"id": 1}, "numbered": {"7": [1, {"id": "canary"}]}}"#, "numbered.*[1].id"),
        (r#"{"inner": {"id": 1}, "choice": {"Newtype": {"id": "canary"}}}"#, "choice.Newtype.id"),
        (r#"{"inner": {"id": 1}, "choice": {"Struct": {"inner": {"id": "canary"}}}}"#, "choice.Struct.inner.id"),
        ("{}", "inner"),
        ("7", ""),
    ] {
        let error = error(text);
        assert_eq!(error.path(), path, "{text}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let error = decode::<Tagged>(br#"{"type": "One", "data": {"id": "canary"}}"#).unwrap_err();
    assert_eq!(error.path(), "data.id");
}

#[test]
fn a_key_that_the_types_do_not_name_is_never_in_the_path() {
    for text in [
        r#"{"inner": {"id": 1}, "map": {"canary": {"id": "x"}}}"#,
        r#"{"inner": {"id": 1}, "canary": tru}"#,
        r#"{"inner": {"id": 1, "canary": {"canary": 01}}}"#,
        r#"{"inner": {"id": 1}, "choice": "canary"}"#,
        r#"{"inner": {"id": 1}, "choice": {"canary": 1}}"#,
        r#"{"inner": {"id": 1}, "numbered": {"canary": 1}}"#,
        r#"{"canary": 1, "canary"}"#,
    ] {
        let error = error(text);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    assert_eq!(error(r#"{"inner": {"id": 1}, "map": {"canary": {"id": "x"}}}"#).path(), "map.*.id");
}

#[test]
fn a_struct_is_read_from_an_object_at_every_depth() {
    for text in [
        r#"[{"id": 1}]"#,
        r#"{"inner": [1, []]}"#,
        r#"{"inner": {"id": 1}, "many": [[1, []]]}"#,
        r#"{"inner": {"id": 1}, "maybe": [1, []]}"#,
        r#"{"inner": {"id": 1}, "map": {"k": [1, []]}}"#,
        r#"{"inner": {"id": 1}, "numbered": {"7": [1, [1, []]]}}"#,
        r#"{"inner": {"id": 1}, "choice": {"Newtype": [1, []]}}"#,
        r#"{"inner": {"id": 1}, "choice": {"Tuple": [1, [1, []]]}}"#,
        r#"{"inner": {"id": 1}, "choice": {"Struct": [{"id": 1}]}}"#,
    ] {
        assert!(serde_json::from_str::<Outer>(text).is_ok(), "serde takes {text}");
        assert_eq!(
            (error(text).kind(), error(text).expected()),
            (DecodeErrorKind::WrongType, Some("an object")),
            "{text}"
        );
    }
    assert!(decode::<Tagged>(br#"["One", {"id": 1}]"#).is_err());
}

#[test]
fn lines_and_columns_are_those_of_the_body() {
    let error = |body: &[u8]| {
        let error = decode::<Outer>(body).unwrap_err();
        (error.kind(), error.line(), error.column())
    };
    assert_eq!(error(b"{\n  \"inner\": {\"id\": \"x\"}}"), (DecodeErrorKind::WrongType, 2, 21));
    assert_eq!(error(b"{\n\n  \xff"), (DecodeErrorKind::Utf8, 3, 3));
    assert_eq!(error(b"\xff"), (DecodeErrorKind::Utf8, 1, 1));
    assert_eq!(error(b"{}\n x"), (DecodeErrorKind::MissingField, 1, 2));
    assert_eq!(error(b"{\"inner\":{\"id\":1}}\n x"), (DecodeErrorKind::TrailingData, 2, 2));
    assert_eq!(error(b""), (DecodeErrorKind::Eof, 1, 0));
}

/// RFC 8259 forbids one. A body that begins with one is refused wherever JSON is read.
#[test]
fn a_byte_order_mark_is_not_json() {
    let body = "\u{feff}{\"id\":1}";
    let error = decode::<Inner>(body.as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.line(), error.column()), (DecodeErrorKind::Syntax, 1, 1));
    assert_eq!(decode::<Value>(body.as_bytes()).unwrap_err().kind(), DecodeErrorKind::Syntax);
    assert_eq!(RawJson::new(body).unwrap_err().kind(), DecodeErrorKind::Syntax);
    assert_eq!(decode_tagged::<Event>(Some("inner"), body.as_bytes()).unwrap_err().kind(), DecodeErrorKind::Syntax);
    assert_eq!(decode_tagged::<Event>(Some("lost"), body.as_bytes()).unwrap_err().kind(), DecodeErrorKind::Syntax);
    // Within a string it is a character.
    assert_eq!(decode::<String>("\"\u{feff}\"".as_bytes()).unwrap(), "\u{feff}");
}

#[test]
fn numbers_in_a_value() {
    let value = |text: &str| decode::<Value>(text.as_bytes());
    for (text, written) in [
        ("1.50", "1.5"),
        ("1e2", "100.0"),
        ("-0", "-0.0"),
        ("-0.0", "-0.0"),
        ("31.245270191439438", "31.245270191439438"),
        ("18446744073709551615", "18446744073709551615"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        ("5e-324", "5e-324"),
        ("1e-999", "0.0"),
    ] {
        let value = value(text).expect(text);
        assert_eq!(value.as_f64().map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text}");
        if !has_arbitrary_precision() {
            assert_eq!(value.to_string(), written);
        }
    }
    assert!(has_arbitrary_precision() || value("1e999").unwrap_err().kind() == DecodeErrorKind::Data);
    assert_eq!(decode::<u128>(b"340282366920938463463374607431768211455").unwrap(), u128::MAX);
    for text in ["18446744073709551616", "1.0", "-1", "1e2"] {
        assert!(decode::<u64>(text.as_bytes()).is_err(), "{text}");
    }
}

/// A nest of strings that `serde_json::Value` takes for JSON once more, each with a limit of its own.
#[test]
fn a_raw_value_by_name_is_refused() {
    let token = "$serde_json::private::RawValue";
    for key in [token.to_owned(), token.replace('$', "\\u0024")] {
        let text = format!(r#"{{"a":{{"{key}":"{{\"admin\":true}}"}}}}"#);
        assert!(serde_json::from_str::<Value>(&text).unwrap()["a"]["admin"] == true, "serde_json takes it");
        assert_eq!(decode::<Value>(text.as_bytes()).unwrap_err().kind(), DecodeErrorKind::Data);
        assert!(decode::<BTreeMap<String, Value>>(text.as_bytes()).is_err());
        assert!(decode::<Maybe>(text.as_bytes()).is_err());
        assert!(RawJson::new(&text).unwrap().decode::<Value>().is_err());
    }
    // As an ignored key of a struct it is as good as any, and a raw value is still one.
    assert!(decode::<Inner>(format!(r#"{{"id":1,"{token}":"x"}}"#).as_bytes()).is_ok());
    assert_eq!(decode::<Vec<RawJson>>(b"[ {} , 1.50]").unwrap()[1].get(), "1.50");
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is decoded and not looked at")]
enum Maybe {
    Known(Inner),
    Unknown(Value),
}

/// A type that goes on after an error leaves no trace of it in the path of a later one.
#[test]
fn an_error_that_was_overcome_is_not_in_the_path() {
    #[derive(Debug, Serialize)]
    struct Forgiving;
    impl<'de> Deserialize<'de> for Forgiving {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct First;
            impl<'de> serde::de::Visitor<'de> for First {
                type Value = Forgiving;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an array")
                }

                fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut access: A) -> Result<Forgiving, A::Error> {
                    assert!(access.next_element::<u8>().is_err());
                    Ok(Forgiving)
                }
            }
            deserializer.deserialize_seq(First)
        }
    }
    #[derive(Debug, Deserialize, Serialize)]
    struct Both {
        first: Forgiving,
        second: Inner,
    }
    let error = decode::<Both>(br#"{"first": [300], "second": {"id": "x"}}"#).unwrap_err();
    assert_eq!(error.path(), "second.id");
    tower_webhook::tagged_enum! {
        #[derive(Debug)]
        enum Event { Both(Both) = "both" }
    }
    let body = br#"{"first": [300], "second": {"id": "x"}}"#;
    let error = decode_tagged::<Event>(Some("both"), body).unwrap_err();
    assert_eq!(error.path(), "second.id");
}

#[test]
fn a_missing_field_of_a_variant_is_named() {
    assert_eq!(error(r#"{"inner": {"id": 1}, "choice": {"Struct": {}}}"#).path(), "choice.Struct.inner");
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is decoded and not looked at")]
struct Typed {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    number: f64,
    #[serde(default)]
    whole: u8,
    #[serde(default)]
    wide: i128,
    #[serde(default)]
    flag: bool,
    #[serde(default)]
    list: Vec<u8>,
    #[serde(default)]
    pair: (u8, u8),
    #[serde(default)]
    map: BTreeMap<String, u8>,
    #[serde(default)]
    choice: Option<Choice>,
}

#[test]
fn the_kind_and_the_wanted_type_are_told() {
    use DecodeErrorKind::{Data, Eof, MissingField, RepeatedField, Syntax, TrailingData, WrongType};
    let kind = |body: &str| {
        let error = decode::<Typed>(body.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        (error.kind(), error.expected())
    };
    for (body, expected) in [
        (r#"{"text": 7}"#, "a string"),
        (r#"{"text": ["canary"]}"#, "a string"),
        (r#"{"number": "canary"}"#, "a number"),
        (r#"{"whole": "canary"}"#, "an integer"),
        (r#"{"whole": 1.5}"#, "an integer"),
        (r#"{"wide": "canary"}"#, "an integer"),
        (r#"{"flag": "canary"}"#, "a boolean"),
        (r#"{"list": {"canary": 1}}"#, "an array"),
        (r#"{"list": [null]}"#, "an integer"),
        (r#"{"pair": "canary"}"#, "an array"),
        (r#"{"map": ["canary"]}"#, "an object"),
        (r#"{"map": {"canary": "canary"}}"#, "an integer"),
        (r#"{"choice": 7}"#, "a string or an object"),
        (r#"{"choice": {"Newtype": "canary"}}"#, "an object"),
        (r#"{"choice": {"Tuple": "canary"}}"#, "an array"),
        (r#"["canary"]"#, "an object"),
        ("null", "an object"),
    ] {
        assert_eq!(kind(body), (WrongType, Some(expected)), "{body}");
    }
    for (body, expected) in [
        (r#"{"whole": 256}"#, Data),
        (r#"{"pair": [1]}"#, Data),
        (r#"{"pair": [1, 2, 3]}"#, Data),
        (r#"{"choice": "canary"}"#, Data),
        (r#"{"number": 1e999}"#, Data),
        (r#"{"text": "a", "text": "canary"}"#, RepeatedField),
        (r#"{"choice": {"Struct": {}}}"#, MissingField),
        (r#"{"choice": {"Struct": {"inner": {"id": 1, "id": 2}}}}"#, RepeatedField),
        (r#"{"text": "a"} canary"#, TrailingData),
        (r#"{"text": "a""#, Eof),
        (r#"{"choice": canary"#, Syntax),
        (r#"{"choice": 7, canary}"#, Syntax),
    ] {
        assert_eq!(kind(body), (expected, None), "{body}");
    }
    let shown = |body: &str| decode::<Typed>(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(shown(r#"{"text": 7}"#), "wrong type (expected a string) at line 1 column 10, field text");
    assert_eq!(shown(r#"{"text": "a", "text": "b"}"#), "repeated field at line 1 column 20, field text");
    assert_eq!(error(r#"{"inner": {}}"#).to_string(), "missing field at line 1 column 12, field inner.id");
    assert_eq!(shown(r#"{} {}"#), "trailing data at line 1 column 4");
}

/// The words of an error may be those of the body, if a type puts them there.
#[test]
fn the_message_of_a_type_of_ones_own_never_leaks() {
    #[derive(Debug)]
    struct Loud;
    impl<'de> Deserialize<'de> for Loud {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(text))
        }
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never decoded to the end")]
    struct Outer {
        loud: Loud,
        other: u8,
    }
    for (prefix, kind, path) in [
        ("", DecodeErrorKind::Data, "loud"),
        ("missing field `", DecodeErrorKind::MissingField, "loud"),
        ("duplicate field `", DecodeErrorKind::RepeatedField, "loud"),
        ("invalid type: ", DecodeErrorKind::WrongType, "loud"),
    ] {
        let body = format!(r#"{{"other": 1, "loud": "{prefix}canary` at line 3 column 4"}}"#);
        let error = decode::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.path(), error.expected()), (kind, path, None));
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}

/// The view hands the keys of maps on as text, by the grammar of JSON as `serde_json` itself.
#[test]
fn the_keys_of_maps_are_read_as_serde_json_reads_them() {
    let rooms: BTreeMap<i64, BTreeMap<bool, u8>> = decode(br#"{"-7": {"true": 1}, "12": {}}"#).unwrap();
    assert_eq!(rooms, BTreeMap::from([(-7, BTreeMap::from([(true, 1)])), (12, BTreeMap::new())]));
    for key in ["+7", "07", " 7", "7 ", "7.0", "", "seven"] {
        let body = serde_json::json!({ "rooms": { key: 1 } }).to_string();
        assert!(decode::<BTreeMap<String, BTreeMap<u8, u8>>>(body.as_bytes()).is_err(), "{key:?}");
        assert!(serde_json::from_str::<BTreeMap<String, BTreeMap<u8, u8>>>(&body).is_err(), "{key:?}");
    }
}

/// A key of a map in each form that a type can give it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Floor {
    First,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Room(String);

#[test]
fn the_keys_of_maps_are_options_newtypes_and_variants() {
    assert_eq!(decode::<BTreeMap<Option<String>, u8>>(br#"{"a": 1}"#).unwrap(), [(Some("a".into()), 1)].into());
    assert_eq!(decode::<BTreeMap<Room, u8>>(br#"{"a": 1}"#).unwrap(), [(Room("a".into()), 1)].into());
    assert_eq!(decode::<BTreeMap<Floor, u8>>(br#"{"Fi\u0072st": 1}"#).unwrap(), [(Floor::First, 1)].into());
    let error = decode::<BTreeMap<Floor, u8>>(br#"{"canary": 1}"#).unwrap_err();
    assert_eq!((error.kind(), error.path()), (DecodeErrorKind::Data, ""));
}

#[test]
fn a_newtype_is_as_strict_as_what_it_holds() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(Inner);
    assert_eq!(decode::<Wrapped>(br#"{"id": 1}"#).unwrap(), Wrapped(Inner { id: 1, tags: vec![] }));
    assert!(serde_json::from_str::<Wrapped>("[1, []]").is_ok(), "serde takes it");
    let error = decode::<Wrapped>(b"[1, []]").unwrap_err();
    assert_eq!((error.kind(), error.expected()), (DecodeErrorKind::WrongType, Some("an object")));
    assert_eq!(decode::<Wrapped>(br#"{"id": "canary"}"#).unwrap_err().path(), "id");
}
