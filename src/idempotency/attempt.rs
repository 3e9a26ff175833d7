use std::{future::poll_fn, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use tower::Service;

#[cfg(feature = "tokio")]
use super::heartbeat::Heartbeat;
use super::{Attempt, Claim, ClaimToken, Commit, Done, Outcome, Store, layer::Settings, response};
use crate::{Delivery, ResponseBody, delivery::identity};

/// How often a commit is tried. Answering 5xx instead would make the sender deliver a duplicate.
const COMMIT_TRIES: usize = 2;

/// Handles one delivery: identifies the event, claims it, runs the handler, and commits or releases.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` moves its arguments twice: a third of what a duplicate costs"
)]
pub(super) fn handle<St, S, ReqBody, ResBody>(
    settings: Arc<Settings<St>>,
    mut inner: S,
    mut request: Request<ReqBody>,
) -> impl Future<Output = Result<Response<ResponseBody<ResBody>>, S::Error>>
where
    St: Store,
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: Body,
    ResBody: Body<Data: From<Bytes>>,
{
    async move {
        let Some(identity) = identity(request.extensions()) else {
            return Ok(response::unidentified(&mut request));
        };
        let scoped = match &settings.scope_by {
            None => None,
            Some(scope_by) => match scope_by(request.extensions()).filter(|scope| !scope.is_empty()) {
                Some(scope) => Some(settings.pepper.scoped(&scope)),
                None => return Ok(response::unscoped(&mut request)),
            },
        };
        let pepper = scoped.as_ref().unwrap_or(&settings.pepper);
        // Two tenants can have events with the same id.
        let key = match request.extensions().get().and_then(Delivery::tenant) {
            Some(tenant) => pepper.of_tenant(tenant).key_of(&identity),
            None => pepper.key_of(&identity),
        };
        let attempt = Attempt::new(key, ClaimToken::fresh());
        let mut guard = Guard { settings: &settings, attempt, state: State::Unclaimed };
        match settings.store.claim(attempt, settings.lease).await {
            Ok(Claim::Acquired) => guard.state = State::Claimed,
            Ok(Claim::InProgress { remaining }) => {
                guard.state = State::Settled;
                return Ok(response::in_progress(&mut request, key, remaining.unwrap_or(settings.lease)));
            }
            Ok(Claim::Done(status)) => {
                guard.state = State::Settled;
                return Ok(response::replay(&mut request, key, status));
            }
            Err(error) => {
                settings.report(error);
                if !settings.fail_open {
                    return Ok(response::unavailable(&mut request, key));
                }
            }
        }

        request.extensions_mut().insert(key);
        #[cfg(feature = "tokio")]
        let heartbeat = if guard.is_held() { Heartbeat::start(&settings, attempt).await } else { None };
        let answer = match poll_fn(|cx| inner.poll_ready(cx)).await {
            Ok(()) => inner.call(request).await,
            Err(error) => Err(error),
        };
        // Drop the inner service before the store's step, because it can hold a permit of a concurrency limit.
        drop(inner);
        #[cfg(feature = "tokio")]
        drop(heartbeat);

        let success = answer.as_ref().ok().and_then(succeeded);
        let outcome = match success {
            Some(status) => guard.commit(status).await,
            None => guard.release().await,
        };
        let mut response = answer?;
        response.extensions_mut().insert(outcome);
        response.extensions_mut().insert(key);
        Ok(response.map(ResponseBody::inner))
    }
}

/// The status of a response that says that the effect has happened.
fn succeeded<B>(response: &Response<B>) -> Option<StatusCode> {
    // A handler can say this with any status. If its delivery cannot be kept, the sender has to be able to try again.
    #[cfg(feature = "dead-letters")]
    if response.extensions().get::<crate::dead_letters::FailedForGood>().is_some() {
        return None;
    }
    Some(response.status()).filter(StatusCode::is_success)
}

/// Ends the claim of an attempt in every case. When it is dropped before that, nobody waits for the store any more, so it
/// calls the store's detached methods.
///
/// Create it before you send the claim: if the answer is lost, the store may have made the claim.
struct Guard<'a, St: Store> {
    settings: &'a Settings<St>,
    attempt: Attempt,
    state: State,
}

/// How far an attempt has come.
#[derive(Clone, Copy)]
enum State {
    /// The store has not confirmed the claim, but may have made it.
    Unclaimed,
    /// The store has confirmed the claim.
    Claimed,
    /// The handler has answered 2xx. A release would now let the effect happen twice.
    Succeeded(Done),
    /// The store has nothing left to do.
    Settled,
}

impl<St: Store> Guard<'_, St> {
    fn is_held(&self) -> bool {
        matches!(self.state, State::Claimed)
    }

    async fn commit(&mut self, status: StatusCode) -> Outcome {
        let claimed = self.is_held();
        let done = Done::new(status, self.settings.ttl);
        self.state = State::Succeeded(done);
        let outcome = self.try_commit(done).await;
        // Otherwise the store goes on with it in the background, when this is dropped.
        if outcome != Outcome::Uncommitted {
            self.state = State::Settled;
        }
        if claimed { outcome } else { Outcome::Unclaimed }
    }

    async fn try_commit(&self, done: Done) -> Outcome {
        for _ in 0..COMMIT_TRIES {
            match self.settings.store.commit(self.attempt, done).await {
                Ok(Commit::Held) => return Outcome::First,
                Ok(Commit::Late) => return Outcome::Late,
                Err(error) => self.settings.report(error),
            }
        }
        Outcome::Uncommitted
    }

    async fn release(&mut self) -> Outcome {
        if !self.is_held() {
            return Outcome::Unclaimed;
        }
        match self.settings.store.release(self.attempt).await {
            Ok(()) => self.state = State::Settled,
            Err(error) => self.settings.report(error),
        }
        Outcome::Failed
    }
}

impl<St: Store> Drop for Guard<'_, St> {
    fn drop(&mut self) {
        match self.state {
            State::Unclaimed | State::Claimed => self.settings.store.release_detached(self.attempt),
            State::Succeeded(done) => self.settings.store.commit_detached(self.attempt, done),
            State::Settled => {}
        }
    }
}
