use std::{fmt, future::pending, panic::resume_unwind};

use tokio::sync::watch;

/// The handlers that run in tasks of their own, by
/// [`IdempotencyLayer::detached`](super::IdempotencyLayer::detached): how many there are, and when there are none.
///
/// A clone is of the same handlers, and one can be shared by several layers.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_webhook::idempotency::{IdempotencyLayer, InFlight, MemoryStore};
///
/// # #[tokio::main]
/// # async fn main() {
/// let in_flight = InFlight::new();
/// let layer = IdempotencyLayer::new(MemoryStore::new()).detached(&in_flight);
///
/// // After the server has ended gracefully, which waits for connections, and not for senders that hung up:
/// if tokio::time::timeout(Duration::from_secs(30), in_flight.drained()).await.is_err() {
///     println!("{} handlers are cut off; their leases run out", in_flight.count());
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct InFlight(watch::Sender<usize>);

impl InFlight {
    /// None are in flight.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// How many attempts are in flight.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until none is. What comes meanwhile is waited for too, so end the server first.
    pub async fn drained(&self) {
        // It cannot be closed, as its sender is here.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Starts a task for `attempt` at once, and gives what becomes of it. A panic goes on in who waits.
    pub(super) fn run<F>(&self, attempt: F) -> impl Future<Output = F::Output> + Send + use<F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let counted = Counted::new(self);
        let task = tokio::spawn(async move {
            let _counted = counted;
            attempt.await
        });
        async {
            match task.await {
                Ok(output) => output,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    // The runtime is being shut down, and whoever waits with it.
                    Err(_) => pending().await,
                },
            }
        }
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InFlight").field(&self.count()).finish()
    }
}

struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(in_flight: &InFlight) -> Self {
        in_flight.0.send_modify(|count| *count += 1);
        Self(in_flight.0.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
