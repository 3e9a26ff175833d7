//! One simulation: a week of events, their retries, and all that goes wrong meanwhile.

use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::time::{sleep, sleep_until, timeout};
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::idempotency::{EventKey, IdempotencyLayer, Identity, InFlight, Pepper};

use crate::{
    senders::Sender,
    world::{Cause, Event, Process, Remote, World},
};

pub const REPLICAS: usize = 1_000;
const ZONES: usize = 3;
const DAY: u64 = 24 * 60 * 60;
const PEPPER: &str = "b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58";

/// How the layer is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    Defaults,
    /// With `detached` and `heartbeat`.
    Detached,
    /// With a store that forgets what it has committed.
    Forgetful,
}

/// What is down, from which second to which.
const STORE_DOWN: [(u64, u64); 4] = [
    (DAY + 9 * 3600, DAY + 9 * 3600 + 20),
    (2 * DAY + 10 * 3600, 2 * DAY + 10 * 3600 + 120),
    (4 * DAY + 11 * 3600, 4 * DAY + 11 * 3600 + 600),
    (6 * DAY + 12 * 3600, 6 * DAY + 13 * 3600),
];
/// A zone is cut off: its processes die, and none starts there.
const ZONE_DOWN: (u64, u64) = (3 * DAY + 14 * 3600, 3 * DAY + 15 * 3600);
/// No delivery gets through to any replica.
const ALL_DOWN: (u64, u64) = (5 * DAY + 15 * 3600, 5 * DAY + 17 * 3600);
/// One of the deploys kills what it replaces; the others let it finish.
const DEPLOYS: [(u64, bool); 3] = [(DAY / 2, false), (3 * DAY + DAY / 2, true), (5 * DAY + DAY / 2, false)];
/// So many of a hundred events come within these ten minutes.
const BURST: (u64, u64, u64) = (2 * DAY + 12 * 3600, 2 * DAY + 12 * 3600 + 600, 5);

/// Of a million deliveries.
const REQUEST_LOST: u64 = 1_000;
const ANSWER_LOST: u64 = 1_000;
const DOUBLED: u64 = 1_000;
/// Of a million runs of the handler.
const DIES: u64 = 200;
const FAILS: u64 = 5_000;
const FAILS_AFTER_ITS_EFFECT: u64 = 100;
const SLOW: u64 = 10_000;
const SLOWER_THAN_A_LEASE: u64 = 100;

/// A replica: its process is replaced when it dies.
struct Replica {
    zone: usize,
    process: Mutex<Arc<Process>>,
}

impl Replica {
    fn process(&self) -> Arc<Process> {
        Arc::clone(&self.process.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn restart(&self) {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Process::new();
    }
}

pub struct Simulation {
    pub world: Arc<World>,
    replicas: Vec<Replica>,
    pub senders: Vec<Sender>,
    setup: Setup,
    is_zone_down: AtomicBool,
    are_all_down: AtomicBool,
    pub most_held: Mutex<usize>,
}

impl Simulation {
    pub fn new(events: usize, seed: u64, senders: Vec<Sender>, setup: Setup) -> Arc<Self> {
        let world = World::new(seed);
        let replica = |number| Replica { zone: number % ZONES, process: Mutex::new(Process::new()) };
        let list = (0..events).map(|event| Event { sender: event % senders.len(), ..Event::default() }).collect();
        *world.events.lock().unwrap_or_else(PoisonError::into_inner) = list;
        Arc::new(Self {
            world,
            replicas: (0..REPLICAS).map(replica).collect(),
            senders,
            setup,
            is_zone_down: AtomicBool::new(false),
            are_all_down: AtomicBool::new(false),
            most_held: Mutex::new(0),
        })
    }

    /// Goes on until the last sender has stopped.
    pub async fn run(self: &Arc<Self>, events: usize) {
        self.plan();
        let arrivals = self.arrivals(events);
        let mut senders = Vec::new();
        for (event, arrival) in arrivals.into_iter().enumerate() {
            sleep_until(self.world.begun + Duration::from_millis(arrival)).await;
            senders.push(tokio::spawn(Arc::clone(self).send(event)));
            if senders.len() > 100_000 {
                senders.retain(|sender| !sender.is_finished());
            }
        }
        for sender in senders {
            sender.await.expect("a sender that ends");
        }
        // What was detached ends too.
        sleep(Duration::from_secs(600)).await;
    }

    /// Most events come in the hours of work, in milliseconds and in order.
    fn arrivals(&self, events: usize) -> Vec<u64> {
        let mut random = self.world.random();
        let mut arrivals: Vec<u64> = (0..events)
            .map(|_| {
                if random.below(100) < BURST.2 {
                    return random.between(1_000 * BURST.0, 1_000 * BURST.1);
                }
                loop {
                    let time = random.below(7 * DAY * 1_000);
                    let is_day = (8 * 3600..18 * 3600).contains(&(time / 1_000 % DAY));
                    if is_day || random.below(3) == 0 {
                        return time;
                    }
                }
            })
            .collect();
        arrivals.sort_unstable();
        arrivals
    }

    /// Plans what goes wrong by the clock.
    fn plan(self: &Arc<Self>) {
        for (from, to) in STORE_DOWN {
            self.at(from, |simulation| simulation.world.is_store_down.store(true, Ordering::Relaxed));
            self.at(to, |simulation| simulation.world.is_store_down.store(false, Ordering::Relaxed));
        }
        self.at(ALL_DOWN.0, |simulation| simulation.are_all_down.store(true, Ordering::Relaxed));
        self.at(ALL_DOWN.1, |simulation| simulation.are_all_down.store(false, Ordering::Relaxed));
        self.at(ZONE_DOWN.0, |simulation| {
            simulation.is_zone_down.store(true, Ordering::Relaxed);
            simulation.of_zone(0).for_each(|replica| replica.process().kill());
        });
        self.at(ZONE_DOWN.1, |simulation| {
            simulation.is_zone_down.store(false, Ordering::Relaxed);
            simulation.of_zone(0).for_each(Replica::restart);
        });
        for (from, kills) in DEPLOYS {
            for number in 0..REPLICAS {
                // Ten replicas in a minute.
                self.at(from + 6 * number as u64, move |simulation| {
                    let replica = &simulation.replicas[number];
                    if kills {
                        replica.process().kill();
                    }
                    replica.restart();
                });
            }
        }
        let simulation = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                {
                    let mut most = simulation.most_held.lock().unwrap_or_else(PoisonError::into_inner);
                    *most = simulation.world.store.len().max(*most);
                }
                sleep(Duration::from_secs(60)).await;
            }
        });
    }

    fn of_zone(&self, zone: usize) -> impl Iterator<Item = &Replica> {
        self.replicas.iter().filter(move |replica| replica.zone == zone)
    }

    fn at(self: &Arc<Self>, second: u64, act: impl FnOnce(&Self) + Send + 'static) {
        let simulation = Arc::clone(self);
        tokio::spawn(async move {
            sleep_until(simulation.world.begun + Duration::from_secs(second)).await;
            act(&simulation);
        });
    }

    /// A sender sends an event until it is answered 2xx, or has used up its tries.
    async fn send(self: Arc<Self>, event: usize) {
        let sender = &self.senders[self.world.with_event(event, |event| event.sender)];
        for try_number in 0..=sender.delays.len() {
            if try_number > 0 {
                sleep(sender.delays[try_number - 1]).await;
            }
            if self.world.random().is(DOUBLED) {
                let simulation = Arc::clone(&self);
                tokio::spawn(async move { simulation.deliver(event, Duration::from_secs(15)).await });
            }
            if self.deliver(event, sender.timeout).await {
                self.world.with_event(event, |event| {
                    event.accepted = true;
                    event.lied |= event.effects == 0;
                });
                return;
            }
        }
    }

    /// Whether the sender was answered 2xx.
    async fn deliver(self: &Arc<Self>, event: usize, patience: Duration) -> bool {
        let (request_lost, answer_lost, replica, network) = {
            let mut random = self.world.random();
            let replica = random.below(REPLICAS as u64) as usize;
            (random.is(REQUEST_LOST), random.is(ANSWER_LOST), replica, random.between(5, 50))
        };
        let replica = &self.replicas[replica];
        sleep(Duration::from_millis(network)).await;
        let is_cut_off = replica.zone == 0 && self.is_zone_down.load(Ordering::Relaxed);
        let process = replica.process();
        if request_lost || is_cut_off || self.are_all_down.load(Ordering::Relaxed) || process.is_dead() {
            return false;
        }
        self.world.count(&self.world.deliveries);
        let handled = timeout(patience, self.handle(event, Arc::clone(&process)));
        let status = tokio::select! {
            biased;
            () = process.death() => None,
            handled = handled => handled.ok(),
        };
        if process.is_dead() && !is_cut_off {
            replica.restart();
        }
        sleep(Duration::from_millis(network)).await;
        status.is_some_and(|status| status.is_success()) && !answer_lost
    }

    /// A replica handles a delivery, by the real layer.
    async fn handle(self: &Arc<Self>, event: usize, process: Arc<Process>) -> StatusCode {
        let forgets = self.setup == Setup::Forgetful;
        let remote = Remote { world: Arc::clone(&self.world), process: Arc::clone(&process), forgets };
        let layer = IdempotencyLayer::with_pepper(remote.clone(), Pepper::new(PEPPER).expect("a pepper"));
        let layer = match self.setup {
            Setup::Defaults | Setup::Forgetful => layer,
            Setup::Detached => layer.detached(&InFlight::new()).heartbeat(),
        };
        let simulation = Arc::clone(self);
        let service = layer.layer(service_fn(move |request: Request<Full<Bytes>>| {
            let (simulation, remote) = (Arc::clone(&simulation), remote.clone());
            async move { Ok::<_, Infallible>(simulation.work(event, remote, &request).await) }
        }));
        let mut request = Request::new(Full::<Bytes>::default());
        request.extensions_mut().insert(Identity::of_content("simulation", &event.to_le_bytes()));
        let Ok(response) = service.oneshot(request).await;
        response.status()
    }

    /// The handler: it takes its time, and has its effect near the end.
    async fn work(&self, event: usize, remote: Remote, request: &Request<Full<Bytes>>) -> Response<Full<Bytes>> {
        if let Some(key) = request.extensions().get::<EventKey>() {
            self.world.knows(*key, event);
        }
        let (time, fails, fails_late, dies) = {
            let mut random = self.world.random();
            let time = match random.below(1_000_000) {
                rare if rare < SLOWER_THAN_A_LEASE => random.between(70_000, 120_000),
                rare if rare < SLOW => random.between(1_000, 12_000),
                _ => random.between(20, 300),
            };
            let dies = random.is(DIES).then(|| random.between(0, time + 5));
            (time, random.is(FAILS), random.is(FAILS_AFTER_ITS_EFFECT), dies)
        };
        if let Some(after) = dies {
            let (world, process) = (Arc::clone(&self.world), Arc::clone(&remote.process));
            tokio::spawn(async move {
                sleep(Duration::from_millis(after)).await;
                world.crashes.fetch_add(1, Ordering::Relaxed);
                process.kill();
            });
        }
        let mut run = Run::begin(&self.world, &remote.process, event);
        sleep(Duration::from_millis(time * 4 / 5)).await;
        remote.live().await;
        let status = |success| if success { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR };
        let mut response = Response::new(Full::default());
        if fails {
            *response.status_mut() = status(false);
            return response;
        }
        run.has_effect = true;
        self.world.effect(event);
        sleep(Duration::from_millis(time - time * 4 / 5)).await;
        if remote.process.is_dead() {
            self.world.open(event, Cause::Death);
            pending().await
        }
        run.has_succeeded = !fails_late;
        *response.status_mut() = status(!fails_late);
        response
    }
}

/// A run of the handler. After its effect, it opens a window if it ends without a 2xx.
struct Run<'a> {
    world: &'a World,
    process: &'a Arc<Process>,
    event: usize,
    has_effect: bool,
    has_succeeded: bool,
}

impl<'a> Run<'a> {
    fn begin(world: &'a World, process: &'a Arc<Process>, event: usize) -> Self {
        world.begins(event, process);
        Self { world, process, event, has_effect: false, has_succeeded: false }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.world.ends(self.event, self.process);
        if self.has_effect && !self.has_succeeded {
            let cause = if self.process.is_dead() { Cause::Death } else { Cause::Failure };
            self.world.open(self.event, cause);
        }
    }
}
