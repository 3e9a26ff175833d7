//! Enums of events, by a type that is somewhere in the body or beside it.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::collections::BTreeMap;
use tower_webhook::{
    RejectionReason,
    auth::DangerousAcceptAll,
    json::{self, DecodeError, DecodeErrorKind, RawJson, Tagged, Unknown},
    provider::{Custom, Envelope, Place},
};

use crate::support::deliver;

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Paid(Paid) = "paid",
        Plain(Plain) = "plain",
        Own(Own) = "own",
        Flat(Flat) = "flat",
        Counts(BTreeMap<String, u64>) = "counts",
        Rooms(BTreeMap<u64, String>) = "rooms",
        Raw(RawJson) = "raw",
        List(Vec<u8>) = "list",
        Ping = "ping",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paid {
    id: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plain {
    #[serde(default)]
    id: u8,
}

/// A struct with a field named as the tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Own {
    #[serde(rename = "type")]
    kind: String,
    id: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    own: Own,
}

async fn receive<E>(place: Option<Place>, body: &str) -> Result<E, DecodeError>
where
    E: Tagged + Clone + Send + Sync + 'static,
{
    let envelope = place.into_iter().fold(Envelope::new(), Envelope::event_type);
    let layer =
        Custom::builder("acme", DangerousAcceptAll).tagged::<E>().envelope(envelope).build().unwrap().into_layer();
    let request = Request::post("/").header("x-type", "paid").body(Full::<Bytes>::from(body.to_owned())).unwrap();
    let outcome = deliver(&layer, request).await;
    match outcome.rejection() {
        Some(rejection) => Err(rejection.decode_error().unwrap().clone()),
        None => Ok(outcome.event()),
    }
}

async fn top(body: &str) -> Result<Event, DecodeError> {
    receive(Some(Place::body("type")), body).await
}

async fn nested(body: &str) -> Result<Event, DecodeError> {
    receive(Some(Place::body("meta.event")), body).await
}

#[tokio::test]
async fn the_tag_is_found_wherever_it_stands() {
    let paid = Event::Paid(Paid { id: 7 });
    for body in [r#"{"type":"paid","id":7}"#, r#" { "id" : 7, "\u0074ype" : "p\u0061id" } "#] {
        assert_eq!(top(body).await.unwrap(), paid, "{body}");
    }
    let plain = Event::Plain(Plain { id: 7 });
    for body in [
        r#"{"meta":{"event":"plain","x":{"event":"y"}},"id":7}"#,
        r#"{"event":"x","id":7,"meta":{"x":[{"event":1}],"event":"plain"}}"#,
    ] {
        assert_eq!(nested(body).await.unwrap(), plain, "{body}");
    }
    assert_eq!(receive::<Event>(Some(Place::header("x-type")), r#"{"id":7}"#).await.unwrap(), paid);
}

#[tokio::test]
async fn a_type_in_a_header_must_be_there_once_and_be_text() {
    let envelope = Envelope::new().event_type(Place::header("x-type"));
    let layer = Custom::builder("acme", DangerousAcceptAll).tagged::<Event>().envelope(envelope).build().unwrap();
    let layer = layer.into_layer();
    let name = HeaderName::from_static("x-type");
    let malformed = RejectionReason::MalformedHeader { name: name.clone(), expected: "an event type in ASCII" };
    let cases: [(&[&[u8]], RejectionReason); 3] = [
        (&[], RejectionReason::MissingHeader(name.clone())),
        (&[b"paid", b"paid"], RejectionReason::RepeatedHeader(name.clone())),
        (&[b"p\xffid"], malformed),
    ];
    for (values, reason) in cases {
        let mut request = Request::post("/").body(Full::<Bytes>::from(r#"{"id":7}"#)).unwrap();
        for value in values {
            request.headers_mut().append(&name, HeaderValue::from_bytes(value).unwrap());
        }
        let refused = deliver(&layer, request).await;
        assert_eq!((refused.status.as_u16(), refused.rejection().unwrap().reason()), (400, Some(&reason)));
    }
}

#[tokio::test]
async fn the_tag_can_be_an_element_of_an_array() {
    let of = async |body| receive::<Event>(Some(Place::body("types.1")), body).await;
    assert_eq!(of(r#"{"types":[7,"plain",{}],"id":7}"#).await.unwrap(), Event::Plain(Plain { id: 7 }));
    for (body, kind, expected) in [
        (r#"{"types":["plain"]}"#, DecodeErrorKind::MissingField, None),
        (r#"{"types":["plain",null]}"#, DecodeErrorKind::MissingField, None),
        (r#"{"types":["plain",7]}"#, DecodeErrorKind::WrongType, Some("a string")),
    ] {
        let error = of(body).await.unwrap_err();
        assert_eq!((error.kind(), error.expected(), error.path()), (kind, expected, "types.1"), "{body}");
    }
}

/// An enum whose author needs no names of its types.
#[derive(Clone, Debug, PartialEq)]
struct Nameless;

impl Tagged for Nameless {
    fn read<'de, D: serde::Deserializer<'de>>(_: &str, object: D) -> Option<Result<Self, D::Error>> {
        Some(IgnoredAny::deserialize(object).map(|_| Self))
    }

    fn unknown(_: Unknown) -> Self {
        Self
    }
}

#[tokio::test]
async fn a_type_is_not_known_unless_the_enum_says_so() {
    let envelope = Envelope::new().event_type(Place::body("type"));
    let layer = Custom::builder("acme", DangerousAcceptAll).tagged::<Nameless>().envelope(envelope);
    let request = Request::post("/").body(Full::<Bytes>::from(r#"{"type":"paid"}"#)).unwrap();
    let outcome = deliver(&layer.build().unwrap().into_layer(), request).await;
    assert_eq!(outcome.event::<Nameless>(), Nameless);
    assert_eq!(outcome.delivery().known_event_type(), None);
    let envelope = Envelope::new().event_type(Place::body("type"));
    let layer = Custom::builder("acme", DangerousAcceptAll).tagged::<Event>().envelope(envelope);
    let request = Request::post("/").body(Full::<Bytes>::from(r#"{"type":"ping"}"#)).unwrap();
    let outcome = deliver(&layer.build().unwrap().into_layer(), request).await;
    assert_eq!(outcome.delivery().known_event_type(), Some("ping"));
    let error = json::decode_tagged::<Nameless>(None, b"[1]").unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::MissingField);
}

#[tokio::test]
async fn a_field_named_as_the_tag_gets_it() {
    let own = Own { kind: "own".into(), id: 7 };
    assert_eq!(top(r#"{"type":"own","id":7}"#).await.unwrap(), Event::Own(own));
    let flat = Flat { own: Own { kind: "flat".into(), id: 7 } };
    assert_eq!(top(r#"{"id":7,"type":"flat"}"#).await.unwrap(), Event::Flat(flat));
    // Nothing else is in the way of what has no place for it.
    let counts = BTreeMap::from([("a".to_owned(), 1)]);
    assert_eq!(top(r#"{"type":"counts","a":1}"#).await.unwrap(), Event::Counts(counts));
    let body = r#"{ "type": "raw", "a": 1.50 }"#;
    assert_eq!(top(body).await.unwrap(), Event::Raw(RawJson::new(body).unwrap()));
}

#[tokio::test]
async fn an_event_without_data_is_any_json() {
    for body in [r#"{"type":"ping"}"#, r#"{"zen":[1,{"type":"x"}],"type":"ping"}"#] {
        assert_eq!(top(body).await.unwrap(), Event::Ping, "{body}");
    }
    assert_eq!(json::decode_tagged::<Event>(Some("ping"), b"[]").unwrap(), Event::Ping);
    assert_eq!(json::decode_tagged::<Event>(Some("list"), b"[1]").unwrap(), Event::List(vec![1]));
    assert_eq!(top(r#"{"type":"ping","zen":}"#).await.unwrap_err().kind(), DecodeErrorKind::Syntax);
}

#[tokio::test]
async fn an_unreadable_tag_is_refused_with_its_path() {
    use DecodeErrorKind::{Eof, MissingField, RepeatedField, Syntax, TrailingData, Utf8, WrongType};
    for (body, kind, expected, path) in [
        (r#"{"id":7}"#, MissingField, None, "type"),
        (r#"{"id":7,"type":null}"#, MissingField, None, "type"),
        (r#"{"type":7}"#, WrongType, Some("a string"), "type"),
        (r#"{"type":{"type":"paid"}}"#, WrongType, Some("a string"), "type"),
        (r#"{"type":"paid","id":7,"type":"paid"}"#, RepeatedField, None, "type"),
        (r#"{"type":null,"id":7,"type":"paid"}"#, MissingField, None, "type"),
        (r#"{"type":"own","id":7,"\u0074ype":"own"}"#, RepeatedField, None, "type"),
        (r#"{"type":"flat","id":7,"type":"flat"}"#, RepeatedField, None, "type"),
        (r#"{"type":"counts","type":"counts"}"#, RepeatedField, None, "type"),
        (r#"{"type":"raw","type":"raw"}"#, RepeatedField, None, "type"),
        (r#"{"type":"ping","type":"ping"}"#, RepeatedField, None, "type"),
        (r#"{"type":"lost","type":"lost"}"#, RepeatedField, None, "type"),
        (r#"{"type":"lost","x":"#, Eof, None, "*"),
        (r#"{"type":"lost"} x"#, TrailingData, None, ""),
        (r#"{"type":"ping"}]"#, TrailingData, None, ""),
        (r#"{"type":"lost","x":tru}"#, Syntax, None, "*"),
        (r#"{"type":"#, Eof, None, "type"),
        (r#"["type"]"#, WrongType, Some("an object"), ""),
        ("7", WrongType, Some("an object"), ""),
        ("", Eof, None, ""),
    ] {
        let error = top(body).await.unwrap_err();
        assert_eq!((error.kind(), error.expected(), error.path()), (kind, expected, path), "{body}");
    }
    for (body, kind, expected, path) in [
        (r#"{"id":7}"#, MissingField, None, "meta.event"),
        (r#"{"meta":{}}"#, MissingField, None, "meta.event"),
        (r#"{"meta":null}"#, MissingField, None, "meta.event"),
        (r#"{"meta":{"event":null}}"#, MissingField, None, "meta.event"),
        (r#"{"meta":{"event":["plain"]}}"#, WrongType, Some("a string"), "meta.event"),
        (r#"{"meta":"plain"}"#, WrongType, Some("an object"), "meta"),
        (r#"{"meta":[{"event":"plain"}]}"#, WrongType, Some("an object"), "meta"),
        (r#"{"meta":{"event":"plain","event":"plain"}}"#, RepeatedField, None, "meta.event"),
        (r#"{"meta":{"event":"plain"},"meta":{}}"#, RepeatedField, None, "meta"),
        (r#"{"meta":{},"meta":{"event":"plain"}}"#, RepeatedField, None, "meta"),
        (r#"{"meta":{"event":"plain"}} 1"#, TrailingData, None, ""),
    ] {
        let error = nested(body).await.unwrap_err();
        assert_eq!((error.kind(), error.expected(), error.path()), (kind, expected, path), "{body}");
    }
    let error = json::decode_tagged::<Event>(Some("lost"), b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!(error.kind(), Utf8);
    let error = json::decode_tagged::<Event>(None, b"{}").unwrap_err();
    assert_eq!((error.kind(), error.path()), (MissingField, ""));
    assert_eq!(top("{\n\"id\":7 }\n").await.unwrap_err().to_string(), "missing field at line 2 column 8, field type");
}

#[tokio::test]
async fn the_keys_of_a_map_can_be_numbers() {
    let rooms = Event::Rooms(BTreeMap::from([(7, "a".to_owned()), (12, "b".to_owned())]));
    for body in [r#"{"type":"rooms","12":"b","7":"a"}"#, r#"{"12":"b","7":"a","type":"rooms"}"#] {
        assert_eq!(top(body).await.unwrap(), rooms, "{body}");
    }
    let error = top(r#"{"type":"rooms","seven":"a"}"#).await.unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::WrongType);
}

#[tokio::test]
async fn an_unknown_type_keeps_the_json_that_was_sent() {
    let body = r#" {"a":1.50, "type":"lost"}
"#;
    let Ok(Event::Unknown(unknown)) = top(body).await else { panic!() };
    assert_eq!((&*unknown.event_type, unknown.json.get()), ("lost", body.trim()));
    let Ok(Event::Unknown(unknown)) = nested(r#"{"meta":{"event":"lost"}}"#).await else { panic!() };
    assert_eq!(unknown.event_type, "lost");
    // To an enum that lists no event, all are unknown.
    let paid: Unknown = receive(Some(Place::body("type")), r#"{"type":"paid","id":7}"#).await.unwrap();
    assert_eq!((&*paid.event_type, paid.json.get()), ("paid", r#"{"type":"paid","id":7}"#));
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_told_with_its_path() {
    let error = top(r#"{"type":"paid","id":"canary"}"#).await.unwrap_err();
    assert_eq!(error.to_string(), "wrong type (expected an integer) at line 1 column 28, field id");
    let error = top(r#"{"type":"paid","id":1,"canary":2}"#).await.unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Data);
    // Below a place that is not at the top nothing is passed over.
    let error = nested(r#"{"id":1,"meta":{"event":"paid"}}"#).await.unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::Data);
}

/// The macros stand beside anything that a user may have named so.
#[expect(dead_code, non_snake_case, reason = "it compiles")]
mod beside {
    use serde::{Deserialize, Serialize};

    enum Option {}
    enum Result {}
    struct String;
    struct Vec;
    struct Box;
    fn Some() {}
    fn None() {}
    fn Ok() {}
    fn Err() {}
    trait From {}
    trait Tagged {}
    trait Debug {}
    trait Clone {}

    #[derive(Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) id: u8,
    }

    tower_webhook::tagged_enum! {
        pub(super) enum Event {
            Order(Order) = "order",
            Ping = "ping",
        }
    }

    tower_webhook::open_enum! {
        pub(super) enum Carrier {
            Air = "air",
        }
    }
}

#[test]
fn the_macros_compile_beside_names_of_ones_own() {
    let event: beside::Event = serde_json::from_str(r#"{"type":"order","data":{"id":7}}"#).unwrap();
    assert!(matches!(event, beside::Event::Order(beside::Order { id: 7 })));
    assert_eq!(serde_json::from_str::<beside::Carrier>(r#""rail""#).unwrap().as_str(), "rail");
    fn owned<T: Serialize + DeserializeOwned>() {}
    owned::<beside::Event>();
}
