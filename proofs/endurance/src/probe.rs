//! Genuine deliveries at a steady rate, and how long each took from the moment when it was due.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::time::{MissedTickBehavior, interval};
use tower_webhook::testing::TestSender;

use crate::{
    Outcome,
    client::{Connection, wire},
};

/// Each sends 50 a second: two over a connection that stays, and two over a new one each time.
const PROBES: usize = 4;
const EVERY: Duration = Duration::from_millis(20);

/// Runs on a thread of its own until it is stopped.
pub(crate) struct Probe {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<Seen>>>,
    thread: JoinHandle<()>,
}

struct Seen {
    due: Instant,
    took: Duration,
    is_right: bool,
}

/// What came of the deliveries of a time.
pub(crate) struct Latency {
    pub(crate) deliveries: usize,
    pub(crate) failed: usize,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

impl Probe {
    pub(crate) fn start(address: SocketAddr, sender: &TestSender) -> Outcome<Self> {
        let delivery = sender.events().into_iter().next().ok_or("a sender without events")?;
        let request: Arc<[u8]> = wire(&delivery.request::<Bytes>(), "").0.into();
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::default()));
        let (stopped, kept) = (Arc::clone(&stop), Arc::clone(&seen));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let probes = (0..PROBES).map(|index| {
                    let (request, stopped, kept) = (Arc::clone(&request), Arc::clone(&stopped), Arc::clone(&kept));
                    tokio::spawn(async move { deliver(address, &request, index % 2 == 0, &stopped, &kept).await })
                });
                for probe in probes.collect::<Vec<_>>() {
                    let _ = probe.await;
                }
            });
        });
        Ok(Self { stop, seen, thread })
    }

    /// The deliveries that were due between two instants.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Latency {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen: Vec<&Seen> = seen.iter().filter(|seen| (from..to).contains(&seen.due)).collect();
        let mut took: Vec<Duration> = seen.iter().map(|seen| seen.took).collect();
        took.sort_unstable();
        let at = |hundredths: usize| took.get(took.len() * hundredths / 100).copied().unwrap_or(Duration::MAX);
        let failed = seen.iter().filter(|seen| !seen.is_right).count();
        Latency { deliveries: seen.len(), failed, median: at(50), p99: at(99) }
    }

    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
    }
}

async fn deliver(address: SocketAddr, request: &[u8], stays: bool, stopped: &AtomicBool, kept: &Mutex<Vec<Seen>>) {
    let mut ticks = interval(EVERY);
    // A delivery that is late because of the one before it has waited all the same.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut connection = None;
    while !stopped.load(Ordering::Relaxed) {
        let due = ticks.tick().await.into_std();
        let answer = async {
            let mut used = match connection.take() {
                Some(used) => used,
                None => Connection::open(address).await?,
            };
            let answer = used.ask(request).await?;
            connection = Some(used).filter(|_| stays && !answer.closes);
            Ok::<_, std::io::Error>(answer)
        };
        let is_right = answer.await.is_ok_and(|answer| answer.status == 204);
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(Seen { due, took: due.elapsed(), is_right });
    }
}
