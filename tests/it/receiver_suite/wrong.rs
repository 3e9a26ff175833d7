//! Receivers that are wrong in one way.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_webhook::{
    auth::Key,
    provider::Sender,
    testing::{
        TestSender,
        receiver::{Body, ReceiverSuite, Report},
    },
};

use super::{
    failed, left_out,
    own::{Flaw, Receiver, acme},
};

async fn run(flaw: Flaw) -> Report {
    let receiver = Receiver::new(flaw, Duration::from_secs(10));
    let counted = receiver.clone();
    let service = service_fn(move |request| receiver.clone().receive(request));
    let suite = ReceiverSuite::new(acme()).effects(move || counted.effects());
    suite.deadline(Duration::from_secs(11)).timer(tokio::time::sleep).run(service).await
}

#[tokio::test(start_paused = true)]
async fn the_receiver_is_right_without_a_flaw() {
    let report = run(Flaw::Nothing).await;
    report.assert();
    assert_eq!(left_out(&report), ["after-a-refusal"]);
}

macro_rules! wrong {
    ($($test:ident: $flaw:ident => [$($case:literal),+];)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            let report = run(Flaw::$flaw).await;
            assert_eq!(failed(&report), [$($case),+], "{report}");
        }
    )+};
}

wrong! {
    accepts_every_method: AcceptsEveryMethod => ["other-methods"];
    needs_no_signature: NeedsNoSignature => ["missing-credential"];
    verifies_nothing: VerifiesNothing => ["wrong-key", "almost-right-credential", "altered-body"];
    takes_the_first_signature: TakesTheFirstSignature => ["repeated-credential"];
    compares_a_prefix: ComparesAPrefix => ["almost-right-credential"];
    compares_as_much_as_given: ComparesAsMuchAsGiven => ["cut-credential"];
    forgets_the_past: ForgetsThePast => ["stale"];
    forgets_the_future: ForgetsTheFuture => ["from-the-future"];
    verifies_its_own_json: VerifiesItsOwnJson => ["unusual-json"];
    verifies_what_it_knows: VerifiesWhatItKnows => ["altered-body"];
    says_what_is_wrong: SaysWhatIsWrong => ["same-refusal"];
    echoes_the_body: EchoesTheBody => ["private-answers"];
    leaks_the_key: LeaksTheKey => ["private-answers"];
    leaks_the_expected_signature: LeaksTheExpectedSignature => ["same-refusal", "private-answers"];
    fails_on_malformed: FailsOnMalformed => ["malformed"];
    panics_on_malformed: PanicsOnMalformed => ["malformed"];
    fails_on_unknown_types: FailsOnUnknownTypes => ["unknown-type"];
    fails_on_unknown_values: FailsOnUnknownValues => ["unknown-value"];
    refuses_unknown_members: RefusesUnknownMembers => ["unknown-member"];
    needs_a_length: NeedsALength => ["reframed"];
    has_no_limit: HasNoLimit => ["oversized"];
    ignores_broken_bodies: IgnoresBrokenBodies => ["broken-off"];
    acts_before_the_end: ActsBeforeTheEnd => ["broken-off"];
    has_no_deadline: HasNoDeadline => ["slow"];
    ignores_duplicates: IgnoresDuplicates => ["duplicates-in-a-row", "duplicates-at-once"];
    checks_then_acts: ChecksThenActs => ["duplicates-at-once"];
    refuses_duplicates: RefusesDuplicates => ["duplicates-in-a-row"];
    wants_an_order: WantsAnOrder => ["out-of-order"];
    refuses_one_kind: RefusesOneKind => ["genuine", "unknown-member", "reframed"];
    acknowledges_without_effect: AcknowledgesWithoutEffect => ["genuine", "duplicates-in-a-row", "duplicates-at-once"];
}

#[tokio::test(start_paused = true)]
async fn acts_before_it_refuses() {
    let (receiver, acts) = (Receiver::new(Flaw::Nothing, Duration::from_secs(10)), Arc::new(AtomicUsize::new(0)));
    let acted = Arc::clone(&acts);
    let service = service_fn(move |request| {
        acted.fetch_add(1, Ordering::Relaxed);
        receiver.clone().receive(request)
    });
    let report = ReceiverSuite::new(acme()).effects(move || acts.load(Ordering::Relaxed)).run(service).await;
    for (case, effects) in [("almost-right-credential", "one effect"), ("missing-credential", "2 effects")] {
        let outcome = report.outcomes().find(|outcome| outcome.name() == case).unwrap();
        assert_eq!(outcome.happened(), format!("the handler had {effects} where none was right"));
    }
}

/// It takes whatever begins with its key, which is as short as keys of tests are.
#[tokio::test]
async fn compares_as_much_as_it_has() {
    let description = json!({
        "name": "acme",
        "credential": {"api_key": {"header": "x-key"}},
        "samples": [{"name": "paid", "body": {"id": "evt_1"}}],
    });
    let sender = TestSender::new(Sender::from_json(&description.to_string()).unwrap()).unwrap();
    let sender = sender.with_key(Key::new("key").dangerous_short()).unwrap();
    let service = service_fn(async |request: Request<Body>| {
        let is_right = request.headers().get("x-key").is_some_and(|key| key.as_bytes().starts_with(b"key"));
        let response = Response::builder().status(if is_right { 200 } else { 401 });
        Ok::<_, Infallible>(response.body(Full::<Bytes>::default()).unwrap())
    });
    let report = ReceiverSuite::new(sender).run(service).await;
    assert!(failed(&report).contains(&"almost-right-credential"), "{report}");
    assert!(!failed(&report).contains(&"cut-credential"), "{report}");
}

/// Each case is red on some receiver: those above, and one on a socket.
#[test]
fn every_case_has_its_wrong_receiver() {
    let here = [include_str!("wrong.rs"), include_str!("sockets.rs")].concat();
    let missing: Vec<_> = ReceiverSuite::cases().filter(|case| !here.contains(&format!("[\"{case}\"]"))).collect();
    // Whoever accepts a wrong key accepts more.
    assert_eq!(missing, ["genuine", "wrong-key"]);
}
