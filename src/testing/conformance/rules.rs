//! The rules one by one, each on keys of its own.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use http::StatusCode;

use super::{LEASE, TTL, Violation, expect, fresh_key};
use crate::idempotency::{BoxError, Claim, Commit, EventKey, Store, Token};

const NO_CONTENT: StatusCode = StatusCode::NO_CONTENT;
/// More than either, beside the time that the check itself takes.
const MARGIN: Duration = Duration::from_secs(1000);

fn in_progress(claim: &Claim) -> bool {
    matches!(claim, Claim::InProgress { remaining } if remaining.is_none_or(|remaining| remaining <= LEASE))
}

/// The others are told from it by one byte alone. The last four bytes are left out, as a key that is made later differs
/// in those.
fn neighbours_of_key(key: EventKey) -> impl Iterator<Item = EventKey> {
    let key = u128::from_be_bytes(*key.as_bytes());
    (32..128).step_by(8).map(move |bit| EventKey::from_bytes((key ^ (1 << bit)).to_be_bytes()))
}

fn neighbours_of_token(token: Token) -> impl Iterator<Item = Token> {
    let token = u128::from_be_bytes(token.to_bytes());
    (0..128).step_by(8).map(move |bit| Token::from_bytes((token ^ (1 << bit)).to_be_bytes()))
}

pub(super) async fn claims<St: Store>(store: &St, advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let (key, other) = (fresh_key(), fresh_key());
    let claim = async |key| store.claim(key, Token::fresh(), LEASE).await;
    expect("an absent key can be claimed", claim(key).await, |claim| *claim == Claim::Acquired)?;
    expect("a claimed key is in progress for others", claim(key).await, in_progress)?;
    expect("another key is another event", claim(other).await, |claim| *claim == Claim::Acquired)?;
    for other in neighbours_of_key(key) {
        expect("all bytes of a key count", claim(other).await, |claim| *claim == Claim::Acquired)?;
    }
    advance(LEASE - MARGIN).await;
    expect("a lease lasts as long as was asked for", claim(key).await, in_progress)?;
    advance(2 * MARGIN).await;
    expect("a claim whose lease has run out can be taken over", claim(key).await, |claim| *claim == Claim::Acquired)?;
    expect("a claim that was taken over is in progress", claim(key).await, in_progress)
}

/// How many claims of one key are made at once, and on how many keys.
const AT_ONCE: usize = 16;

pub(super) async fn races<St: Store>(store: &St) -> Result<(), Violation> {
    for _ in 0..AT_ONCE {
        let key = fresh_key();
        let claims = at_once((0..AT_ONCE).map(|_| store.claim(key, Token::fresh(), LEASE)).collect()).await;
        let mut acquired = 0;
        for claim in claims {
            acquired += usize::from(matches!(claim, Ok(Claim::Acquired)));
            expect("claims at once are answered", claim, |claim| *claim == Claim::Acquired || in_progress(claim))?;
        }
        expect("of claims at once, one is acquired", Ok::<_, BoxError>(acquired), |acquired| *acquired == 1)?;
    }
    Ok(())
}

/// Polls all of them in turns, so that a step which is not atomic is interrupted by the others.
async fn at_once<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| Some(Box::pin(future))).collect();
    let mut outputs = Vec::with_capacity(running.len());
    poll_fn(|cx| {
        for place in &mut running {
            let Some(future) = place else { continue };
            if let Poll::Ready(output) = Pin::new(future).poll(cx) {
                outputs.push(output);
                *place = None;
            }
        }
        if running.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs
}

pub(super) async fn done<St: Store>(store: &St, advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let (key, token) = (fresh_key(), Token::fresh());
    let claim = async || store.claim(key, Token::fresh(), LEASE).await;
    let acquired = store.claim(key, token, LEASE).await;
    expect("an absent key can be claimed", acquired, |claim| *claim == Claim::Acquired)?;
    let commit = store.commit(key, token, StatusCode::ACCEPTED, TTL).await;
    expect("a commit within the lease is held", commit, |commit| *commit == Commit::Held)?;
    let is_done = |claim: &Claim| *claim == Claim::Done(StatusCode::ACCEPTED);
    expect("what is done keeps its status", claim().await, is_done)?;
    expect("to release what is done is no error", store.release(key, token).await, |()| true)?;
    store.abandon(key, token);
    expect("what is done stays so, also when it is released", claim().await, is_done)?;
    advance(TTL - MARGIN).await;
    expect("what is done is remembered as long as was asked for", claim().await, is_done)?;
    advance(2 * MARGIN).await;
    let acquired = claim().await;
    expect("what was done is forgotten after its time to live", acquired, |claim| *claim == Claim::Acquired)?;
    for status in (200..300).filter_map(|status| StatusCode::from_u16(status).ok()) {
        let key = fresh_key();
        expect("a commit of an absent key is late", store.commit(key, token, status, TTL).await, |commit| {
            *commit == Commit::Late
        })?;
        let found = store.claim(key, Token::fresh(), LEASE).await;
        expect("every 2xx is kept", found, |claim| *claim == Claim::Done(status))?;
    }
    Ok(())
}

pub(super) async fn releases<St: Store>(store: &St, _advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let (key, token) = (fresh_key(), Token::fresh());
    let claim = async |token| store.claim(key, token, LEASE).await;
    expect("to release an absent key is no error", store.release(key, token).await, |()| true)?;
    expect("an absent key can be claimed", claim(token).await, |claim| *claim == Claim::Acquired)?;
    expect("to release a claim works", store.release(key, token).await, |()| true)?;
    let retry = Token::fresh();
    expect("a released key can be claimed at once", claim(retry).await, |claim| *claim == Claim::Acquired)?;
    expect("to release twice is no error", store.release(key, token).await, |()| true)?;
    expect("a release gives back its own claim only", claim(Token::fresh()).await, in_progress)?;
    store.abandon(key, token);
    expect("an abandoned claim gives back itself only", claim(Token::fresh()).await, in_progress)?;
    // Tokens of one process share their first half, and those of two processes can share the second.
    for other in neighbours_of_token(retry) {
        expect("a stale release is no error", store.release(key, other).await, |()| true)?;
        store.abandon(key, other);
        expect("all bytes of a token count", claim(Token::fresh()).await, in_progress)?;
    }
    Ok(())
}

/// A store may do nothing in `record`, or do it later: what was recorded is in progress still, or done.
pub(super) async fn records<St: Store>(store: &St, advance: &mut impl AsyncFnMut(Duration)) -> Result<(), Violation> {
    let (key, token) = (fresh_key(), Token::fresh());
    let claim = async || store.claim(key, Token::fresh(), LEASE).await;
    let is_kept = |claim: &Claim| in_progress(claim) || *claim == Claim::Done(StatusCode::ACCEPTED);
    let acquired = store.claim(key, token, LEASE).await;
    expect("an absent key can be claimed", acquired, |claim| *claim == Claim::Acquired)?;
    store.record(key, token, StatusCode::ACCEPTED, TTL);
    expect("a record gives no claim back", claim().await, is_kept)?;
    advance(LEASE - MARGIN).await;
    expect("a record lasts as long as was asked for", claim().await, is_kept)
}

pub(super) async fn lost_leases<St: Store>(
    store: &St,
    advance: &mut impl AsyncFnMut(Duration),
) -> Result<(), Violation> {
    let (key, slow, quick) = (fresh_key(), Token::fresh(), Token::fresh());
    let claim = async |token| store.claim(key, token, LEASE).await;
    let commit = async |token, status| store.commit(key, token, status, TTL).await;
    expect("an absent key can be claimed", claim(slow).await, |claim| *claim == Claim::Acquired)?;
    advance(LEASE + MARGIN).await;
    expect("a claim whose lease has run out can be taken over", claim(quick).await, |claim| *claim == Claim::Acquired)?;
    expect("a stale release is no error", store.release(key, slow).await, |()| true)?;
    expect("a stale release changes nothing", claim(Token::fresh()).await, in_progress)?;
    let late = commit(slow, NO_CONTENT).await;
    expect("a commit after the claim was taken over is late", late, |commit| *commit == Commit::Late)?;
    let is_done = |claim: &Claim| matches!(claim, Claim::Done(_));
    expect("a late success stands", claim(Token::fresh()).await, is_done)?;
    expect("a failure after it is no error", store.release(key, quick).await, |()| true)?;
    expect("a failure after it takes nothing back", claim(Token::fresh()).await, is_done)?;
    let second = commit(quick, NO_CONTENT).await;
    expect("a second success is late", second, |commit| *commit == Commit::Late)?;
    expect("a second success takes nothing back", claim(Token::fresh()).await, is_done)?;

    let (key, token) = (fresh_key(), Token::fresh());
    expect("an absent key can be claimed", store.claim(key, token, LEASE).await, |claim| *claim == Claim::Acquired)?;
    advance(LEASE + MARGIN).await;
    let late = store.commit(key, token, NO_CONTENT, TTL).await;
    expect("a commit after the lease is late, also if nobody took over", late, |commit| *commit == Commit::Late)?;
    expect("and stands", store.claim(key, Token::fresh(), LEASE).await, is_done)
}
