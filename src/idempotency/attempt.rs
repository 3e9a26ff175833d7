use std::{future::poll_fn, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use tower::Service;

use super::{Claim, Commit, EventKey, Outcome, Store, Token, guard::Guard, layer::Settings, refusal};
use crate::{ResponseBody, delivery::identity};

/// How often a record is tried. An answer of 5xx instead would make the sender cause the very duplicate.
const COMMIT_TRIES: usize = 2;

/// One delivery, from its identity to its record.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` moves its arguments twice: a third of what a duplicate costs"
)]
pub(super) fn attempt<St, S, ReqBody, ResBody>(
    settings: Arc<Settings<St>>,
    mut inner: S,
    mut request: Request<ReqBody>,
) -> impl Future<Output = Result<Response<ResponseBody<ResBody>>, S::Error>>
where
    St: Store,
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body<Data: From<Bytes>>,
{
    async move {
        let Some(identity) = identity(request.extensions()) else {
            return Ok(refusal::unidentified(&mut request));
        };
        let key = match &settings.scope_by {
            None => settings.pepper.key_of(&identity),
            Some(scope_by) => {
                let (head, body) = request.into_parts();
                let pepper = settings.pepper.scoped(&scope_by(&head));
                request = Request::from_parts(head, body);
                pepper.key_of(&identity)
            }
        };
        let token = Token::fresh();
        let mut guard = Guard::arm(settings.store.as_ref(), key, token);
        let claimed = match settings.store.claim(key, token, settings.lease).await {
            Ok(Claim::Acquired) => true,
            Ok(Claim::InProgress { remaining }) => {
                guard.disarm();
                return Ok(refusal::in_progress(&mut request, key, remaining.unwrap_or(settings.lease)));
            }
            Ok(Claim::Done(status)) => {
                guard.disarm();
                return Ok(refusal::replay(&mut request, key, status));
            }
            Err(error) => {
                settings.report(error);
                if !settings.fail_open {
                    return Ok(refusal::unavailable(&mut request, key));
                }
                false
            }
        };

        request.extensions_mut().insert(key);
        let answer = match poll_fn(|cx| inner.poll_ready(cx)).await {
            Ok(()) => inner.call(request).await,
            Err(error) => Err(error),
        };
        // The handler's service can hold a place of a limit, which the store's answer is no reason to keep.
        drop(inner);

        let success = answer.as_ref().ok().map(Response::status).filter(StatusCode::is_success);
        let outcome = match (success, claimed) {
            (Some(status), _) => {
                guard.succeeded(status, settings.ttl);
                let recorded = commit(&settings, key, token, status).await;
                guard.disarm();
                if claimed { recorded } else { Outcome::Unclaimed }
            }
            (None, true) => {
                match settings.store.release(key, token).await {
                    Ok(()) => guard.disarm(),
                    Err(error) => settings.report(error),
                }
                Outcome::Failed
            }
            (None, false) => Outcome::Unclaimed,
        };
        let mut response = answer?;
        response.extensions_mut().insert(outcome);
        response.extensions_mut().insert(key);
        Ok(response.map(ResponseBody::inner))
    }
}

async fn commit<St: Store>(settings: &Settings<St>, key: EventKey, token: Token, status: StatusCode) -> Outcome {
    for _ in 0..COMMIT_TRIES {
        match settings.store.commit(key, token, status, settings.ttl).await {
            Ok(Commit::Held) => return Outcome::First,
            Ok(Commit::Late) => return Outcome::Late,
            Err(error) => settings.report(error),
        }
    }
    Outcome::Unrecorded
}
