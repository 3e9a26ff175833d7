//! Paths through the model, for the replay on the real layer and the real stores.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
};

use crate::{
    protocol::{Action, Phase, Protocol, State, at, busy},
    store::{Answer, Entry, Step, Token},
};

pub type Path = Vec<Action>;

/// Every state and every transition, with names: replicas and tokens are told apart, because the real ones are.
pub struct Graph {
    states: Vec<State>,
    /// What can happen in each state, the state that follows, and what the store answers.
    transitions: Vec<Vec<(Action, usize, Option<Answer>)>>,
    /// The transition that first led to each state.
    from: Vec<Option<(usize, Action)>>,
}

impl Graph {
    pub fn of(protocol: &Protocol) -> Self {
        let start = protocol.start();
        let (mut states, mut from, mut transitions) = (vec![start], vec![None], Vec::new());
        let mut known = HashMap::from([(start, 0)]);
        let mut actions = Vec::new();
        while let Some(state) = states.get(transitions.len()).copied() {
            let here = transitions.len();
            protocol.actions(&state, &mut actions);
            let next = actions.drain(..).map(|action| {
                let (next, answer) = protocol.next(&state, action);
                let there = *known.entry(next).or_insert_with(|| {
                    states.push(next);
                    from.push(Some((here, action)));
                    states.len() - 1
                });
                (action, there, answer)
            });
            transitions.push(next.collect());
        }
        Self { states, transitions, from }
    }

    pub fn states(&self) -> &[State] {
        &self.states
    }

    pub fn transitions(&self) -> usize {
        self.transitions.iter().map(Vec::len).sum()
    }

    /// The shortest path to a state.
    fn path_to(&self, mut state: usize) -> Path {
        let mut path = Vec::new();
        while let Some((before, action)) = self.from[state] {
            path.push(action);
            state = before;
        }
        path.reverse();
        path
    }

    /// For each kind of transition, the shortest path that ends with one: what happens, how far the attempt is, what the
    /// store holds, and what it answers.
    pub fn of_each_kind(&self) -> Vec<Path> {
        let mut seen = HashSet::new();
        let mut paths = Vec::new();
        for (here, transitions) in self.transitions.iter().enumerate() {
            for (action, _, answer) in transitions {
                if seen.insert(kind(&self.states[here], *action, *answer)) {
                    let mut path = self.path_to(here);
                    path.push(*action);
                    paths.push(path);
                }
            }
        }
        paths
    }

    /// Paths of about this length that together take every transition.
    pub fn all(&self, length: usize) -> Vec<Path> {
        let mut open: Vec<Vec<usize>> =
            self.transitions.iter().map(|transitions| (0..transitions.len()).rev().collect()).collect();
        let mut paths = Vec::new();
        for first in 0..self.states.len() {
            while !open[first].is_empty() {
                let (mut path, mut state) = (self.path_to(first), first);
                while path.len() < length {
                    let Some(steps) = self.to_open(state, &open) else { break };
                    for step in steps {
                        open[state].retain(|open| *open != step);
                        let (action, next, _) = self.transitions[state][step];
                        path.push(action);
                        state = next;
                    }
                }
                paths.push(path);
            }
        }
        paths
    }

    /// The way to the nearest transition that is open, a few steps away at most.
    fn to_open(&self, state: usize, open: &[Vec<usize>]) -> Option<Vec<usize>> {
        const NEAR: usize = 64;
        let mut queue = VecDeque::from([(state, Vec::new())]);
        let mut seen = HashSet::from([state]);
        while let Some((state, steps)) = queue.pop_front() {
            if let Some(step) = open[state].last() {
                return Some([steps.as_slice(), &[*step]].concat());
            }
            for (step, (_, next, _)) in self.transitions[state].iter().enumerate() {
                if seen.len() < NEAR && seen.insert(*next) {
                    queue.push_back((*next, [steps.as_slice(), &[step]].concat()));
                }
            }
        }
        None
    }
}

/// What the store holds, as an attempt with this token sees it.
#[derive(PartialEq, Eq, Hash)]
enum Held {
    Absent,
    Claimed { own: bool, aged: bool },
    Done,
    Ended { own: bool },
}

fn held(entry: Entry, token: Token) -> Held {
    match entry {
        Entry::Absent => Held::Absent,
        Entry::Claimed { by, aged } => Held::Claimed { own: by == token, aged },
        Entry::Done => Held::Done,
        Entry::Ended(by) => Held::Ended { own: by == Some(token) },
    }
}

/// Who acts, without the names: the phase, the step that is sent, and what is held.
type Actor = (Option<Phase>, Option<Step>, Option<Held>);

fn kind(state: &State, action: Action, answer: Option<Answer>) -> impl Eq + Hash + use<> {
    let actor = |replica: u8| -> Actor {
        let attempt = at(state, replica);
        let entry = state.events[usize::from(attempt.event)].entry;
        (Some(attempt.phase), attempt.step(), Some(held(entry, attempt.token)))
    };
    let (what, actor): (Action, Actor) = match action {
        Action::Deliver(event) => {
            (Action::Deliver(0), (None, None, Some(held(state.events[usize::from(event)].entry, Token::MAX))))
        }
        Action::Answer(replica) => (Action::Answer(0), actor(replica)),
        Action::LoseAnswer(replica) => (Action::LoseAnswer(0), actor(replica)),
        Action::LoseStep(replica) => (Action::LoseStep(0), actor(replica)),
        Action::HoldUp(replica, step) => (Action::HoldUp(0, step), actor(replica)),
        Action::Arrive(stray) | Action::Vanish(stray) => {
            let message = state.strays[usize::from(stray)].expect("a copy that is on its way");
            let sender = busy(state).find(|(_, a)| (a.event, a.token) == (message.event, message.token));
            let entry = held(state.events[usize::from(message.event)].entry, message.token);
            let actor = (sender.map(|(_, attempt)| attempt.phase), Some(message.step), Some(entry));
            (if matches!(action, Action::Arrive(_)) { Action::Arrive(0) } else { Action::Vanish(0) }, actor)
        }
        Action::Renew(replica) => (Action::Renew(0), actor(replica)),
        Action::Effect(replica) => (Action::Effect(0), actor(replica)),
        Action::Finish(replica, success) => (Action::Finish(0, success), actor(replica)),
        Action::Drop(replica) => (Action::Drop(0), actor(replica)),
        Action::Crash(replica) => (Action::Crash(0), actor(replica)),
        Action::GiveUp(replica) => (Action::GiveUp(0), actor(replica)),
        Action::Age | Action::Forget => {
            let holder = |(_, attempt): &(u8, crate::protocol::Attempt)| matches!(state.events[usize::from(attempt.event)].entry, Entry::Claimed { by, .. } if by == attempt.token);
            let holder = busy(state).find(holder);
            let entry = held(state.events[0].entry, holder.map_or(Token::MAX, |(_, attempt)| attempt.token));
            (action, (holder.map(|(_, attempt)| attempt.phase), None, Some(entry)))
        }
    };
    (what, actor, answer)
}
