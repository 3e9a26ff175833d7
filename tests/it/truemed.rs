//! Truemed's first two webhooks, in every reading that its pages allow.

use serde_json::{Value, json};
use tower_webhook::{
    Rejection,
    json::{DateTime, DecodeErrorKind, RawJson, Unknown},
    provider::truemed::{Eligibility, Event, Item, ItemEligibilityUpdated, QualificationSessionComplete, Status},
};

use crate::support::{fixture, permutations, truemed_event};

async fn event(value: &Value) -> Result<Event, Rejection> {
    truemed_event(value.to_string()).await
}

async fn session(value: &Value) -> QualificationSessionComplete {
    match event(value).await {
        Ok(Event::QualificationSessionComplete(session)) => session,
        other => panic!("{other:?} of {value}"),
    }
}

async fn update(value: &Value) -> ItemEligibilityUpdated {
    match event(value).await {
        Ok(Event::ItemEligibilityUpdated(update)) => update,
        other => panic!("{other:?} of {value}"),
    }
}

/// The path at which a document is found to be malformed.
async fn malformed(value: &Value) -> String {
    let rejection = event(value).await.expect_err(&value.to_string());
    let error = rejection.decode_error().expect("where it went wrong");
    let kinds = [DecodeErrorKind::MissingField, DecodeErrorKind::WrongType, DecodeErrorKind::Data];
    assert!(kinds.contains(&error.kind()), "{error} of {value}");
    error.path().to_owned()
}

fn full_session() -> Value {
    serde_json::from_slice(&fixture("truemed/qualification_session_complete.json")).unwrap()
}

fn full_update() -> Value {
    serde_json::from_slice(&fixture("truemed/item_eligibility_updated.json")).unwrap()
}

#[tokio::test]
async fn a_session_with_all_fields() {
    let session = session(&full_session()).await;
    let mut expected = QualificationSessionComplete::new("qs_7f3k2", Status::Approved);
    expected.email = Some("jane.doe@example.com".into());
    expected.expires_at = Some(DateTime::from("2025-01-15T09:30:00Z"));
    expected.source = Some("checkout".into());
    expected.user_id = Some("user-42".into());
    assert_eq!(session, expected);
    assert!(expected.expires_at.unwrap().instant().is_some());
}

#[tokio::test]
async fn an_update_with_all_fields() {
    let update = update(&full_update()).await;
    let mut item = Item::new("SAUNA-2");
    item.name = Some("Two-person sauna".into());
    item.eligibility = Some(Eligibility::EligibleWithLmn);
    item.reviewed_at = Some(DateTime::from("2024-01-15T08:29:58.125Z"));
    assert_eq!(update, ItemEligibilityUpdated::new(DateTime::from("2024-01-15T09:30:00Z"), item));
}

#[tokio::test]
async fn the_pages_sample_as_printed_is_an_unknown_type() {
    let sample = fixture("truemed/item_eligibility_updated_sample.json");
    let json = RawJson::new(std::str::from_utf8(&sample).unwrap()).unwrap();
    assert_eq!(truemed_event(sample).await, Ok(Event::Unknown(Unknown::new("string", json))));
}

#[tokio::test]
async fn the_pages_sample_of_the_known_type_is_an_update() {
    let mut sample: Value = serde_json::from_slice(&fixture("truemed/item_eligibility_updated_sample.json")).unwrap();
    sample["event_type"] = "product_catalog.item.eligibility_updated".into();
    let update = update(&sample).await;
    assert_eq!(update.timestamp, DateTime::Text("string".into()));
    assert_eq!(update.data.object.sku, "string");
    assert_eq!(update.data.object.created_at, Some(DateTime::from("2024-01-15T09:30:00Z")));
    assert_eq!(update.data.object.eligibility, None);
}

#[tokio::test]
async fn every_documented_value_and_any_other() {
    let mut value = full_session();
    for (text, status) in [
        ("pending", Status::Pending),
        ("processing", Status::Processing),
        ("approved", Status::Approved),
        ("rejected", Status::Rejected),
        ("on_hold", Status::Other("on_hold".into())),
        ("Approved", Status::Other("Approved".into())),
        ("", Status::Other(String::new())),
    ] {
        value["status"] = text.into();
        assert_eq!(session(&value).await.status, status);
        assert_eq!(status.as_str(), text);
    }
    let mut value = full_update();
    for (text, eligibility) in [
        ("eligible", Eligibility::Eligible),
        ("eligible_with_lmn", Eligibility::EligibleWithLmn),
        ("ineligible", Eligibility::Ineligible),
        ("maybe", Eligibility::Other("maybe".into())),
    ] {
        value["data"]["object"]["eligibility"] = text.into();
        assert_eq!(update(&value).await.data.object.eligibility, Some(eligibility));
    }
}

#[tokio::test]
async fn optional_fields_may_be_absent_or_null() {
    for field in ["email", "expires_at", "source", "user_id"] {
        let mut value = full_session();
        value[field] = Value::Null;
        let null = session(&value).await;
        value.as_object_mut().unwrap().remove(field);
        assert_eq!(null, session(&value).await);
        assert_ne!(null, session(&full_session()).await, "{field} was there");
    }
    for field in ["name", "eligibility", "reviewed_at", "created_at"] {
        let mut value = full_update();
        value["data"]["object"]["created_at"] = "2024-01-01T00:00:00Z".into();
        let all = update(&value).await;
        value["data"]["object"][field] = Value::Null;
        let null = update(&value).await;
        value["data"]["object"].as_object_mut().unwrap().remove(field);
        assert_eq!(null, update(&value).await);
        assert_ne!(null, all, "{field} was there");
    }
    let least = json!({"qualification_session_id": "1", "status": "rejected"});
    assert_eq!(session(&least).await, QualificationSessionComplete::new("1", Status::Rejected));
}

#[tokio::test]
async fn required_fields_may_not_be_absent_null_or_of_another_type() {
    for wrong in
        [None, Some(json!(null)), Some(json!(7)), Some(json!(true)), Some(json!(["x"])), Some(json!({"x": null}))]
    {
        for (full, pointer, path) in [
            (full_session(), "/status", "status"),
            (full_update(), "/timestamp", "timestamp"),
            (full_update(), "/data/object/sku", "data.object.sku"),
        ] {
            assert_eq!(malformed(&changed(full, pointer, wrong.clone())).await, path, "{wrong:?}");
        }
    }
    for wrong in [None, Some(json!(null)), Some(json!(7)), Some(json!("x")), Some(json!(["x"]))] {
        assert_eq!(malformed(&changed(full_update(), "/data", wrong.clone())).await, "data", "{wrong:?}");
        assert_eq!(malformed(&changed(full_update(), "/data/object", wrong)).await, "data.object");
    }
    for wrong in [json!(7), json!(true), json!(["x"]), json!({"x": null})] {
        let path = malformed(&changed(full_session(), "/qualification_session_id", Some(wrong.clone()))).await;
        assert_eq!(path, "qualification_session_id");
        assert_eq!(malformed(&changed(full_update(), "/event_type", Some(wrong))).await, "event_type");
    }
}

/// `value` with what is at the pointer replaced or removed.
fn changed(mut value: Value, pointer: &str, by: Option<Value>) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match by {
        Some(by) => parent.insert(field.to_owned(), by),
        None => parent.remove(field),
    };
    value
}

#[tokio::test]
async fn the_order_of_keys_does_not_matter() {
    let expected = event(&full_update()).await.unwrap();
    let full = full_update();
    let fields: Vec<_> = full.as_object().unwrap().iter().collect();
    for order in permutations(&fields) {
        let members: Vec<_> = order.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
        assert_eq!(truemed_event(format!("{{{}}}", members.join(","))).await.as_ref(), Ok(&expected));
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let mut value = full_session();
    for (field, extra) in [("extra", json!([1])), ("data", json!(5)), ("timestamp", json!({})), ("object", json!(null))]
    {
        value[field] = extra;
    }
    assert_eq!(session(&value).await, session(&full_session()).await);
    let mut value = full_update();
    value["extra"] = json!({"a": [null]});
    value["status"] = json!(5);
    value["data"]["extra"] = json!(1);
    value["data"]["object"]["extra"] = json!("x");
    assert_eq!(update(&value).await, update(&full_update()).await);
}

#[tokio::test]
async fn an_unknown_type_is_an_event_with_the_json_that_was_sent() {
    for text in [
        r#"{"event_type":"partner.created","timestamp":7,"data":[1, 2 ]}"#,
        r#"  {"data": null, "event_type": "partner.created" }
"#,
        r#"{"event_type":"partner.created","qualification_session_id":"1","status":"approved"}"#,
    ] {
        let Ok(Event::Unknown(unknown)) = truemed_event(text).await else { panic!("{text}") };
        assert_eq!(unknown.event_type, "partner.created");
        assert_eq!(unknown.json.get(), text.trim());
    }
}

#[tokio::test]
async fn a_null_event_type_is_none() {
    let mut value = full_session();
    value["event_type"] = Value::Null;
    assert_eq!(session(&value).await, session(&full_session()).await);
}

#[tokio::test]
async fn an_array_of_its_values_is_not_an_object() {
    for text in [
        r#"["qs_1","approved",null,null,null,null]"#,
        r#"["product_catalog.item.eligibility_updated",null]"#,
        r#"{"event_type":"product_catalog.item.eligibility_updated","timestamp":"x","data":[{"sku":"1"}]}"#,
        r#"{"event_type":"product_catalog.item.eligibility_updated","timestamp":"x","data":{"object":["1","n",null,null,null]}}"#,
        r#"{"qualification_session_id":"1","status":{"approved":null}}"#,
        r#"{"qualification_session_id":"1","status":{"Approved":null}}"#,
    ] {
        assert!(truemed_event(text).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_doubled_field_is_malformed() {
    assert!(
        truemed_event(r#"{"qualification_session_id":"1","qualification_session_id":"2","status":"approved"}"#)
            .await
            .is_err()
    );
    assert!(
        truemed_event(r#"{"qualification_session_id":"1","status":"rejected","status":"approved"}"#).await.is_err()
    );
    assert!(truemed_event(r#"{"event_type":"a","\u0065vent_type":"b"}"#).await.is_err());
}

#[tokio::test]
async fn what_is_serialised_is_read_again() {
    for value in [full_session(), full_update(), json!({"event_type": "x", "y": [1.50, "z"]})] {
        let event = event(&value).await.unwrap();
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert_eq!(truemed_event(text).await, Ok(event));
    }
}
