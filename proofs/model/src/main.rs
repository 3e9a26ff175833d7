//! Visits the states of the claim protocol, and prints what was found: `proof-model` in seconds, `proof-model long` in
//! minutes. It fails if a property is broken, if a window lets no second effect happen, or if a planted fault is not found.

#![expect(clippy::disallowed_methods, reason = "it prints how long a search took")]

use std::{env, process::ExitCode, time::Instant};

use proof_model::{
    Planted, Window,
    check::{Found, ONCE, all_states, first_broken},
    protocol::{Action, Protocol, State},
    store::Kind,
};

const THREADS: usize = 2;

fn main() -> ExitCode {
    let is_long = env::args().any(|argument| argument == "long");
    let proofs = [closed(if is_long { 2 } else { 1 }), open(if is_long { 2 } else { 1 }), each_window(), each_fault()];
    if proofs.into_iter().all(|holds| holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn protocol(store: Kind) -> Protocol {
    Protocol { store, replicas: 3, events: 2, strays: 1, windows: Vec::new(), once: true, planted: Planted::Nothing }
}

/// Everything else happens: no second effect.
fn closed(strays: usize) -> bool {
    println!("All windows closed, {strays} copies in the network: no event is lost, none has a second effect.\n");
    table(Kind::ALL.map(|store| Protocol { strays, ..protocol(store) }))
}

/// Everything happens: second effects, but no event is lost.
fn open(events: usize) -> bool {
    println!("\nAll windows open: no event is lost.\n");
    table(Kind::ALL.map(|store| Protocol { events, windows: Window::ALL.to_vec(), once: false, ..protocol(store) }))
}

fn table(protocols: [Protocol; 3]) -> bool {
    println!("| store | replicas | events | states | transitions | time |");
    println!("|---|--:|--:|--:|--:|--:|");
    let mut holds = true;
    for protocol in protocols {
        let begun = Instant::now();
        let found = all_states(&protocol, THREADS);
        let Protocol { store, replicas, events, .. } = protocol;
        let Found { states, transitions, broken } = found;
        let time = begun.elapsed().as_secs_f32();
        println!("| {store:?} | {replicas} | {events} | {states} | {transitions} | {time:.1} s |");
        for (property, path) in &broken {
            println!("\nBROKEN: {property}");
            print(path);
            holds = false;
        }
    }
    holds
}

/// Each window alone is enough for a second effect.
fn each_window() -> bool {
    println!("\nOne window open: a shortest way to a second effect. Numbers change where replicas are alike.\n");
    Window::ALL.into_iter().all(|window| {
        let found = first_broken(&Protocol { windows: vec![window], ..protocol(Kind::Redis) });
        let path = found.broken.iter().find(|(property, _)| *property == ONCE);
        match path {
            Some((_, path)) => println!("- {}: {}", window.name(), names(path)),
            None => println!("- {}: NONE", window.name()),
        }
        path.is_some()
    })
}

/// The checker is no toy: it finds each fault that is planted in the protocol.
fn each_fault() -> bool {
    println!("\nA planted fault, all windows closed: what is broken, and the shortest way there.\n");
    Planted::FAULTS.into_iter().all(|planted| {
        let found = first_broken(&Protocol { planted, ..protocol(Kind::Redis) });
        match found.broken.first() {
            Some((property, path)) => println!("- {planted:?}: not \"{property}\": {}", names(path)),
            None => println!("- {planted:?}: NOT FOUND in {} states", found.states),
        }
        !found.broken.is_empty()
    })
}

fn names(path: &[(Action, State)]) -> String {
    path.iter().map(|(action, _)| format!("{action:?}")).collect::<Vec<_>>().join(", ")
}

fn print(path: &[(Action, State)]) {
    for (action, state) in path {
        println!("  {action:?} -> {state:?}");
    }
}
