//! The real layer and a real store, one action of the model at a time.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use proof_model::{
    Window,
    protocol::{Action, MAX_REPLICAS, MAX_STRAYS, Phase, Protocol, State},
    store::{Answer, Kind, Step},
};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    ResponseBody,
    clock::MonotonicClock,
    idempotency::{
        Attempt, BoxStore, Claim, Commit, Done, IdempotencyLayer, Identity, MemoryStore, Outcome, Pepper,
        PostgresStore, RedisStore, Store,
    },
};

use crate::support::{postgres::Postgres, redis::Redis};

/// Both are much longer than a path takes.
const LEASE: Duration = Duration::from_secs(10_000);
const TTL: Duration = Duration::from_secs(10_000_000);
const PEPPER: &str = "b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58";

/// PostgreSQL deletes rows that have ended a minute after the last time, and the model keeps them.
const OF_A_STORE: Duration = Duration::from_secs(40);

/// A store, and how its time passes.
pub(crate) struct Place {
    store: BoxStore,
    since: Instant,
    time: Time,
}

enum Time {
    Memory(Hand),
    Redis(Redis),
    Postgres(Postgres),
}

/// A clock that is set by hand.
#[derive(Clone, Default)]
struct Hand(Arc<Mutex<Duration>>);

impl MonotonicClock for Hand {
    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

impl Place {
    fn new(store: BoxStore, time: Time) -> Self {
        Self { store, since: Instant::now(), time }
    }

    pub(crate) fn memory() -> Self {
        Self::new(MemoryStore::new().boxed(), Time::Memory(Hand::default()))
    }

    /// `None` if there is no server to start.
    pub(crate) async fn redis() -> Option<Self> {
        let redis = Redis::start()?;
        let store = RedisStore::connect(&redis.url()).await.unwrap().boxed();
        Some(Self::new(store, Time::Redis(redis)))
    }

    /// `None` if there is no server to start.
    pub(crate) async fn postgres() -> Option<Self> {
        let postgres = Postgres::start()?;
        let store = connected(&postgres).await;
        Some(Self::new(store, Time::Postgres(postgres)))
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.time {
            Time::Memory(_) => Kind::Memory,
            Time::Redis(_) => Kind::Redis,
            Time::Postgres(_) => Kind::Postgres,
        }
    }

    /// Begins with a store that holds nothing.
    async fn empty(&mut self) {
        match &mut self.time {
            Time::Memory(hand) => {
                *hand = Hand::default();
                self.store = MemoryStore::new().clock(hand.clone()).boxed();
            }
            Time::Redis(redis) => drop(redis.connect().ask(&["FLUSHALL"])),
            Time::Postgres(postgres) => {
                postgres.ask("DELETE FROM webhook_events");
                if self.since.elapsed() > OF_A_STORE {
                    (self.store, self.since) = (connected(postgres).await, Instant::now());
                }
            }
        }
    }

    fn advance(&self, passed: Duration) {
        match &self.time {
            Time::Memory(hand) => *hand.0.lock().unwrap() += passed,
            Time::Redis(redis) => redis.advance(passed),
            Time::Postgres(postgres) => postgres.advance(passed),
        }
    }

    async fn take(&self, sent: Sent) -> Result<(Answer, Reply), String> {
        let Sent { step, attempt } = sent;
        let failed = |error: tower_webhook::BoxError| error.to_string();
        Ok(match step {
            Step::Claim => {
                let claim = self.store.claim(attempt, LEASE).await.map_err(failed)?;
                let answer = match claim {
                    Claim::Acquired => Answer::Acquired,
                    Claim::InProgress { .. } => Answer::InProgress,
                    Claim::Done(StatusCode::NO_CONTENT) => Answer::Done,
                    other => return Err(format!("{other:?} is no answer of the model")),
                };
                (answer, Reply::Claim(claim))
            }
            Step::Commit => {
                let done = Done::new(StatusCode::NO_CONTENT, TTL);
                let commit = self.store.commit(attempt, done).await.map_err(failed)?;
                (Answer::Committed(commit == Commit::Held), Reply::Commit(commit))
            }
            Step::Release => {
                self.store.release(attempt).await.map_err(failed)?;
                (Answer::Released, Reply::Released)
            }
            Step::Renew => {
                let renewed = self.store.renew(attempt, LEASE).await.map_err(failed)?;
                (Answer::Renewed(renewed), Reply::Released)
            }
        })
    }
}

async fn connected(postgres: &Postgres) -> BoxStore {
    let store = PostgresStore::connect(&postgres.url()).await.unwrap();
    // The first claim deletes what has ended, in a task of its own, which this lets end before a row matters.
    for _ in 0..3 {
        store.check().await.unwrap();
    }
    store.boxed()
}

/// What an attempt has sent to its store.
#[derive(Clone, Copy)]
struct Sent {
    step: Step,
    attempt: Attempt,
}

#[derive(Clone, Copy)]
enum Reply {
    Claim(Claim),
    Commit(Commit),
    Released,
}

/// What a delivery does, for the replay to see and to decide.
#[derive(Default)]
struct Seen {
    /// The step that waits for an answer.
    asked: Option<Sent>,
    answer: Option<Result<Reply, Lost>>,
    /// The step that the layer does not wait for.
    detached: Option<Sent>,
    /// The handler runs, until it has a status to answer.
    is_running: bool,
    status: Option<StatusCode>,
}

#[derive(Clone, Copy, Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the network has lost a message")
    }
}

impl std::error::Error for Lost {}

/// The store as the layer of one delivery sees it: each step waits for the replay.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Seen>>);

impl Wire {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }

    async fn ask(&self, step: Step, attempt: Attempt) -> Result<Reply, Lost> {
        self.seen().asked = Some(Sent { step, attempt });
        poll_fn(|_| self.seen().answer.take().map_or(Poll::Pending, Poll::Ready)).await
    }
}

impl Store for Wire {
    type Error = Lost;

    async fn claim(&self, attempt: Attempt, lease: Duration) -> Result<Claim, Lost> {
        assert_eq!(lease, LEASE);
        match self.ask(Step::Claim, attempt).await? {
            Reply::Claim(claim) => Ok(claim),
            _ => Err(Lost),
        }
    }

    async fn commit(&self, attempt: Attempt, done: Done) -> Result<Commit, Lost> {
        assert_eq!(done, Done::new(StatusCode::NO_CONTENT, TTL));
        match self.ask(Step::Commit, attempt).await? {
            Reply::Commit(commit) => Ok(commit),
            _ => Err(Lost),
        }
    }

    async fn release(&self, attempt: Attempt) -> Result<(), Lost> {
        self.ask(Step::Release, attempt).await.map(drop)
    }

    fn commit_detached(&self, attempt: Attempt, done: Done) {
        assert_eq!(done, Done::new(StatusCode::NO_CONTENT, TTL));
        self.seen().detached = Some(Sent { step: Step::Commit, attempt });
    }

    fn release_detached(&self, attempt: Attempt) {
        self.seen().detached = Some(Sent { step: Step::Release, attempt });
    }
}

type Answered = Result<Response<ResponseBody<Full<Bytes>>>, Infallible>;

/// A delivery on a replica of its own.
struct Delivery {
    wire: Wire,
    future: Option<Pin<Box<dyn Future<Output = Answered>>>>,
    attempt: Option<Attempt>,
    outcome: Option<(StatusCode, Option<Outcome>)>,
}

impl Delivery {
    fn begin(identity: Identity, fail_open: bool) -> Self {
        let wire = Wire::default();
        let pepper = Pepper::new(PEPPER).unwrap();
        let layer = IdempotencyLayer::with_pepper(wire.clone(), pepper).lease(LEASE).ttl(TTL);
        let layer = if fail_open { layer.fail_open() } else { layer };
        let handler = wire.clone();
        let mut service = layer.layer(service_fn(move |_: Request<Full<Bytes>>| {
            let handler = handler.clone();
            async move {
                handler.seen().is_running = true;
                let status = poll_fn(|_| handler.seen().status.take().map_or(Poll::Pending, Poll::Ready)).await;
                handler.seen().is_running = false;
                let mut response = Response::new(Full::<Bytes>::default());
                *response.status_mut() = status;
                Ok::<_, Infallible>(response)
            }
        }));
        let mut request = Request::new(Full::<Bytes>::default());
        request.extensions_mut().insert(identity);
        let mut delivery = Self { wire, future: Some(Box::pin(service.call(request))), attempt: None, outcome: None };
        delivery.poll();
        delivery.attempt = delivery.wire.seen().asked.map(|asked| asked.attempt);
        delivery
    }

    fn poll(&mut self) {
        let Some(future) = &mut self.future else { return };
        if let Poll::Ready(answered) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            let Ok(response) = answered;
            self.outcome = Some((response.status(), response.extensions().get().copied()));
            self.future = None;
        }
    }

    fn sent(&self, step: Step) -> Sent {
        Sent { step, attempt: self.attempt.expect("a delivery that has claimed") }
    }

    fn answer(&mut self, answer: Result<Reply, Lost>) {
        {
            let mut seen = self.wire.seen();
            seen.asked = None;
            seen.answer = Some(answer);
        }
        self.poll();
    }

    /// How far it is, in the words of the model; `None` if it has ended and left nothing to do.
    fn phase(&self) -> Option<(&'static str, Option<Step>)> {
        let seen = self.wire.seen();
        match (&seen.detached, &seen.asked, seen.is_running) {
            (Some(detached), _, _) => Some(("detached", Some(detached.step))),
            (None, Some(asked), _) => Some(("waits", Some(asked.step))),
            (None, None, true) => Some(("runs", None)),
            (None, None, false) => None,
        }
    }
}

fn phase_of(attempt: proof_model::protocol::Attempt) -> (&'static str, Option<Step>) {
    match attempt.phase {
        Phase::Running { .. } => ("runs", None),
        Phase::Detached(step) => ("detached", Some(step)),
        _ => ("waits", attempt.step()),
    }
}

/// What the layer reports when an attempt in this phase ends with this answer, or with none.
fn outcome_of(phase: Phase, answer: Option<Answer>) -> Option<(u16, Outcome)> {
    Some(match (phase, answer) {
        (Phase::Claiming, Some(Answer::Done)) => (204, Outcome::Replayed),
        (Phase::Claiming, Some(Answer::InProgress)) => (503, Outcome::InProgress),
        (Phase::Claiming, None) => (503, Outcome::Unavailable),
        (Phase::Running { claimed: false, .. }, None) => (500, Outcome::Unclaimed),
        (Phase::Committing { claimed: false, .. }, _) => (204, Outcome::Unclaimed),
        (Phase::Committing { .. }, Some(Answer::Committed(true))) => (204, Outcome::First),
        (Phase::Committing { .. }, Some(Answer::Committed(false))) => (204, Outcome::Late),
        (Phase::Committing { .. }, None) => (204, Outcome::Uncommitted),
        (Phase::Releasing, _) => (500, Outcome::Failed),
        _ => return None,
    })
}

struct World<'a> {
    protocol: &'a Protocol,
    place: &'a Place,
    path: usize,
    replicas: [Option<Delivery>; MAX_REPLICAS],
    strays: [Option<Sent>; MAX_STRAYS],
}

/// Takes a path, and tells the first difference between the model and what is real.
pub(crate) async fn replay(
    protocol: &Protocol,
    path: &[Action],
    number: usize,
    place: &mut Place,
) -> Result<(), String> {
    place.empty().await;
    let mut world = World { protocol, place, path: number, replicas: Default::default(), strays: Default::default() };
    let mut state = protocol.start();
    for (step, action) in path.iter().enumerate() {
        let (next, answer) = protocol.next(&state, *action);
        let taken = world.take(&state, &next, *action, answer).await;
        taken.map_err(|difference| format!("step {step}, {action:?} in {state:?}: {difference}"))?;
        state = next;
    }
    // And the store holds what the model says.
    for (event, model) in state.events.iter().enumerate().take(protocol.events) {
        let delivery = Delivery::begin(world.identity(event), false);
        let found = place.take(delivery.sent(Step::Claim)).await?.0;
        let expected = protocol.store.take(Step::Claim, u8::MAX, &mut { model.entry }, protocol.planted);
        equal("the claim at the end", found, expected)?;
    }
    Ok(())
}

impl World<'_> {
    fn identity(&self, event: usize) -> Identity {
        Identity::of_content("model", format!("{} {event}", self.path).as_bytes())
    }

    fn replica(&mut self, replica: u8) -> Result<&mut Delivery, String> {
        self.replicas[usize::from(replica)].as_mut().ok_or_else(|| "the replica is idle".to_owned())
    }

    async fn take(
        &mut self,
        before: &State,
        after: &State,
        action: Action,
        answer: Option<Answer>,
    ) -> Result<(), String> {
        match action {
            Action::Deliver(event) => {
                let replica = before.replicas.iter().position(Option::is_none).ok_or("no replica is idle")?;
                let fail_open = self.protocol.windows.contains(&Window::FailOpen);
                self.replicas[replica] = Some(Delivery::begin(self.identity(event.into()), fail_open));
                self.check(before, after, replica as u8, None)
            }
            Action::Answer(replica) | Action::LoseAnswer(replica) => {
                let model = proof_model::protocol::at(before, replica);
                let step = model.step().ok_or("the model waits for nothing")?;
                let sent = self.replica(replica)?.sent(step);
                let (found, reply) = self.place.take(sent).await?;
                equal("the answer of the store", Some(found), answer)?;
                let is_lost = matches!(action, Action::LoseAnswer(_));
                match model.phase {
                    Phase::Detached(_) if is_lost => Ok(()),
                    Phase::Detached(_) => {
                        self.replicas[usize::from(replica)] = None;
                        Ok(())
                    }
                    _ => {
                        self.replica(replica)?.answer(if is_lost { Err(Lost) } else { Ok(reply) });
                        self.check(before, after, replica, answer.filter(|_| !is_lost))
                    }
                }
            }
            Action::LoseStep(replica) => match proof_model::protocol::at(before, replica).phase {
                Phase::Detached(_) => Ok(()),
                _ => {
                    self.replica(replica)?.answer(Err(Lost));
                    self.check(before, after, replica, None)
                }
            },
            Action::HoldUp(replica, step) => {
                let sent = self.replica(replica)?.sent(step);
                let free = before.strays.iter().position(Option::is_none).ok_or("the network is full")?;
                self.strays[free] = Some(sent);
                Ok(())
            }
            Action::Arrive(stray) => {
                let sent = self.strays[usize::from(stray)].take().ok_or("nothing is on its way")?;
                let found = self.place.take(sent).await?.0;
                equal("the answer of the store", Some(found), answer)
            }
            Action::Vanish(stray) => {
                self.strays[usize::from(stray)] = None;
                Ok(())
            }
            Action::Renew(replica) => {
                let sent = self.replica(replica)?.sent(Step::Renew);
                let found = self.place.take(sent).await?.0;
                equal("the answer of the store", Some(found), answer)
            }
            Action::Effect(replica) => self.check(before, after, replica, None),
            Action::Finish(replica, success) => {
                let delivery = self.replica(replica)?;
                delivery.wire.seen().status =
                    Some(if success { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR });
                delivery.poll();
                self.check(before, after, replica, None)
            }
            Action::Drop(replica) => {
                let delivery = self.replica(replica)?;
                delivery.future = None;
                equal("the phase", delivery.phase(), after.replicas[usize::from(replica)].map(phase_of))
            }
            Action::Crash(replica) | Action::GiveUp(replica) => {
                self.replicas[usize::from(replica)] = None;
                Ok(())
            }
            Action::Age => {
                self.place.advance(LEASE / 2);
                Ok(())
            }
            Action::Forget => {
                self.place.advance(TTL);
                Ok(())
            }
        }
    }

    /// Compares where a delivery is with where the model says it is.
    fn check(&mut self, before: &State, after: &State, replica: u8, answer: Option<Answer>) -> Result<(), String> {
        let expected = after.replicas[usize::from(replica)].map(phase_of);
        let delivery = self.replica(replica)?;
        equal("the phase", delivery.phase(), expected)?;
        let has_ended = expected.is_none_or(|(phase, _)| phase == "detached");
        let outcome = before.replicas[usize::from(replica)].filter(|_| has_ended).and_then(|attempt| {
            let (status, outcome) = outcome_of(attempt.phase, answer)?;
            Some((StatusCode::from_u16(status).unwrap(), Some(outcome)))
        });
        equal("the outcome", delivery.outcome, outcome)?;
        let accepted = delivery.outcome.is_some_and(|(status, _)| status.is_success());
        let effects = before.replicas[usize::from(replica)].map_or(0, |a| before.events[usize::from(a.event)].effects);
        equal("a 2xx without an effect", before.lied || accepted && effects == 0, after.lied)?;
        if expected.is_none() {
            self.replicas[usize::from(replica)] = None;
        }
        Ok(())
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, and not {expected:?}")) }
}
