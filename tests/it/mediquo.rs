//! MediQuo's first two events, in every reading that its first page allows.

use serde_json::{Value, json};
use tower_webhook::{
    Rejection,
    jiff::Timestamp,
    json::{DateTime, DecodeErrorKind, RawJson},
    provider::mediquo::{
        ConsultationPayload, ConsultationType, Event, Notification, Patient, Report, ReportContent, ReportSentPayload,
        ReportType, Soap,
    },
};

use crate::support::{fixture, jobs::has_arbitrary_precision, mediquo_event, permutations};

async fn event(value: &Value) -> Result<Event, Rejection> {
    mediquo_event(value.to_string()).await
}

async fn finished(value: &Value) -> Notification<ConsultationPayload> {
    match event(value).await {
        Ok(Event::ConsultationFinished(finished)) => finished,
        other => panic!("{other:?} of {value}"),
    }
}

async fn sent(value: &Value) -> Notification<ReportSentPayload> {
    match event(value).await {
        Ok(Event::ReportSent(sent)) => sent,
        other => panic!("{other:?} of {value}"),
    }
}

async fn malformed(value: &Value) -> String {
    let rejection = event(value).await.expect_err(&value.to_string());
    let error = rejection.decode_error().expect("where it went wrong");
    let kinds = [DecodeErrorKind::MissingField, DecodeErrorKind::WrongType, DecodeErrorKind::Data];
    assert!(kinds.contains(&error.kind()), "{error} of {value}");
    error.path().to_owned()
}

fn consultation() -> Value {
    serde_json::from_slice(&fixture("mediquo/patient_consultation_finished.json")).unwrap()
}

fn report() -> Value {
    serde_json::from_slice(&fixture("mediquo/patient_report_sent.json")).unwrap()
}

fn changed(mut value: Value, pointer: &str, by: Option<Value>) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match (value.pointer_mut(parent).unwrap(), by) {
        (Value::Array(parent), Some(by)) => parent[field.parse::<usize>().unwrap()] = by,
        (parent, Some(by)) => drop(parent.as_object_mut().unwrap().insert(field.to_owned(), by)),
        (parent, None) => drop(parent.as_object_mut().unwrap().remove(field)),
    }
    value
}

#[tokio::test]
async fn the_sample_of_a_consultation_as_printed() {
    let body = fixture("mediquo/patient_consultation_finished.json");
    let Ok(Event::ConsultationFinished(finished)) = mediquo_event(body).await else { panic!() };
    assert_eq!(finished.occurred_on.to_string(), "2023-12-31T23:00:00Z");
    let payload = finished.payload;

    assert_eq!(payload.consultation.id, "id_consultation");
    assert_eq!(payload.consultation.consultation_type, Some(ConsultationType::Appointment));
    let Some(DateTime::Civil(start)) = payload.consultation.start_date else { panic!() };
    assert_eq!(start.to_string(), "2024-01-01T00:00:00");
    assert_eq!(payload.consultation.end_date.unwrap().to_string(), "2024-01-01T01:00:00");
    let speciality = payload.consultation.speciality.unwrap();
    assert_eq!(speciality.id.unwrap(), "1");
    assert_eq!(speciality.name.as_deref(), Some("Medicina General"));

    assert_eq!(payload.reports.len(), 2);
    assert_eq!(payload.reports[1].id.as_deref(), Some("report-2-id"));
    assert_eq!(payload.reports[1].report_type, Some(ReportType::Soap));
    let Some(ReportContent::Soap(soap)) = &payload.reports[1].content else { panic!() };
    assert!(soap.subjective.as_deref().unwrap().starts_with("Patient-reported information"));
    assert!(soap.objective.as_deref().unwrap().starts_with("Clinically observed"));
    assert!(soap.assessment.as_deref().unwrap().starts_with("The healthcare provider's"));
    assert!(soap.plan.as_deref().unwrap().starts_with("The proposed plan"));

    assert_eq!(payload.patient.code.as_deref(), Some("patient_code"));
    assert_eq!(payload.patient.allergies[1].id, Some("allergy-2-id".into()));
    assert_eq!(payload.patient.allergies[1].name.as_deref(), Some("allergy 2 name"));
    assert_eq!(payload.patient.allergies[1].description.as_deref(), Some("allergy 2 description"));
    assert_eq!(payload.patient.diseases[0].id, Some("disease-1-id".into()));
    assert_eq!(payload.patient.diseases[1].name.as_deref(), Some("disease 2 name"));
    assert_eq!(payload.patient.medications[0].posology.as_deref(), Some("medication 1 posology"));
    let professional = payload.professional.unwrap();
    assert_eq!(professional.id.as_deref(), Some("hash"));
    assert_eq!(professional.name.as_deref(), Some("professional name"));
    assert_eq!(professional.avatar.as_deref(), Some("https://image.url/"));
    assert_eq!(payload.prescriptions.len(), 2);
    assert_eq!(payload.prescriptions[0].id.as_deref(), Some("prescription-1-id"));
    assert_eq!(payload.prescriptions[0].active_substances, ["substance_1", "substance_2", "substance_3"]);
}

#[tokio::test]
async fn the_sample_of_a_report_as_printed() {
    let Ok(Event::ReportSent(sent)) = mediquo_event(fixture("mediquo/patient_report_sent.json")).await else {
        panic!()
    };
    let mut soap = Soap::default();
    soap.subjective = report()["payload"]["content"]["subjective"].as_str().map(str::to_owned);
    soap.objective = report()["payload"]["content"]["objective"].as_str().map(str::to_owned);
    soap.assessment = report()["payload"]["content"]["assessment"].as_str().map(str::to_owned);
    soap.plan = report()["payload"]["content"]["plan"].as_str().map(str::to_owned);
    let mut payload = ReportSentPayload::new(Patient::new("patient_code"));
    payload.report_type = Some(ReportType::Soap);
    payload.content = Some(ReportContent::Soap(soap));
    assert_eq!(sent, Notification::new(Timestamp::from_second(1_704_063_600).unwrap(), payload));
}

const OPTIONAL: [&str; 34] = [
    "/payload/patient/code",
    "/payload/consultation/type",
    "/payload/consultation/start_date",
    "/payload/consultation/end_date",
    "/payload/consultation/speciality",
    "/payload/consultation/speciality/id",
    "/payload/consultation/speciality/name",
    "/payload/reports",
    "/payload/reports/0/id",
    "/payload/reports/0/type",
    "/payload/reports/0/content",
    "/payload/reports/0/content/subjective",
    "/payload/reports/0/content/objective",
    "/payload/reports/0/content/assessment",
    "/payload/reports/0/content/plan",
    "/payload/patient/allergies",
    "/payload/patient/allergies/0/id",
    "/payload/patient/allergies/0/name",
    "/payload/patient/allergies/0/description",
    "/payload/patient/diseases",
    "/payload/patient/diseases/0/id",
    "/payload/patient/diseases/0/name",
    "/payload/patient/diseases/0/description",
    "/payload/patient/medications",
    "/payload/patient/medications/0/id",
    "/payload/patient/medications/0/name",
    "/payload/patient/medications/0/description",
    "/payload/patient/medications/0/posology",
    "/payload/professional",
    "/payload/professional/name",
    "/payload/professional/avatar",
    "/payload/prescriptions",
    "/payload/prescriptions/0/id",
    "/payload/prescriptions/0/active_substances",
];

#[tokio::test]
async fn optional_fields_may_be_absent_or_null() {
    let all = finished(&consultation()).await;
    for pointer in OPTIONAL {
        let null = finished(&changed(consultation(), pointer, Some(Value::Null))).await;
        let absent = finished(&changed(consultation(), pointer, None)).await;
        assert_eq!(null, absent, "{pointer}");
        assert_ne!(null, all, "{pointer} was there");
    }
    for pointer in ["/payload/type", "/payload/content", "/payload/content/plan"] {
        let null = sent(&changed(report(), pointer, Some(Value::Null))).await;
        assert_eq!(null, sent(&changed(report(), pointer, None)).await, "{pointer}");
        assert_ne!(null, sent(&report()).await, "{pointer} was there");
    }
    let least = json!({
        "type": "patient_consultation_finished",
        "occurred_on": 0,
        "payload": {"consultation": {"id": "c"}, "patient": {"code": "p"}},
    });
    let payload = finished(&least).await.payload;
    assert!(payload.reports.is_empty() && payload.prescriptions.is_empty() && payload.patient.allergies.is_empty());
}

#[tokio::test]
async fn required_fields_may_not_be_absent_null_or_of_another_type() {
    let wrong_text = [None, Some(json!(null)), Some(json!(7)), Some(json!(["x"])), Some(json!({"x": null}))];
    let wrong_object = [None, Some(json!(null)), Some(json!(7)), Some(json!("x")), Some(json!(["x"]))];
    let wrong_number = [None, Some(json!(null)), Some(json!("1704063600")), Some(json!([1])), Some(json!({"x": 1}))];
    for (pointer, path, wrongs) in [
        ("/type", "type", &wrong_text),
        ("/occurred_on", "occurred_on", &wrong_number),
        ("/payload", "payload", &wrong_object),
        ("/payload/consultation", "payload.consultation", &wrong_object),
        ("/payload/consultation/id", "payload.consultation.id", &wrong_text),
        ("/payload/patient", "payload.patient", &wrong_object),
    ] {
        for wrong in wrongs {
            assert_eq!(malformed(&changed(consultation(), pointer, wrong.clone())).await, path, "{wrong:?}");
            if report().pointer(pointer).is_some() {
                assert_eq!(malformed(&changed(report(), pointer, wrong.clone())).await, path, "{wrong:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_error_says_that_a_time_is_a_number() {
    let rejection = event(&changed(report(), "/occurred_on", Some(json!("today")))).await.unwrap_err();
    // Where `serde_json` keeps numbers as texts, it could be one of those too.
    let expected = (!has_arbitrary_precision()).then_some("a number");
    assert_eq!(rejection.decode_error().unwrap().expected(), expected);
}

#[tokio::test]
async fn an_optional_field_of_another_type_is_not_dropped_in_silence() {
    for (pointer, path) in [
        ("/payload/patient/allergies", "payload.patient.allergies"),
        ("/payload/prescriptions/1/active_substances/2", "payload.prescriptions[1].active_substances[2]"),
        ("/payload/consultation/start_date", "payload.consultation.start_date"),
        // Here `content` comes before `type`, and is read when both are known.
        ("/payload/reports/1/content/plan", "payload.reports[1]"),
    ] {
        assert_eq!(malformed(&changed(consultation(), pointer, Some(json!(7)))).await, path);
    }
}

#[tokio::test]
async fn the_path_leads_into_a_content_that_follows_its_type() {
    let text = String::from_utf8(fixture("mediquo/patient_consultation_finished.json").to_vec()).unwrap();
    let (before, plan) = text.rsplit_once(r#""plan": "#).unwrap();
    let text = format!(r#"{before}"plan": 7, "was": {plan}"#);
    let rejection = mediquo_event(text).await.unwrap_err();
    assert_eq!(rejection.decode_error().unwrap().path(), "payload.reports[1].content.plan");
}

#[tokio::test]
async fn one_report_instead_of_an_array() {
    let one = consultation()["payload"]["reports"][0].clone();
    let single = finished(&changed(consultation(), "/payload/reports", Some(one))).await;
    let array = finished(&consultation()).await;
    assert_eq!(single.payload.reports, array.payload.reports[..1]);
    // The one with these members, and not one with the name of a member.
    let only_content =
        finished(&changed(consultation(), "/payload/reports", Some(json!({"content": {"id": "1"}})))).await;
    let content = ReportContent::Other(RawJson::new(r#"{"id":"1"}"#).unwrap());
    let [report] = &*only_content.payload.reports else { panic!() };
    assert_eq!((report.name.as_deref(), report.content.as_ref()), (None, Some(&content)));
    for none in [json!([]), json!({})] {
        let none = finished(&changed(consultation(), "/payload/reports", Some(none))).await;
        assert!(none.payload.reports.is_empty());
    }
    // What is there and not understood is not dropped.
    for other in
        [json!({"0": {"x": "1"}}), json!({"0": [1]}), json!([{"0": {"id": "1"}}]), json!(1.5), json!("x"), json!(true)]
    {
        assert!(event(&changed(consultation(), "/payload/reports", Some(other))).await.is_err());
    }
}

#[tokio::test]
async fn any_other_report_keeps_its_content() {
    for (report_type, expected) in
        [(Some(json!("x-ray")), Some(ReportType::Other("x-ray".into()))), (Some(json!(null)), None), (None, None)]
    {
        for content in [r#"{ "findings" : [1.50] }"#, r#""free text""#, "[1,2]", "7"] {
            let value = changed(report(), "/payload/type", report_type.clone());
            let text = value.to_string().replace(&value["payload"]["content"].to_string(), content);
            let Ok(Event::ReportSent(sent)) = mediquo_event(text).await else { panic!("{content}") };
            assert_eq!(sent.payload.report_type, expected);
            assert_eq!(sent.payload.content, Some(ReportContent::Other(RawJson::new(content).unwrap())));
        }
    }
}

#[tokio::test]
async fn consultation_types_and_unknown_ones() {
    for (text, expected) in [
        ("appointment", ConsultationType::Appointment),
        ("chat", ConsultationType::Chat),
        ("video", ConsultationType::Other("video".into())),
    ] {
        let value = changed(consultation(), "/payload/consultation/type", Some(text.into()));
        assert_eq!(finished(&value).await.payload.consultation.consultation_type, Some(expected));
    }
}

#[tokio::test]
async fn occurred_on_is_a_number_of_any_notation() {
    for (number, expected) in [
        ("1704063600", "2023-12-31T23:00:00Z"),
        ("1704063600.0", "2023-12-31T23:00:00Z"),
        ("1704063600.5", "2023-12-31T23:00:00.5Z"),
        ("1704063600.123", "2023-12-31T23:00:00.123Z"),
        ("1704063600.123456", "2023-12-31T23:00:00.123456Z"),
        ("1.7040636e9", "2023-12-31T23:00:00Z"),
        ("0", "1970-01-01T00:00:00Z"),
        ("-1", "1969-12-31T23:59:59Z"),
        ("-0.5", "1969-12-31T23:59:59.5Z"),
    ] {
        let text = report().to_string().replace("1704063600", number);
        let Ok(Event::ReportSent(sent)) = mediquo_event(text).await else { panic!("{number}") };
        assert_eq!(sent.occurred_on.to_string(), expected);
        let again = serde_json::to_string(&Event::ReportSent(sent.clone())).unwrap();
        assert_eq!(mediquo_event(again).await, Ok(Event::ReportSent(sent)), "{number}");
    }
    for number in ["1e300", "-1e300", "1e999", "1704063600000000", "18446744073709551615", "9223372036854775807"] {
        assert!(mediquo_event(report().to_string().replace("1704063600", number)).await.is_err(), "{number}");
    }
}

#[tokio::test]
async fn the_order_of_keys_does_not_matter() {
    let object = |order: &[(String, String)]| {
        let members: Vec<_> = order.iter().map(|(key, value)| format!("{}:{value}", json!(key))).collect();
        format!("{{{}}}", members.join(","))
    };
    let members = |value: &Value| -> Vec<(String, String)> {
        value.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
    };
    for full in [consultation(), report()] {
        let expected = event(&full).await.unwrap();
        for payload in permutations(&members(&full["payload"])) {
            let mut envelope = full.clone();
            envelope["payload"] = Value::Null;
            for order in permutations(&members(&envelope)) {
                let text = object(&order).replace("null", &object(&payload));
                assert_eq!(mediquo_event(text).await.as_ref(), Ok(&expected));
            }
        }
    }
    // The content of a report before and after its type.
    let expected = event(&consultation()).await.unwrap();
    for order in permutations(&members(&consultation()["payload"]["reports"][0])) {
        let text = consultation().to_string();
        let text = text.replace(&consultation()["payload"]["reports"][0].to_string(), &object(&order));
        assert_eq!(mediquo_event(text).await.as_ref(), Ok(&expected));
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored_everywhere() {
    for full in [consultation(), report()] {
        let expected = event(&full).await.unwrap();
        let mut extended = full.clone();
        extend(&mut extended);
        assert_ne!(extended, full);
        assert_eq!(event(&extended).await, Ok(expected));
    }
}

fn extend(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(extend);
            members.insert("xtra".into(), json!({"id": [null, 1.5, "x"]}));
        }
        Value::Array(elements) => elements.iter_mut().for_each(extend),
        _ => {}
    }
}

#[tokio::test]
async fn an_unknown_type_is_an_event_with_the_json_that_was_sent() {
    for text in [
        r#"{"type":"patient_moved","occurred_on":"today","payload":[1, 2 ]}"#,
        r#"  {"payload": null, "type": "patient_moved" }
"#,
    ] {
        let Ok(Event::Unknown(unknown)) = mediquo_event(text).await else { panic!("{text}") };
        assert_eq!((&*unknown.event_type, unknown.json.get()), ("patient_moved", text.trim()));
        let again = serde_json::to_string(&Event::Unknown(unknown)).unwrap();
        assert_eq!(again, text.trim());
    }
}

#[tokio::test]
async fn an_array_of_its_values_is_not_an_object() {
    let wrap =
        |payload: &str| format!(r#"{{"type":"patient_consultation_finished","occurred_on":1,"payload":{payload}}}"#);
    let with = |extra: &str| wrap(&format!(r#"{{"consultation":{{"id":"c"}},"patient":{{"code":"p"}},{extra}}}"#));
    assert!(mediquo_event(with(r#""reports":[]"#)).await.is_ok());
    for text in [
        r#"["patient_report_sent",1,{"patient":{"code":"p"}}]"#.to_owned(),
        wrap(r#"[{"id":"c"},[],{"code":"p"},null,[]]"#),
        wrap(r#"{"consultation":["c",null,null,null,null],"patient":{"code":"p"}}"#),
        wrap(r#"{"consultation":{"id":"c"},"patient":["p",[],[],[]]}"#),
        with(r#""professional":["1","n","a"]"#),
        with(r#""prescriptions":[["1",[]]]"#),
        with(r#""reports":[["1","soap",{}]]"#),
        with(r#""reports":[{"type":"soap","content":["s","o","a","p"]}]"#),
        with(r#""reports":[{"content":["s","o","a","p"],"type":"soap"}]"#),
        with(r#""reports":{"type":"soap","content":["s","o","a","p"]}"#),
        with(r#""reports":{"type":{"soap":null}}"#),
        r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":["p"]}}"#.to_owned(),
        r#"{"type":"patient_report_sent","occurred_on":1,"payload":["soap",{},{"code":"p"}]}"#.to_owned(),
        r#"{"type":{"patient_report_sent":null},"occurred_on":1,"payload":{"patient":{"code":"p"}}}"#.to_owned(),
    ] {
        assert!(mediquo_event(text.clone()).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_doubled_field_is_malformed() {
    for text in [
        r#"{"type":"patient_report_sent","type":"x","occurred_on":1,"payload":{"patient":{"code":"p"}}}"#,
        r#"{"type":"patient_report_sent","occurred_on":1,"occurred_on":2,"payload":{"patient":{"code":"p"}}}"#,
        r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p"},"patient":{"code":"q"}}}"#,
        r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"type":null,"type":"soap","patient":{"code":"p"}}}"#,
        r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"content":1,"content":2,"patient":{"code":"p"}}}"#,
        r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p","code":"q"}}}"#,
        r#"{"type":"patient_consultation_finished","occurred_on":1,"payload":{"consultation":{"id":"c"},"patient":{"code":"p"},"reports":[{"id":"1","id":"2"}]}}"#,
    ] {
        assert!(mediquo_event(text).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn what_is_serialised_is_read_again() {
    for full in [consultation(), report(), changed(report(), "/payload/type", Some(json!("x-ray")))] {
        let event = event(&full).await.unwrap();
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert_eq!(mediquo_event(text).await, Ok(event));
    }
}

/// For those who read parts of an event by serde alone.
#[test]
fn serde_says_what_was_expected() {
    fn problem<T: serde::de::DeserializeOwned + std::fmt::Debug>(json: Value) -> String {
        serde_json::from_value::<T>(json).unwrap_err().to_string()
    }
    let consultation = json!({"consultation": {"id": "c"}, "patient": {"code": "p"}, "reports": true});
    let sent = json!({"occurred_on": true, "payload": {"patient": {"code": "p"}}});
    for (problem, expected) in [
        (problem::<Report>(json!(true)), "a report"),
        (problem::<ReportSentPayload>(json!(true)), "the payload of a sent report"),
        (problem::<ConsultationPayload>(consultation), "an array or an object"),
        (problem::<Notification<ReportSentPayload>>(sent), "seconds since 1970"),
    ] {
        assert!(problem.ends_with(&format!("expected {expected}")), "{problem}");
    }
}
