//! Receivers that are wrong in one way.

use std::time::Duration;

use tower::service_fn;
use tower_webhook::testing::receiver::{ReceiverSuite, Report};

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

/// Each case is red on some receiver: those above, and one on a socket.
#[test]
fn every_case_has_its_wrong_receiver() {
    let here = [include_str!("wrong.rs"), include_str!("sockets.rs")].concat();
    let missing: Vec<_> = ReceiverSuite::cases().filter(|case| !here.contains(&format!("[\"{case}\"]"))).collect();
    // Whoever accepts a wrong key accepts more.
    assert_eq!(missing, ["genuine", "wrong-key"]);
}
