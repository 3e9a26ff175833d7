//! Nothing that a sender sends and no key is shown by `Debug`, `Display` or a response.

use std::{
    fmt::{Debug, Display},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::Full;
use serde_json::Value;
use tower::Layer;
use tower_webhook::{
    Delivery, Stated, WebhookBody, WebhookLayer,
    auth::{ApiKey, Key, Keys, Part, Scheme, Signature, Twilio, Verified, bearer_fn, scheme_fn},
    json::{Amount, DateTime, RawJson},
    provider::{
        Custom,
        mediquo::{self, MediQuo},
        preset,
        truemed::{self, Truemed},
    },
};

use crate::support::{
    deliver, fixture, from_mediquo, from_truemed, mediquo, mediquo_event, sockets::events, truemed, truemed_event,
};

const CANARY: &str = "canary-of-20-letters";

fn assert_silent(shown: &dyn Debug) {
    for text in [format!("{shown:?}"), format!("{shown:#?}")] {
        let text = text.to_lowercase();
        assert!(!text.contains("canary"), "{text}");
        // Nor as a list of bytes.
        assert!(!text.contains("99, 97, 110") && !text.contains("99,\n"), "{text}");
    }
}

fn assert_silent_in_words(shown: &dyn Display) {
    assert!(!shown.to_string().to_lowercase().contains("canary"), "{shown}");
}

/// Puts the canary in every string, except for the type, the statuses' known values aside, and the
/// ids that `Debug` shows.
pub(crate) fn with_canaries(value: &mut Value, pointer: &str) {
    match value {
        Value::Object(members) => {
            members.iter_mut().for_each(|(key, value)| with_canaries(value, &format!("{pointer}/{key}")));
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| with_canaries(element, pointer)),
        Value::String(text) => match pointer {
            "/event_type" | "/type" | "/payload/type" | "/payload/reports/type" => {}
            "/qualification_session_id"
            | "/data/object/sku"
            | "/payload/consultation/id"
            | "/payment_session_id"
            | "/failed_payment_session_id"
            | "/provision_token_request_id" => *text = "shown-id".into(),
            _ => *text = CANARY.into(),
        },
        _ => {}
    }
}

fn canaries(path: &str) -> Value {
    let mut value = serde_json::from_slice(&fixture(path)).unwrap();
    with_canaries(&mut value, "");
    value
}

#[tokio::test]
async fn events_show_kinds_ids_and_counts_only() {
    for (path, _) in events::TRUEMED {
        let event = truemed_event(canaries(path).to_string()).await.unwrap();
        assert_silent(&event);
        assert!(format!("{event:?}").contains("shown-id"), "{event:?}");
    }
    for (path, _) in events::MEDIQUO {
        let sent = canaries(path);
        let event = mediquo_event(sent.to_string()).await.unwrap();
        assert_silent(&event);
        assert_eq!(format!("{event:?}").contains("shown-id"), sent.to_string().contains("shown-id"), "{event:?}");
    }
    let event = mediquo_event(canaries("mediquo/patient_consultation_finished.json").to_string()).await.unwrap();
    assert_silent(&event);
    let shown = format!("{event:?}");
    assert!(shown.contains("allergies: 2") && shown.contains("reports: 2"), "{shown}");
}

#[tokio::test]
async fn neither_do_the_parts_of_events() {
    let event = mediquo_event(canaries("mediquo/patient_consultation_finished.json").to_string()).await.unwrap();
    let mediquo::Event::ConsultationFinished(finished) = event else { panic!() };
    let payload = &finished.payload;
    assert_silent(&finished);
    assert_silent(payload);
    assert_silent(&payload.consultation);
    assert_silent(&payload.consultation.speciality);
    assert_silent(&payload.consultation.start_date);
    assert_silent(&payload.reports);
    assert_silent(&payload.reports[0].content);
    let Some(mediquo::ReportContent::Soap(soap)) = &payload.reports[0].content else { panic!() };
    assert_silent(soap);
    assert_silent(&payload.patient);
    assert_silent(&payload.patient.allergies);
    assert_silent(&payload.patient.diseases);
    assert_silent(&payload.patient.medications);
    assert_silent(&payload.professional);
    assert_silent(&payload.prescriptions);
    let newer = canaries("mediquo/patient_consultation_finished_newer.json").to_string();
    let mediquo::Event::ConsultationFinished(finished) = mediquo_event(newer).await.unwrap() else { panic!() };
    let payload = &finished.payload;
    assert_silent(&payload.consultation);
    assert_silent(&payload.consultation.consultation_url);
    assert_silent(&payload.consultation.channel);
    assert_silent(&payload.derivation);
    assert_silent(&payload.preconsultation);
    assert_silent(&payload.preconsultation.as_ref().unwrap().documents[0].url);
    let event = mediquo_event(canaries("mediquo/patient_report_sent.json").to_string()).await.unwrap();
    let mediquo::Event::ReportSent(sent) = event else { panic!() };
    assert_silent(&sent);
    assert_silent(&sent.payload);
    assert_silent(&sent.payload.patient);

    let event = truemed_event(canaries("truemed/item_eligibility_updated.json").to_string()).await.unwrap();
    let truemed::Event::ItemEligibilityUpdated(update) = event else { panic!() };
    assert_silent(&update);
    assert_silent(&update.timestamp);
    assert_silent(&update.data);
    assert_silent(&update.data.object);
    assert_silent(&truemed::Status::from(CANARY));
    let event = truemed_event(canaries("truemed/payment_session_complete.json").to_string()).await.unwrap();
    let truemed::Event::PaymentSessionComplete(session) = event else { panic!() };
    assert_silent(&session.created_at);
    assert_silent(&session.order_items);
    assert_silent(&session.order_items[0].item_id);
    assert_silent(&Amount::from(CANARY));
    assert_silent(&session.metadata);
    assert_silent(&session.payment_token);
    assert_silent(&truemed::Eligibility::from(CANARY));
}

#[tokio::test]
async fn times_are_not_shown() {
    let event = mediquo_event(fixture("mediquo/patient_consultation_finished.json")).await.unwrap();
    assert!(!format!("{event:?}").contains("202"), "{event:?}");
    for text in ["2024-01-15T09:30:00Z", "2024-01-15T09:30:00", "2024"] {
        assert!(!format!("{:?}", DateTime::from(text)).contains("2024"));
    }
}

#[tokio::test]
async fn an_unknown_event_shows_its_type_escaped_and_nothing_else() {
    let body = format!(r#"{{"type":"evil\n\u001b[31m","payload":"{CANARY}"}}"#);
    let event = mediquo_event(body).await.unwrap();
    assert_silent(&event);
    let shown = format!("{event:?}");
    assert!(shown.contains(r#""evil\n\u{1b}[31m""#), "{shown}");
    assert!(!shown.contains(['\n', '\u{1b}']));
}

#[tokio::test]
async fn other_types_that_hold_what_was_sent() {
    assert_silent(&RawJson::new(&format!("\"{CANARY}\"")).unwrap());
    assert_silent(&WebhookBody::from(Bytes::from_static(CANARY.as_bytes())));
}

#[test]
fn keys() {
    let header = || ApiKey::header("x-key").key(CANARY);
    let basic = || ApiKey::basic(CANARY).key(CANARY);
    let bearer = || ApiKey::bearer().key(CANARY);
    assert_silent(&Key::new(CANARY));
    assert_silent(&Keys::new([CANARY]));
    assert_silent(&header());
    assert_silent(&basic());
    assert_silent(&bearer());
    let header = header().build().unwrap();
    let basic = basic().build().unwrap();
    let bearer = bearer().build().unwrap();
    assert_silent(&header);
    assert_silent(&basic);
    assert_silent(&bearer);
    assert_silent(&bearer_fn(|token| token == CANARY));
    let all = header.and(basic.or(bearer));
    let json = Custom::builder("acme", all).json::<Value>().build().unwrap();
    assert_silent(&json);
    assert_silent(&WebhookLayer::new(json));

    let truemed = Truemed::builder().api_key(CANARY);
    assert_silent(&truemed);
    let truemed = truemed.build().unwrap();
    assert_silent(&truemed);
    let layer = truemed.into_layer();
    assert_silent(&layer);
    assert_silent(&layer.layer(()));

    let mediquo = MediQuo::builder().signature(CANARY).basic_auth(CANARY, CANARY);
    assert_silent(&mediquo);
    let mediquo = mediquo.build().unwrap();
    assert_silent(&mediquo);
    assert_silent(&mediquo.into_layer());
    assert_silent(&MediQuo::builder().bearer(CANARY).build().unwrap());
    assert_silent(&MediQuo::builder().signature(CANARY).bearer_checked_by(|_| true).build().unwrap());
    // What base64 makes of it is the key as well.
    let encoded = ApiKey::basic(CANARY).key(CANARY).build().unwrap();
    assert!(!format!("{encoded:?}").contains("Y2FuYXJ5"));
}

#[tokio::test]
async fn refusals_and_their_responses() {
    let bodies = [
        CANARY.to_owned(),
        format!("\"{CANARY}\""),
        format!("{{\"{CANARY}\":"),
        format!("{{\"{CANARY}\":1,\"{CANARY}\":tru}}"),
        format!(r#"{{"qualification_session_id":{{"{CANARY}":1}},"status":"approved"}}"#),
        format!(r#"{{"qualification_session_id":"1","status":["{CANARY}"]}}"#),
        format!(r#"{{"qualification_session_id":"1","status":"approved","email":["{CANARY}"]}}"#),
        format!(r#"{{"event_type":["{CANARY}"]}}"#),
        format!(r#"{{"type":{{"{CANARY}":1}}}}"#),
        format!(r#"{{"type":"patient_report_sent","occurred_on":"{CANARY}"}}"#),
        format!(r#"{{"type":"patient_report_sent","occurred_on":1,"payload":{{"patient":{{"code":["{CANARY}"]}}}}}}"#),
        format!(
            r#"{{"type":"patient_report_sent","occurred_on":1,"payload":{{"content":["{CANARY}"],"type":"soap"}}}}"#
        ),
        format!(
            r#"{{"type":"patient_report_sent","occurred_on":1,"payload":{{"content":{{"plan":["{CANARY}"]}},"type":"soap"}}}}"#
        ),
    ];
    let (sender, hooked) = std::sync::mpsc::channel();
    let layer = truemed().on_rejection(move |refusal, response| {
        sender.send(format!("{refusal:?}")).unwrap();
        response
    });
    for body in bodies {
        for key in [true, false] {
            let dress = |mut request: Request<Full<Bytes>>| {
                *request.uri_mut() = format!("/{CANARY}?{CANARY}").parse().unwrap();
                request.headers_mut().insert("x-other", HeaderValue::from_static(CANARY));
                if !key {
                    for name in ["x-truemed-api-key", "x-webhook-signature", "authorization"] {
                        request.headers_mut().insert(name, HeaderValue::from_static(CANARY));
                    }
                }
                request
            };
            let truemed = deliver(&layer, dress(from_truemed(Full::from(body.clone())))).await;
            let mediquo = deliver(&mediquo(), dress(from_mediquo(Full::from(body.clone())))).await;
            // The hook is Truemed's.
            let refused = usize::from(truemed.rejection().is_some());
            for outcome in [truemed, mediquo] {
                let Some(rejection) = outcome.rejection() else {
                    // To Truemed any object is an event.
                    assert!(key && body.starts_with('{'), "{body} was accepted");
                    assert_silent(&outcome.event::<truemed::Event>());
                    continue;
                };
                assert_silent(rejection);
                assert_silent_in_words(rejection);
                if let Some(error) = rejection.decode_error() {
                    assert_silent_in_words(error);
                }
                assert_silent(&outcome.head);
                assert_silent(&outcome.body);
            }
            assert_eq!(hooked.try_iter().inspect(|refusal| assert_silent(refusal)).count(), refused);
        }
    }
}

#[tokio::test]
async fn the_handlers_request_shows_neither_key_nor_body_nor_event() {
    let body = canaries("truemed/qualification_session_complete.json").to_string();
    let layer = Truemed::builder().api_key(CANARY).build().unwrap().into_layer();
    let request = Request::post("/").header("x-truemed-api-key", CANARY).body(Full::<Bytes>::from(body)).unwrap();
    let outcome = deliver(&layer, request).await;
    let (head, body) = outcome.handled.as_ref().unwrap();
    assert_silent(&head);
    assert_silent(&Request::from_parts(head.clone(), WebhookBody::from(body.clone())));
    assert_silent(&outcome.delivery());
}

#[test]
fn a_delivery_shows_neither_id_nor_type() {
    let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
    let delivery = Delivery::new("acme", Verified::by("2026-11"), at(60), 7)
        .with_event_id(Stated::Signed(CANARY))
        .with_event_type(Stated::Unsigned(CANARY))
        .with_sent_at(Stated::Signed(at(30)))
        .with_attempt(Stated::Unsigned(2));
    assert_silent(&delivery);
    assert_eq!(
        format!("{delivery:?}"),
        "Delivery { provider: \"acme\", key_label: Some(\"2026-11\"), received_at: 1970-01-01T00:01:00Z, \
         sent_at: Some(Signed(1970-01-01T00:00:30Z)), attempt: Some(Unsigned(2)), body_len: 7, .. }"
    );
}

/// A password in a URL is one too, also before anything is built.
#[test]
fn builders_show_no_url() {
    const URL: &str = "https://canary:canary@hooks.example.com/canary";
    let url = URL;
    let signed = || Signature::hmac_sha256("x-key").signed([Part::PublicUrl, Part::Body]).public_url(url).key(CANARY);
    let literal = || Signature::hmac_sha256("x-key").signed([Part::literal(URL), Part::Body]).key(CANARY);
    for builder in [signed(), literal(), signed().public_url(format!("{url} is none"))] {
        assert_silent(&builder);
        assert_silent(&builder.build());
    }
    let twilio = || Twilio::builder().key(CANARY);
    for builder in
        [twilio().public_url(url), twilio().public_url(format!("{url} is none")), twilio().public_url(CANARY)]
    {
        assert_silent(&builder);
        assert_silent(&builder.build());
    }
    for name in preset::NAMES {
        let preset = preset::by_name(name).unwrap().key(CANARY).public_url(url);
        assert_silent(&preset);
        assert_silent(&preset.clone().raw());
        if let Err(error) = preset.build() {
            assert_silent(&error);
            assert_silent_in_words(&error);
        }
    }
}

#[tokio::test]
async fn a_scheme_that_does_not_tell_what_it_reads_has_all_headers_concealed() {
    let layer = WebhookLayer::new(Custom::builder("acme", scheme_fn(|_| true)).json::<Value>().build().unwrap());
    let request = Request::post("/").header("x-any", CANARY).header("x-any", CANARY).body(Full::<Bytes>::from("1"));
    let outcome = deliver(&layer, request.unwrap()).await;
    assert_silent(&outcome.handled.unwrap().0);
}

#[test]
fn a_head_shows_neither_its_url_nor_its_headers() {
    let request = Request::post("/canary?canary").header("x-acme-key", "canary").body(()).unwrap();
    let (parts, ()) = request.into_parts();
    let shown = format!("{:?}", tower_webhook::auth::Head::new(&parts, SystemTime::UNIX_EPOCH));
    assert!(shown.starts_with("Head { method: POST") && !shown.contains("canary"), "{shown}");
}
