//! Calls a service, without a network and without a runtime.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, Response, header::CONTENT_LENGTH, header::HOST};
use http_body_util::BodyExt;
use tower::Service;

use super::{
    body::{Body, End},
    shot::{Answer, Framing, Got, Shot, Wire},
};
use crate::BoxError;

pub(super) type Timer = dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

pub(super) struct InProcess<S> {
    pub(super) service: S,
    pub(super) deadline: Option<Duration>,
    pub(super) timer: Option<Arc<Timer>>,
}

const FRAME: usize = 64 << 10;

impl<S, B> Wire for InProcess<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    const BEYOND: usize = 1 << 20;
    const NO_CONNECTIONS: Option<&'static str> = Some("a service has no connections: use `run_at`");

    fn cannot_wait(&self) -> Option<&'static str> {
        let is_set = self.deadline.is_some() && self.timer.is_some();
        (!is_set).then_some("the suite has no `deadline`, or no `timer` to measure it with")
    }

    async fn send(&self, shot: Shot) -> Answer {
        let Shot { request, framing, .. } = shot;
        let length = if matches!(framing, Framing::Large { .. }) { request.body().len() } else { usize::MAX };
        let request = framed(request, framing);
        let taken = request.body().taken();
        let exchange = exchange(self.service.clone(), request);
        let time_is_up = self.deadline.and_then(|deadline| Some(self.timer.as_ref()?(deadline)));
        let got = unless(exchange, time_is_up).await;
        Answer { got, took_all: taken.load(Ordering::Relaxed) >= length }
    }

    async fn send_at_once(&self, shots: Vec<Shot>) -> Vec<Answer> {
        let mut running: Vec<_> = shots.into_iter().map(|shot| Box::pin(self.send(shot))).collect();
        let mut answers: Vec<Option<Answer>> = running.iter().map(|_| None).collect();
        std::future::poll_fn(|cx| {
            for (future, answer) in running.iter_mut().zip(&mut answers) {
                if answer.is_none() {
                    if let Poll::Ready(done) = future.as_mut().poll(cx) {
                        *answer = Some(done);
                    }
                }
            }
            if answers.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        answers.into_iter().flatten().collect()
    }
}

async fn exchange<S, B>(mut service: S, request: Request<Body>) -> Got
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let answered = async {
        std::future::poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
        let (head, body) = service.call(request).await.map_err(Into::into)?.into_parts();
        let mut body = pin!(body);
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let data = frame.map_err(Into::into)?.into_data();
            data.into_iter().for_each(|data| bytes::BufMut::put(&mut bytes, data));
        }
        Ok::<_, BoxError>(Got::Response { status: head.status, headers: head.headers, body: bytes.freeze() })
    };
    match unless_it_panics(answered).await {
        Some(Ok(got)) => got,
        // Not the error itself, which may quote the request.
        Some(Err(_)) => Got::Failed("the service returned an error".to_owned()),
        None => Got::Failed("the service panicked".to_owned()),
    }
}

async fn unless_it_panics<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

async fn unless(
    exchange: impl Future<Output = Got>,
    mut time_is_up: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
) -> Got {
    let mut exchange = pin!(exchange);
    std::future::poll_fn(|cx: &mut Context<'_>| {
        if let Poll::Ready(got) = exchange.as_mut().poll(cx) {
            return Poll::Ready(got);
        }
        match &mut time_is_up {
            Some(sleep) => sleep.as_mut().poll(cx).map(|()| Got::Late),
            None => Poll::Pending,
        }
    })
    .await
}

fn framed(request: Request<Bytes>, framing: Framing) -> Request<Body> {
    let (mut head, whole) = request.into_parts();
    if !head.headers.contains_key(HOST) {
        head.headers.insert(HOST, HeaderValue::from_static("localhost"));
    }
    let length = whole.len();
    let mut declared = Some(length);
    let body = match framing {
        Framing::Whole => Body::from(whole),
        Framing::Pieces => {
            declared = None;
            Body::new(pieces(whole).collect(), End::Clean)
        }
        Framing::BrokenAfter(kept) => Body::new([whole.slice(..kept.min(length))].into(), End::Broken),
        Framing::Stalled => Body::new([whole.slice(..length / 2)].into(), End::Stalled),
        Framing::Large { declared: is_declared } => {
            declared = declared.filter(|_| is_declared);
            let frames: VecDeque<_> = cut(whole, &[FRAME]).collect();
            let body = Body::new(frames, End::Clean);
            if is_declared { body.with_length() } else { body }
        }
    };
    if let Some(length) = declared {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    Request::from_parts(head, body)
}

/// Pieces of odd lengths.
pub(super) fn pieces(whole: Bytes) -> impl Iterator<Item = Bytes> {
    cut(whole, &[1, 2, 7, 1, 13, 5])
}

pub(super) fn cut(mut rest: Bytes, lengths: &'static [usize]) -> impl Iterator<Item = Bytes> {
    let lengths = lengths.iter().cycle();
    lengths.map_while(move |length| (!rest.is_empty()).then(|| rest.split_to((*length).min(rest.len()))))
}
