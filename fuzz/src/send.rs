//! Sends requests to a layer, and shows what its handler got.

use std::{
    cell::RefCell,
    collections::VecDeque,
    convert::Infallible,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, service_fn};
use tower_webhook::{WebhookBody, WebhookLayer, provider::Provider, testing::ManualClock};

use crate::draw::Draw;

/// When everything happens.
pub const NOW: u64 = 1_700_000_000;

pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

pub fn clock() -> ManualClock {
    static CLOCK: LazyLock<ManualClock> = LazyLock::new(|| ManualClock::at(now()));
    CLOCK.clone()
}

/// What a body does when it is polled.
#[derive(Debug)]
pub enum Step {
    Frame(Frame<Bytes>),
    Pending,
    Error(std::io::ErrorKind),
}

/// A body that does as it is told, and counts how often it was polled.
#[derive(Debug, Default)]
pub struct Steps {
    pub steps: VecDeque<Step>,
    pub hint: SizeHint,
    pub polls: std::rc::Rc<std::cell::Cell<usize>>,
}

impl Steps {
    pub fn whole(body: Bytes) -> Self {
        let hint = SizeHint::with_exact(body.len() as u64);
        Self { steps: [Step::Frame(Frame::data(body))].into(), hint, polls: Default::default() }
    }

    /// In one frame or in several, some of them empty.
    pub fn split(body: &Bytes, draw: &mut Draw<'_>) -> Self {
        let (mut steps, mut rest) = (VecDeque::new(), body.clone());
        for _ in 0..draw.below(6) {
            let piece = rest.split_to(usize::from(draw.number()) % (rest.len() + 1));
            steps.extend([Step::Frame(Frame::data(piece)), Step::Pending]);
        }
        steps.push_back(Step::Frame(Frame::data(rest)));
        Self { steps, ..Self::default() }
    }
}

impl From<Bytes> for Steps {
    fn from(body: Bytes) -> Self {
        Self::whole(body)
    }
}

impl Body for Steps {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let this = self.get_mut();
        this.polls.set(this.polls.get() + 1);
        match this.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Frame(frame)) => Poll::Ready(Some(Ok(frame))),
            Some(Step::Error(kind)) => Poll::Ready(Some(Err(kind.into()))),
            Some(Step::Pending) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

/// A request as the handler saw it.
pub struct Handled {
    pub head: http::request::Parts,
    pub body: Bytes,
}

thread_local! {
    static HANDLED: RefCell<Option<Handled>> = const { RefCell::new(None) };
}

/// A layer around a handler that answers 200.
pub trait Receiver: Send + Sync {
    /// The response, and what the handler saw.
    fn send(&self, request: Request<Steps>) -> (Response<Bytes>, Option<Handled>);
}

pub fn receiver<P: Provider>(layer: WebhookLayer<P>) -> Box<dyn Receiver> {
    Box::new(Layered(layer.clock(clock())))
}

struct Layered<P>(WebhookLayer<P>);

impl<P: Provider> Receiver for Layered<P> {
    fn send(&self, request: Request<Steps>) -> (Response<Bytes>, Option<Handled>) {
        HANDLED.take();
        let mut service = self.0.layer(service_fn(async |request: Request<WebhookBody>| {
            let (head, body) = request.into_parts();
            HANDLED.set(Some(Handled { head, body: body.bytes().clone() }));
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }));
        let Ok(response) = finish(service.call(request));
        let (head, body) = response.into_parts();
        let Ok(body) = finish(body.collect());
        (Response::from_parts(head, body.to_bytes()), HANDLED.take())
    }
}

/// Polls to the end. Nothing here waits for anything but itself.
pub fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("a future that never ends");
}

/// A request with these headers; those that no header can hold are left out.
pub fn request(
    method: &str,
    target: &str,
    headers: &[(String, Vec<u8>)],
    body: impl Into<Bytes>,
) -> Option<Request<Steps>> {
    let mut request = Request::new(Steps::whole(body.into()));
    *request.method_mut() = method.parse().ok()?;
    *request.uri_mut() = target.parse().ok()?;
    *request.headers_mut() = header_map(headers);
    Some(request)
}

pub fn header_map(headers: &[(String, Vec<u8>)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(&**name), http::HeaderValue::try_from(&**value)) {
            map.append(name, value);
        }
    }
    map
}
