use http::{HeaderMap, request::Parts};
use jiff::Timestamp;

use crate::{
    Rejection,
    auth::{Basic, Bearer, Header, Scheme, Verified},
};

/// The credentials that MediQuo was told to send, all of which must be right.
///
/// It is made by [`MediQuoBuilder::build`](super::MediQuoBuilder::build) and holds at least one.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub(super) signature: Option<Header>,
    pub(super) basic: Option<Basic>,
    pub(super) bearer: Option<Bearer>,
}

impl Credentials {
    fn each(&self) -> impl Iterator<Item = &dyn Scheme<Pending = Verified>> {
        let signature = self.signature.as_ref().map(|scheme| scheme as _);
        let basic = self.basic.as_ref().map(|scheme| scheme as _);
        let bearer = self.bearer.as_ref().map(|scheme| scheme as _);
        [signature, basic, bearer].into_iter().flatten()
    }
}

impl Scheme for Credentials {
    type Pending = Verified;

    /// Looks at all, also after a failure: the time taken must not tell which of them is right.
    fn open(&self, head: &Parts, now: Timestamp) -> Result<Verified, Rejection> {
        let signature = self.signature.as_ref().map(|scheme| scheme.open(head, now));
        let basic = self.basic.as_ref().map(|scheme| scheme.open(head, now));
        let bearer = self.bearer.as_ref().map(|scheme| scheme.open(head, now));
        both(both(signature, basic), bearer).unwrap_or_else(|| Ok(Verified::new()))
    }

    fn close(&self, verified: Verified, _body: &[u8]) -> Result<Verified, Rejection> {
        Ok(verified)
    }

    fn conceal(&self, headers: &mut HeaderMap) {
        self.each().for_each(|scheme| scheme.conceal(headers));
    }

    fn challenge(&self, refusal: &mut HeaderMap) {
        self.each().for_each(|scheme| scheme.challenge(refusal));
    }
}

type Opened = Result<Verified, Rejection>;

fn both(one: Option<Opened>, other: Option<Opened>) -> Option<Opened> {
    match (one, other) {
        (Some(Ok(one)), Some(Ok(other))) => Some(Ok(one.or(other))),
        (Some(Err(rejection)), _) | (_, Some(Err(rejection))) => Some(Err(rejection)),
        (only, None) | (None, only) => only,
    }
}
