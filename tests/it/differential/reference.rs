//! Reads documents in the plainest way: each member is looked up by hand, in JSON that is read anew for each object.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, json, value::RawValue};

use super::shapes::{
    Absent, ELIGIBILITY, EVENTS, Kind, Member, NOTIFICATIONS, ORDER, PAYMENT, QUALIFICATION, REPORT, REPORT_SENT, SOAP,
    Shape, TOKEN,
};

/// The key of an object that `serde_json::Value` would take for raw JSON. `json::decode` refuses it, as is documented.
pub(super) const RESERVED: &str = "$serde_json::private::RawValue";

/// Times as they are sent, and as they are written.
pub(super) const TIMES: [(&str, &str); 9] = [
    ("2024-01-15T09:30:00Z", "2024-01-15T09:30:00Z"),
    ("2024-01-15T10:30:00.250+01:00", "2024-01-15T09:30:00.25Z"),
    ("2024-02-29T23:59:59-00:30", "2024-03-01T00:29:59Z"),
    ("2024-01-15T09:30:00", "2024-01-15T09:30:00"),
    ("2024-01-15T09:30:00.500", "2024-01-15T09:30:00.5"),
    ("2024-01-15", "2024-01-15"),
    ("2023-02-29T00:00:00Z", "2023-02-29T00:00:00Z"),
    ("soon", "soon"),
    ("", ""),
];

/// Seconds since 1970 as they are sent, and as they are written, if they are a time.
pub(super) const UNIX_TIMES: [(&str, Option<&str>); 15] = [
    ("1700000000", Some("1700000000")),
    ("1700000000.0", Some("1700000000")),
    ("1700000000.25", Some("1700000000.25")),
    ("1700000000.1234567", Some("1700000000.123457")),
    ("17e8", Some("1700000000")),
    ("-1", Some("-1")),
    ("0", Some("0")),
    ("-0", Some("0")),
    ("1.5", Some("1.5")),
    ("1e2", Some("100")),
    ("1e300", None),
    ("99999999999999", None),
    ("18446744073709551616", None),
    ("null", None),
    ("\"1700000000\"", None),
];

type Members = Vec<(String, Box<RawValue>)>;

/// What an event of this kind is serialised as. `None` if the document is refused.
pub(super) fn read(kind: Kind, document: &str) -> Option<Value> {
    // First of all it has to be JSON.
    let whole: &RawValue = serde_json::from_str(document).ok()?;
    let whole = whole.get();
    let members = members(whole)?;
    match kind {
        Kind::Truemed => truemed(whole, &members),
        Kind::MediQuo => {
            let event_type = text(look_up(&members, "type")??)?;
            match NOTIFICATIONS.iter().find(|(known, _)| *known == event_type) {
                Some((_, shape)) => Some(tagged("type", &event_type, object(shape, &members)?)),
                None => value(whole),
            }
        }
        Kind::Tagged => {
            let meta = self::members(look_up(&members, "meta")??)?;
            let event_type = text(look_up(&meta, "event")??)?;
            let data = match EVENTS.iter().find(|(known, _)| *known == event_type) {
                Some((_, Some(shape))) => read_shape(*shape, whole)?,
                Some((_, None)) => return Some(json!({"type": event_type})),
                None => value(whole)?,
            };
            Some(json!({"type": event_type, "data": data}))
        }
        Kind::Strict => object(ORDER, &members).map(Value::Object),
    }
}

fn truemed(whole: &str, members: &Members) -> Option<Value> {
    if let Some(event_type) = look_up(members, "event_type")? {
        let event_type = text(event_type)?;
        return if event_type == "product_catalog.item.eligibility_updated" {
            Some(tagged("event_type", &event_type, object(ELIGIBILITY, members)?))
        } else {
            value(whole)
        };
    }
    let has = |name: &str| members.iter().any(|(other, value)| other == name && value.get() != "null");
    if has("qualification_session_id") && (has("status") || !has("payment_token")) {
        object(QUALIFICATION, members).map(Value::Object)
    } else if has("status") && (has("payment_session_id") || has("id")) {
        let mut session = object(PAYMENT, members)?;
        let id = session.remove("id")?;
        let id_of_session = &mut session["payment_session_id"];
        if id_of_session.is_null() {
            *id_of_session = id.as_str().map_or_else(|| id.to_string(), str::to_owned).into();
        }
        Some(Value::Object(session))
    } else if has("payment_token") && !has("status") {
        object(TOKEN, members).map(Value::Object)
    } else {
        value(whole)
    }
}

fn tagged(name: &str, event_type: &str, mut members: Map<String, Value>) -> Value {
    members.insert(name.to_owned(), event_type.into());
    Value::Object(members)
}

fn object(shape: &[Member], members: &Members) -> Option<Map<String, Value>> {
    let read = |member: &Member| {
        let found = match (look_up(members, member.name)?, member.absent) {
            (Some(json), _) => read_shape(member.shape, json)?,
            (None, Absent::Null) => Value::Null,
            (None, Absent::Empty) => json!([]),
            (None, Absent::Refused) => return None,
        };
        Some((member.name.to_owned(), found))
    };
    shape.iter().map(read).collect()
}

fn read_shape(shape: Shape, json: &str) -> Option<Value> {
    match shape {
        Shape::Text => text(json).map(Value::from),
        Shape::Bool => serde_json::from_str::<bool>(json).ok().map(Value::from),
        Shape::Integer(least, most) => {
            let number: i128 = if json == "-0" { return None } else { json.parse().ok()? };
            let is_in_range = (least..=most).contains(&number);
            is_in_range.then(|| serde_json::from_str(json).ok())?
        }
        Shape::Float => {
            let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
            let number: f64 = if is_number { json.parse().ok()? } else { return None };
            number.is_finite().then(|| number.into())
        }
        Shape::Exact if json.starts_with('"') => text(json).map(Value::from),
        Shape::Exact => exact(json),
        Shape::Time => {
            let sent = text(json)?;
            let known = TIMES.iter().find(|(time, _)| *time == sent);
            Some(known.map_or_else(|| sent.clone().into(), |(_, written)| Value::from(*written)))
        }
        Shape::UnixTime => {
            let (_, written) = UNIX_TIMES.iter().find(|(time, _)| *time == json)?;
            written.and_then(|written| serde_json::from_str(written).ok())
        }
        Shape::Any if json.contains(RESERVED) => None,
        Shape::Any | Shape::Raw => value(json),
        Shape::Object(shape) => object(shape, &members(json)?).map(Value::Object),
        Shape::List(shape) => elements(json)?.iter().map(|element| read_shape(*shape, element.get())).collect(),
        Shape::Map(shape) => {
            let members = members(json)?;
            let read = |(name, json): &(String, Box<RawValue>)| {
                if name == RESERVED { None } else { Some((name.clone(), read_shape(*shape, json.get())?)) }
            };
            members.iter().map(read).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Shape::Report => report(&members(json)?),
        Shape::Reports => reports(json),
        Shape::ReportSent => {
            let members = members(json)?;
            let mut sent = object(REPORT_SENT, &members)?;
            read_content(&mut sent, &members)?;
            Some(Value::Object(sent))
        }
    }
}

/// A report, whose content depends on its type.
fn report(members: &Members) -> Option<Value> {
    let mut report = object(REPORT, members)?;
    read_content(&mut report, members)?;
    let has = |names: &[&str]| members.iter().any(|(name, _)| names.contains(&&**name));
    let has_other = members.iter().any(|(name, _)| !["id", "type", "content"].contains(&&**name));
    if has_other && !has(&["id", "type", "content"]) { None } else { Some(Value::Object(report)) }
}

fn read_content(report: &mut Map<String, Value>, members: &Members) -> Option<()> {
    if report["type"] == "soap" {
        if let Some(content) = look_up(members, "content")? {
            report["content"] = read_shape(SOAP, content)?;
        }
    }
    Some(())
}

/// An array of reports, one report, or reports by name.
fn reports(json: &str) -> Option<Value> {
    if json.starts_with('[') {
        return elements(json)?.iter().map(|element| read_shape(Shape::Report, element.get())).collect();
    }
    let members = members(json)?;
    let is_of_report = |name: &str| ["id", "type", "content"].contains(&name);
    let by_name = || {
        let mut reports: Vec<(String, Value)> = Vec::new();
        for (name, json) in members.iter().filter(|(_, json)| json.get() != "null") {
            let mut report = read_shape(Shape::Report, json.get())?;
            report["name"] = name.clone().into();
            reports.push((name.clone(), report));
        }
        reports.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(reports.into_iter().map(|(_, report)| report).collect::<Value>())
    };
    let one = || {
        let own = |(name, _): &&(String, Box<RawValue>)| is_of_report(name) || name == "name";
        let own: Members = members.iter().filter(own).cloned().collect();
        own.iter().find(|(name, _)| is_of_report(name))?;
        Some(json!([report(&own)?]))
    };
    let is_named =
        |(name, json): &(String, Box<RawValue>)| !is_of_report(name) && name != "name" && json.get().starts_with('{');
    let first = if members.iter().any(is_named) { by_name() } else { None };
    first.or_else(one).or_else(by_name)
}

/// A number without an exponent and without needless zeros: as a number if it is an integer of 64 bits, else as a text.
fn exact(json: &str) -> Option<Value> {
    let (sign, digits) = json.strip_prefix('-').map_or(("", json), |digits| ("-", digits));
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shift: i32 = exponent.parse().ok()?;
    let (mut whole, mut fraction) = (whole.to_owned(), fraction.to_owned());
    for _ in 0..shift.max(0) {
        whole.push(if fraction.is_empty() { '0' } else { fraction.remove(0) });
    }
    for _ in 0..(-shift).max(0) {
        fraction.insert(0, whole.pop().unwrap_or('0'));
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let plain = match (whole, fraction) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{}.{fraction}", if whole.is_empty() { "0" } else { whole }),
    };
    Some(match (plain.parse::<u64>(), plain.parse::<i64>()) {
        (Ok(number), _) => number.into(),
        (_, Ok(number)) => number.into(),
        _ => plain.into(),
    })
}

/// `Some(None)` if it is not there, or `null`. `None` if it is there twice.
fn look_up<'m>(members: &'m Members, name: &str) -> Option<Option<&'m str>> {
    let mut found = members.iter().filter(|(other, _)| other == name);
    let first = found.next();
    if found.next().is_some() {
        return None;
    }
    Some(first.map(|(_, json)| json.get()).filter(|json| *json != "null"))
}

fn text(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

fn value(json: &str) -> Option<Value> {
    serde_json::from_str(json).ok()
}

fn elements(json: &str) -> Option<Vec<Box<RawValue>>> {
    serde_json::from_str(json).ok()
}

fn members(json: &str) -> Option<Members> {
    struct All(Members);

    impl<'de> Deserialize<'de> for All {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct AllVisitor;

            impl<'de> Visitor<'de> for AllVisitor {
                type Value = Members;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                    std::iter::from_fn(|| access.next_entry().transpose()).collect()
                }
            }

            deserializer.deserialize_map(AllVisitor).map(Self)
        }
    }

    serde_json::from_str(json).ok().map(|All(members)| members)
}
