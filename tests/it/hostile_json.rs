//! Bodies that are no JSON, or JSON at its worst: refused with the documented status, for both providers.

use bytes::Bytes;
use http_body_util::Full;
use tower_webhook::json::Category;

use crate::support::{deliver, fixture, from_mediquo, from_truemed, mediquo, truemed};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved","email":"a@b.c","extra":"x"}"#;
const REPORT: &str = r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p"}},"extra":"x"}"#;

/// What both providers make of a body: accepted, or refused with 400 in this category.
async fn verdict(body: &[u8]) -> Option<Category> {
    let truemed = deliver(&truemed(), from_truemed(Full::new(Bytes::copy_from_slice(body)))).await;
    let mediquo = deliver(&mediquo(), from_mediquo(Full::new(Bytes::copy_from_slice(body)))).await;
    let verdicts = [truemed, mediquo].map(|outcome| {
        let category = outcome.rejection().map(|rejection| rejection.decode_error().unwrap().category());
        assert!(outcome.status == 400 || category.is_none() && outcome.status.is_success(), "{}", outcome.status);
        category
    });
    // A body that one provider accepts is malformed to the other.
    verdicts.into_iter().min_by_key(Option::is_some).flatten()
}

#[tokio::test]
async fn every_truncation_is_refused() {
    let fixtures = [
        "truemed/qualification_session_complete.json",
        "truemed/item_eligibility_updated.json",
        "mediquo/patient_report_sent.json",
    ];
    for whole in [SESSION.into(), REPORT.into()].into_iter().chain(fixtures.map(fixture)) {
        let whole = whole.trim_ascii_end();
        assert_eq!(verdict(whole).await, None);
        for len in 0..whole.len() {
            assert_eq!(verdict(&whole[..len]).await, Some(Category::Eof), "{len} of {}", whole.len());
        }
    }
}

#[tokio::test]
async fn nothing_may_follow_or_precede() {
    for whole in [SESSION, REPORT] {
        for trailing in ["x", "{}", ",", "}", "]", "\0", "1", "null", "//", "\u{feff}"] {
            assert_eq!(verdict(format!("{whole}{trailing}").as_bytes()).await, Some(Category::Syntax), "{trailing:?}");
        }
        assert_eq!(verdict(format!("\u{feff}{whole}").as_bytes()).await, Some(Category::Syntax), "byte order mark");
        assert_eq!(verdict(format!(" \t\r\n{whole}\n\r\t ").as_bytes()).await, None, "white space");
    }
}

#[tokio::test]
async fn invalid_utf8_is_refused_wherever_it_stands() {
    for whole in [SESSION, REPORT] {
        for position in 0..=whole.len() {
            for invalid in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"] {
                let (before, after) = whole.as_bytes().split_at(position);
                assert_eq!(verdict(&[before, invalid, after].concat()).await, Some(Category::Utf8), "at {position}");
            }
        }
    }
}

#[tokio::test]
async fn utf16_and_utf32_are_refused() {
    for whole in [SESSION, REPORT] {
        let utf16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf32: Vec<u8> = whole.chars().flat_map(|char| u32::from(char).to_be_bytes()).collect();
        assert!(verdict(&utf16).await.is_some());
        assert!(verdict(&utf32).await.is_some());
    }
}

#[tokio::test]
async fn nesting_overflows_nothing() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        assert!(verdict(nested.as_bytes()).await.is_some());
        for whole in [SESSION, REPORT] {
            // In a field that is ignored, it is passed over without recursion.
            assert_eq!(verdict(whole.replace(r#""x""#, &nested).as_bytes()).await, None);
            assert_eq!(verdict(whole.replace(r#""x"}"#, &nested).as_bytes()).await, Some(Category::Eof));
        }
        for field in [r#""a@b.c""#, r#""p""#] {
            let inside = [SESSION, REPORT].concat().replace(field, &nested);
            assert!(verdict(inside.as_bytes()).await.is_some());
        }
    }
}

#[tokio::test]
async fn what_is_no_object_is_refused() {
    for text in ["null", "true", "7", r#""x""#, "[]", "[{}]", "{}", r#"[["a"]]"#] {
        assert_eq!(verdict(text.as_bytes()).await, Some(Category::Data), "{text}");
    }
    let array = format!("[{SESSION},{REPORT}]");
    assert_eq!(verdict(array.as_bytes()).await, Some(Category::Data));
}

#[tokio::test]
async fn json_that_is_nearly_json_is_refused() {
    for value in [
        r#""\ud800""#,
        r#""\x""#,
        "\"\n\"",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "NaN",
        "Infinity",
        "'x'",
        "tru",
        "[1,]",
        r#"{"a":1,}"#,
        "/**/1",
        "1e999",
    ] {
        for whole in [SESSION, REPORT] {
            let body = whole.replace(r#""x""#, value);
            let verdict = verdict(body.as_bytes()).await;
            // In a field that is ignored, what is JSON is not looked at more closely.
            let ignored = matches!(value, r#""\ud800""# | "1e999");
            assert!(verdict == Some(Category::Syntax) || ignored && verdict.is_none(), "{value}: {verdict:?}");
        }
    }
}

#[tokio::test]
async fn no_single_changed_byte_is_answered_with_anything_but_400_or_success() {
    for whole in [SESSION, REPORT] {
        for position in 0..whole.len() {
            for byte in [0, b'"', b'{', b'}', b'[', b'0', b'\\', b' ', 0xff] {
                let mut body = whole.as_bytes().to_vec();
                body[position] = byte;
                verdict(&body).await;
            }
        }
    }
}

/// The cases of nst/JSONTestSuite, where `JSON_TEST_SUITE` names its folder of parsing cases.
#[test]
fn json_test_suite() {
    #[expect(clippy::disallowed_methods, reason = "the suite is not part of this project")]
    let Ok(folder) = std::env::var("JSON_TEST_SUITE") else {
        println!("skipped: JSON_TEST_SUITE is not set");
        return;
    };
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let body = std::fs::read(&path).unwrap();
        let accepted = tower_webhook::json::decode::<serde_json::Value>(&body).is_ok();
        match name.get(..2) {
            Some("y_") => assert!(accepted, "{name}"),
            Some("n_") => assert!(!accepted, "{name}"),
            _ => {}
        }
        cases += 1;
    }
    assert_eq!(cases, 318);
}
