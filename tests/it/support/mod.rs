//! What several modules of tests share.

pub(crate) mod acting;
pub(crate) mod bodies;
pub(crate) mod handler;
pub(crate) mod jobs;
pub(crate) mod nginx;
pub(crate) mod place;
pub(crate) mod plain;
pub(crate) mod postgres;
pub(crate) mod programs;
pub(crate) mod prometheus;
pub(crate) mod proxy;
pub(crate) mod random;
pub(crate) mod redis;
pub(crate) mod shared;
pub(crate) mod sockets;
pub(crate) mod sources;
pub(crate) mod strace;
pub(crate) mod wait;

use bytes::Bytes;
use http::{Request, Response, StatusCode, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt};
use tower_webhook::{
    Delivery, Rejection, RejectionKind, WebhookLayer,
    provider::{
        Provider,
        mediquo::{self, MediQuo},
        truemed::{self, Truemed},
    },
};

pub(crate) use self::{
    handler::Handler,
    sockets::{API_KEY, SIGNATURE},
};

pub(crate) fn truemed() -> WebhookLayer<Truemed> {
    Truemed::builder().api_key(API_KEY).build().unwrap().into_layer()
}

pub(crate) fn mediquo() -> WebhookLayer<MediQuo> {
    MediQuo::builder().signature(SIGNATURE).build().unwrap().into_layer()
}

pub(crate) fn fixture(path: &str) -> Bytes {
    sockets::fixture(path).into()
}

/// A genuine delivery of Truemed.
pub(crate) fn from_truemed<B>(body: B) -> Request<B> {
    Request::post("/webhooks/truemed").header("x-truemed-api-key", API_KEY).body(body).unwrap()
}

/// A genuine delivery of MediQuo.
pub(crate) fn from_mediquo<B>(body: B) -> Request<B> {
    Request::post("/webhooks/mediquo").header("x-webhook-signature", SIGNATURE).body(body).unwrap()
}

/// What came of a delivery.
pub(crate) struct Delivered {
    pub(crate) status: StatusCode,
    pub(crate) head: http::response::Parts,
    pub(crate) body: Bytes,
    /// What the handler received, if it was called.
    pub(crate) handled: Option<(Parts, Bytes)>,
}

impl Delivered {
    pub(crate) fn rejection(&self) -> Option<&Rejection> {
        self.head.extensions.get()
    }

    pub(crate) fn kind(&self) -> Option<RejectionKind> {
        self.rejection().map(Rejection::kind)
    }

    pub(crate) fn event<E: Clone + Send + Sync + 'static>(&self) -> E {
        let (head, _) = self.handled.as_ref().unwrap_or_else(|| panic!("refused: {:?}", self.rejection()));
        head.extensions.get::<E>().expect("an event").clone()
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.event()
    }
}

/// Sends one delivery through the layer alone.
pub(crate) async fn deliver<P, B>(layer: &WebhookLayer<P>, request: Request<B>) -> Delivered
where
    P: Provider,
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let handler = Handler::default();
    let response = layer.layer(handler.clone()).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Delivered { status: head.status, head, body, handled: handler.take_request() }
}

pub(crate) async fn truemed_event(body: impl Into<Bytes>) -> Result<truemed::Event, Rejection> {
    let outcome = deliver(&truemed(), from_truemed(Full::new(body.into()))).await;
    match outcome.rejection() {
        Some(rejection) => Err(rejection.clone()),
        None => Ok(outcome.event()),
    }
}

pub(crate) async fn mediquo_event(body: impl Into<Bytes>) -> Result<mediquo::Event, Rejection> {
    let outcome = deliver(&mediquo(), from_mediquo(Full::new(body.into()))).await;
    match outcome.rejection() {
        Some(rejection) => Err(rejection.clone()),
        None => Ok(outcome.event()),
    }
}

/// All orders of a handful of things.
pub(crate) fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() < 2 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for index in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(index);
        all.extend(permutations(&rest).into_iter().map(|mut order| {
            order.insert(0, first.clone());
            order
        }));
    }
    all
}

pub(crate) type TestResponse = Response<Full<Bytes>>;
