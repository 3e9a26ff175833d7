//! Waits that end, and say what they waited for.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::{task::yield_now, time::timeout};

/// Long enough for a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The output of a future that ends in time.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}

/// Returns when it is so, and lets other tasks run meanwhile.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    within(what, async {
        while !is_so() {
            yield_now().await;
        }
    })
    .await;
}

/// Returns when it is so, in a test without a runtime.
#[expect(clippy::disallowed_methods, reason = "the time until a process is given up")]
pub(crate) fn block_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        thread::yield_now();
    }
}
