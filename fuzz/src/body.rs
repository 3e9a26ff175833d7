//! Law: however a body is split into frames, the verdict and the bytes that the handler sees are those of its whole; a body
//! above the limit is refused, and hardly read if it says so before; and nothing panics.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::{Frame, SizeHint};
use tower_webhook::{Rejection, RejectionKind, auth::ApiKey, provider::Custom};

use crate::{
    draw::Draw,
    send::{Receiver, Step, Steps, receiver},
    signature::KEYS,
};

const LIMITS: [usize; 4] = [0, 7, 5_000, 200_000];
const MAX_EMPTY: usize = 4096;

static RECEIVERS: LazyLock<Vec<Box<dyn Receiver>>> = LazyLock::new(|| {
    let layer = |limit: &usize| {
        let scheme = ApiKey::header("x-key").key(KEYS[0]).build().unwrap();
        receiver(Custom::builder("acme", scheme).raw().build().unwrap().into_layer().body_limit(*limit))
    };
    LIMITS.iter().map(layer).collect()
});

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let which = draw.below(LIMITS.len());
    let limit = LIMITS[which];
    let (mut whole, mut steps, mut empty) = (Vec::new(), Vec::new(), 0);
    // What ends the body before its end.
    let mut verdict = None;
    let (lower, content_length) = (draw.below(3), draw.below(4));
    while !draw.is_empty() && steps.len() < 20_000 {
        match draw.below(12) {
            0..6 => {
                let bytes = draw.bytes(40);
                whole.extend_from_slice(bytes);
                empty += usize::from(bytes.is_empty());
                steps.push(Step::Frame(Frame::data(Bytes::copy_from_slice(bytes))));
            }
            6 | 7 => {
                let len = usize::from(draw.number());
                let byte = draw.byte();
                whole.extend(std::iter::repeat_n(byte, len));
                empty += usize::from(len == 0);
                steps.push(Step::Frame(Frame::data(Bytes::from(vec![byte; len]))));
            }
            8 => {
                let many = draw.of(&[1, 2, 4_094, 4_095, 4_096, 4_097]);
                empty += many;
                steps.extend((0..many).map(|_| Step::Frame(Frame::data(Bytes::new()))));
            }
            9 => steps.push(Step::Pending),
            10 => {
                empty += 1;
                steps.push(Step::Frame(Frame::trailers(HeaderMap::new())));
            }
            _ => {
                let kind = draw.of(&[std::io::ErrorKind::TimedOut, std::io::ErrorKind::ConnectionReset]);
                steps.push(Step::Error(kind));
                verdict = verdict.or(Some(if kind == std::io::ErrorKind::TimedOut {
                    RejectionKind::TimedOut
                } else {
                    RejectionKind::Incomplete
                }));
            }
        }
        // The first of the faults decides.
        if verdict.is_none() && whole.len() > limit {
            verdict = Some(RejectionKind::TooLarge);
        }
        if verdict.is_none() && empty > MAX_EMPTY {
            verdict = Some(RejectionKind::Incomplete);
        }
        if verdict.is_some() {
            break;
        }
    }
    let mut body = Steps { steps: steps.into(), ..Steps::default() };
    match lower {
        0 => body.hint = SizeHint::with_exact(whole.len() as u64),
        1 => body.hint.set_lower(u64::from(draw.number())),
        _ => {}
    }
    let length = match content_length {
        0 => None,
        1 => Some(whole.len() as u64),
        2 => Some(draw.long()),
        _ => Some(u64::from(draw.number())),
    };
    let mut announced = body.hint.lower();
    let mut request = Request::post("/").header("x-key", KEYS[0]);
    if let Some(length) = length {
        request = request.header("content-length", length);
        announced = announced.max(length);
    }
    let is_announced = announced > limit as u64;
    let expected = if is_announced { Some(RejectionKind::TooLarge) } else { verdict };

    let polls = body.polls.clone();
    let (response, handled) = RECEIVERS[which].send(request.body(body).unwrap());
    let refused = response.extensions().get::<Rejection>().map(Rejection::kind);
    assert_eq!(refused, expected);
    // What is refused by its head may be thrown away, if that is soon done.
    assert!(!is_announced || polls.get() <= 8, "a body that is announced as too long was read");
    assert_eq!(handled.map(|handled| handled.body), expected.is_none().then(|| Bytes::from(whole)));
}
