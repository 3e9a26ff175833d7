//! What is wrong with a setting comes out of `build`, and never with the value.

use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tower_webhook::{
    ConfigError, ConfigErrorKind,
    auth::{
        ApiKey, Head, Key, Keys,
        keys::{KeyForm, KeySource},
    },
    provider::{
        Custom, Envelope, Place, Provider,
        mediquo::MediQuo,
        truemed::{self, Truemed},
    },
};

use crate::support::deliver;

const KEY: &str = "canary-sixteen-or-more";

fn kind<T>(built: Result<T, ConfigError>) -> Option<ConfigErrorKind> {
    let error = built.err()?;
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("canary"), "{text}");
    }
    Some(error.kind())
}

/// Every builder that takes a key, as a function of that key.
type Build = fn(&str) -> Result<(), ConfigError>;

const BUILDERS: [(&str, Build); 6] = [
    ("header", |key| ApiKey::header("x-key").key(key).build().map(drop)),
    ("bearer", |key| ApiKey::bearer().key(key).build().map(drop)),
    ("basic", |key| ApiKey::basic("user").key(key).build().map(drop)),
    ("truemed", |key| Truemed::builder().api_key(key).build().map(drop)),
    ("mediquo", |key| MediQuo::builder().signature(key).build().map(drop)),
    ("mediquo's password", |key| MediQuo::builder().signature(KEY).basic_auth("user", key).build().map(drop)),
];

#[test]
fn keys_that_no_sender_could_send_or_anyone_could_guess_do_not_build() {
    for (name, build) in BUILDERS {
        for (key, expected) in [
            ("", ConfigErrorKind::Blank),
            (" ", ConfigErrorKind::Blank),
            (" \t\n", ConfigErrorKind::Blank),
            ("canary-sixteen-or-more\n", ConfigErrorKind::Padded),
            (" canary-sixteen-or-more", ConfigErrorKind::Padded),
            ("canary-sixteen-or-more\r\n", ConfigErrorKind::Padded),
            ("canary-sixteen\0or-more", ConfigErrorKind::ControlCharacter),
            ("canary-sixteen\nor-more", ConfigErrorKind::ControlCharacter),
            ("canary-sixteen\u{7f}or-more", ConfigErrorKind::ControlCharacter),
            ("canary-fifteen-", ConfigErrorKind::TooShort),
            (&"canary".repeat(200), ConfigErrorKind::TooLong),
        ] {
            assert_eq!(kind(build(key)), Some(expected), "{name} of {key:?}");
        }
        assert_eq!(kind(build("canary-sixteen--")), None, "{name}");
    }
    assert_eq!(kind(ApiKey::header("x-key").key("canary-mit-Schlüssel").build()), Some(ConfigErrorKind::NonAscii));
    assert_eq!(kind(ApiKey::bearer().key("canary-mit-Schlüssel").build()), Some(ConfigErrorKind::NonAscii));
    assert_eq!(kind(Keys::new(["canary\n"]).attach(&KeyForm::text())), Some(ConfigErrorKind::Padded));
}

#[test]
fn nothing_builds_without_a_credential() {
    let missing = Some(ConfigErrorKind::Missing);
    assert_eq!(kind(ApiKey::header("x-key").build()), missing);
    assert_eq!(kind(ApiKey::bearer().build()), missing);
    assert_eq!(kind(ApiKey::basic("user").build()), missing);
    assert_eq!(kind(Truemed::builder().build()), missing);
    assert_eq!(kind(MediQuo::builder().build()), missing);
    assert_eq!(kind(MediQuo::builder().build()), missing);
}

#[test]
fn short_keys_build_only_by_a_dangerous_method() {
    let short = || Key::new("short").dangerous_short();
    assert_eq!(kind(ApiKey::header("x-key").key(short()).build()), None);
    assert_eq!(kind(ApiKey::bearer().key(short()).build()), None);
    assert_eq!(kind(ApiKey::basic("u").key(short()).build()), None);
    assert_eq!(kind(Truemed::builder().api_key(short()).build()), None);
    let mediquo = MediQuo::builder().signature(short()).basic_auth("u", Key::new("shorter").dangerous_short());
    assert_eq!(kind(mediquo.build()), None);
    let blank = Truemed::builder().api_key(Key::new("").dangerous_short());
    assert_eq!(kind(blank.build()), Some(ConfigErrorKind::Blank));
}

#[test]
fn equal_keys_and_equal_labels_do_not_build() {
    let duplicate = Some(ConfigErrorKind::Duplicate);
    assert_eq!(kind(Truemed::builder().api_key(KEY).api_key(KEY).build()), duplicate);
    let labels =
        Truemed::builder().api_key(Key::new(KEY).label("a")).api_key(Key::new("canary-another-key").label("a"));
    assert_eq!(kind(labels.build()), duplicate);
    assert_eq!(kind(ApiKey::basic("u").key(KEY).key(KEY).build()), duplicate);
    assert_eq!(kind(MediQuo::builder().basic_auth("u", KEY).basic_auth("v", KEY).build()), None);
}

#[test]
fn at_most_16_keys() {
    let with = |count| {
        let keys = (0..count).map(|number| format!("canary-key-number-{number}"));
        keys.fold(Truemed::builder(), |builder, key| builder.api_key(key)).build()
    };
    assert_eq!(kind(with(16)), None);
    assert_eq!(kind(with(17)), Some(ConfigErrorKind::TooMany));
}

#[test]
fn names_are_checked() {
    let header = Some(ConfigErrorKind::HeaderName);
    for name in ["", "x key", "x-key:", "schlüssel", "x\n"] {
        assert_eq!(kind(ApiKey::header(name).key(KEY).build()), header, "{name:?}");
        assert_eq!(kind(Truemed::builder().api_key(KEY).header_name(name).build()), header, "{name:?}");
    }
    assert_eq!(kind(ApiKey::basic("a:b").key(KEY).build()), Some(ConfigErrorKind::Malformed));
    assert_eq!(kind(ApiKey::basic("").key(KEY).build()), Some(ConfigErrorKind::Blank));
    assert_eq!(kind(ApiKey::basic("a\tb").key(KEY).build()), Some(ConfigErrorKind::ControlCharacter));
}

#[test]
fn a_named_header_wants_its_value() {
    let missing = Some(ConfigErrorKind::Missing);
    assert_eq!(kind(MediQuo::builder().header_name("x-key").basic_auth("u", KEY).build()), missing);
    let header = ApiKey::header("x-key").key(Key::new("short").dangerous_short()).key(KEY);
    assert_eq!(format!("{:?}", header.build().unwrap()), r#"ApiKey { place: "x-key", keys: ["1", "2"] }"#);
}

#[test]
fn one_authorization_header_cannot_carry_two_credentials() {
    let duplicate = Some(ConfigErrorKind::Duplicate);
    assert_eq!(kind(MediQuo::builder().signature(KEY).basic_auth("u", KEY).bearer(KEY).build()), duplicate);
    assert_eq!(kind(MediQuo::builder().basic_auth("u", KEY).bearer_checked_by(|_| true).build()), duplicate);
    assert_eq!(kind(MediQuo::builder().bearer(KEY).bearer_checked_by(|_| true).build()), duplicate);
}

#[test]
fn events_that_are_told_apart_by_their_type_want_its_place() {
    let missing = "the place of the event's type, `Envelope::event_type`, is not configured";
    for envelope in [Envelope::new(), Envelope::new().event_id(Place::body("id"))] {
        let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
        let tagged = Custom::builder("acme", scheme).envelope(envelope).tagged::<truemed::Event>();
        assert_eq!(tagged.build().unwrap_err().to_string(), missing);
    }
}

/// One builder can be the start of two endpoints.
#[tokio::test]
async fn a_clone_of_a_builder_or_a_provider_is_configured_by_itself() {
    let builder = Custom::builder("acme", ApiKey::header("x-key").key(KEY).build().unwrap()).json::<Value>();
    let builder = builder.envelope(Envelope::new().event_id(Place::body("id"))).json_in_form("payload");
    let builder = builder.rejection_status(|_| StatusCode::IM_A_TEAPOT);
    let clone = builder.clone().success_status(StatusCode::ACCEPTED);
    assert_eq!(format!("{clone:?}"), r#"CustomBuilder { name: "acme", .. }"#);
    for (builder, status) in [(builder, 200), (clone, 202)] {
        let layer = builder.build().unwrap().clone().into_layer();
        let request =
            |key| Request::post("/").header("x-key", key).body(Full::<Bytes>::from("payload=%7B%22id%22:%22e%22%7D"));
        let delivered = deliver(&layer, request(KEY).unwrap()).await;
        assert_eq!((delivered.status.as_u16(), delivered.event::<Value>()), (status, json!({"id": "e"})));
        assert_eq!(delivered.delivery().event_id().unwrap().into_inner(), "e");
        assert_eq!(deliver(&layer, request("another-key-than-this").unwrap()).await.status, StatusCode::IM_A_TEAPOT);
    }
}

#[test]
fn a_success_status_is_a_success() {
    let custom = |status: u16| {
        let scheme = ApiKey::header("x-key").key(KEY).build().unwrap();
        Custom::builder("acme", scheme).success_status(StatusCode::from_u16(status).unwrap()).build()
    };
    for status in [200, 202, 204, 299] {
        assert_eq!(kind(custom(status)), None);
    }
    for status in [100, 199, 300, 404, 500] {
        assert_eq!(custom(status).unwrap_err().to_string(), "the success status is out of range: expected 2xx");
    }
}

#[test]
fn two_functions_check_a_bearer_token_in_turn() {
    let mediquo = MediQuo::builder().bearer_checked_by(|token| token == "a").bearer_checked_by(|token| token == "b");
    let mediquo = mediquo.build().unwrap();
    let accepts = |token: &str| {
        let request = Request::post("/").header("authorization", format!("Bearer {token}")).body(()).unwrap();
        mediquo.scheme().verify_head(&Head::new(&request.into_parts().0, SystemTime::UNIX_EPOCH)).is_ok()
    };
    assert!(accepts("a") && accepts("b") && !accepts("c"));
}

#[test]
fn an_error_says_which_key_and_what_is_wrong() {
    let error = Truemed::builder().api_key(KEY).api_key("canary ").build().unwrap_err();
    assert_eq!(error.to_string(), "API key 2 begins or ends with white space");
    let error = Truemed::builder().api_key(Key::new("short").label("2026-11")).build().unwrap_err();
    let sentence = "API key 1 is too short: expected at least 16 bytes, or `Key::dangerous_short`";
    assert_eq!(error.to_string(), sentence);
    assert_eq!(format!("{error:?}"), format!("ConfigError({sentence})"));
    assert_eq!(MediQuo::builder().build().unwrap_err().to_string(), "signature is not configured");
}
