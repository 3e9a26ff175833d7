//! The protocol: what replicas, senders, the network and the clock of the store can do next, and what follows.

use crate::{
    Planted, Window,
    store::{Answer, Entry, Kind, Step, Token},
};

pub const MAX_REPLICAS: usize = 3;
pub const MAX_EVENTS: usize = 2;
pub const MAX_STRAYS: usize = 2;

/// What is checked: how many there are of each, and what the environment does.
#[derive(Clone, Debug)]
pub struct Protocol {
    pub store: Kind,
    /// How many deliveries are under way at once, each on a replica of its own. Senders may send more, one after another,
    /// without an end.
    pub replicas: usize,
    pub events: usize,
    /// How many copies of messages can be on their way to the store, to arrive at any later time or never.
    pub strays: usize,
    /// The windows for a second effect that are open.
    pub windows: Vec<Window>,
    /// Whether a second effect is a fault.
    pub once: bool,
    /// A fault that the checker has to find.
    pub planted: Planted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    pub replicas: [Option<Attempt>; MAX_REPLICAS],
    pub events: [Event; MAX_EVENTS],
    pub strays: [Option<Message>; MAX_STRAYS],
    /// A sender was answered 2xx, although there was no effect.
    pub lied: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Event {
    pub entry: Entry,
    /// 2 stands for more.
    pub effects: u8,
}

/// A delivery that a replica handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attempt {
    pub event: u8,
    pub token: Token,
    pub phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// It waits for the answer to its claim.
    Claiming,
    /// The handler runs. It is `claimed` unless it runs only because of `fail_open`.
    Running { claimed: bool, effect: bool },
    /// The handler has answered 2xx.
    Committing { claimed: bool, again: bool },
    /// The handler has failed.
    Releasing,
    /// Nobody waits any more. A task goes on with this step.
    Detached(Step),
}

/// A copy of what an attempt has sent, on its way to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Message {
    pub event: u8,
    pub step: Step,
    pub token: Token,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A delivery of this event arrives: the first, a retry, or a doubled one.
    Deliver(u8),
    /// The store takes the step of this replica and answers.
    Answer(u8),
    /// The store takes the step, and the answer is lost: the replica gives up waiting.
    LoseAnswer(u8),
    /// The step does not reach the store in time.
    LoseStep(u8),
    /// A copy of the step is held up in the network.
    HoldUp(u8, Step),
    /// The copy arrives.
    Arrive(u8),
    /// The copy never arrives.
    Vanish(u8),
    /// The heartbeat renews the claim.
    Renew(u8),
    /// The handler has its effect.
    Effect(u8),
    /// The handler answers 2xx, or something else.
    Finish(u8, bool),
    /// The sender hangs up, or the handler panics: the attempt is dropped.
    Drop(u8),
    /// The process of this replica dies.
    Crash(u8),
    /// The task gives up its detached step.
    GiveUp(u8),
    /// Half a lease passes on the clock of the store. It may do so at any moment: its clock may run fast, slowly, or leap.
    Age,
    /// The store forgets what it holds.
    Forget,
}

impl Protocol {
    pub fn start(&self) -> State {
        State {
            replicas: [None; MAX_REPLICAS],
            events: [Event { entry: Entry::Absent, effects: 0 }; MAX_EVENTS],
            strays: [None; MAX_STRAYS],
            lied: false,
        }
    }

    fn is_open(&self, window: Window) -> bool {
        self.windows.contains(&window)
    }

    /// Everything that can happen next.
    pub fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // Idle replicas are alike, so one of them takes the delivery.
        if state.replicas.iter().flatten().count() < self.replicas {
            actions.extend((0..self.events as u8).map(Action::Deliver));
        }
        let has_room = state.strays.iter().flatten().count() < self.strays;
        for (replica, attempt) in busy(state) {
            if let Some(step) = attempt.step() {
                actions.extend([Action::Answer(replica), Action::LoseAnswer(replica), Action::LoseStep(replica)]);
                if has_room {
                    actions.push(Action::HoldUp(replica, step));
                }
            }
            let (effect, succeeded) = (attempt.effect(), attempt.has_succeeded());
            match attempt.phase {
                Phase::Running { claimed, effect } => {
                    if claimed {
                        actions.push(Action::Renew(replica));
                        if has_room {
                            actions.push(Action::HoldUp(replica, Step::Renew));
                        }
                    }
                    actions.push(if effect { Action::Finish(replica, true) } else { Action::Effect(replica) });
                    if !effect || self.is_open(Window::Failure) {
                        actions.extend([Action::Finish(replica, false), Action::Drop(replica)]);
                    }
                }
                Phase::Detached(_) if !succeeded || self.is_open(Window::Uncommitted) => {
                    actions.push(Action::GiveUp(replica));
                }
                Phase::Claiming | Phase::Committing { .. } | Phase::Releasing => actions.push(Action::Drop(replica)),
                Phase::Detached(_) => {}
            }
            if !effect || self.is_open(Window::Death) {
                actions.push(Action::Crash(replica));
            }
        }
        for (stray, _) in state.strays.iter().enumerate().filter(|(_, stray)| stray.is_some()) {
            actions.extend([Action::Arrive(stray as u8), Action::Vanish(stray as u8)]);
        }
        if self.may_age(state) {
            actions.push(Action::Age);
        }
        if self.may_forget(state) {
            actions.push(Action::Forget);
        }
    }

    /// Whether no lease runs out by that which has to last.
    fn may_age(&self, state: &State) -> bool {
        busy(state).all(|(_, attempt)| {
            let entry = state.events[usize::from(attempt.event)].entry;
            let ends = entry == Entry::Claimed { by: attempt.token, aged: true };
            let window = match attempt.phase {
                Phase::Running { .. } | Phase::Committing { .. } => Window::Lease,
                Phase::Detached(Step::Commit) => Window::Uncommitted,
                _ => return true,
            };
            !ends || self.is_open(window)
        })
    }

    /// Whether nothing that matters would be forgotten.
    fn may_forget(&self, state: &State) -> bool {
        self.is_open(Window::Forgotten) || {
            let is_done = |event: &Event| event.entry == Entry::Done;
            let matters = |attempt: &Attempt| matches!(attempt.phase, Phase::Running { .. }) || attempt.effect();
            !state.events.iter().any(is_done) && !busy(state).any(|(_, attempt)| matters(&attempt))
        }
    }

    /// What follows, and what the store answers to it.
    pub fn next(&self, state: &State, action: Action) -> (State, Option<Answer>) {
        let mut next = *state;
        let answer = match action {
            Action::Deliver(event) => {
                let token = self.fresh_token(state, event);
                if let Some(idle) = next.replicas.iter_mut().find(|replica| replica.is_none()) {
                    *idle = Some(Attempt { event, token, phase: Phase::Claiming });
                }
                None
            }
            Action::Answer(replica) => self.answer(&mut next, replica),
            Action::LoseAnswer(replica) => {
                let (event, step, token) = sent(state, replica);
                let answer = self.store.take(step, token, &mut next.events[event].entry, self.planted);
                self.fail(&mut next, replica);
                Some(answer)
            }
            Action::LoseStep(replica) => {
                self.fail(&mut next, replica);
                None
            }
            Action::HoldUp(replica, step) => {
                let attempt = at(state, replica);
                let copy = Message { event: attempt.event, step, token: attempt.token };
                if let Some(free) = next.strays.iter_mut().find(|stray| stray.is_none()) {
                    *free = Some(copy);
                }
                None
            }
            Action::Arrive(stray) => next.strays[usize::from(stray)].take().map(|message| {
                let entry = &mut next.events[usize::from(message.event)].entry;
                self.store.take(message.step, message.token, entry, self.planted)
            }),
            Action::Vanish(stray) => {
                next.strays[usize::from(stray)] = None;
                None
            }
            Action::Renew(replica) => {
                let attempt = at(state, replica);
                let entry = &mut next.events[usize::from(attempt.event)].entry;
                Some(self.store.take(Step::Renew, attempt.token, entry, self.planted))
            }
            Action::Effect(replica) => {
                let attempt = at(state, replica);
                let event = &mut next.events[usize::from(attempt.event)];
                event.effects = 2.min(event.effects + 1);
                if let Phase::Running { claimed, .. } = attempt.phase {
                    go(&mut next, replica, Some(Phase::Running { claimed, effect: true }));
                }
                None
            }
            Action::Finish(replica, success) => {
                let Phase::Running { claimed, .. } = at(state, replica).phase else { return (next, None) };
                let phase = match (success || self.planted == Planted::CommitsFailure, claimed) {
                    (true, _) => Phase::Committing { claimed, again: false },
                    (false, true) => Phase::Releasing,
                    (false, false) => Phase::Detached(Step::Release),
                };
                go(&mut next, replica, Some(phase));
                None
            }
            Action::Drop(replica) => {
                let step = if at(state, replica).has_succeeded() { Step::Commit } else { Step::Release };
                go(&mut next, replica, Some(Phase::Detached(step)));
                None
            }
            Action::Crash(replica) | Action::GiveUp(replica) => {
                go(&mut next, replica, None);
                None
            }
            Action::Age => {
                next.events.iter_mut().for_each(|event| self.store.age(&mut event.entry, self.planted));
                None
            }
            Action::Forget => {
                next.events.iter_mut().for_each(|event| self.store.forget(&mut event.entry));
                None
            }
        };
        (next, answer)
    }

    /// The store takes the step of a replica, which goes on with the answer.
    fn answer(&self, next: &mut State, replica: u8) -> Option<Answer> {
        let (event, step, token) = sent(next, replica);
        let answer = self.store.take(step, token, &mut next.events[event].entry, self.planted);
        let phase = match (at(next, replica).phase, answer) {
            (Phase::Claiming, Answer::Acquired) => Some(Phase::Running { claimed: true, effect: false }),
            (Phase::Claiming, Answer::InProgress) if self.planted == Planted::AcceptsInProgress => {
                self.accept(next, event);
                None
            }
            (Phase::Claiming, Answer::Done) | (Phase::Committing { .. }, _) => {
                self.accept(next, event);
                None
            }
            _ => None,
        };
        go(next, replica, phase);
        Some(answer)
    }

    /// The sender is answered 2xx.
    fn accept(&self, next: &mut State, event: usize) {
        next.lied |= next.events[event].effects == 0;
    }

    /// The replica has waited in vain.
    fn fail(&self, next: &mut State, replica: u8) {
        let attempt = at(next, replica);
        let phase = match attempt.phase {
            Phase::Claiming if self.is_open(Window::FailOpen) => Phase::Running { claimed: false, effect: false },
            Phase::Claiming | Phase::Releasing => Phase::Detached(Step::Release),
            Phase::Committing { claimed, again: false } => Phase::Committing { claimed, again: true },
            Phase::Committing { .. } => {
                self.accept(next, usize::from(attempt.event));
                let releases = self.planted == Planted::ReleasesUncommitted;
                Phase::Detached(if releases { Step::Release } else { Step::Commit })
            }
            waiting => waiting,
        };
        go(next, replica, Some(phase));
    }

    /// The first number that nobody refers to.
    fn fresh_token(&self, state: &State, event: u8) -> Token {
        if self.planted == Planted::OneToken {
            return 0;
        }
        let is_taken = |token: Token| {
            let held = state.events[usize::from(event)].entry.names(token);
            let tried = busy(state).any(|(_, attempt)| attempt.event == event && attempt.token == token);
            let mut strays = state.strays.iter().flatten();
            held || tried || strays.any(|stray| stray.event == event && stray.token == token)
        };
        (0..).find(|token| !is_taken(*token)).unwrap_or_default()
    }

    /// Whether each event is done with its effect, once all faults have ended and the senders have retried.
    ///
    /// It does the worst that remains: what is on its way arrives late, and what nobody holds any more has to run out.
    pub fn recovers(&self, state: &State) -> bool {
        let mut now = *state;
        for stray in 0..MAX_STRAYS as u8 {
            self.finish(&mut now);
            now = self.next(&now, Action::Arrive(stray)).0;
        }
        for _ in 0..2 {
            now = self.next(&now, Action::Age).0;
        }
        for event in 0..self.events as u8 {
            now = self.next(&now, Action::Deliver(event)).0;
            self.finish(&mut now);
        }
        let is_done = |event: &Event| event.entry == Entry::Done && event.effects > 0;
        !now.lied && now.events.iter().take(self.events).all(is_done)
    }

    /// All replicas do what they have begun, without a fault.
    fn finish(&self, now: &mut State) {
        loop {
            let Some((replica, attempt)) = busy(now).next() else { return };
            let action = match attempt.phase {
                Phase::Running { effect: false, .. } => Action::Effect(replica),
                Phase::Running { effect: true, .. } => Action::Finish(replica, true),
                _ => Action::Answer(replica),
            };
            *now = self.next(now, action).0;
        }
    }
}

impl Attempt {
    /// The step whose answer it waits for.
    pub fn step(self) -> Option<Step> {
        match self.phase {
            Phase::Claiming => Some(Step::Claim),
            Phase::Running { .. } => None,
            Phase::Committing { .. } => Some(Step::Commit),
            Phase::Releasing => Some(Step::Release),
            Phase::Detached(step) => Some(step),
        }
    }

    /// The handler has answered 2xx.
    fn has_succeeded(self) -> bool {
        matches!(self.phase, Phase::Committing { .. } | Phase::Detached(Step::Commit))
    }

    /// It has had an effect that the store may not know of.
    fn effect(self) -> bool {
        self.has_succeeded() || matches!(self.phase, Phase::Running { effect: true, .. })
    }
}

pub fn busy(state: &State) -> impl Iterator<Item = (u8, Attempt)> {
    state.replicas.into_iter().enumerate().filter_map(|(replica, attempt)| Some((replica as u8, attempt?)))
}

/// The attempt of a replica that is busy.
pub fn at(state: &State, replica: u8) -> Attempt {
    state.replicas[usize::from(replica)].expect("an action of a busy replica")
}

fn sent(state: &State, replica: u8) -> (usize, Step, Token) {
    let attempt = at(state, replica);
    (usize::from(attempt.event), attempt.step().expect("an attempt that waits"), attempt.token)
}

fn go(next: &mut State, replica: u8, phase: Option<Phase>) {
    let attempt = at(next, replica);
    next.replicas[usize::from(replica)] = phase.map(|phase| Attempt { phase, ..attempt });
}
