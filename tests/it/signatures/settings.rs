//! What `build` refuses.

use std::time::Duration;

use tower_webhook::{
    ConfigErrorKind,
    auth::{ApiKey, At, Key, Part, Signature, SignatureBuilder, StandardWebhooks, Twilio},
};

use super::KEY;
use crate::support::fixture;

fn hmac() -> SignatureBuilder {
    Signature::hmac_sha256("x-acme-signature").key(KEY)
}

#[test]
fn what_is_signed_and_what_is_read_must_agree() {
    use ConfigErrorKind::{Blank, Conflict, Duplicate, HeaderName, Malformed, Missing, OutOfRange, Unsigned};
    let with = |part| hmac().signed([part, Part::Body]);
    let timed = || with(Part::Timestamp).timestamp_header("x-at");
    let cases = [
        (hmac().signed([]), Unsigned, "the body is not part of what is signed"),
        (hmac().signed([Part::literal("x")]), Unsigned, "the body is not part of what is signed"),
        (with(Part::Body), Duplicate, "the body in what is signed is configured twice"),
        (with(Part::Timestamp), Missing, "the timestamp is not configured"),
        (with(Part::Timestamp).timestamp_in_body("at"), Missing, "the timestamp is not configured"),
        (hmac().timestamp_header("x-at"), Unsigned, "the timestamp is not part of what is signed"),
        (hmac().pairs(',', "t", "v1"), Unsigned, "the timestamp is not part of what is signed"),
        (with(Part::Id), Missing, "the header of the id is not configured"),
        (hmac().id_header("x-id"), Unsigned, "the header of the id is not part of what is signed"),
        (with(Part::PublicUrl), Missing, "the public URL is not configured"),
        (with(Part::PublicUrl).public_url(" "), Blank, "the public URL is empty or blank"),
        (hmac().public_url("https://a.example"), Unsigned, "the public URL is not part of what is signed"),
        (hmac().timestamp_in_body("data..at"), Malformed, IN_BODY),
        (hmac().timestamp_in_body(""), Malformed, IN_BODY),
        (
            with(Part::Timestamp).timestamp_header("x at"),
            HeaderName,
            "the name of the timestamp's header is not a header name",
        ),
        (with(Part::Id).id_header(""), HeaderName, "the name of the id's header is not a header name"),
        (
            with(Part::Timestamp).timestamp_header("x-at").pairs(',', "t", "v1"),
            Conflict,
            "one source of the timestamp excludes another setting",
        ),
        (with(Part::Timestamp).pairs(',', "t", "v1").prefix("x"), Conflict, "the prefix excludes another setting"),
        (with(Part::Timestamp).pairs(',', "t", "t"), Duplicate, "the name of a field is configured twice"),
        (
            with(Part::Timestamp).pairs(',', "t", "v1").list(','),
            Conflict,
            "the list of signatures excludes another setting",
        ),
        (hmac().list('a'), Malformed, "the separator is not well-formed: expected one of ` ,;|&:.`"),
        (hmac().list('é'), Malformed, "the separator is not well-formed: expected one of ` ,;|&:.`"),
        (
            with(Part::Timestamp).pairs('=', "t", "v1"),
            Malformed,
            "the separator is not well-formed: expected one of ` ,;|&:.`",
        ),
        (
            timed().tolerance(Duration::ZERO),
            OutOfRange,
            "the tolerance is out of range: expected more than zero and at most a day",
        ),
        (
            timed().past_tolerance(Duration::from_secs(86_401)),
            OutOfRange,
            "the tolerance is out of range: expected more than zero and at most a day",
        ),
        (
            timed().future_tolerance(Duration::MAX),
            OutOfRange,
            "the tolerance is out of range: expected more than zero and at most a day",
        ),
        (hmac().tolerance(Duration::from_secs(5)), Missing, "the time that the tolerance is for is not configured"),
        (hmac().timestamp_in_milliseconds(), Missing, "the time that the tolerance is for is not configured"),
        (
            with(Part::Id).id_header("x-id"),
            Malformed,
            "what is signed next to the id or the URI is not well-formed: expected a literal between it and the body",
        ),
        (
            hmac().list(',').prefix("v1,"),
            Malformed,
            "the prefix is not well-formed: expected visible ASCII without the separator",
        ),
        (
            hmac().prefix("v1\n"),
            Malformed,
            "the prefix is not well-formed: expected visible ASCII without the separator",
        ),
        (
            with(Part::Timestamp).pairs(',', "t", "v=1"),
            Malformed,
            "the name of a field is not well-formed: expected visible ASCII without `=`, blanks and the separator",
        ),
        (
            with(Part::Timestamp).pairs(',', "t", ""),
            Malformed,
            "the name of a field is not well-formed: expected visible ASCII without `=`, blanks and the separator",
        ),
        (
            with(Part::Timestamp).pairs(',', "a t", "v1"),
            Malformed,
            "the name of a field is not well-formed: expected visible ASCII without `=`, blanks and the separator",
        ),
        (
            with(Part::Timestamp).pairs(',', "t", "a;b").list(';'),
            Malformed,
            "the name of a field is not well-formed: expected visible ASCII without `=`, blanks and the separator",
        ),
        (
            with(Part::Timestamp).pairs(',', "a,t", "v1"),
            Malformed,
            "the name of a field is not well-formed: expected visible ASCII without `=`, blanks and the separator",
        ),
    ];
    for (builder, kind, message) in cases {
        let error = builder.build().unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
    }
    assert!(
        Signature::hmac_sha256("x acme")
            .key(KEY)
            .build()
            .unwrap_err()
            .to_string()
            .starts_with("the name of the signature's")
    );
}

const IN_BODY: &str =
    "the member of the timestamp is not well-formed: expected names with dots between them, such as `data.id`";

#[test]
fn a_public_url_must_be_one() {
    let signed = |url: &str| hmac().signed([Part::PublicUrl, Part::Body]).public_url(url).build().map(drop);
    for url in ["https://a.example", "http://localhost:3000/hook?to=1", "https://u:p@a.example/%20"] {
        assert_eq!(signed(url), Ok(()), "{url}");
    }
    let typos = [
        "https//a.example/",
        "a.example",
        "/hook",
        "ftp://a.example/",
        "https://",
        " https://a.example/",
        "https://a.example/#x",
    ];
    for url in typos {
        let error = signed(url).unwrap_err();
        let expected =
            "the public URL is not well-formed: expected a URL with `http` or `https`, a host and no fragment";
        assert_eq!(error.to_string(), expected, "{url}");
        assert_eq!(Twilio::builder().key(KEY).public_url(url).build().unwrap_err(), error);
    }
}

#[test]
fn a_key_must_be_one() {
    use ConfigErrorKind::{
        Blank, ControlCharacter, Duplicate, Malformed, Missing, Padded, Repetitive, TooLong, TooMany, TooShort,
    };
    let kind = |builder: SignatureBuilder| builder.build().unwrap_err().kind();
    let builder = || Signature::hmac_sha512("x-acme-signature");
    assert_eq!(kind(builder()), Missing);
    assert_eq!(kind(builder().key("")), Blank);
    assert_eq!(kind(builder().key("")), Blank);
    assert_eq!(kind(builder().key("   ")), Blank);
    assert_eq!(kind(builder().key(format!("{KEY}\n"))), Padded);
    assert_eq!(kind(builder().key("short")), TooShort);
    assert_eq!(kind(builder().key(Key::bytes([b'k'; 1025]))), TooLong);
    assert_eq!(kind(builder().key(KEY).key(KEY)), Duplicate);
    assert_eq!(
        kind(builder().key(Key::new(KEY).label("a")).key(Key::new("another-key-of-16-bytes").label("a"))),
        Duplicate
    );
    let many = (0..17).fold(builder(), |builder, number| builder.key(format!("{KEY}{number}")));
    assert_eq!(kind(many), TooMany);
    assert_eq!(kind(builder().key(Key::base64(""))), Blank);
    assert_eq!(kind(builder().key(Key::base64("=="))), Blank);
    for text in ["no base64 at all", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa+_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"] {
        assert_eq!(kind(builder().key(Key::base64(text))), Malformed, "{text}");
    }
    // An HMAC pads its key with zeros, so these are empty, short, and the same.
    assert_eq!(kind(builder().key(Key::bytes([0; 32]))), Blank);
    assert_eq!(kind(builder().key(Key::base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))), Blank);
    assert_eq!(kind(builder().key(Key::hex("00").dangerous_short())), Blank);
    assert_eq!(kind(builder().key(Key::bytes([&[b'k', b'e', b'y'][..], &[0; 29]].concat()))), TooShort);
    assert_eq!(kind(builder().key(KEY).key(Key::bytes(format!("{KEY}\0")))), Duplicate);
    for key in
        [Key::bytes([0xff; 32]), Key::new("x".repeat(40)), Key::hex("01".repeat(16)), Key::new("aa").dangerous_short()]
    {
        assert_eq!(kind(builder().key(key)), Repetitive);
    }
    for control in ["key-of-more\0-than-16", "key-of-more\n-than-16", "key-of-more\x7f-than-16"] {
        assert_eq!(kind(builder().key(control)), ControlCharacter, "{control:?}");
        assert!(builder().key(Key::bytes(control)).build().is_ok(), "{control:?}");
    }
    let raw = [b"\xff\0".repeat(8), b"\x01\x02".repeat(8)];
    assert!(builder().key(Key::bytes(&raw[0])).key(Key::bytes(&raw[1])).build().is_ok());
    assert!(builder().key(Key::new("short").dangerous_short()).build().is_ok());
    assert_eq!(builder().build().unwrap_err().to_string(), "key is not configured");
}

#[test]
fn a_label_can_stand_in_a_line_of_a_log() {
    let built = |label: &str| {
        let key = || Key::new(KEY).label(label);
        let signature = Signature::hmac_sha256("x-acme-signature").key(key()).build().map(drop);
        assert_eq!(ApiKey::header("x-acme-key").key(key()).build().map(drop), signature);
        assert_eq!(Twilio::builder().key(key()).public_url("https://a.example/").build().is_ok(), signature.is_ok());
        signature
    };
    for label in ["2026-11", "März", "team a: new"] {
        assert_eq!(built(label), Ok(()), "{label}");
    }
    for label in ["a\nb", "a\r", "\0", "\u{85}", "a\u{2028}b", "a\x1b[31m"] {
        let error = built(label).unwrap_err();
        assert_eq!(error.to_string(), "the label of key 1 contains a control character", "{label:?}");
    }
    for label in ["", "  "] {
        assert_eq!(built(label).unwrap_err().to_string(), "the label of key 1 is empty or blank");
    }
    // Whoever swaps the two must not find the key in an error.
    let swapped = Signature::hmac_sha256("x-acme-signature").key(Key::new("2026-11").label(KEY)).build().unwrap_err();
    assert!(!format!("{swapped} {swapped:?}").contains(KEY));
    let twice = [Key::new(KEY).label(KEY), Key::new("another-key-of-16-bytes").label(KEY)];
    let twice = twice.into_iter().fold(Signature::hmac_sha256("x-acme-signature"), SignatureBuilder::key);
    assert_eq!(twice.build().unwrap_err().to_string(), "the label of key 2 is configured twice");
}

#[test]
fn a_public_key_must_be_one_of_its_kind() {
    let ed25519 = |key: &str| Signature::ed25519("x-signature").key(key).build().map_err(|error| error.kind());
    let p256 = |key: &str| Signature::ecdsa_p256("x-signature").key(key).build().map_err(|error| error.kind());
    let hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let base64 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let spki = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    assert!(ed25519(hex).is_ok() && ed25519(base64).is_ok() && ed25519(&format!("{base64}=")).is_ok());
    assert!(p256(spki).is_ok());
    // Anybody can sign for these: the zeros of a key that is still to be filled in, and others of small order.
    let ones = format!("01{}", "0".repeat(62));
    let negative = format!("01{}80", "0".repeat(60));
    let orders = [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for wrong in [&hex[2..], &base64[4..], spki, "z", &"0".repeat(64), &ones, &negative, orders[0], orders[1]] {
        assert_eq!(ed25519(wrong).unwrap_err(), ConfigErrorKind::Malformed, "{wrong}");
    }
    for wrong in [hex, base64, &spki[4..], "z"] {
        assert_eq!(p256(wrong).unwrap_err(), ConfigErrorKind::Malformed, "{wrong}");
    }
    let named = Signature::ecdsa_p256("x-signature").key(base64).build();
    assert_eq!(
        named.unwrap_err().to_string(),
        "public key 1 is not well-formed: expected a `SubjectPublicKeyInfo` as PEM, or in DER as base64"
    );
    assert_eq!(ed25519("").unwrap_err(), ConfigErrorKind::Blank);
    assert_eq!(Signature::ed25519("x").build().unwrap_err().kind(), ConfigErrorKind::Missing);
}

#[test]
fn an_rsa_key_has_2048_to_4096_bits() {
    let pem = |bits: &str| String::from_utf8(fixture(&format!("rsa/{bits}.pem")).to_vec()).unwrap();
    let built = |key: &str| Signature::rsa_sha256("x-signature").key(key).build().map_err(|error| error.to_string());
    for bits in ["2048", "4096"] {
        let pem = pem(bits);
        let one_line: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        for key in [&pem, &pem.replace('\n', "\r\n"), pem.trim_end(), &one_line] {
            assert!(built(key).is_ok(), "{key}");
        }
    }
    let prefix = "public key 1 is not well-formed: expected ";
    let size = format!("{prefix}an RSA key of 2,048 to 4,096 bits");
    assert_eq!(built(&pem("5120")).unwrap_err(), size);
    let form = format!("{prefix}a `SubjectPublicKeyInfo` as PEM, or in DER as base64");
    // The library takes no key of 1,024 bits.
    let short = built(&pem("1024")).unwrap_err();
    assert!(short == size || short == form, "{short}");
    let whole = pem("2048");
    let p256 = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    for wrong in [
        p256,
        "z",
        &whole.replace("PUBLIC", "PRIVATE"),
        &whole.replace("-----END PUBLIC KEY-----\n", ""),
        &whole[..whole.len() - 40],
        &format!("{whole}{whole}"),
        &whole.replacen("MIIB", "MIIC", 1),
    ] {
        let error = built(wrong).unwrap_err();
        assert!(
            error == form || error.contains("control character") || error.contains("white space"),
            "{wrong}: {error}"
        );
    }
    let twice = Signature::rsa_sha256("x-signature").key(pem("2048")).key(pem("2048").replace('\n', "\r\n")).build();
    assert_eq!(twice.unwrap_err().kind(), ConfigErrorKind::Duplicate);
}

#[test]
fn settings_of_signatures_elsewhere_must_agree() {
    use ConfigErrorKind::{Blank, Conflict, Duplicate, HeaderName, Malformed, Missing, Unsigned};
    let at = |at: At| Signature::hmac_sha256(at).key(KEY);
    let timed = || hmac().signed([Part::Timestamp, Part::Body]);
    let token = || at(At::body("sig")).signed([Part::member("token")]);
    let cases = [
        (at(At::query("")), Blank),
        (at(At::header("a b")), HeaderName),
        (at(At::body("a..b")).signed([Part::member("a")]).dangerous_unsigned_body(), Malformed),
        // A body cannot contain its own signature.
        (at(At::body("signature")), Conflict),
        (token(), Unsigned),
        (hmac().dangerous_unsigned_body(), Conflict),
        (hmac().signed([]).dangerous_unsigned_body(), Missing),
        (hmac().signed([Part::literal("x"), Part::Method]).dangerous_unsigned_body(), Missing),
        (hmac().signed([Part::member("token"), Part::literal("."), Part::Body]), Conflict),
        (at(At::body("sig")).signed([Part::member("a"), Part::member("b")]).dangerous_unsigned_body(), Malformed),
        (at(At::body("sig")).signed([Part::member("")]).dangerous_unsigned_body(), Malformed),
        (token().timestamp_in_body("at").dangerous_unsigned_body(), Unsigned),
        (token().signed([Part::Timestamp]).dangerous_unsigned_body(), Missing),
        // What is in one place has one form.
        (at(At::query("signature")).list(','), Conflict),
        (at(At::query("signature")).repeated_header(), Conflict),
        (at(At::query("signature")).signed([Part::Timestamp, Part::Body]).pairs(',', "t", "v1"), Conflict),
        (timed().timestamp_first(), Conflict),
        (timed().list(',').repeated_header().timestamp_first(), Conflict),
        (timed().list(',').timestamp_first().timestamp_header("x-at"), Conflict),
        (timed().list('.').pairs(',', "t", "v1").timestamp_first(), Conflict),
        (timed().timestamp_header("x-at").timestamp_in_milliseconds().timestamp_in_rfc3339(), Conflict),
        (hmac().timestamp_in_rfc3339(), Missing),
        (timed().pairs(',', "t", "v1").another_field("v1"), Duplicate),
        (timed().pairs(',', "t", "v1").another_field("t"), Duplicate),
        (timed().pairs(',', "t", "v1").another_field("v=2"), Malformed),
        (hmac().another_field("v2"), Missing),
        (hmac().signed([Part::header("x y"), Part::literal("."), Part::Body]), HeaderName),
        (hmac().signed([Part::header("X-Acme-Signature"), Part::literal("."), Part::Body]), Duplicate),
    ];
    for (number, (builder, kind)) in cases.into_iter().enumerate() {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), kind, "{number}: {error}");
    }
    assert!(token().dangerous_unsigned_body().build().is_ok());
    assert!(timed().list(',').timestamp_first().build().is_ok());
}

#[test]
fn nothing_shows_a_key_or_a_url() {
    let builder = hmac().signed([Part::PublicUrl, Part::Body]).public_url("https://canary.example/canary");
    let standard = StandardWebhooks::builder().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let twilio = Twilio::builder().key(KEY).public_url("https://canary.example/canary");
    let shown = [
        format!("{builder:?}"),
        format!("{:?}", builder.clone().build()),
        format!("{standard:?} {:?}", standard.clone().build()),
        format!("{:?}", twilio.clone().build()),
        format!("{:?}", hmac().key(format!(" {KEY}")).build()),
        format!("{:?}", StandardWebhooks::builder().key("whsec_canary-canary").build()),
    ];
    for shown in shown {
        for secret in ["canary", KEY, "MfKQ"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
