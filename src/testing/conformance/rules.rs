//! The rules one by one, each on its own keys.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use http::StatusCode;

use super::{LEASE, TTL, Violation, attempt_on, expect, fresh_key};
use crate::{
    BoxError,
    idempotency::{Attempt, Claim, ClaimToken, Commit, Done, EventKey, Store},
};

/// More than the time that the check itself takes.
const MARGIN: Duration = Duration::from_secs(1000);

fn in_progress(claim: &Claim) -> bool {
    matches!(claim, Claim::InProgress { remaining } if remaining.is_none_or(|remaining| remaining <= LEASE))
}

/// Keys that differ from this one in one byte, but not in the last four, where the keys that are made later differ.
fn neighbours_of_key(key: EventKey) -> impl Iterator<Item = EventKey> {
    let key = u128::from_be_bytes(*key.as_bytes());
    (32..128).step_by(8).map(move |bit| EventKey::from_bytes((key ^ (1 << bit)).to_be_bytes()))
}

/// Attempts whose tokens differ from that of this one in one byte.
fn neighbours_of(attempt: Attempt) -> impl Iterator<Item = Attempt> {
    let token = u128::from_be_bytes(attempt.token.to_bytes());
    let neighbour = move |bit: u32| ClaimToken::from_bytes((token ^ (1 << bit)).to_be_bytes());
    (0..128).step_by(8).map(move |bit| Attempt::new(attempt.key, neighbour(bit)))
}

pub(super) async fn claims<St: Store>(store: &St, advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let (key, other) = (fresh_key(), fresh_key());
    let claim = async |key| store.claim(attempt_on(key), LEASE).await;
    expect("an absent key can be claimed", claim(key).await, |claim| *claim == Claim::Acquired)?;
    expect("a claimed key is in progress for other attempts", claim(key).await, in_progress)?;
    expect("another key is another event", claim(other).await, |claim| *claim == Claim::Acquired)?;
    for other in neighbours_of_key(key) {
        expect("all bytes of a key count", claim(other).await, |claim| *claim == Claim::Acquired)?;
    }
    advance(LEASE - MARGIN).await;
    expect("a claim lasts until its lease expires", claim(key).await, in_progress)?;
    advance(2 * MARGIN).await;
    expect("a key whose lease has expired can be claimed", claim(key).await, |claim| *claim == Claim::Acquired)?;
    expect("a key that was claimed again is in progress", claim(key).await, in_progress)
}

/// The number of concurrent claims of one key, and the number of keys.
const AT_ONCE: usize = 16;

pub(super) async fn races<St: Store>(store: &St) -> Result<(), Violation> {
    for _ in 0..AT_ONCE {
        let key = fresh_key();
        let claims = at_once((0..AT_ONCE).map(|_| store.claim(attempt_on(key), LEASE)).collect()).await;
        let mut acquired = 0;
        for claim in claims {
            acquired += usize::from(matches!(claim, Ok(Claim::Acquired)));
            expect("concurrent claims are answered", claim, |claim| *claim == Claim::Acquired || in_progress(claim))?;
        }
        expect("of concurrent claims, exactly one succeeds", Ok::<_, BoxError>(acquired), |acquired| *acquired == 1)?;
    }
    Ok(())
}

/// Polls all futures in turns, so that they interrupt a step that is not atomic.
async fn at_once<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| Some(Box::pin(future))).collect();
    let mut outputs = Vec::with_capacity(running.len());
    poll_fn(|cx| {
        for slot in &mut running {
            let Some(future) = slot else { continue };
            if let Poll::Ready(output) = Pin::new(future).poll(cx) {
                outputs.push(output);
                *slot = None;
            }
        }
        if running.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs
}

pub(super) async fn done<St: Store>(store: &St, advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let first = attempt_on(fresh_key());
    let claim = async || store.claim(attempt_on(first.key), LEASE).await;
    expect("an absent key can be claimed", store.claim(first, LEASE).await, |claim| *claim == Claim::Acquired)?;
    let commit = store.commit(first, Done::new(StatusCode::ACCEPTED, TTL)).await;
    expect("a commit within the lease is held", commit, |commit| *commit == Commit::Held)?;
    let is_done = |claim: &Claim| *claim == Claim::Done(StatusCode::ACCEPTED);
    expect("an event that is done keeps its status", claim().await, is_done)?;
    expect("a release of an event that is done succeeds", store.release(first).await, |()| true)?;
    store.release_detached(first);
    expect("a release does not change an event that is done", claim().await, is_done)?;
    advance(TTL - MARGIN).await;
    expect("an event that is done is remembered for its time to live", claim().await, is_done)?;
    advance(2 * MARGIN).await;
    expect("an event is forgotten after its time to live", claim().await, |claim| *claim == Claim::Acquired)?;
    for status in (200..300).filter_map(|status| StatusCode::from_u16(status).ok()) {
        let attempt = attempt_on(fresh_key());
        let commit = store.commit(attempt, Done::new(status, TTL)).await;
        expect("a commit of an absent key is late", commit, |commit| *commit == Commit::Late)?;
        let found = store.claim(attempt_on(attempt.key), LEASE).await;
        expect("every 2xx is kept", found, |claim| *claim == Claim::Done(status))?;
    }
    Ok(())
}

pub(super) async fn releases<St: Store>(store: &St, _advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let first = attempt_on(fresh_key());
    let claim = async |attempt| store.claim(attempt, LEASE).await;
    let claim_again = async || store.claim(attempt_on(first.key), LEASE).await;
    expect("a release of an absent key succeeds", store.release(attempt_on(first.key)).await, |()| true)?;
    expect("an absent key can be claimed", claim(first).await, |claim| *claim == Claim::Acquired)?;
    expect("a release of a claim succeeds", store.release(first).await, |()| true)?;
    let retry = attempt_on(first.key);
    expect("a released key can be claimed at once", claim(retry).await, |claim| *claim == Claim::Acquired)?;
    expect("a second release succeeds", store.release(first).await, |()| true)?;
    expect("a release ends the claim of its own attempt only", claim_again().await, in_progress)?;
    store.release_detached(first);
    expect("a detached release ends the claim of its own attempt only", claim_again().await, in_progress)?;
    // The tokens of one process share their first half, and those of two processes can share the second.
    for other in neighbours_of(retry) {
        expect("a release by another attempt succeeds", store.release(other).await, |()| true)?;
        store.release_detached(other);
        expect("all bytes of a token count", claim_again().await, in_progress)?;
    }
    Ok(())
}

/// After `commit_detached`, the key is done or still in progress: a store may do nothing there, or commit later.
pub(super) async fn detached_commits<St: Store>(
    store: &St,
    advance: &mut impl AsyncFnMut(Duration),
) -> Result<(), Violation> {
    let first = attempt_on(fresh_key());
    let claim = async || store.claim(attempt_on(first.key), LEASE).await;
    let is_kept = |claim: &Claim| in_progress(claim) || *claim == Claim::Done(StatusCode::ACCEPTED);
    expect("an absent key can be claimed", store.claim(first, LEASE).await, |claim| *claim == Claim::Acquired)?;
    store.commit_detached(first, Done::new(StatusCode::ACCEPTED, TTL));
    expect("a detached commit does not release the claim", claim().await, is_kept)?;
    advance(LEASE - MARGIN).await;
    expect("a detached commit does not shorten the lease or the time to live", claim().await, is_kept)
}

pub(super) async fn lost_leases<St: Store>(
    store: &St,
    advance: &mut impl AsyncFnMut(Duration),
) -> Result<(), Violation> {
    let done = Done::new(StatusCode::NO_CONTENT, TTL);
    let slow = attempt_on(fresh_key());
    let quick = attempt_on(slow.key);
    let claim = async |attempt| store.claim(attempt, LEASE).await;
    let claim_again = async || store.claim(attempt_on(slow.key), LEASE).await;
    expect("an absent key can be claimed", claim(slow).await, |claim| *claim == Claim::Acquired)?;
    advance(LEASE + MARGIN).await;
    expect("a key whose lease has expired can be claimed", claim(quick).await, |claim| *claim == Claim::Acquired)?;
    expect("a late release succeeds", store.release(slow).await, |()| true)?;
    expect("a late release changes nothing", claim_again().await, in_progress)?;
    let late = store.commit(slow, done).await;
    expect("a commit is late when another attempt has claimed the key", late, |commit| *commit == Commit::Late)?;
    let is_done = |claim: &Claim| matches!(claim, Claim::Done(_));
    expect("an event is done after a late commit", claim_again().await, is_done)?;
    expect("a release after a late commit succeeds", store.release(quick).await, |()| true)?;
    expect("a release after a late commit changes nothing", claim_again().await, is_done)?;
    let second = store.commit(quick, done).await;
    expect("a second commit is late", second, |commit| *commit == Commit::Late)?;
    expect("an event stays done after a second commit", claim_again().await, is_done)?;

    let alone = attempt_on(fresh_key());
    expect("an absent key can be claimed", claim(alone).await, |claim| *claim == Claim::Acquired)?;
    advance(LEASE + MARGIN).await;
    let late = store.commit(alone, done).await;
    expect("a commit after the lease is late, also without another claim", late, |commit| *commit == Commit::Late)?;
    expect("an event is done after a late commit", claim(attempt_on(alone.key)).await, is_done)
}

/// Whether a store renews claims at all: it may leave that out.
pub(super) async fn renews<St: Store>(store: &St) -> Result<bool, Violation> {
    let attempt = attempt_on(fresh_key());
    let claim = store.claim(attempt, LEASE).await;
    expect("an absent key can be claimed", claim, |claim| *claim == Claim::Acquired)?;
    let mut renews = false;
    expect("a renewal is answered", store.renew(attempt, LEASE).await, |renewed| {
        renews = *renewed;
        true
    })?;
    Ok(renews)
}

pub(super) async fn renewals<St: Store>(store: &St, advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let renews = renews(store).await?;
    let first = attempt_on(fresh_key());
    let next = attempt_on(first.key);
    let claim = async |attempt| store.claim(attempt, LEASE).await;
    let claim_again = async || store.claim(attempt_on(first.key), LEASE).await;
    let renew = async |attempt| store.renew(attempt, LEASE).await;
    expect("a renewal of an absent key renews nothing", renew(first).await, |renewed| !renewed)?;
    expect("a renewal does not claim", claim(first).await, |claim| *claim == Claim::Acquired)?;
    for other in neighbours_of(first) {
        expect("a renewal by another attempt renews nothing", renew(other).await, |renewed| !renewed)?;
    }
    advance(LEASE - MARGIN).await;
    expect("a claim that lasts can be renewed, if any can", renew(first).await, |renewed| *renewed == renews)?;
    advance(2 * MARGIN).await;
    if renews {
        expect("a renewed claim lasts until its new lease expires", claim_again().await, in_progress)?;
        advance(LEASE - 3 * MARGIN).await;
        expect("a claim can be renewed again", renew(first).await, |renewed| *renewed)?;
        advance(2 * MARGIN).await;
        expect("a claim that was renewed again lasts until that lease expires", claim_again().await, in_progress)?;
        advance(LEASE).await;
    }
    expect("a claim that has expired is not renewed", renew(first).await, |renewed| !renewed)?;
    expect("a renewed claim expires", claim(next).await, |claim| *claim == Claim::Acquired)?;
    expect("a claim that another attempt has taken is not renewed", renew(first).await, |renewed| !renewed)?;
    expect("a release of a claim succeeds", store.release(next).await, |()| true)?;
    expect("a released claim is not renewed", renew(next).await, |renewed| !renewed)?;
    let last = attempt_on(first.key);
    expect("a released key can be claimed at once", claim(last).await, |claim| *claim == Claim::Acquired)?;
    let commit = store.commit(last, Done::new(StatusCode::ACCEPTED, TTL)).await;
    expect("a commit within the lease is held", commit, |commit| *commit == Commit::Held)?;
    expect("an event that is done is not renewed", renew(last).await, |renewed| !renewed)?;
    advance(LEASE + MARGIN).await;
    let is_done = |claim: &Claim| *claim == Claim::Done(StatusCode::ACCEPTED);
    expect("a renewal does not shorten the time to live", claim_again().await, is_done)
}
