use http::{HeaderName, HeaderValue, Method, request::Parts, uri::PathAndQuery};
use jiff::Timestamp;
use std::{slice, sync::Arc};

use super::{Part, body_time, message::Delivered, tolerance::Tolerance};
use crate::{
    Rejection,
    auth::{Verified, only_value},
};

/// What is signed, and where in a delivery it is.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Content {
    pub(in crate::auth) parts: Vec<Part>,
    pub(in crate::auth) timestamp: TimestampSource,
    pub(in crate::auth) id: Option<HeaderName>,
    pub(in crate::auth) tolerance: Tolerance,
}

/// Where the time of signing is.
#[derive(Clone, Debug)]
pub(in crate::auth) enum TimestampSource {
    None,
    Header(HeaderName),
    /// In the header of the signatures.
    Pairs,
    /// In this field of the body, which is JSON.
    Body(Box<str>),
}

/// What an accepted head leaves to the body: values that share the request's memory.
#[derive(Debug)]
pub struct Pending {
    pub(in crate::auth) signature: HeaderValue,
    pub(super) timestamp: Option<HeaderValue>,
    pub(super) id: Option<HeaderValue>,
    pub(super) method: Method,
    pub(super) path: Option<PathAndQuery>,
    now: Timestamp,
    at: Option<Timestamp>,
}

impl Content {
    /// `in_pairs` is the time that stands beside the signatures, where it does.
    pub(in crate::auth) fn open(
        &self,
        head: &Parts,
        now: Timestamp,
        signature: &HeaderValue,
        in_pairs: Option<&[u8]>,
    ) -> Result<Pending, Rejection> {
        let timestamp = match &self.timestamp {
            TimestampSource::Header(name) => Some(only_value(&head.headers, name)?),
            _ => None,
        };
        let digits = timestamp.map(HeaderValue::as_bytes).or(in_pairs);
        let at = digits.map(|digits| self.tolerance.read(digits, now)).transpose()?;
        let id = self.id.as_ref().map(|name| only_value(&head.headers, name)).transpose()?;
        if id.is_some_and(|id| id.to_str().map_or(true, |text| text.trim().is_empty())) {
            return Err(Rejection::unauthenticated());
        }
        Ok(Pending {
            signature: signature.clone(),
            timestamp: timestamp.cloned(),
            id: id.cloned(),
            method: head.method.clone(),
            path: head.uri.path_and_query().cloned(),
            now,
            at,
        })
    }

    /// Refuses an id that holds what stands between it and the next part: a shorter id and a longer rest would have
    /// the same signature.
    pub(super) fn check_border(&self, pending: &Pending) -> Result<(), Rejection> {
        let Some(id) = &pending.id else { return Ok(()) };
        let behind = self.parts.windows(2).filter_map(|parts| match parts {
            [Part::Id, Part::Literal(literal)] => Some(literal),
            _ => None,
        });
        for literal in behind {
            if id.as_bytes().windows(literal.len().max(1)).any(|window| window == &**literal) {
                return Err(Rejection::unauthenticated());
            }
        }
        Ok(())
    }

    pub(in crate::auth) fn message<'a>(
        &'a self,
        pending: &'a Pending,
        in_pairs: Option<&'a [u8]>,
        body: &'a [u8],
    ) -> Delivered<'a> {
        let timestamp = pending.timestamp.as_ref().map(HeaderValue::as_bytes).or(in_pairs).unwrap_or_default();
        Delivered { parts: &self.parts, pending, timestamp, body }
    }

    /// The outcome, once the signature was found to be right.
    pub(in crate::auth) fn verified(
        &self,
        label: Arc<str>,
        pending: Pending,
        body: &[u8],
    ) -> Result<Verified, Rejection> {
        let at = match &self.timestamp {
            TimestampSource::Body(field) => {
                let number = body_time::number(body, slice::from_ref(field))?;
                Some(self.tolerance.check(number, pending.now)?)
            }
            _ => pending.at,
        };
        let verified = Verified::by(label).with_signed_body();
        let verified = pending.id.into_iter().fold(verified, Verified::with_signed_id);
        Ok(at.into_iter().fold(verified, Verified::with_signed_at))
    }
}
