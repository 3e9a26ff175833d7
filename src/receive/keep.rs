//! Deliveries that would be lost: what is remembered of them, and the answers once a sink was asked.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Response, StatusCode, request::Parts};

use crate::{Delivery, Rejection, response};

/// Keeps deliveries that would be lost. The feature `dead-letters` implements it.
pub(crate) trait Keep: Send + Sync {
    /// The headers that are kept with a delivery.
    fn headers(&self) -> &[HeaderName];

    /// Whether this response says that no retry will help.
    fn is_lost(&self, status: StatusCode, extensions: &Extensions) -> bool;

    /// Asks the sink to keep a delivery.
    fn keep(self: Arc<Self>, original: Original, reason: Lost<'_>) -> Keeping;
}

/// Why a delivery would be lost.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "dead-letters"), expect(dead_code, reason = "the feature `dead-letters` reads it"))]
pub(crate) enum Lost<'a> {
    /// It could not be decoded.
    Rejected(&'a Rejection),
    /// Its handler has answered with this status.
    Failed(StatusCode),
}

/// What is kept of a delivery.
#[cfg_attr(not(feature = "dead-letters"), expect(dead_code, reason = "the feature `dead-letters` reads it"))]
pub(crate) struct Original {
    /// The names of all headers that are kept if they are there.
    pub(crate) names: Vec<HeaderName>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
    pub(crate) delivery: Delivery,
}

impl Original {
    pub(super) fn new(names: &[HeaderName], head: &Parts, body: &Bytes, delivery: &Delivery) -> Self {
        let headers = names.iter().flat_map(|name| values(&head.headers, name)).collect();
        Self { names: names.to_vec(), headers, body: body.clone(), delivery: delivery.clone() }
    }
}

fn values(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    headers.get_all(name).iter().map(|value| (name.clone(), value.clone()))
}

/// The answer of a sink, once: what the response says of it if the delivery is kept.
pub(crate) type Keeping = Pin<Box<dyn Future<Output = Option<Extensions>> + Send>>;

/// A [`Keeping`] that can be shared between threads, as the future of the layer can be.
pub(super) struct SharedKeeping(Mutex<Keeping>);

impl SharedKeeping {
    pub(super) fn new(keeping: Keeping) -> Self {
        Self(Mutex::new(keeping))
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Extensions>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}

/// The answer to a delivery that is kept: its sender is done. `success` is the status that the provider documents.
pub(super) fn kept(success: Option<StatusCode>, mut extensions: Extensions, kept: Extensions) -> Response<Bytes> {
    extensions.extend(kept);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = success.unwrap_or(StatusCode::NO_CONTENT);
    *response.extensions_mut() = extensions;
    response::sendable(response)
}

/// The answer to a delivery that could not be kept: its sender is to try again, whatever the answer would have been.
pub(super) fn not_kept<B>(mut response: Response<B>) -> Response<B> {
    if !response.status().is_server_error() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}
