//! What the report says.

use std::{panic::catch_unwind, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::service_fn;
use tower_webhook::testing::receiver::{Body, ReceiverSuite, Report, Verdict};

use super::{
    failed, left_out,
    own::{Flaw, Receiver, acme},
};

async fn report(flaw: Flaw, change: impl FnOnce(ReceiverSuite) -> ReceiverSuite) -> Report {
    let receiver = Receiver::new(flaw, Duration::from_secs(10));
    let service = service_fn(move |request| receiver.clone().receive(request));
    change(ReceiverSuite::new(acme())).run(service).await
}

#[tokio::test]
async fn it_says_what_was_sent_what_was_expected_what_happened_and_why_it_matters() {
    let report = report(Flaw::FailsOnMalformed, |suite| suite).await;
    let wanted = "The receiver of Acme: 22 cases passed, 1 failed, 2 were left out.\n\n\
        FAILED malformed\n  \
        Sent: rightly signed bodies that are no JSON.\n  \
        Expected: a 4xx, and no effect.\n  \
        Happened: to an empty body, the receiver answered 500 Internal Server Error.\n  \
        Why: a 5xx is tried again for days, and wakes people up.\n\n\
        slow: left out, because the suite has no `deadline`, or no `timer` to measure it with.\n\
        after-a-refusal: left out, because a service has no connections: use `run_at`.";
    assert_eq!(report.to_string(), wanted);
    let panic = catch_unwind(|| report.assert()).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), wanted);
}

#[tokio::test]
async fn the_xml_is_that_of_junit() {
    let report = report(Flaw::NeedsNoSignature, |suite| suite.without("genuine", "5 < 6 > 4 & \"quoted\" \u{1}")).await;
    let xml = report.junit();
    let lines: Vec<_> = xml.lines().collect();
    assert_eq!(lines[0], r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    assert_eq!(lines[1], "<testsuites>");
    let head = r#"<testsuite name="The receiver of Acme" tests="25" failures="1" errors="0" skipped="3">"#;
    assert_eq!(lines[2], head);
    assert!(lines[3].ends_with(
        "name=\"genuine\"><skipped message=\"5 &lt; 6 &gt; 4 &amp; &quot;quoted&quot; \u{fffd}\"/></testcase>"
    ));
    assert_eq!(lines[4], r#"<testcase classname="The receiver of Acme" name="unknown-type"/>"#);
    let failure = lines.iter().find(|line| line.contains("<failure")).unwrap();
    assert!(failure.contains(r#"name="missing-credential"><failure message="to an event without a credential"#));
    assert!(failure.ends_with("</failure></testcase>"), "{failure}");
    assert_eq!(&lines[lines.len() - 2..], ["</testsuite>", "</testsuites>"]);
}

#[tokio::test]
async fn a_case_is_left_out_with_its_reason() {
    let report = report(Flaw::EchoesTheBody, |suite| suite.without("private-answers", "they are public")).await;
    report.assert();
    assert_eq!(left_out(&report), ["private-answers", "slow", "after-a-refusal"]);
    let left_out = report.outcomes().find(|outcome| outcome.name() == "private-answers").unwrap();
    assert_eq!((left_out.verdict(), left_out.happened()), (Verdict::LeftOut, "they are public"));
}

#[tokio::test]
async fn a_case_that_does_not_exist_is_not_left_out() {
    let report = report(Flaw::Nothing, |suite| suite.without("duplicate", "")).await;
    assert_eq!(failed(&report), ["duplicate"]);
}

#[tokio::test]
async fn without_a_count_of_effects_only_answers_are_judged() {
    report(Flaw::IgnoresDuplicates, |suite| suite).await.assert();
}

#[tokio::test]
async fn neither_a_key_nor_a_body_is_in_a_report() {
    for flaw in [Flaw::LeaksTheKey, Flaw::EchoesTheBody, Flaw::LeaksTheExpectedSignature, Flaw::PanicsOnMalformed] {
        let report = report(flaw, |suite| suite).await;
        assert!(!failed(&report).is_empty());
        for text in [report.to_string(), report.junit(), format!("{report:?}")] {
            assert!(!text.contains(super::own::KEY) && !text.contains("canary-of"), "{flaw:?}: {text}");
        }
    }
}

#[tokio::test]
async fn a_case_that_passed_says_so() {
    let report = report(Flaw::Nothing, |suite| suite).await;
    let genuine = report.outcomes().find(|outcome| outcome.name() == "genuine").unwrap();
    assert_eq!((genuine.to_string().as_str(), genuine.verdict()), ("genuine: as expected.", Verdict::Passed));
}

/// The error of a service may quote the request.
#[tokio::test]
async fn an_error_of_the_service_is_a_failure_that_is_not_quoted() {
    let service = service_fn(async |_: Request<Body>| Err::<Response<Full<Bytes>>, _>("canary"));
    let report = ReceiverSuite::new(acme()).run(service).await;
    let genuine = report.outcomes().find(|outcome| outcome.name() == "genuine").unwrap();
    let happened = "to the event `lab.ready`, the receiver failed: the service returned an error";
    assert_eq!(genuine.happened(), happened);
    assert!(!format!("{report} {report:?} {}", report.junit()).contains("canary"));
}

#[test]
fn neither_a_suite_nor_a_body_is_shown() {
    let suite = format!("{:?}", ReceiverSuite::new(acme()));
    assert_eq!(suite, r#"ReceiverSuite { sender: TestSender("acme"), .. }"#);
    assert_eq!(format!("{:?}", Body::from(Bytes::from("canary"))), "Body { frames: 1, .. }");
}
