//! What a letter shows, and what it proves.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{
    HeaderValue, Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::Full;
use tower_webhook::{
    Rejection,
    auth::{ApiKey, Head, Key, Scheme, Verified, keys::Tenants},
    dead_letters::{DeadLetter, LetterError, OpenLetter, PrivateKey, PublicKey, ReceiptKey, Replays},
    provider::{Custom, Envelope, Place, mediquo::MediQuo},
    testing::ManualClock,
};

use super::{Handling, Memory, receipt_key, receipt_key_of};
use crate::support::{SIGNATURE, fixture, from_mediquo};

const BODY: &str = r#"{"patient":"canary-of-20-letters","zip":"9021-canary"}"#;

/// A letter with something in all its places.
async fn letter(key: &PrivateKey) -> DeadLetter {
    let scheme =
        ApiKey::header("x-acme-key").key(Key::new("canary-key-of-the-sender").label("2026-11")).build().unwrap();
    let envelope = Envelope::new().event_id(Place::header("x-acme-id")).event_type(Place::header("x-acme-type"));
    let acme = Custom::builder("acme", scheme).envelope(envelope).json::<serde_json::Value>().build().unwrap();
    let (sink, clock) =
        (Memory::default(), ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)));
    let keeper = sink.keeper(key.public_key()).header(AUTHORIZATION).header(CONTENT_TYPE);
    let layer = acme.into_layer().clock(clock).dead_letters(keeper);
    let request = Request::post("/canary?canary")
        .header("x-acme-key", "canary-key-of-the-sender")
        .header("x-acme-id", "canary-id")
        .header("x-acme-type", "canary-type")
        .header("x-other", "canary-other")
        .header("authorization", "canary-authorization")
        .header("content-type", "application/json; canary")
        .body(Full::<Bytes>::from(BODY))
        .unwrap();
    let response = Handling::that_fails_for_good(422).deliver(&layer, request).await;
    assert_eq!(response.status(), 204);
    sink.only()
}

#[tokio::test]
async fn without_the_private_key_a_letter_shows_its_receipt_and_nothing_that_was_sent() {
    let key = PrivateKey::generate();
    let letter = letter(&key).await;
    let bytes = letter.to_bytes();
    for part in BODY.as_bytes().windows(5) {
        assert!(!bytes.windows(5).any(|shown| shown == part), "{}", String::from_utf8_lossy(part));
    }
    let shown = format!("{} {letter:?} {:?}", String::from_utf8_lossy(&bytes), letter.open(&key).unwrap());
    for text in ["canary", "Y2FuYXJ5", "63616e617279"] {
        assert!(!shown.to_lowercase().contains(&text.to_lowercase()), "{shown}");
    }
    let receipt = letter.receipt();
    assert!(format!("{receipt:?}").starts_with(&format!("Receipt {{ id: {:?}, route: \"main\"", receipt.id())));
    let encrypted = bytes.len() - bytes.iter().position(|byte| *byte == b'\n').unwrap() - 1;
    assert_eq!(format!("{letter:?}"), format!("DeadLetter {{ receipt: {receipt:?}, encrypted: {encrypted} }}"));
    let open = letter.open(&key).unwrap();
    assert_eq!(format!("{open:?}"), format!("OpenLetter {{ receipt: {receipt:?}, .. }}"));
    let keeper = Memory::default().keeper(key.public_key()).header(CONTENT_TYPE);
    assert_eq!(format!("{keeper:?}"), r#"Keeper { deadline: 2s, headers: ["content-type"], .. }"#);
    let replays = Replays::new(receipt_key()).max_age(Duration::from_secs(60));
    assert_eq!(format!("{replays:?}"), "Replays { keys: 1, max_age: 60s }");

    let line = bytes.split(|byte| *byte == b'\n').next().unwrap();
    let receipt: serde_json::Value = serde_json::from_slice(line).unwrap();
    assert_eq!(receipt["route"], "main");
    assert_eq!(receipt["provider"], "acme");
    assert_eq!(receipt["scheme"], "api_key");
    assert_eq!(receipt["key_label"], "2026-11");
    assert_eq!(receipt["received_at"], "2027-01-15T08:00:00Z");
    assert_eq!(receipt["reason"], "the handler answered 422");
    assert_eq!(receipt["body_len"], BODY.len());
    assert_eq!(receipt["headers"], serde_json::json!(["content-type", "x-acme-id", "x-acme-type"]));
}

#[tokio::test]
async fn the_private_key_opens_what_the_layer_reads_and_never_the_credential() {
    let key = PrivateKey::generate();
    let letter = DeadLetter::from_bytes(letter(&key).await.to_bytes()).unwrap();
    let open = letter.open(&PrivateKey::new(key.to_secret_text()).unwrap()).unwrap();
    assert_eq!(open.body(), BODY);
    let headers: Vec<_> = open.headers().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let kept =
        [("content-type", "application/json; canary"), ("x-acme-id", "canary-id"), ("x-acme-type", "canary-type")];
    assert_eq!(headers, kept);
    assert_eq!(open.verify(&receipt_key()), Ok(()));
    let other = ReceiptKey::new("main", "another-secret-of-32-bytes-or-more").unwrap();
    for other in [other, receipt_key_of("main2")] {
        assert_eq!(open.verify(&other), Err(LetterError::NotProven));
    }
    assert_eq!(letter.open(&PrivateKey::generate()).unwrap_err(), LetterError::NotOpened);
}

/// A forger can encrypt to a public key, but cannot seal a receipt.
#[tokio::test]
async fn a_letter_with_one_bit_changed_does_not_open() {
    let key = PrivateKey::generate();
    let bytes = letter(&key).await.to_bytes();
    let opened = |bytes: &[u8]| -> Result<OpenLetter, LetterError> { DeadLetter::from_bytes(bytes)?.open(&key) };
    opened(&bytes).unwrap();
    // Not every byte: opening is slow in a debug build.
    for index in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << (index % 8);
        assert!(opened(&changed).is_err(), "byte {index} of {}", bytes.len());
    }
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(opened(&bytes[..length]).is_err());
    }
}

/// The first form of a receipt had no route. Another version is not taken for a damaged file.
#[tokio::test]
async fn a_letter_of_another_version_says_so() {
    let bytes = letter(&PrivateKey::generate()).await.to_bytes();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let mut receipt: serde_json::Map<_, _> = serde_json::from_slice(&bytes[..end]).unwrap();
    assert_eq!(receipt["version"], 2);
    let read = |receipt: &serde_json::Map<_, _>| {
        DeadLetter::from_bytes([&*serde_json::to_vec(receipt).unwrap(), &bytes[end..]].concat()).map(drop)
    };
    for version in [1, 3] {
        receipt.insert("version".into(), version.into());
        assert_eq!(read(&receipt), Err(LetterError::OtherVersion));
    }
    receipt.remove("route");
    assert_eq!(read(&receipt), Err(LetterError::OtherVersion));
    receipt.insert("version".into(), 2.into());
    assert_eq!(read(&receipt), Err(LetterError::Malformed));
}

#[test]
fn an_error_says_what_is_wrong_with_a_letter() {
    for (error, text) in [
        (LetterError::Malformed, "this is not a dead letter"),
        (LetterError::OtherVersion, "this dead letter was written by another version of this crate"),
        (LetterError::NotOpened, "the private key does not open this letter"),
        (LetterError::NotProven, "the receipt does not prove this letter"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn a_receipt_has_the_type_and_the_length_and_only_the_open_letter_has_the_tenant() {
    let tenants = Tenants::by_path_segment(0);
    tenants.insert("north", [SIGNATURE]).unwrap();
    let (sink, key) = (Memory::default(), PrivateKey::generate());
    let layer = MediQuo::builder().signatures(tenants).build().unwrap().into_layer();
    let layer = layer.dead_letters(sink.keeper(key.public_key()));
    let body = fixture("mediquo/patient_report_sent.json");
    let mut request = from_mediquo(Full::new(body.clone()));
    *request.uri_mut() = "/north".parse().unwrap();
    assert_eq!(Handling::that_fails_for_good(422).deliver(&layer, request).await.status(), 204);
    let letter = sink.only();
    let receipt = letter.receipt();
    assert_eq!((receipt.event_type(), receipt.body_len()), (Some("patient_report_sent"), body.len() as u64));
    assert!(!String::from_utf8_lossy(&letter.to_bytes()).contains("north"));
    assert_eq!(letter.open(&key).unwrap().tenant(), Some("north"));
}

/// It could be kept, but nobody could send it again: its receipt would not fit into a header.
#[tokio::test]
async fn a_delivery_with_an_id_that_is_too_long_for_a_receipt_is_not_kept() {
    struct Identified(usize);
    impl Scheme for Identified {
        fn verify_head(&self, _: &Head<'_>) -> Result<Option<Verified>, Rejection> {
            let id = HeaderValue::try_from("i".repeat(self.0)).unwrap();
            Ok(Some(Verified::new().with_signed_id(id)))
        }
    }
    for (len, status, count) in [(1_000, 204, 1), (8_000, 503, 0)] {
        let sink = Memory::default();
        let acme = Custom::builder("acme", Identified(len)).raw().build().unwrap();
        let layer = acme.into_layer().dead_letters(sink.keeper(PrivateKey::generate().public_key()));
        let request = Request::post("/").body(Full::from("1")).unwrap();
        let delivered = Handling::that_fails_for_good(422).deliver(&layer, request).await;
        assert_eq!((delivered.status().as_u16(), sink.count()), (status, count), "{len}");
    }
}

#[test]
fn a_mistyped_key_is_an_error_and_never_shown() {
    let private = PrivateKey::generate();
    let (public, secret) = (private.public_key().to_string(), private.to_secret_text());
    PublicKey::new(format!("{public}\n")).unwrap();
    for text in [&secret, "", "canary", &public[..public.len() - 1]] {
        let error = PublicKey::new(text).unwrap_err().to_string();
        assert_eq!(error, "the public key of dead letters is not well-formed: expected dead-letters-public-...");
    }
    let letters = public.len() - "dead-letters-public-".len();
    for index in public.len() - letters..public.len() {
        let mut typed = public.clone().into_bytes();
        typed[index] = if typed[index] == b'A' { b'B' } else { b'A' };
        assert!(PublicKey::new(String::from_utf8(typed).unwrap()).is_err());
    }
    assert!(PrivateKey::new(&public).is_err());
    assert_eq!(format!("{private:?}"), "PrivateKey(..)");
    assert_eq!(format!("{:?}", private.public_key()), format!("PublicKey({public})"));
    assert_eq!(format!("{:?}", receipt_key()), r#"ReceiptKey { route: "main", .. }"#);
}

#[test]
fn a_route_has_a_name_that_no_secret_can_be_taken_for() {
    let secret = "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f";
    for name in ["/", "truemed-spain", &secret[1..]] {
        ReceiptKey::new(name, secret).unwrap();
    }
    for name in ["", " ", "two words", "caf\u{e9}", "a\n", secret] {
        let error = ReceiptKey::new(name, "main").unwrap_err().to_string();
        assert_eq!(error, "the route of receipts is not well-formed: expected 1 to 31 visible ASCII characters");
    }
    let error = ReceiptKey::new("main", "too-short").unwrap_err().to_string();
    assert_eq!(error, "the key of receipts is too short: expected at least 32 bytes");
}
