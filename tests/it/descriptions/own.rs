//! A description that somebody writes for a sender of their own.

use bytes::Bytes;
use http_body_util::Full;
use tower_webhook::{
    ConfigErrorKind,
    provider::Sender,
    testing::{Spoil, TestSender},
};

use crate::support::deliver;

const ACME: &str = r#"{
    "name": "acme",
    "credential": {
        "signature": {
            "algorithm": "hmac_sha256",
            "at": {"header": "x-acme-signature"},
            "encoding": "base64",
            "signed": ["timestamp", {"literal": "."}, "body"],
            "timestamp_header": "x-acme-timestamp"
        }
    },
    "envelope": {"event_type": {"body": "type"}, "event_id": {"body": "id"}},
    "verification": {"signed": {"challenge": {"body": "challenge"}, "if_body": {"type": "test"}, "answer_text": true}},
    "rejection_statuses": {"unauthenticated": 403},
    "success_status": 202,
    "samples": [{"name": "paid", "body": {"id": "evt_1", "type": "paid"}}]
}"#;

#[tokio::test]
async fn it_is_a_preset_and_a_sender_for_tests() {
    let sender = TestSender::new(Sender::from_json(ACME).unwrap()).unwrap();
    let preset = sender.description().preset().key(sender.key()).build().unwrap();
    let layer = preset.into_layer().handshake(sender.description().challenge(None).unwrap().unwrap());
    let paid = sender.event("paid").unwrap().request::<Full<Bytes>>();
    let outcome = deliver(&layer, paid).await;
    assert_eq!(outcome.status, 202);
    assert_eq!(outcome.delivery().event_type().unwrap().into_inner(), "paid");
    let test = sender.body(r#"{"type":"test","challenge":"c-7"}"#);
    let outcome = deliver(&layer, test.request::<Full<Bytes>>()).await;
    assert_eq!((outcome.status.as_u16(), &*outcome.body), (200, &b"c-7"[..]));
    let forged = TestSender::new(sender.description().clone()).unwrap().event("paid").unwrap();
    assert_eq!(deliver(&layer, forged.request::<Full<Bytes>>()).await.status, 403);
}

#[test]
fn an_error_names_the_line_and_the_member() {
    let cases = [
        (
            "\"encoding\": \"base64\"",
            "\"encoding\": \"base46\"",
            "line 7, member `credential.signature.encoding`",
            "`base46`",
        ),
        ("\"envelope\": {", "\"envelop\": {", "line 12", "unknown field `envelop`"),
        ("\"x-acme-timestamp\"", "\"x acme\"", "line 9, member `credential.signature.timestamp_header`", "header name"),
        ("\"hmac_sha256\"", "\"md5\"", "line 5, member `credential.signature.algorithm`", "unknown variant `md5`"),
        (", \"body\"],", "],", "`acme`", "is not part of what is signed"),
        ("\"acme\"", "\"Acme Inc\"", "the name", "lower-case"),
        ("403", "200", "the status of a rejection", "400 to 599"),
        ("403", "410", "the status of a rejection", "400 to 599"),
        ("\"base64\"", "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"", "line 7", "unknown variant (not shown)"),
        ("\"base64\"", "\"abcdefghijklmnopqrstuvwx\"", "line 7", "unknown variant `abcdefghijklmnopqrstuvwx`"),
        ("\"base64\"", "\"abcdefghijklmnopqrstuvwxy\"", "line 7", "unknown variant (not shown)"),
        ("\"base64\"", "\"base456\"", "line 7", "unknown variant `base456`"),
        ("\"base64\"", "\"base4567\"", "line 7", "unknown variant (not shown)"),
        ("\"base64\"", "\"Base64\"", "line 7", "unknown variant (not shown)"),
        ("\"x-acme-timestamp\"", "7", "line 9", "invalid type: integer `7`, expected a string"),
        ("[\"timestamp\", {\"literal\": \".\"}, \"body\"]", "7", "line 8", "integer `7`, expected a sequence"),
        ("202,", "500,", "the success status", "2xx"),
        ("unauthenticated", "forged", "`forged`", "not well-formed"),
        ("202,", "1202,", "line 15, member `success_status`", "invalid status code"),
        (
            "{\"body\": \"type\"}",
            "{\"query\": \"type\"}",
            "line 12, member `envelope.event_type",
            "unknown variant `query`",
        ),
    ];
    for (from, to, place, problem) in cases {
        assert!(ACME.contains(from), "{from}");
        let error = Sender::from_json(&ACME.replacen(from, to, 1)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(place) && text.contains(problem), "{from}: {text}");
    }
    assert_eq!(Sender::from_json("").unwrap_err().kind(), ConfigErrorKind::Malformed);
}

/// Front and Twitch sign their challenges, so a real event beside one, or a changed one, is no challenge.
#[tokio::test]
async fn a_described_endpoint_verification_is_answered_and_no_event_is_lost() {
    let front_body = r#"{"type":"sync","authorization":{"id":"cmp_abc"}}"#;
    let twitch_body = r#"{"challenge":"c-7","subscription":{"id":"f1c2a387","type":"channel.follow"}}"#;
    for (name, body, answer, event) in [
        ("front", front_body, r#"{"challenge":"c-7"}"#, r#"{"type":"inbound_received","payload":{}}"#),
        ("twitch", twitch_body, "c-7", r#"{"challenge":"c-7","subscription":{},"event":{}}"#),
    ] {
        let sender = TestSender::named(name).unwrap();
        let description = sender.description();
        let layer = description.preset().key(sender.key()).build().unwrap().into_layer();
        let layer = layer.handshake(description.challenge(None).unwrap().unwrap());
        let sent = |body: &'static str| sender.body(body).header("x-front-challenge", "c-7");
        let outcome = deliver(&layer, sent(body).request::<Full<Bytes>>()).await;
        assert_eq!((outcome.status.as_u16(), &*outcome.body), (200, answer.as_bytes()), "{name}");
        assert!(outcome.handled.is_none());
        let altered = sent(body).spoiled(Spoil::AlteredBody).unwrap();
        assert_eq!(deliver(&layer, altered.request::<Full<Bytes>>()).await.status, 401, "{name}");
        assert!(deliver(&layer, sent(event).request::<Full<Bytes>>()).await.handled.is_some(), "{name}");
    }
}

const NO_SIGNATURE: &str = r#""pairs": {"separator": ",", "timestamp": "t", "signatures": []}"#;

/// A description may come from a tenant, and through any format of serde.
#[test]
fn a_description_cannot_be_dangerous_and_is_checked_however_it_is_read() {
    let samples = r#""samples": [{"name": "paid", "body": {}}, {"name": "paid", "body": {}}, "#;
    let signature = r#""signature": {"dangerous_unsigned_body": true, "#;
    let cookie = r#""answer_headers": {"set-cookie": "{challenge}"}, "answer_text""#;
    for (from, to, problem) in [
        (r#""samples": ["#, samples, "the name of a sample"),
        (r#""signature": {"#, signature, "excludes another setting"),
        (r#""answer_text""#, cookie, "`set-cookie`"),
        (r#""unauthenticated": 403"#, r#""unauthenticated": 204"#, "400 to 599"),
        (r#""timestamp_header": "x-acme-timestamp""#, NO_SIGNATURE, "the field of the signature"),
        (r#""success_status": 202"#, r#""json_in_form": """#, "letters, digits"),
    ] {
        let text = ACME.replacen(from, to, 1);
        assert_ne!(text, ACME, "{from}");
        let error = Sender::from_json(&text).unwrap_err().to_string();
        assert!(error.contains(problem), "{to}: {error}");
        assert!(serde_json::from_str::<Sender>(&text).is_err(), "{to}: not checked by serde");
    }
    let canary = ACME.replacen(r#""name": "acme""#, r#""name": "acme", "secret": "canary-canary""#, 1);
    let canary = Sender::from_json(&canary).unwrap();
    assert_eq!(format!("{canary:?}"), r#"Sender { name: "acme", .. }"#);
    assert_eq!(canary.secret_location(), "canary-canary");
}

/// Its function is needed, so `None`, which means that there is nothing to verify, would deploy it unverified.
#[test]
fn a_verification_that_needs_code_is_an_error_that_names_it() {
    for (name, call) in [("notion", "Challenge::notion"), ("websub", "Challenge::websub")] {
        let error = Sender::named(name).unwrap().challenge(None).unwrap_err();
        assert!(error.to_string().contains(call), "{error}");
    }
    assert!(Sender::named("stripe").unwrap().challenge(None).unwrap().is_none());
}

/// None that a browser or a cache obeys.
#[test]
fn a_description_answers_with_headers_of_its_own_only() {
    for (name, is_allowed) in [
        ("x-acme-challenge", true),
        ("X-Acme-Challenge", true),
        ("webhook-allowed-origin", true),
        ("validation-token", true),
        ("x-content-type-options", false),
        ("X-Content-Type-Options", false),
        ("set-cookie", false),
        ("location", false),
    ] {
        let text =
            ACME.replacen(r#""answer_text""#, &format!(r#""answer_headers": {{"{name}": "1"}}, "answer_text""#), 1);
        assert_ne!(text, ACME);
        assert_eq!(Sender::from_json(&text).is_ok(), is_allowed, "{name}");
    }
}

#[test]
fn a_name_has_1_to_64_letters_and_a_description_at_most_a_mebibyte() {
    let named = |name: &str| Sender::from_json(&ACME.replacen("acme", name, 1));
    assert_eq!(named(&"a".repeat(64)).unwrap().name().len(), 64);
    for name in [String::new(), "a".repeat(65)] {
        assert_eq!(named(&name).unwrap_err().kind(), ConfigErrorKind::Malformed, "{}", name.len());
    }
    let padded = |len: usize| Sender::from_json(&format!("{ACME}{}", " ".repeat(len - ACME.len())));
    assert_eq!(padded(1 << 20).unwrap().name(), "acme");
    assert_eq!(padded((1 << 20) + 1).unwrap_err().kind(), ConfigErrorKind::TooLong);
}

#[test]
fn an_error_calls_the_key_as_the_sender_does() {
    let problem = |description: &str| {
        let preset = Sender::from_json(description).unwrap().preset();
        preset.key("").build().unwrap_err().to_string()
    };
    assert!(
        problem(&ACME.replacen(r#""name": "acme""#, r#""name": "acme", "noun": "HMAC key""#, 1)).contains("HMAC key")
    );
    let other = problem(ACME);
    assert!(!other.contains("HMAC key") && !other.contains("``") && !other.contains("xyzzy"), "{other}");
}

#[test]
fn what_a_credential_cannot_use_is_an_error() {
    let keyed = |place: &str| format!(r#"{{"name": "acme", "credential": {{"api_key": {place}}}}}"#);
    let segment = |index: u8| Sender::from_json(&keyed(&format!(r#"{{"path_segment": {index}}}"#)));
    assert_eq!(segment(64).unwrap().name(), "acme");
    assert_eq!(segment(65).unwrap_err().kind(), ConfigErrorKind::OutOfRange);
    for description in [ACME, &keyed(r#"{"header": "x-key"}"#)] {
        let preset = Sender::from_json(description).unwrap().preset().key("Zr41vw-new-and-random");
        let error = preset.public_url("https://hooks.example.com/").build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Unsigned);
    }
}
