use std::{fmt, future::pending, panic::resume_unwind};

use tokio::sync::watch;

/// Counts the handlers that run in their own tasks, and waits for them when the server shuts down.
///
/// Give it to [`IdempotencyLayer::detached`](super::IdempotencyLayer::detached). Several layers can share one; a clone
/// counts the same handlers.
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
/// // After the graceful shutdown of the server, which does not wait for requests whose sender has hung up:
/// if tokio::time::timeout(Duration::from_secs(30), in_flight.drained()).await.is_err() {
///     println!("{} handlers are cancelled; their leases expire", in_flight.count());
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct InFlight(watch::Sender<usize>);

impl InFlight {
    /// Creates a counter without handlers.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// The number of handlers that are running.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until no handler is running.
    ///
    /// Stop the server first: new requests prolong the wait.
    pub async fn drained(&self) {
        // It cannot fail: the sender, which an error would report as gone, is borrowed here.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Spawns `attempt` at once and returns its output. A panic is resumed in the caller.
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
                    // The runtime is shutting down, and cancels the caller too.
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
