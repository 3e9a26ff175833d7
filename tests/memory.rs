//! What the layer holds and allocates, counted by an allocator that this binary has to itself.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    reason = "a test says what must be by panicking; the support is shared with other binaries"
)]

#[path = "it/support/mod.rs"]
mod support;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Body;
use tower::{Layer, ServiceExt};
use tower_webhook::{WebhookLayer, provider::truemed::Truemed};

use self::support::{
    Handler,
    bodies::{Endless, Script, Untouchable},
    from_truemed, truemed,
};

fn deliver<B>(layer: &WebhookLayer<Truemed>, request: Request<B>) -> (StatusCode, AllocationInfo)
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let service = layer.layer(Handler::default());
    let mut status = StatusCode::IM_A_TEAPOT;
    let used = measure(|| status = runtime.block_on(service.oneshot(request)).unwrap().status());
    (status, used)
}

#[test]
fn a_declared_length_reserves_nothing() {
    let (status, used) = deliver(&truemed(), from_truemed(Script::frames(["{", "}"]).hinting(1 << 20)));
    assert_eq!(status, 400);
    assert!(used.bytes_max < 16 << 10, "held {} bytes for a body of 2", used.bytes_max);
}

#[test]
fn a_declared_length_of_10_tb_allocates_nothing_for_the_body() {
    let mut request = from_truemed(Untouchable);
    request.headers_mut().insert("content-length", "10000000000000".parse().unwrap());
    let (status, used) = deliver(&truemed(), request);
    assert_eq!(status, 413);
    assert!(used.bytes_max < 4 << 10, "held {} bytes for a body that was refused unread", used.bytes_max);
}

#[test]
fn an_endless_body_is_held_up_to_the_limit() {
    const LIMIT: usize = 1 << 20;
    for size in [1000, 16 << 10, 64 << 10, LIMIT / 2 + 1] {
        let frame = Bytes::from(vec![b' '; size]);
        let (status, used) = deliver(&truemed().body_limit(LIMIT), from_truemed(Endless { frame, polls: 0 }));
        assert_eq!(status, 413);
        let most = (LIMIT + (64 << 10)) as u64;
        assert!(used.bytes_max <= most, "held {} bytes with frames of {size}", used.bytes_max);
    }
}
