//! Receives the webhooks of Stripe on poem, salvo and warp, each through its bridge to tower.
//!
//! The layers are the same on each, and so is the order: the deadline outside, then the webhook layer, then idempotency.

pub mod poem;
pub mod salvo;
pub mod warp;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tower_webhook::json::RawJson;

/// Does what an event asks for, and counts it.
#[derive(Clone, Default)]
pub struct Effects(Arc<AtomicUsize>);

impl Effects {
    pub fn apply(&self, _event: &RawJson) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
