//! Simulates a week of a thousand replicas on the real layer, in virtual time: `proof-simulation [EVENTS] [SEED]`.
//!
//! It fails if a sender was answered 2xx without an effect, if a sender that retries for longer than every outage lost an
//! event, or if a second effect has none of the causes that `docs/idempotency.md` lists. With a million events it also
//! compares the table of sizes with that in `docs/deploy.md`, or writes it there if `UPDATE=1` is set.

#![expect(clippy::disallowed_methods, reason = "it prints how long a simulation took")]

mod random;
mod run;
mod senders;
mod sizes;
mod world;

use std::{
    env,
    process::ExitCode,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use self::{
    run::{REPLICAS, Setup, Simulation},
    senders::Sender,
    world::Cause,
};

/// The number of events that the table of sizes comes from.
const MILLION: usize = 1_000_000;

/// A sender that retries for longer than this outlasts every outage of the simulation.
const LONGER_THAN_ANY_OUTAGE: Duration = Duration::from_secs(3 * 60 * 60);

fn main() -> ExitCode {
    let mut numbers = env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (events, seed): (u64, u64) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(1));
    let events = events as usize;
    println!("{REPLICAS} replicas, {events} events, seed {seed}");
    let defaults = simulate(events, seed, Setup::Defaults);
    let detached = simulate(events, seed, Setup::Detached);
    let mut holds = report(&defaults, "the defaults");
    holds &= report(&detached, "`detached` and `heartbeat`");

    let forgetful = simulate(10_000, seed, Setup::Forgetful);
    let noticed = second_effects(&forgetful, Cause::None);
    println!("\nControl: with a store that forgets its commits, {noticed} second effects have none of the causes");
    holds &= noticed > 0;

    let table = sizes::table(&defaults, events);
    println!("\n{table}");
    if events == MILLION {
        holds &= sizes::compare(&table);
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn simulate(events: usize, seed: u64, setup: Setup) -> Arc<Simulation> {
    let begun = Instant::now();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    let simulation = runtime.block_on(async {
        let simulation = Simulation::new(events, seed, senders::all(), setup);
        simulation.run(events).await;
        simulation
    });
    eprintln!("{setup:?}: {:.0} s", begun.elapsed().as_secs_f32());
    simulation
}

/// Prints what came of the events, and returns whether it is as it must be.
fn report(simulation: &Simulation, setup: &str) -> bool {
    println!("\n## With {setup}\n");
    println!(
        "| sender | retries for | events | effects | gave up without an effect | answered 2xx without an effect |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    let mut holds = true;
    for (index, sender) in simulation.senders.iter().enumerate() {
        let of_sender = of_sender(simulation, index);
        let Counted { events, effects, lost, lied } = of_sender;
        println!("| {} | {} | {events} | {effects} | {lost} | {lied} |", sender.name, hours(sender));
        holds &= lied == 0 && (lost == 0 || retries_for(sender) < LONGER_THAN_ANY_OUTAGE);
    }
    println!("\n| cause of a second effect | events |\n|---|--:|");
    for cause in Cause::ALL {
        println!("| {} | {} |", cause.name(), second_effects(simulation, cause));
    }
    println!("\n{} processes died in a run.", simulation.world.crashes.load(Ordering::Relaxed));
    holds && second_effects(simulation, Cause::None) == 0 && simulation.world.store.evicted() == 0
}

#[derive(Default)]
struct Counted {
    events: usize,
    effects: usize,
    lost: usize,
    lied: usize,
}

fn of_sender(simulation: &Simulation, sender: usize) -> Counted {
    let events = simulation.world.events.lock().unwrap_or_else(PoisonError::into_inner);
    events.iter().filter(|event| event.sender == sender).fold(Counted::default(), |counted, event| Counted {
        events: counted.events + 1,
        effects: counted.effects + usize::from(event.effects > 0),
        lost: counted.lost + usize::from(event.effects == 0 && !event.accepted),
        lied: counted.lied + usize::from(event.lied),
    })
}

fn second_effects(simulation: &Simulation, cause: Cause) -> usize {
    let causes = simulation.world.second_effects.lock().unwrap_or_else(PoisonError::into_inner);
    causes.iter().filter(|of| **of == cause).count()
}

fn retries_for(sender: &Sender) -> Duration {
    sender.delays.iter().sum()
}

fn hours(sender: &Sender) -> String {
    let minutes = retries_for(sender).as_secs() / 60;
    if minutes < 120 { format!("{minutes} min") } else { format!("{} h", minutes / 60) }
}
