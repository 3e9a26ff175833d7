use std::sync::Arc;

use http::{HeaderMap, request::Parts};
use jiff::Timestamp;

use super::{Scheme, Verified};
use crate::Rejection;

macro_rules! delegate {
    ($($pointer:ident)+) => {$(
        impl<S: Scheme + ?Sized> Scheme for $pointer<S> {
            type Pending = S::Pending;

            fn open(&self, head: &Parts, now: Timestamp) -> Result<S::Pending, Rejection> {
                (**self).open(head, now)
            }

            fn close(&self, pending: S::Pending, body: &[u8]) -> Result<Verified, Rejection> {
                (**self).close(pending, body)
            }

            fn conceal(&self, headers: &mut HeaderMap) {
                (**self).conceal(headers);
            }

            fn challenge(&self, refusal: &mut HeaderMap) {
                (**self).challenge(refusal);
            }
        }
    )+};
}

delegate! { Arc Box }
