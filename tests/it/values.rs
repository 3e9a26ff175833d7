//! The values of JSON that keep what was sent: ids, amounts, secrets and raw JSON.

use std::{
    fmt::Debug,
    hash::{BuildHasher, Hash, RandomState},
};

use serde::{
    Deserialize, Deserializer,
    de::{
        Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::json;
use tower_webhook::json::{Amount, DecodeErrorKind, Id, RawJson, SecretString, decode};

use crate::support::jobs::cbor;

#[test]
fn no_value_is_shown() {
    let values: [(&dyn Debug, &str); 4] = [
        (&Id::from("canary"), "Id(..)"),
        (&Amount::from("canary"), "Amount(..)"),
        (&SecretString::from("canary"), "SecretString(..)"),
        (&RawJson::new(r#" ["canary"] "#).unwrap(), "RawJson(10 bytes)"),
    ];
    for (value, shown) in values {
        assert_eq!(format!("{value:?}"), shown);
    }
}

#[test]
fn an_id_is_its_text_and_no_other() {
    let id = Id::from(7_i64);
    assert!(id == "7" && id == *"7");
    assert!(id != "8" && id != *"8");
    assert_eq!(Id::from(u64::MAX), "18446744073709551615");
    assert_eq!(Amount::from(u64::MAX).as_str(), "18446744073709551615");
}

#[test]
fn equal_values_have_one_hash_and_others_have_others() {
    let hasher = RandomState::new();
    fn differ<T: Hash + Eq + Debug>(hasher: &RandomState, [one, same, other]: [T; 3]) {
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert_eq!(hasher.hash_one(&one), hasher.hash_one(&same));
        assert_ne!(hasher.hash_one(&one), hasher.hash_one(&other));
    }
    differ(&hasher, [Id::from(7_i64), Id::from("7"), Id::from("8")]);
    differ(&hasher, [Amount::from(1250_i64), Amount::from("1250.00"), Amount::from("12.50")]);
    differ(&hasher, [Amount::from("soon"), Amount::from("soon"), Amount::from("late")]);
}

#[test]
fn what_is_no_decimal_number_is_only_itself() {
    for (text, number) in [("1.", "1"), (".5", "0.5"), ("", "0"), ("late.0", "late"), ("1.x", "1")] {
        assert_ne!(Amount::from(text), Amount::from(number), "{text:?}");
        assert_eq!(Amount::from(text).as_str(), text);
    }
}

/// So that a few bytes of a sender's do not become a gigabyte.
#[test]
fn up_to_64_zeros_are_written_out() {
    let amount = |json: &str| decode::<Amount>(json.as_bytes()).unwrap().to_string();
    assert_eq!(amount("1e65"), format!("1{}", "0".repeat(65)));
    assert_eq!(amount("1e66"), "1e66");
    assert_eq!(amount("1e-65"), format!("0.{}1", "0".repeat(64)));
    assert_eq!(amount("1e-66"), "1e-66");
}

#[test]
fn an_id_is_no_half_of_a_surrogate_pair_and_no_object() {
    assert_eq!(decode::<Id>(br#""\ud800""#).unwrap_err().kind(), DecodeErrorKind::Data);
    let error = serde_json::from_str::<Id>(r#""\ud800""#).unwrap_err();
    assert!(error.to_string().starts_with("a string that is not Unicode"), "{error}");
    for object in [json!({"a": "7"}), json!({})] {
        assert_eq!(decode::<Id>(object.to_string().as_bytes()).unwrap_err().kind(), DecodeErrorKind::WrongType);
        let error = ciborium::from_reader::<Id, _>(cbor(&object).as_slice()).unwrap_err();
        assert_eq!(error.to_string(), r#"Semantic(None, "invalid type")"#);
    }
}

/// A format that tells apart what JSON does not: `Some(7)` is no `7`, and neither is `Meters(7)`.
#[derive(Clone, Copy)]
enum Ron {
    Newtype,
    Some,
    Number,
}

impl<'de> Deserializer<'de> for Ron {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Newtype => visitor.visit_newtype_struct(Self::Some),
            Self::Some => visitor.visit_some(Self::Number),
            Self::Number => visitor.visit_u64(7),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn raw_json_is_read_from_a_format_that_knows_more_than_json() {
    for format in [Ron::Newtype, Ron::Some, Ron::Number] {
        assert_eq!(RawJson::deserialize(format).unwrap().get(), "7");
    }
}

#[test]
fn what_cannot_be_json_is_an_error_that_quotes_nothing() {
    let text = StrDeserializer::<Error>::new("canary");
    assert_eq!(RawJson::deserialize(text).unwrap_err().to_string(), "invalid type: expected JSON");
    let tagged = cbor(&ciborium::Value::Tag(32, Box::new("canary".into())));
    let error = ciborium::from_reader::<RawJson, _>(tagged.as_slice()).unwrap_err();
    assert_eq!(error.to_string(), r#"Semantic(None, "invalid type: enum, expected JSON")"#);
}
