//! What a provider states of an event, and whether it is presented as signed.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Request};
use http_body_util::Full;
use tower_webhook::{
    ConfigErrorKind, Delivery, Rejection, Stated, WebhookBody,
    auth::{DangerousAcceptAll, Head, Scheme, Verified},
    json::RawJson,
    provider::{Custom, Envelope, Place, TimeFormat},
};

use crate::support::deliver;

/// Proves what it is told to.
struct Proves(Verified);

impl Scheme for Proves {
    fn verify_head(&self, _: &Head<'_>) -> Result<Option<Verified>, Rejection> {
        Ok(None)
    }

    fn verify_body(&self, _: &Head<'_>, _: &bytes::Bytes) -> Result<Verified, Rejection> {
        Ok(self.0.clone())
    }

    fn mark_sensitive(&self, _: &mut HeaderMap) {}
}

fn in_headers() -> Envelope {
    Envelope::new()
        .event_id(Place::header("X-Id"))
        .event_type(Place::header("x-type"))
        .sent_at(Place::header("x-time"), TimeFormat::Rfc3339)
        .attempt(Place::header("x-attempt"))
}

fn in_the_body() -> Envelope {
    Envelope::new()
        .event_id(Place::body("data.object.id"))
        .event_type(Place::body("type"))
        .sent_at(Place::body("created"), TimeFormat::UnixSeconds)
        .attempt(Place::body("data.attempt"))
}

fn second(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

/// The delivery of a body that is taken as it is, so that it may be anything.
async fn delivery(verified: Verified, envelope: Envelope, headers: &[(&'static str, &[u8])], body: &[u8]) -> Delivery {
    let layer = Custom::builder("acme", Proves(verified)).raw().envelope(envelope).build().unwrap().into_layer();
    let mut request = Request::post("/").body(Full::<bytes::Bytes>::from(body.to_vec())).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let outcome = deliver(&layer, request).await;
    assert_eq!(outcome.event::<WebhookBody>().bytes(), body);
    outcome.delivery()
}

async fn from_body(body: &str) -> Delivery {
    delivery(Verified::new().with_signed_body(), in_the_body(), &[], body.as_bytes()).await
}

fn assert_nothing(delivery: &Delivery, why: &str) {
    assert_eq!(delivery.event_id(), None, "{why}");
    assert_eq!(delivery.event_type(), None, "{why}");
    assert_eq!(delivery.sent_at(), None, "{why}");
    assert_eq!(delivery.attempt(), None, "{why}");
}

#[tokio::test]
async fn headers_are_never_presented_as_signed() {
    let headers: [(&str, &[u8]); 4] =
        [("x-id", b"evt_1"), ("x-type", b"order paid"), ("x-time", b"1970-01-01T01:00:07+01:00"), ("x-attempt", b"3")];
    let delivery = delivery(Verified::new().with_signed_body(), in_headers(), &headers, b"{}").await;
    assert_eq!(delivery.event_id(), Some(Stated::Unsigned("evt_1")));
    assert_eq!(delivery.event_type(), Some(Stated::Unsigned("order paid")));
    assert_eq!(delivery.sent_at(), Some(Stated::Unsigned(second(7))));
    assert_eq!(delivery.attempt(), Some(Stated::Unsigned(3)));
}

#[tokio::test]
async fn members_of_the_body_are_signed_if_the_body_is() {
    let body = r#"{"type":"order.paid","noise":[{"type":"x"}],"data":{"object":{"id":"evt_1","type":"y"},"attempt":3},"created":7}"#;
    let signed = from_body(body).await;
    assert_eq!(signed.event_id(), Some(Stated::Signed("evt_1")));
    assert_eq!(signed.event_type(), Some(Stated::Signed("order.paid")));
    assert_eq!(signed.sent_at(), Some(Stated::Signed(second(7))));
    assert_eq!(signed.attempt(), Some(Stated::Signed(3)));

    let unsigned = delivery(Verified::by("a static key"), in_the_body(), &[], body.as_bytes()).await;
    assert_eq!(unsigned.event_id(), Some(Stated::Unsigned("evt_1")));
    assert_eq!(unsigned.event_type(), Some(Stated::Unsigned("order.paid")));
    assert_eq!(unsigned.sent_at(), Some(Stated::Unsigned(second(7))));
    assert_eq!(unsigned.attempt(), Some(Stated::Unsigned(3)));
}

#[tokio::test]
async fn a_place_can_lead_through_arrays() {
    let envelope = || {
        Envelope::new()
            .event_id(Place::body("entry.1.changes.0.id"))
            .event_type(Place::body("entry.0.kind"))
            .attempt(Place::body("n.0"))
    };
    let found = async |envelope, body: &str| delivery(Verified::new(), envelope, &[], body.as_bytes()).await;
    let body = r#" {"entry":[{"kind":"a"},{"changes":[{"id":7},{"id":8}]},{"kind":"b"}],"n":[3]}"#;
    let in_arrays = found(envelope(), body).await;
    assert_eq!(in_arrays.event_id(), Some(Stated::Unsigned("7")));
    assert_eq!(in_arrays.event_type(), Some(Stated::Unsigned("a")));
    assert_eq!(in_arrays.attempt(), Some(Stated::Unsigned(3)));

    // In an object, a number is a name.
    let named = found(envelope(), r#"{"entry":{"1":{"changes":{"0":{"id":"x"}}},"0":{"kind":"a"}}}"#).await;
    assert_eq!((named.event_id(), named.event_type()), (Some(Stated::Unsigned("x")), Some(Stated::Unsigned("a"))));

    // The body itself may be an array, as HubSpot's is.
    let hubspot = || Envelope::new().event_id(Place::body("0.eventId")).event_type(Place::body("0.subscriptionType"));
    let body = "\n[{\"eventId\":1,\"subscriptionType\":\"contact.creation\"},{\"eventId\":2}]";
    let first = found(hubspot(), body).await;
    assert_eq!(first.event_id(), Some(Stated::Unsigned("1")));
    assert_eq!(first.event_type(), Some(Stated::Unsigned("contact.creation")));

    for body in [
        "[]",
        "[[]]",
        r#"[{"eventId":1,"eventId":1,"subscriptionType":1.5}]"#,
        r#"[{"eventId":1}"#,
        r#"[{"eventId":1}] x"#,
        r#"[null,{"eventId":1}]"#,
        r#"{"entry":[{"kind":"a","kind":"a"},{"changes":[{"id":7,"id":7}]}]}"#,
        r#"{"entry":[{"kind":["a"]},{"changes":[]}],"n":[]}"#,
        r#"{"entry":[],"entry":[{"kind":"a"}]}"#,
    ] {
        assert_nothing(&found(envelope(), body).await, body);
        assert_nothing(&found(hubspot(), body).await, body);
    }
    for name in ["00", "01", "+0", "-0", "0x0", "18446744073709551616", " 0"] {
        assert_nothing(&found(Envelope::new().event_id(Place::body(name)), "[1]").await, name);
    }
}

#[tokio::test]
async fn a_type_in_an_array_chooses_the_variant() {
    tower_webhook::tagged_enum! {
        #[derive(Clone, Debug, PartialEq)]
        enum Event {
            Message(Message) = "messages",
        }
    }
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Message {
        id: String,
    }
    let place = Place::body("entry.0.changes.0.field");
    let custom =
        Custom::builder("meta", DangerousAcceptAll).envelope(Envelope::new().event_type(place)).tagged::<Event>();
    let layer = custom.build().unwrap().into_layer();
    let send = async |body: &'static str| {
        deliver(&layer, Request::post("/").body(Full::<bytes::Bytes>::from(body)).unwrap()).await
    };
    let outcome = send(r#"{"id":"i","entry":[{"changes":[{"field":"messages"},{"field":"other"}]},7]}"#).await;
    assert_eq!(outcome.event::<Event>(), Event::Message(Message { id: "i".into() }));
    for body in [
        r#"{"id":"i","entry":[{"changes":[]}]}"#,
        r#"{"id":"i","entry":[]}"#,
        r#"{"id":"i","entry":[{"changes":[{"field":"messages","field":"messages"}]}]}"#,
        r#"{"id":"i","entry":[{"changes":[{"field":7}]}]}"#,
        r#"{"id":"i","entry":"x"}"#,
        r#"{"id":"i"}"#,
    ] {
        assert_eq!(send(body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn what_the_scheme_signs_comes_before_the_envelopes_places() {
    let verified = || Verified::new().with_signed_id(HeaderValue::from_static("signed")).with_signed_at(second(1));
    let headers: [(&str, &[u8]); 2] = [("x-id", b"unsigned"), ("x-time", b"1970-01-01T00:00:09Z")];
    let found = delivery(verified(), in_headers(), &headers, b"").await;
    assert_eq!(found.event_id(), Some(Stated::Signed("signed")));
    assert_eq!(found.sent_at(), Some(Stated::Signed(second(1))));
    assert_eq!(found.event_type(), None);

    let found = delivery(verified(), Envelope::new(), &[], b"").await;
    assert_eq!((found.event_id(), found.sent_at()), (Some(Stated::Signed("signed")), Some(Stated::Signed(second(1)))));

    // A signed id that cannot be shown does not make way for one that anybody may have written.
    let long = Verified::new().with_signed_id(HeaderValue::from_str(&"i".repeat(257)).unwrap());
    assert_eq!(delivery(long, in_headers(), &headers, b"").await.event_id(), None);
}

#[tokio::test]
async fn a_body_that_is_not_json_states_nothing_and_is_no_error() {
    for body in [
        "",
        "type=order.paid",
        "[1]",
        "7",
        r#""type""#,
        r#"[{"type":"order.paid"}]"#,
        r#"{"type":"order.paid""#,
        r#"{"type":"order.paid"} {}"#,
        r#"{"type":"order.paid","data":tru}"#,
        r#"{"type":"order.paid\ud800"}"#,
        &format!("{{\"type\":{}1{}}}", "[".repeat(200), "]".repeat(200)),
    ] {
        assert_nothing(&from_body(body).await, body);
    }
    let not_utf8 = delivery(Verified::new(), in_the_body(), &[], b"{\"type\":\"\xff\"}").await;
    assert_nothing(&not_utf8, "not UTF-8");
}

#[tokio::test]
async fn a_member_that_occurs_twice_states_nothing() {
    let doubled = from_body(r#"{"type":"a","type":"a","created":7,"data":{"object":{"id":"1"},"attempt":3}}"#).await;
    assert_eq!(doubled.event_type(), None);
    assert_eq!(doubled.event_id(), Some(Stated::Signed("1")));

    let above = from_body(r#"{"data":{"attempt":3},"type":"a","data":{"object":{"id":"1"}},"type2":"a"}"#).await;
    assert_eq!((above.event_id(), above.attempt()), (None, None));
    assert_eq!(above.event_type(), Some(Stated::Signed("a")));

    // As an escape it is the same name.
    assert_eq!(from_body(r#"{"type":"a","\u0074ype":"b"}"#).await.event_type(), None);

    let headers: [(&str, &[u8]); 2] = [("x-id", b"evt_1"), ("x-id", b"evt_1")];
    assert_eq!(delivery(Verified::new(), in_headers(), &headers, b"").await.event_id(), None);
}

/// `event` is a string with some events, and an object with others.
#[tokio::test]
async fn a_place_that_another_leads_through_is_found() {
    let find = async |body: &str| {
        let envelope = Envelope::new().event_type(Place::body("event")).event_id(Place::body("event.id"));
        let found = delivery(Verified::new(), envelope, &[], body.as_bytes()).await;
        let owned = |text: Option<Stated<&str>>| text.map(|text| text.into_inner().to_owned());
        (owned(found.event_type()), owned(found.event_id()))
    };
    assert_eq!(find(r#"{"event":"paid"}"#).await, (Some("paid".to_owned()), None));
    assert_eq!(find(r#"{"event":{"id":"1"}}"#).await, (None, Some("1".to_owned())));
    assert_eq!(find(r#"{"event":"paid","event":{"id":"1"}}"#).await, (None, None));
}

#[tokio::test]
async fn a_value_on_the_way_to_one_place_hides_no_other() {
    for value in ["1e999", r#""\ud800""#, r#"["\ud800"]"#, r#"{"object":1e999}"#, r#"{"object":{"id":"\ud800"}}"#] {
        let found = from_body(&format!(r#"{{"data":{value},"type":"order.paid","created":7}}"#)).await;
        assert_eq!(found.event_type(), Some(Stated::Signed("order.paid")), "{value}");
        assert_eq!(found.sent_at(), Some(Stated::Signed(second(7))), "{value}");
        assert_eq!((found.event_id(), found.attempt()), (None, None), "{value}");
    }
}

/// Half of a surrogate pair, which no string can have.
#[tokio::test]
async fn a_key_that_is_no_text_hides_no_other() {
    let places = r#""data":{"\udc00":{},"object":{"id":"evt_1"},"attempt":3},"created":7,"type":"order.paid""#;
    for body in [
        format!(r#"{{"\ud800":1,{places}}}"#),
        format!(r#"{{{places},"\ud800x":"\ud800"}}"#),
        format!(r#"{{"\ud800":{{"type":1}},{places},"\ud800":2}}"#),
    ] {
        let found = from_body(&body).await;
        assert_eq!(found.event_id(), Some(Stated::Signed("evt_1")), "{body}");
        assert_eq!(found.event_type(), Some(Stated::Signed("order.paid")), "{body}");
        assert_eq!(found.sent_at(), Some(Stated::Signed(second(7))), "{body}");
        assert_eq!(found.attempt(), Some(Stated::Signed(3)), "{body}");
    }
    // Nor does depth.
    let deep = format!(r#"{{"deep":{}1{},{places}}}"#, "[".repeat(200), "]".repeat(200));
    assert_eq!(from_body(&deep).await.event_id(), Some(Stated::Signed("evt_1")));
}

#[tokio::test]
async fn a_byte_order_mark_is_no_json_and_states_nothing() {
    assert_nothing(&from_body("\u{feff}{\"type\":\"order.paid\",\"created\":7}").await, "byte order mark");
}

#[tokio::test]
async fn values_of_another_form_state_nothing() {
    for body in [
        r#"{"type":null,"created":null,"data":null}"#,
        r#"{"type":true,"created":"+7","data":{"object":{"id":1.5},"attempt":-1}}"#,
        r#"{"type":{"type":"a"},"created":" 7","data":{"object":{"id":{}},"attempt":4294967296}}"#,
        r#"{"type":["a"],"created":1e3,"data":{"object":"id","attempt":""}}"#,
        r#"{"type":"","created":99999999999999999999,"data":{"object":{"id":""},"attempt":"3 "}}"#,
        r#"{"type":1e400,"created":"","data":[{"object":{"id":"1"}}]}"#,
    ] {
        assert_nothing(&from_body(body).await, body);
    }
    let whole =
        from_body(r#"{"type":-3,"created":"7","data":{"object":{"id":12345678901234567890123},"attempt":"3"}}"#).await;
    assert_eq!(whole.event_id(), Some(Stated::Signed("12345678901234567890123")));
    assert_eq!(whole.event_type(), Some(Stated::Signed("-3")));
    assert_eq!(whole.sent_at(), Some(Stated::Signed(second(7))));
    assert_eq!(whole.attempt(), Some(Stated::Signed(3)));
}

#[test]
fn a_place_that_no_delivery_can_have_is_an_error_at_the_start() {
    let build = |envelope| Custom::builder("acme", DangerousAcceptAll).envelope(envelope).build().unwrap_err();
    let error = build(Envelope::new().attempt(Place::header("not a name")));
    assert_eq!(error.kind(), ConfigErrorKind::HeaderName);
    assert_eq!(error.to_string(), "the name of a header in the envelope is not a header name");
    for path in ["", ".", "a..b", "a."] {
        let error = build(Envelope::new().event_type(Place::body(path)));
        assert_eq!(error.kind(), ConfigErrorKind::Malformed, "{path}");
    }
}

#[tokio::test]
async fn times_are_read_in_the_form_that_the_provider_documents() {
    let cases = [
        (TimeFormat::UnixSeconds, "1732180000", Some(second(1_732_180_000))),
        (
            TimeFormat::UnixMilliseconds,
            "1732180000123",
            Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_732_180_000_123)),
        ),
        (TimeFormat::Rfc3339, "2024-11-21T09:06:40Z", Some(second(1_732_180_000))),
        (TimeFormat::Rfc3339, "1969-12-31T23:59:50Z", Some(SystemTime::UNIX_EPOCH - Duration::from_secs(10))),
        (TimeFormat::Rfc3339, "2024-11-21", None),
        (TimeFormat::Rfc3339, "1732180000", None),
        (TimeFormat::UnixSeconds, "-1", None),
        (TimeFormat::UnixSeconds, "18446744073709551615", None),
        (TimeFormat::UnixMilliseconds, "18446744073709551616", None),
    ];
    for (format, text, expected) in cases {
        let envelope = Envelope::new().sent_at(Place::header("x-time"), format);
        let found = delivery(Verified::new(), envelope, &[("x-time", text.as_bytes())], b"").await;
        assert_eq!(found.sent_at(), expected.map(Stated::Unsigned), "{format:?} {text}");
    }
}

#[tokio::test]
async fn a_text_that_could_forge_a_line_of_a_log_or_fill_it_is_not_kept() {
    for (text, kept) in [
        ("order.paid".to_owned(), true),
        ("Überweisung 支払い".to_owned(), true),
        ("a".repeat(256), true),
        ("a".repeat(257), false),
        ("ü".repeat(128), true),
        (format!("{}a", "ü".repeat(128)), false),
        ("a\\nb".to_owned(), false),
        ("a\\r\\nb".to_owned(), false),
        ("a\\u001b[2Jb".to_owned(), false),
        ("a\\u0000".to_owned(), false),
        ("a\\u0085b".to_owned(), false),
        ("a\\u2028b".to_owned(), false),
        ("a\\u202eb".to_owned(), false),
        ("a\\u2066b".to_owned(), false),
        ("a\\u200bb".to_owned(), false),
        ("a\\ufeffb".to_owned(), false),
        ("a\\ufff9b".to_owned(), false),
        ("a\\udb40\\udc41b".to_owned(), false),
    ] {
        let found = from_body(&format!(r#"{{"type":"{text}","data":{{"object":{{"id":"{text}"}}}}}}"#)).await;
        assert_eq!(found.event_type().is_some(), kept, "{text}");
        assert_eq!(found.event_id().is_some(), kept, "{text}");
    }
    let tab: [(&str, &[u8]); 2] = [("x-id", b"a\tb"), ("x-type", b"a\xffb")];
    assert_nothing(&delivery(Verified::new(), in_headers(), &tab, b"").await, "in headers");
}

#[tokio::test]
async fn debug_of_a_delivery_shows_neither_id_nor_type() {
    let found = from_body(r#"{"type":"canary","created":7,"data":{"object":{"id":"canary"}}}"#).await;
    let shown = format!("{found:?} {found:#?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("acme") && shown.contains("1970-01-01T00:00:07Z"), "{shown}");
}

#[tokio::test]
async fn an_event_of_ones_own_comes_with_its_facts() {
    let envelope = Envelope::new().event_type(Place::body("type"));
    let layer =
        Custom::builder("acme", DangerousAcceptAll).json::<RawJson>().envelope(envelope).build().unwrap().into_layer();
    let body = r#"{"type":"order.paid"}"#;
    let outcome = deliver(&layer, Request::post("/").body(Full::<bytes::Bytes>::from(body)).unwrap()).await;
    assert_eq!(outcome.event::<RawJson>().get(), body);
    assert_eq!(outcome.delivery().event_type(), Some(Stated::Unsigned("order.paid")));
}

#[test]
fn a_handlers_test_states_what_it_needs() {
    let plain = Delivery::new("acme", Verified::new(), second(0), 2);
    assert_nothing(&plain, "nothing was stated");
    let stated = plain
        .clone()
        .with_event_id(Stated::Signed("evt_1"))
        .with_event_type(Stated::Unsigned("order.paid"))
        .with_sent_at(Stated::Signed(second(7)))
        .with_attempt(Stated::Unsigned(3));
    assert_eq!(stated.event_id().and_then(Stated::signed), Some("evt_1"));
    assert_eq!(stated.event_type().and_then(Stated::signed), None);
    assert_eq!(stated.event_type().map(Stated::into_inner), Some("order.paid"));
    assert_eq!(stated.sent_at(), Some(Stated::Signed(second(7))));
    assert_eq!(stated.attempt(), Some(Stated::Unsigned(3)));
    assert_eq!(stated, stated.clone());
    assert_ne!(stated, plain);
    assert_nothing(&plain, "a clone is a delivery of its own");
    assert_nothing(&plain.with_event_id(Stated::Signed("a\nb")).with_event_type(Stated::Signed("")), "not printable");
}

#[tokio::test]
async fn what_a_middleware_states_replaces_one_value_of_the_body_and_no_other() {
    let body = r#"{"type":"order.paid","created":7,"data":{"object":{"id":"evt_1"},"attempt":3}}"#;
    let received = from_body(body).await;
    let restated = received.clone().with_attempt(Stated::Unsigned(9));
    assert_eq!(restated.attempt(), Some(Stated::Unsigned(9)));
    assert_eq!(restated.event_id(), Some(Stated::Signed("evt_1")));
    assert_eq!(restated.event_type(), Some(Stated::Signed("order.paid")));
    assert_eq!(restated.sent_at(), Some(Stated::Signed(second(7))));
    assert_eq!(received.with_event_type(Stated::Signed("other")).attempt(), Some(Stated::Signed(3)));
}
