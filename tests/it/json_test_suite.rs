//! The parsing cases of nst/JSONTestSuite through the whole service. `JSON_TEST_SUITE` names their folder, which is no part
//! of this project: `.ci/run` takes it from the crate `actson`.

use std::{collections::BTreeMap, fs};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_webhook::{
    RejectionKind, WebhookLayer,
    auth::ApiKey,
    json::RawJson,
    provider::{Custom, Envelope, Place, Provider},
    tagged_enum,
};

use crate::support::{deliver, from_mediquo, from_truemed, mediquo, truemed};

const KEY: &str = "Zr41vw-new-and-random";

/// What becomes of a case as it is, and of one that is the last member of an event. The same holds for all of its receivers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Accepted,
    Refused,
    /// Refused where the value is decoded; accepted where it is kept as raw JSON, or ignored.
    RefusedDecoded,
}

use Verdict::{Refused, RefusedDecoded};

/// The cases that a parser is free to accept, and why we do what we do.
const FREE: [(&str, &[&str], Verdict); 5] = [
    (
        "a number beyond `f64`, which `serde_json` does not decode",
        &[
            "number_huge_exp",
            "number_neg_int_huge_exp",
            "number_pos_double_huge_exp",
            "number_real_neg_overflow",
            "number_real_pos_overflow",
        ],
        RefusedDecoded,
    ),
    (
        "half of a surrogate pair, which no Rust string can hold",
        &[
            "object_key_lone_2nd_surrogate",
            "string_1st_surrogate_but_2nd_missing",
            "string_1st_valid_surrogate_2nd_invalid",
            "string_incomplete_surrogate_and_escape_valid",
            "string_incomplete_surrogate_pair",
            "string_incomplete_surrogates_escape_valid",
            "string_invalid_lonely_surrogate",
            "string_invalid_surrogate",
            "string_inverted_surrogates_U+1D11E",
            "string_lone_second_surrogate",
        ],
        RefusedDecoded,
    ),
    ("nested more than 128 deep: SECURITY.md", &["structure_500_nested_arrays"], RefusedDecoded),
    (
        "rounded to an `f64`",
        &[
            "number_double_huge_neg_exp",
            "number_real_underflow",
            "number_too_big_neg_int",
            "number_too_big_pos_int",
            "number_very_big_negative_int",
        ],
        Verdict::Accepted,
    ),
    (
        "not UTF-8, or a byte order mark",
        &[
            "string_UTF-16LE_with_BOM",
            "string_UTF-8_invalid_sequence",
            "string_UTF8_surrogate_U+D800",
            "string_invalid_utf-8",
            "string_iso_latin_1",
            "string_lone_utf8_continuation_byte",
            "string_not_in_unicode_range",
            "string_overlong_sequence_2_bytes",
            "string_overlong_sequence_6_bytes",
            "string_overlong_sequence_6_bytes_null",
            "string_truncated-utf-8",
            "string_utf16BE_no_BOM",
            "string_utf16LE_no_BOM",
            "structure_UTF-8_BOM_empty_object",
        ],
        Refused,
    ),
];

tagged_enum! {
    #[derive(Clone, Debug)]
    enum Event {
        Kept(Kept) = "kept",
        Decoded(Decoded) = "decoded",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    note: RawJson,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Decoded {
    note: Value,
}

fn acme(body: Vec<u8>) -> Request<Full<Bytes>> {
    Request::post("/").header("x-acme-key", KEY).body(Full::from(body)).unwrap()
}

/// Whether the delivery is accepted. If not, it is answered 400, as malformed.
async fn is_accepted(layer: &WebhookLayer<impl Provider>, request: Request<Full<Bytes>>) -> bool {
    let outcome = deliver(layer, request).await;
    match outcome.kind() {
        None => assert!(outcome.status.is_success() && outcome.handled.is_some(), "{}", outcome.status),
        Some(kind) => {
            assert_eq!((outcome.status.as_u16(), kind), (400, RejectionKind::Malformed));
            assert!(outcome.handled.is_none());
        }
    }
    outcome.handled.is_some()
}

#[tokio::test]
#[ignore = "needs JSON_TEST_SUITE"]
async fn each_case_is_accepted_or_answered_400() {
    #[expect(clippy::disallowed_methods, reason = "the suite is no part of this project")]
    let folder = std::env::var("JSON_TEST_SUITE").expect("JSON_TEST_SUITE, the folder `test_parsing` of the suite");
    let scheme = || ApiKey::header("x-acme-key").key(KEY).build().unwrap();
    let raw = Custom::builder("acme", scheme()).build().unwrap().into_layer();
    let value = Custom::builder("acme", scheme()).json::<Value>().build().unwrap().into_layer();
    let envelope = Envelope::new().event_type(Place::body("type"));
    let tagged = Custom::builder("acme", scheme()).envelope(envelope).tagged::<Event>().build().unwrap().into_layer();
    let (truemed, mediquo) = (truemed(), mediquo());

    let mut counts = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case = fs::read(&path).unwrap();
        let member = |before: &str| [before.as_bytes(), &case, b"}"].concat();
        let full = |before: &str| Full::from(member(before));

        let decoded = [
            is_accepted(&value, acme(case.clone())).await,
            is_accepted(&tagged, acme(member(r#"{"type":"decoded","note":"#))).await,
        ];
        let passed = [
            is_accepted(&raw, acme(case.clone())).await,
            is_accepted(&tagged, acme(member(r#"{"type":"kept","note":"#))).await,
            is_accepted(&tagged, acme(member(r#"{"type":"unknown","note":"#))).await,
            is_accepted(&tagged, acme(member(r#"{"type":"decoded","note":1,"ignored":"#))).await,
            is_accepted(&truemed, from_truemed(full(r#"{"event_type":"unknown","note":"#))).await,
            is_accepted(&truemed, from_truemed(full(r#"{"qualification_session_id":"q","status":"approved","x":"#)))
                .await,
            is_accepted(&mediquo, from_mediquo(full(r#"{"type":"unknown","note":"#))).await,
        ];
        let expected = match name.split_at(2) {
            ("y_", _) => Verdict::Accepted,
            ("n_", _) => Refused,
            (_, free) => FREE.iter().find(|(_, names, _)| names.contains(&free)).expect(name).2,
        };
        assert_eq!(decoded, [expected == Verdict::Accepted; 2], "{name}, decoded");
        assert_eq!(passed, [expected != Refused; 7], "{name}, kept or ignored");
        *counts.entry(&name[..2] == "i_").or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([(false, 95 + 188), (true, 35)]));
}
