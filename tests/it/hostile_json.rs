//! Bodies that are no JSON, or JSON at its worst: refused with the documented status, for both providers.

use bytes::Bytes;
use http_body_util::Full;
use tower_webhook::json::DecodeErrorKind;

use crate::support::{deliver, fixture, from_mediquo, from_truemed, mediquo, truemed};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved","email":"a@b.c","extra":"x"}"#;
const REPORT: &str = r#"{"type":"patient_report_sent","occurred_on":1,"payload":{"patient":{"code":"p"}},"extra":"x"}"#;

#[derive(Clone, Copy)]
enum Provider {
    Truemed,
    MediQuo,
}

const SAMPLES: [(Provider, &str); 2] = [(Provider::Truemed, SESSION), (Provider::MediQuo, REPORT)];

impl Provider {
    /// `None` for a body that is accepted; else the category, and 400 as the status.
    async fn verdict(self, body: &[u8]) -> Option<DecodeErrorKind> {
        let body = Full::new(Bytes::copy_from_slice(body));
        let outcome = match self {
            Self::Truemed => deliver(&truemed(), from_truemed(body)).await,
            Self::MediQuo => deliver(&mediquo(), from_mediquo(body)).await,
        };
        let category = outcome.rejection().map(|rejection| rejection.decode_error().unwrap().kind());
        assert!(outcome.status == 400 || category.is_none() && outcome.status.is_success(), "{}", outcome.status);
        category
    }
}

#[tokio::test]
async fn every_truncation_is_refused() {
    for (provider, whole) in [
        (Provider::Truemed, SESSION.into()),
        (Provider::Truemed, fixture("truemed/qualification_session_complete.json")),
        (Provider::Truemed, fixture("truemed/item_eligibility_updated.json")),
        (Provider::Truemed, fixture("truemed/item_eligibility_updated_sample.json")),
        (Provider::MediQuo, REPORT.into()),
        (Provider::MediQuo, fixture("mediquo/patient_report_sent.json")),
    ] {
        let whole = whole.trim_ascii_end();
        assert_eq!(provider.verdict(whole).await, None);
        for len in 0..whole.len() {
            assert_eq!(provider.verdict(&whole[..len]).await, Some(DecodeErrorKind::Eof), "{len} of {}", whole.len());
        }
    }
}

#[tokio::test]
async fn nothing_may_follow_or_precede() {
    for (provider, whole) in SAMPLES {
        for trailing in ["x", "{}", ",", "}", "]", "\0", "1", "null", "//", "\u{feff}"] {
            assert_eq!(
                provider.verdict(format!("{whole}{trailing}").as_bytes()).await,
                Some(DecodeErrorKind::TrailingData),
                "{trailing:?}"
            );
        }
        assert_eq!(
            provider.verdict(format!("\u{feff}{whole}").as_bytes()).await,
            Some(DecodeErrorKind::Syntax),
            "byte order mark"
        );
        assert_eq!(provider.verdict(format!(" \t\r\n{whole}\n\r\t ").as_bytes()).await, None, "white space");
    }
}

#[tokio::test]
async fn invalid_utf8_is_refused_wherever_it_stands() {
    for (provider, whole) in SAMPLES {
        for position in 0..=whole.len() {
            for invalid in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"] {
                let (before, after) = whole.as_bytes().split_at(position);
                assert_eq!(
                    provider.verdict(&[before, invalid, after].concat()).await,
                    Some(DecodeErrorKind::Utf8),
                    "at {position}"
                );
            }
        }
    }
}

#[tokio::test]
async fn utf16_and_utf32_are_refused() {
    for (provider, whole) in SAMPLES {
        let utf16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf32: Vec<u8> = whole.chars().flat_map(|char| u32::from(char).to_be_bytes()).collect();
        assert!(provider.verdict(&utf16).await.is_some());
        assert!(provider.verdict(&utf32).await.is_some());
    }
}

#[tokio::test]
async fn nesting_overflows_nothing() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        for (provider, whole) in SAMPLES {
            // To Truemed any object is an event.
            let is_unknown = matches!(provider, Provider::Truemed) && open.starts_with('{');
            assert_eq!(provider.verdict(nested.as_bytes()).await.is_none(), is_unknown);
            // In a field that is ignored, it is passed over without recursion.
            assert_eq!(provider.verdict(whole.replace(r#""x""#, &nested).as_bytes()).await, None);
            assert_eq!(
                provider.verdict(whole.replace(r#""x"}"#, &nested).as_bytes()).await,
                Some(DecodeErrorKind::Eof)
            );
        }
        let email = SESSION.replace(r#""a@b.c""#, &nested);
        let code = REPORT.replace(r#""p""#, &nested);
        assert_eq!(Provider::Truemed.verdict(email.as_bytes()).await, Some(DecodeErrorKind::WrongType));
        assert_eq!(Provider::MediQuo.verdict(code.as_bytes()).await, Some(DecodeErrorKind::WrongType));
    }
}

#[tokio::test]
async fn what_is_no_object_is_refused() {
    for text in ["null", "true", "7", r#""x""#, "[]", "[{}]", r#"[["a"]]"#] {
        for (provider, _) in SAMPLES {
            assert_eq!(provider.verdict(text.as_bytes()).await, Some(DecodeErrorKind::WrongType), "{text}");
        }
    }
    assert_eq!(Provider::MediQuo.verdict(b"{}").await, Some(DecodeErrorKind::MissingField));
    let array = format!("[{SESSION},{REPORT}]");
    for (provider, _) in SAMPLES {
        assert_eq!(provider.verdict(array.as_bytes()).await, Some(DecodeErrorKind::WrongType));
    }
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
        for (provider, whole) in SAMPLES {
            let body = whole.replace(r#""x""#, value);
            let verdict = provider.verdict(body.as_bytes()).await;
            // In a field that is ignored, what is JSON is not looked at more closely.
            let ignored = matches!(value, r#""\ud800""# | "1e999");
            assert!(verdict == Some(DecodeErrorKind::Syntax) || ignored && verdict.is_none(), "{value}: {verdict:?}");
        }
    }
}

#[tokio::test]
async fn no_single_changed_byte_is_answered_with_anything_but_400_or_success() {
    for (provider, whole) in SAMPLES {
        for position in 0..whole.len() {
            for byte in [0, b'"', b'{', b'}', b'[', b'0', b'\\', b' ', 0xff] {
                let mut body = whole.as_bytes().to_vec();
                body[position] = byte;
                provider.verdict(&body).await;
            }
        }
    }
}
