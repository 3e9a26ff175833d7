//! The suite that tests stores finds each fault, and takes every store that keeps the rules.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::StatusCode;
use tower_webhook::{
    idempotency::{Attempt, Claim, ClaimToken, Commit, Done, EventKey, MemoryStore, Store},
    testing::{self, FailingStore, ManualClock, Step, conformance},
};

/// A store with a fault, which the suite must find.
struct Broken<St> {
    store: St,
    fault: Fault,
    seen: Mutex<HashMap<EventKey, Seen>>,
}

/// What has happened to an event so far.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// The last attempt that has claimed it, and for how long.
    holder: Option<(ClaimToken, Duration)>,
    /// How often that attempt was renewed.
    renewals: usize,
    commits: usize,
    /// Whether an attempt was done that did not hold it.
    is_late: bool,
    is_released: bool,
    /// How often the store has forgotten it.
    forgotten: u8,
}

impl Seen {
    fn is_held_by(&self, attempt: Attempt) -> bool {
        self.holder.is_some_and(|(holder, _)| holder == attempt.token)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    ClaimsTwice,
    ChecksThenActs,
    ForgetsStatus,
    FencesCommit,
    ReleasesOthers,
    DetachedReleasesOthers,
    OutlivesLease,
    OutlivesTtl,
    ShortLease,
    ShortTtl,
    SaysHeld,
    OneKey,
    HalfAKey,
    HalfAToken,
    KnownStatuses,
    DetachedCommitReleases,
    DetachedCommitIsShort,
    ChecksThenActsOnThreads,
    RenewsOthers,
    RenewsWhatHasExpired,
    RenewsForLess,
    RenewsOnce,
    RenewsWhatIsDone,
    SaysRenewed,
    // Each of these needs a sequence that no rule takes by itself.
    RenewedClaimIsLate,
    RenewedClaimStays,
    LateCommitEndsWithTheLease,
    LateCommitOutlivesTtl,
    LateCommitLeavesTheClaim,
    ThirdCommitForgets,
    ThirdCommitChangesStatus,
    // And these need claims beside another step.
    ClaimsWhatIsRenewed,
    CommitsNothing,
    ClaimsTwiceAfterARelease,
}

impl<St: Store> Store for Broken<St> {
    type Error = St::Error;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, St::Error> {
        let lease = match self.fault {
            Fault::OutlivesLease => lease * 2,
            Fault::ShortLease => lease / 2,
            _ => lease,
        };
        if matches!(self.fault, Fault::ChecksThenActs | Fault::ChecksThenActsOnThreads) {
            let found = self.store.claim(attempt, lease).await?;
            if found != Claim::Acquired {
                return Ok(found);
            }
            self.store.release(attempt).await?;
            match self.fault {
                Fault::ChecksThenActs => tokio::task::yield_now().await,
                _ => std::thread::yield_now(),
            }
            // This overwrites the claim that another attempt has made meanwhile.
            self.store.commit(attempt, forgotten()).await?;
        }
        let claim = self.store.claim(self.broken(attempt), lease).await?;
        let before = self.seen(attempt, |seen| {
            let before = *seen;
            if claim == Claim::Acquired {
                let holder = Some((attempt.token, lease));
                *seen = Seen { holder, is_released: seen.is_released, forgotten: seen.forgotten, ..Seen::default() };
            }
            before
        });
        Ok(match (self.fault, claim) {
            (Fault::ClaimsTwice, Claim::InProgress { .. }) => Claim::Acquired,
            (Fault::ClaimsWhatIsRenewed, Claim::InProgress { .. }) if before.renewals > 0 => Claim::Acquired,
            (Fault::ClaimsTwiceAfterARelease, Claim::InProgress { .. }) if before.is_released => Claim::Acquired,
            (Fault::KnownStatuses, Claim::Done(status)) if status.as_u16() > 206 => Claim::Done(StatusCode::OK),
            (Fault::ForgetsStatus, Claim::Done(_)) => Claim::Done(StatusCode::OK),
            (Fault::ThirdCommitChangesStatus, Claim::Done(_)) if before.commits > 2 => {
                Claim::Done(StatusCode::ACCEPTED)
            }
            (_, claim) => claim,
        })
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, St::Error> {
        let seen = self.seen(attempt, |seen| {
            seen.commits += 1;
            seen.is_late |= !seen.is_held_by(attempt);
            *seen
        });
        let ttl = match self.fault {
            Fault::OutlivesTtl => done.ttl * 2,
            Fault::ShortTtl => done.ttl / 2,
            Fault::CommitsNothing => Duration::ZERO,
            Fault::LateCommitOutlivesTtl if seen.is_late => done.ttl * 2,
            Fault::LateCommitEndsWithTheLease if seen.is_late => seen.holder.map_or(done.ttl, |(_, lease)| lease),
            _ => done.ttl,
        };
        if self.fault == Fault::FencesCommit && seen.is_late && self.is_in_progress(attempt).await? {
            return Ok(Commit::Late);
        }
        let commit = self.store.commit(self.broken(attempt), Done::new(done.status, ttl)).await?;
        if self.fault == Fault::ThirdCommitForgets && seen.commits > 2 {
            self.forget(attempt);
        }
        Ok(match self.fault {
            Fault::SaysHeld => Commit::Held,
            Fault::RenewedClaimIsLate if seen.renewals > 0 => Commit::Late,
            _ => commit,
        })
    }

    async fn release(&self, attempt: Attempt) -> Result<(), St::Error> {
        let seen = self.seen(attempt, |seen| {
            seen.is_released = true;
            *seen
        });
        match self.fault {
            Fault::RenewedClaimStays if seen.renewals > 0 => return Ok(()),
            Fault::ReleasesOthers => drop(self.store.commit(attempt, forgotten()).await?),
            _ => {}
        }
        self.store.release(self.broken(attempt)).await
    }

    async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, St::Error> {
        let seen = self.seen(attempt, |seen| *seen);
        match self.fault {
            Fault::RenewsOthers if self.is_in_progress(attempt).await? => return Ok(true),
            Fault::RenewsWhatHasExpired => {
                let renewed = self.store.renew(attempt, lease).await?;
                return Ok(renewed || self.store.claim(attempt, lease).await? == Claim::Acquired);
            }
            Fault::RenewsWhatIsDone => {
                if let Claim::Done(status) = self.store.claim(self.broken(attempt), Duration::ZERO).await? {
                    self.forget(attempt);
                    self.store.commit(self.broken(attempt), Done::new(status, lease)).await?;
                }
            }
            Fault::SaysRenewed => return Ok(true),
            Fault::RenewsOnce if seen.renewals > 0 && seen.is_held_by(attempt) => {
                return self.is_in_progress(attempt).await;
            }
            Fault::LateCommitLeavesTheClaim if seen.is_late && seen.is_held_by(attempt) => return Ok(true),
            _ => {}
        }
        let lease = if self.fault == Fault::RenewsForLess { lease / 10 } else { lease };
        let renewed = self.store.renew(self.broken(attempt), lease).await?;
        self.seen(attempt, |seen| seen.renewals += usize::from(renewed));
        Ok(renewed)
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        match self.fault {
            Fault::DetachedCommitReleases => self.store.release_detached(attempt),
            Fault::DetachedCommitIsShort => {
                self.store.commit_detached(attempt, Done::new(done.status, Duration::from_millis(1)));
            }
            _ => self.store.commit_detached(attempt, done),
        }
    }

    fn release_detached(&self, attempt: Attempt) {
        if self.fault == Fault::DetachedReleasesOthers {
            let _ = tokio_test::task::spawn(self.store.commit(attempt, forgotten())).poll();
        } else {
            self.store.release_detached(attempt);
        }
    }
}

/// A key that is done for no time is absent.
fn forgotten() -> Done {
    Done::new(StatusCode::OK, Duration::ZERO)
}

impl<St> Broken<St> {
    fn new(store: St, fault: Fault) -> Self {
        Self { store, fault, seen: Mutex::default() }
    }

    fn seen<T>(&self, attempt: Attempt, see: impl FnOnce(&mut Seen) -> T) -> T {
        see(self.seen.lock().unwrap_or_else(PoisonError::into_inner).entry(attempt.key).or_default())
    }

    /// From here on, the event has another key in the store. A store of ours forgets nothing that is done early.
    fn forget(&self, attempt: Attempt) {
        self.seen(attempt, |seen| seen.forgotten = seen.forgotten.wrapping_add(1));
    }

    fn broken(&self, mut attempt: Attempt) -> Attempt {
        match self.fault {
            Fault::OneKey => attempt.key = EventKey::from_bytes([0; 16]),
            Fault::HalfAKey => attempt.key = EventKey::from_bytes(half(*attempt.key.as_bytes())),
            Fault::HalfAToken => attempt.token = ClaimToken::from_bytes(half(attempt.token.to_bytes())),
            _ => attempt.key = self.seen(attempt, |seen| renamed(attempt.key, seen.forgotten)),
        }
        attempt
    }
}

impl<St: Store> Broken<St> {
    async fn is_in_progress(&self, attempt: Attempt) -> Result<bool, St::Error> {
        Ok(matches!(self.store.claim(attempt, Duration::ZERO).await?, Claim::InProgress { .. }))
    }
}

/// Only the first byte differs. The keys of the suite differ in their last ones.
fn renamed(key: EventKey, times: u8) -> EventKey {
    EventKey::from_bytes((u128::from_be_bytes(*key.as_bytes()) ^ u128::from(times) << 120).to_be_bytes())
}

/// As a column of 64 bits would keep it.
fn half(bytes: [u8; 16]) -> [u8; 16] {
    (u128::from_be_bytes(bytes) & u128::from(u64::MAX)).to_be_bytes()
}

/// What the suite finds in a store with this fault.
async fn found(fault: Fault) -> conformance::Violation {
    let clock = ManualClock::new();
    let store = Broken::new(MemoryStore::new().clock(clock.clone()), fault);
    let found = conformance::check(&store, async |passed| clock.advance(passed)).await;
    found.err().unwrap_or_else(|| panic!("{fault:?} passes"))
}

#[tokio::test]
async fn the_suite_finds_faults() {
    for (fault, rule) in [
        (Fault::ClaimsTwice, "a claimed key is in progress for other attempts"),
        (Fault::ChecksThenActs, "of concurrent claims, exactly one succeeds"),
        (Fault::ForgetsStatus, "an event that is done keeps its status"),
        (Fault::FencesCommit, "an event is done after a late commit"),
        (Fault::ReleasesOthers, "a release ends the claim of its own attempt only"),
        (Fault::DetachedReleasesOthers, "a detached release ends the claim of its own attempt only"),
        (Fault::OutlivesLease, "a claimed key is in progress for other attempts"),
        (Fault::OutlivesTtl, "an event is forgotten after its time to live"),
        (Fault::ShortLease, "a claim lasts until its lease expires"),
        (Fault::ShortTtl, "an event that is done is remembered for its time to live"),
        (Fault::SaysHeld, "a commit of an absent key is late"),
        (Fault::OneKey, "another key is another event"),
        (Fault::HalfAKey, "all bytes of a key count"),
        (Fault::HalfAToken, "all bytes of a token count"),
        (Fault::KnownStatuses, "every 2xx is kept"),
        (Fault::DetachedCommitReleases, "a detached commit does not release the claim"),
        (Fault::DetachedCommitIsShort, "a detached commit does not shorten the lease or the time to live"),
        (Fault::RenewsOthers, "a renewal by another attempt renews nothing"),
        (Fault::RenewsWhatHasExpired, "a renewal of an absent key renews nothing"),
        (Fault::RenewsForLess, "a renewed claim lasts until its new lease expires"),
        (Fault::RenewsOnce, "a claim that was renewed again lasts until that lease expires"),
        (Fault::RenewsWhatIsDone, "a renewal does not shorten the time to live"),
        (Fault::SaysRenewed, "a renewal of an absent key renews nothing"),
    ] {
        assert_eq!(found(fault).await.rule(), rule, "{fault:?}");
    }
}

#[tokio::test]
async fn the_walk_finds_what_the_rules_by_themselves_miss() {
    let held = "a commit says whether the claim was still held";
    let renewed = "a renewal says whether the claim was still held";
    let (absent, kept) = ("an absent key can be claimed", "an event that is done is not forgotten early");
    for (fault, rule, answer) in [
        (Fault::RenewedClaimIsLate, held, "Late"),
        (Fault::RenewedClaimStays, absent, "InProgress { remaining: Some(10000s) }"),
        (Fault::LateCommitEndsWithTheLease, kept, "Acquired"),
        (Fault::LateCommitOutlivesTtl, absent, "Done(204)"),
        (Fault::LateCommitLeavesTheClaim, renewed, "true"),
        (Fault::ThirdCommitForgets, kept, "Acquired"),
        (Fault::ThirdCommitChangesStatus, kept, "Done(202)"),
    ] {
        let found = found(fault).await.to_string();
        let (is_of_the_walk, tells) = (found.starts_with(&format!("{rule} (seed ")), format!("), but: {answer}"));
        assert!(is_of_the_walk && found.ends_with(&tells), "{fault:?}: {found}");
    }
}

#[tokio::test]
async fn the_suite_finds_claims_that_succeed_beside_another_step() {
    for (fault, rule) in [
        (Fault::ClaimsTwice, "of claims on several threads, exactly one of each key succeeds"),
        (Fault::ClaimsWhatIsRenewed, "no claim succeeds beside a renewal"),
        (Fault::CommitsNothing, "no claim succeeds beside a commit"),
        (Fault::ClaimsTwiceAfterARelease, "of claims beside a release, at most one of each key succeeds"),
    ] {
        let store = Broken::new(MemoryStore::new(), fault).boxed();
        let found = conformance::check_on_threads(&store, |task| drop(tokio::spawn(task))).await;
        assert_eq!(found.map_err(|found| found.rule().to_owned()), Err(rule.to_owned()), "{fault:?}");
    }
}

/// It yields nowhere, so a suite on one thread does not interrupt it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_that_only_threads_have_is_found() {
    let store = Broken::new(MemoryStore::new(), Fault::ChecksThenActsOnThreads).boxed();
    for _ in 0..100 {
        if let Err(found) = conformance::check_on_threads(&store, |task| drop(tokio::spawn(task))).await {
            // Where the claims by themselves do not meet, those beside a release may.
            assert!(found.rule().starts_with("of claims "), "{found}");
            return;
        }
    }
    panic!("it passes");
}

#[tokio::test]
async fn a_task_that_is_dropped_is_a_violation() {
    let found = conformance::check_on_threads(&MemoryStore::new(), drop).await.unwrap_err();
    assert_eq!(found.rule(), "steps on several threads are answered");
}

#[tokio::test]
async fn a_violation_says_what_was_found_and_how_to_find_it_again() {
    let failing = FailingStore::new(MemoryStore::new());
    assert_eq!(format!("{failing:?}"), "FailingStore { .. }");
    failing.fail(Step::Claim, testing::Fault::Unreached);
    let found = conformance::check(&failing, async |_| {}).await.unwrap_err();
    assert_eq!(found.to_string(), "an absent key can be claimed, but: the store was told to be unreachable");

    failing.mend();
    failing.fail(Step::Release, testing::Fault::Unreached);
    let found = conformance::walk(&failing, async |_| {}, 2, 200).await.unwrap_err();
    let steps = "claim, commit, claim, claim, 3000 s pass, 13000 s pass, release";
    let told = format!("a release succeeds (seed 2: {steps}), but: the store was told to be unreachable");
    assert_eq!(found.to_string(), told);

    let clock = ManualClock::new();
    let store = Broken::new(MemoryStore::new().clock(clock.clone()), Fault::RenewedClaimIsLate);
    let walk = async |seed| conformance::walk(&store, async |passed| clock.advance(passed), seed, 200).await;
    let found = walk(2).await.unwrap_err().to_string();
    let steps = "claim, 3000 s pass, claim, renew, commit";
    assert_eq!(found, format!("a commit says whether the claim was still held (seed 2: {steps}), but: Late"));
    assert_eq!(walk(2).await.unwrap_err().to_string(), found, "the same steps");
    assert!(walk(0).await.is_ok(), "other steps");
}

/// A store whose second success of an event changes nothing, not even when it is forgotten.
struct Settled(MemoryStore);

impl Store for Settled {
    type Error = <MemoryStore as Store>::Error;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, Self::Error> {
        self.0.claim(attempt, lease).await
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, Self::Error> {
        match self.0.claim(attempt, Duration::ZERO).await? {
            Claim::Done(_) => Ok(Commit::Late),
            _ => self.0.commit(attempt, done).await,
        }
    }

    async fn release(&self, attempt: Attempt) -> Result<(), Self::Error> {
        self.0.release(attempt).await
    }

    async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, Self::Error> {
        self.0.renew(attempt, lease).await
    }
}

#[tokio::test]
async fn a_store_that_keeps_the_first_time_to_live_keeps_the_rules() {
    let clock = ManualClock::new();
    let store = Settled(MemoryStore::new().clock(clock.clone()));
    conformance::check(&store, async |passed| clock.advance(passed)).await.unwrap();
    // Long enough for an event that was done twice to be forgotten between the two times.
    for seed in 0..10 {
        conformance::walk(&store, async |passed| clock.advance(passed), seed, 10_000).await.unwrap();
    }
}
