//! Law: a scrubbed body has none of the personal texts and numbers that it was given, the same shape, and decodes to the same
//! variant; what is scrubbed twice with one scrubber is the same; and nothing panics.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tower_webhook::{
    json,
    provider::{mediquo, truemed},
    testing::{Scrubber, TestSender},
};

use crate::{draw::Draw, tree::Tree};

/// Nothing that is made up looks like these by chance.
const TEXT: &str = "qzvkxjwpq";
const NUMBER: u64 = 731_946_258_073_519;

static EVENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let senders = ["truemed", "mediquo"].map(|name| TestSender::named(name).unwrap());
    let bodies = senders.iter().flat_map(TestSender::events).map(|event| event.request::<Vec<u8>>().into_body());
    bodies.map(|body| serde_json::from_slice(&body).unwrap()).collect()
});

/// The canary in one of the forms that personal data has.
fn canary(draw: &mut Draw<'_>, found: &str) -> Value {
    Value::from(match draw.below(8) {
        0 => TEXT.to_owned(),
        1 => format!("{TEXT}@example.com"),
        2 => format!("https://example.com/{TEXT}?token={TEXT}"),
        3 => format!("{found}{TEXT}"),
        4 => format!("{TEXT}_{found}"),
        5 => format!("+34 {NUMBER}"),
        6 => NUMBER.to_string(),
        _ => format!("{}{TEXT}{}", draw.text(8), draw.text(8)),
    })
}

/// Puts canaries into some of the strings and numbers.
fn plant(value: &mut Value, draw: &mut Draw<'_>) {
    match value {
        Value::String(text) if draw.flag() => *value = canary(draw, &text.clone()),
        Value::Number(_) if draw.one_in(3) => {
            *value = match draw.below(3) {
                0 => Value::from(NUMBER),
                1 => Value::from(-(NUMBER as i64)),
                _ => Value::from(NUMBER as f64 / 8.0),
            };
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| plant(element, draw)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| plant(member, draw));
            if draw.one_in(6) {
                // A name of letters alone stays, as the page says.
                members.insert(format!("{TEXT}{NUMBER}{}", draw.text(4)), Value::from(TEXT));
            }
        }
        _ => {}
    }
}

fn is_same_shape(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_shape(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            // Names that are known keep what is below them; the others are made up.
            let is_kept = |(name, value): (&String, &Value)| other.get(name).is_none_or(|it| is_same_shape(value, it));
            one.len() == other.len() && one.iter().all(is_kept)
        }
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => true,
        _ => one == other,
    }
}

fn variants(body: &[u8]) -> (Option<String>, Option<String>) {
    let truemed = json::decode::<truemed::Event>(body).ok().map(|event| event.event_type().to_owned());
    let mediquo = json::decode::<mediquo::Event>(body).ok().map(|event| event.event_type().to_owned());
    (truemed, mediquo)
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let scrubber = Scrubber::new();
    let at = draw.below(EVENTS.len() + 2);
    let body = match EVENTS.get(at) {
        Some(event) => {
            let mut event = event.clone();
            plant(&mut event, draw);
            event.to_string().into_bytes()
        }
        None if at == EVENTS.len() => {
            let mut value =
                serde_json::from_str(&Tree::object(draw, 4).written(draw)).unwrap_or(Value::Object(Map::new()));
            plant(&mut value, draw);
            value.to_string().into_bytes()
        }
        None => draw.rest().to_vec(),
    };
    let Ok(fixture) = scrubber.scrub(&body) else {
        assert!(at > EVENTS.len(), "JSON cannot be scrubbed: {}", body.escape_ascii());
        return;
    };
    assert_eq!(scrubber.scrub(&body).unwrap(), fixture);
    let text = std::str::from_utf8(&fixture).unwrap();
    let digits = NUMBER.to_string();
    if at <= EVENTS.len() {
        assert!(!text.to_lowercase().contains(TEXT) && !text.contains(&digits), "{text}");
        let fraction = (NUMBER as f64 / 8.0).to_string();
        assert!(!text.contains(fraction.trim_end_matches('0')), "{text}");
    }
    let (before, after): (Value, Value) = match (serde_json::from_slice(&body), serde_json::from_str(text)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(_), _) => return,
        (Ok(_), Err(error)) => panic!("{error}: {text}"),
    };
    if at <= EVENTS.len() {
        assert!(is_same_shape(&before, &after), "{before} became {after}");
    }
    let (old, new) = (variants(&body), variants(&fixture));
    // Types that are not listed are made up, but stay texts.
    let is_known = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.contains(TEXT));
    if at < EVENTS.len() {
        assert!(!is_known(&old.0) || new.0.is_some(), "no event of Truemed any more: {before} became {after}");
        assert!(!is_known(&old.1) || new.1.is_some(), "no event of MediQuo any more: {before} became {after}");
    }
}
