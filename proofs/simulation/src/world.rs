//! What replicas, senders, network and store share, and what is counted.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use tower_webhook::{
    clock::MonotonicClock,
    idempotency::{Attempt, Claim, Commit, Done, EventKey, MemoryStore, Store},
};

use crate::random::Random;

pub const LEASE: Duration = Duration::from_secs(60);

/// Why an event can have a second effect: the windows of `docs/idempotency.md` that occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Lease,
    Death,
    Failure,
    Uncommitted,
    None,
}

impl Cause {
    pub const ALL: [Self; 5] = [Self::Lease, Self::Death, Self::Failure, Self::Uncommitted, Self::None];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lease => "the lease ends first",
            Self::Death => "the process dies",
            Self::Failure => "no 2xx after the effect",
            Self::Uncommitted => "the commit is lost",
            Self::None => "none of these",
        }
    }
}

#[derive(Default)]
pub struct Event {
    pub sender: usize,
    pub effects: u8,
    pub accepted: bool,
    /// The first window that has opened for it.
    pub window: Option<Cause>,
    /// A sender was answered 2xx before there was an effect.
    pub lied: bool,
    /// The processes in which its handler runs.
    pub running: Vec<Arc<Process>>,
}

pub struct World {
    pub begun: Instant,
    pub random: Mutex<Random>,
    pub events: Mutex<Vec<Event>>,
    keys: Mutex<HashMap<EventKey, usize>>,
    pub store: MemoryStore,
    pub is_store_down: AtomicBool,
    /// The steps that the store has taken in each second, and the deliveries that have arrived.
    pub steps: Mutex<Vec<u32>>,
    pub deliveries: Mutex<Vec<u32>>,
    pub second_effects: Mutex<Vec<Cause>>,
    pub crashes: AtomicU64,
}

impl World {
    pub fn new(seed: u64) -> Arc<Self> {
        let begun = Instant::now();
        Arc::new(Self {
            begun,
            random: Mutex::new(Random(seed)),
            events: Mutex::default(),
            keys: Mutex::default(),
            store: MemoryStore::with_capacity(usize::MAX).clock(Virtual(begun)),
            is_store_down: AtomicBool::new(false),
            steps: Mutex::default(),
            deliveries: Mutex::default(),
            second_effects: Mutex::default(),
            crashes: AtomicU64::new(0),
        })
    }

    pub fn random(&self) -> MutexGuard<'_, Random> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count(&self, counts: &Mutex<Vec<u32>>) {
        let second = self.begun.elapsed().as_secs() as usize;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() <= second {
            counts.resize(second + 1, 0);
        }
        counts[second] += 1;
    }

    pub fn with_event<T>(&self, event: usize, with: impl FnOnce(&mut Event) -> T) -> T {
        with(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner)[event])
    }

    pub fn knows(&self, key: EventKey, event: usize) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key, event);
    }

    pub fn open(&self, event: usize, cause: Cause) {
        self.with_event(event, |event| event.window = event.window.or(Some(cause)));
    }

    fn open_of(&self, key: EventKey, cause: Cause) {
        let event = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(event) = event {
            self.open(event, cause);
        }
    }

    /// The handler runs. Beside another run, it tells that the lease of that has ended, because nothing else lets it run.
    pub fn begins(&self, event: usize, process: &Arc<Process>) {
        self.with_event(event, |event| {
            event.running.retain(|process| !process.is_dead());
            if !event.running.is_empty() {
                event.window = event.window.or(Some(Cause::Lease));
            }
            event.running.push(Arc::clone(process));
        });
    }

    pub fn ends(&self, event: usize, process: &Arc<Process>) {
        self.with_event(event, |event| {
            let run = event.running.iter().position(|running| Arc::ptr_eq(running, process));
            run.map(|run| event.running.swap_remove(run))
        });
    }

    pub fn effect(&self, event: usize) {
        let second = self.with_event(event, |event| {
            event.effects = event.effects.saturating_add(1);
            (event.effects > 1).then(|| event.window.unwrap_or(Cause::None))
        });
        self.second_effects.lock().unwrap_or_else(PoisonError::into_inner).extend(second);
    }
}

/// The virtual time, as the store measures it.
struct Virtual(Instant);

impl MonotonicClock for Virtual {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A process. When it dies, all that it was doing stops where it is: nothing of it is dropped in good order.
pub struct Process {
    pub is_dead: AtomicBool,
    pub died: Notify,
}

impl Process {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { is_dead: AtomicBool::new(false), died: Notify::new() })
    }

    pub fn kill(&self) {
        self.is_dead.store(true, Ordering::Relaxed);
        self.died.notify_waiters();
    }

    pub fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    pub async fn death(&self) {
        let died = self.died.notified();
        if !self.is_dead() {
            died.await;
        }
    }
}

/// The shared store, as one process reaches it: the real `MemoryStore` behind a network, with the timeout and the detached
/// steps of the stores that have a server.
#[derive(Clone)]
pub struct Remote {
    pub world: Arc<World>,
    pub process: Arc<Process>,
    /// It says that it has committed, and has not: a fault that the simulation has to notice.
    pub forgets: bool,
}

#[derive(Debug)]
pub struct Unanswered;

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the store did not answer in time")
    }
}

impl std::error::Error for Unanswered {}

/// As the stores have it by default.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Of a million steps, so many answers are lost for all of the timeout.
const LOST: u64 = 20;

impl Remote {
    /// Takes a step that `commits` a key, or another one.
    async fn step<T, F>(&self, commits: Option<EventKey>, step: impl FnOnce(MemoryStore) -> F) -> Result<T, Unanswered>
    where
        F: Future<Output = T>,
    {
        let (there, is_lost) = {
            let mut random = self.world.random();
            (Duration::from_millis(random.between(1, 2)), random.is(LOST))
        };
        sleep(there).await;
        if let (true, Some(key)) = (self.process.is_dead(), commits) {
            self.world.open_of(key, Cause::Death);
        }
        self.live().await;
        let answer = if self.world.is_store_down.load(Ordering::Relaxed) {
            None
        } else {
            self.world.count(&self.world.steps);
            Some(step(self.world.store.clone()).await)
        };
        match answer.filter(|_| !is_lost) {
            Some(answer) => Ok(answer),
            None => {
                sleep(TIMEOUT - there).await;
                self.live().await;
                Err(Unanswered)
            }
        }
    }

    /// Goes on only in a process that lives.
    pub async fn live(&self) {
        if self.process.is_dead() {
            pending().await
        }
    }

    /// As the stores with a server do it: after 1, 2, 4 and then every 5 seconds, until a lease has passed.
    fn insist<F>(&self, mut step: impl FnMut(Self) -> F + Send + 'static)
    where
        F: Future<Output = bool> + Send,
    {
        if self.process.is_dead() {
            return;
        }
        let remote = self.clone();
        tokio::spawn(async move {
            let (mut pause, longest) = (Duration::from_secs(1), Duration::from_secs(5));
            let tries = async {
                while !step(remote.clone()).await {
                    sleep(pause).await;
                    pause = longest.min(pause * 2);
                }
            };
            let _ = timeout(LEASE, tries).await;
        });
    }
}

impl Store for Remote {
    type Error = Unanswered;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, Unanswered> {
        let claim = self.step(None, async move |store| store.claim(attempt, lease).await).await?;
        claim.map_err(|_| Unanswered)
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, Unanswered> {
        if self.forgets {
            return Ok(Commit::Held);
        }
        let commit = self.step(Some(attempt.key), async move |store| store.commit(attempt, done).await).await;
        match &commit {
            Ok(Ok(Commit::Late)) => self.world.open_of(attempt.key, Cause::Lease),
            Err(_) => self.world.open_of(attempt.key, Cause::Uncommitted),
            _ => {}
        }
        commit?.map_err(|_| Unanswered)
    }

    async fn release(&self, attempt: Attempt) -> Result<(), Unanswered> {
        let released = self.step(None, async move |store| store.release(attempt).await).await?;
        released.map_err(|_| Unanswered)
    }

    async fn renew(&self, attempt: Attempt, lease: Duration) -> Result<bool, Unanswered> {
        let renewed = self.step(None, async move |store| store.renew(attempt, lease).await).await?;
        renewed.map_err(|_| Unanswered)
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        self.world.open_of(attempt.key, Cause::Uncommitted);
        self.insist(move |remote| async move { remote.commit(attempt, done).await.is_ok() });
    }

    fn release_detached(&self, attempt: Attempt) {
        self.insist(move |remote| async move { remote.release(attempt).await.is_ok() });
    }
}
