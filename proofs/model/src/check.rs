//! The properties, and the search through all states.

use std::cmp::Ordering;

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::{
    protocol::{Action, Attempt, Event, MAX_EVENTS, MAX_REPLICAS, Message, Protocol, State},
    store::{Entry, Token},
};

pub const NO_LIE: &str = "no sender is answered 2xx without an effect";
pub const NOT_LOST: &str = "no event is lost: when the faults have ended, a retry is done with its effect";
pub const ONCE: &str = "at most one effect";

/// It does not matter which of the replicas, events, tokens and copies is which, so of all states that differ only in that,
/// one is visited.
impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.start()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        Protocol::actions(self, state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let next = self.next(state, action).0;
        (next != *state).then(|| self.canonical(&next))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(NO_LIE, |_: &Self, state: &State| !state.lied),
            Property::always(NOT_LOST, |protocol: &Self, state: &State| protocol.recovers(state)),
        ];
        if self.once {
            properties.push(Property::always(ONCE, |_: &Self, state: &State| {
                state.events.iter().all(|event| event.effects < 2)
            }));
        }
        properties
    }
}

/// What a search has found.
pub struct Found {
    pub states: usize,
    pub transitions: usize,
    /// The properties that do not hold, each with the actions that lead there.
    pub broken: Vec<(&'static str, Vec<(Action, State)>)>,
}

/// Visits every state that can be reached.
pub fn all_states(protocol: &Protocol, threads: usize) -> Found {
    found(&protocol.clone().checker().threads(threads).finish_when(HasDiscoveries::All).spawn_bfs().join())
}

/// Visits states, the nearest ones first, until a property is broken.
pub fn first_broken(protocol: &Protocol) -> Found {
    found(&protocol.clone().checker().finish_when(HasDiscoveries::Any).spawn_bfs().join())
}

fn found(checker: &impl Checker<Protocol>) -> Found {
    let discoveries = checker.discoveries().into_iter();
    let mut broken: Vec<_> = discoveries
        .map(|(property, path)| {
            let (states, actions): (Vec<_>, Vec<_>) = path.into_vec().into_iter().unzip();
            (property, actions.into_iter().flatten().zip(states.into_iter().skip(1)).collect())
        })
        .collect();
    broken.sort_by_key(|(property, _)| *property);
    Found { states: checker.unique_state_count(), transitions: checker.state_count(), broken }
}

const ORDERS: [[usize; MAX_REPLICAS]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

impl Protocol {
    /// The least of all states that are the same but for names. Those that are not in order by what has no names cannot be.
    pub fn canonical(&self, state: &State) -> State {
        let nameless = |event: &Event| (event.effects, without_names(event.entry));
        let attempts = state.replicas.map(|attempt| {
            let attempt = attempt?;
            let entry = state.events[usize::from(attempt.event)].entry;
            Some((attempt.phase, entry.names(attempt.token)))
        });
        let in_order = |order: &&[usize; MAX_REPLICAS]| order.is_sorted_by_key(|replica| attempts[*replica]);
        let [one, other] = state.events.each_ref().map(nameless);
        let swaps: &[bool] = match one.cmp(&other) {
            _ if self.events < 2 => &[false],
            Ordering::Less => &[false],
            Ordering::Greater => &[true],
            Ordering::Equal => &[false, true],
        };
        let orders = ORDERS.iter().filter(in_order);
        let names = orders.flat_map(|order| swaps.iter().map(move |swapped| (order, *swapped)));
        names.map(|(order, swapped)| renamed(state, order, swapped)).min().unwrap_or(*state)
    }
}

fn without_names(entry: Entry) -> Entry {
    match entry {
        Entry::Claimed { aged, .. } => Entry::Claimed { by: 0, aged },
        Entry::Ended(Some(_)) => Entry::Ended(Some(0)),
        entry => entry,
    }
}

/// The state with its replicas in this order, its events swapped or not, and its tokens numbered as they occur.
fn renamed(state: &State, order: &[usize; MAX_REPLICAS], swapped: bool) -> State {
    let event = |event: u8| if swapped { 1 - event } else { event };
    let (mut next, mut names) = (*state, Names::default());
    if swapped {
        next.events.swap(0, 1);
    }
    for (index, held) in next.events.iter_mut().enumerate() {
        match &mut held.entry {
            Entry::Claimed { by, .. } | Entry::Ended(Some(by)) => *by = names.name(index as u8, *by),
            _ => {}
        }
    }
    for (replica, from) in next.replicas.iter_mut().zip(order) {
        *replica = state.replicas[*from].map(|attempt| {
            let event = event(attempt.event);
            Attempt { event, token: names.name(event, attempt.token), ..attempt }
        });
    }
    // Where the attempt of a copy has ended, its token has no name yet, and comes last.
    let mut strays = state.strays.map(|stray| stray.map(|stray| Message { event: event(stray.event), ..stray }));
    strays.sort_unstable_by_key(|stray| {
        stray.map(|stray| (stray.event, stray.step, names.known(stray.event, stray.token)))
    });
    next.strays =
        strays.map(|stray| stray.map(|stray| Message { token: names.name(stray.event, stray.token), ..stray }));
    next
}

/// New numbers for the tokens of each event.
#[derive(Default)]
struct Names {
    names: [[Option<Token>; 16]; MAX_EVENTS],
    used: [Token; MAX_EVENTS],
}

impl Names {
    fn name(&mut self, event: u8, token: Token) -> Token {
        let (name, used) =
            (&mut self.names[usize::from(event)][usize::from(token)], &mut self.used[usize::from(event)]);
        *name.get_or_insert_with(|| {
            *used += 1;
            *used - 1
        })
    }

    fn known(&self, event: u8, token: Token) -> Token {
        self.names[usize::from(event)][usize::from(token)].unwrap_or(Token::MAX)
    }
}
