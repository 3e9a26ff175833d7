//! Two servers on real sockets, in turn under the same load: `examples/hyper.rs`, and the same
//! program without the layer (`src/bin/decode_only.rs`). Then deliveries that never end.
//!
//! It needs `wrk`, and talks to this machine only. A ratio is with the layer to without; where other
//! programs are at work, the time on a processor for each request is the steadiest, and its least over many short
//! rounds the nearest to that of the work alone. Rounds and seconds a round may be given:
//!
//! ```sh
//! cargo run --release -p bench-load
//! cargo run --release -p bench-load -- 9 4
//! ```
#![expect(clippy::print_stdout, reason = "it prints its figures")]

mod held;
mod instructions;
mod server;
mod wrk;

use std::{error::Error, time::Duration};

use crate::{
    server::Server,
    wrk::{Load, Wrk},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: u64 = 30;
const SECONDS: u64 = 1;
const WARM_UP: Duration = Duration::from_secs(1);

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let rounds = arguments.next().transpose()?.unwrap_or(ROUNDS).clamp(1, 100);
    let seconds = arguments.next().transpose()?.unwrap_or(SECONDS).clamp(1, 60);

    let wrk = Wrk::new()?;
    let [with, without] = server::build()?;
    throughput(&wrk, &with, &without, rounds, Duration::from_secs(seconds))?;
    println!();
    match (instructions::measure(&with), instructions::measure(&without)) {
        (Ok(with), Ok(without)) => {
            println!(
                "Instructions a request, outside of the kernel: {with:.0} with, {without:.0} without, ratio {:.3}.",
                with / without
            );
        }
        (Err(error), _) | (_, Err(error)) => println!("Instructions were not counted: {error}. It needs `valgrind`."),
    }
    println!();
    println!("{} bodies half sent and held open, on a fresh server:", held::CONNECTIONS);
    println!();
    println!("| server | memory per held body | deliveries beside them | not answered 204 | p99 | still held |");
    println!("|---|---|---|---|---|---|");
    for (name, program) in [("with the layer", &with), ("decode only", &without)] {
        println!("| {name} {} |", held::measure(&wrk, program)?);
    }
    Ok(())
}

fn throughput(
    wrk: &Wrk,
    with: &std::path::Path,
    without: &std::path::Path,
    rounds: u64,
    time: Duration,
) -> Outcome<()> {
    println!(
        "| round | with, requests/s | without | ratio | with, p99 | without | ratio | with, CPU a request | without | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let (mut all_with, mut all_without) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        // New processes, as the luck of one with its memory would otherwise be in all rounds.
        let (with, without) = (Server::start(with)?, Server::start(without)?);
        for server in [&with, &without] {
            wrk.load(server, WARM_UP)?;
        }
        // The order changes, so that a machine that slows down does so for both.
        let (with, without) = if round % 2 == 1 {
            let with = wrk.load(&with, time)?;
            (with, wrk.load(&without, time)?)
        } else {
            let without = wrk.load(&without, time)?;
            (wrk.load(&with, time)?, without)
        };
        if with.failed + without.failed > 0 {
            return Err(format!("not answered 204: {} with the layer, {} without", with.failed, without.failed).into());
        }
        print_row(&round.to_string(), &with, &without);
        all_with.push(with);
        all_without.push(without);
    }
    print_row("median", &summary(&all_with, |one, _| median(one)), &summary(&all_without, |one, _| median(one)));
    let best = |values: Vec<f64>, better: fn(f64, f64) -> f64| values.into_iter().fold(f64::NAN, better);
    print_row("best", &summary(&all_with, best), &summary(&all_without, best));
    Ok(())
}

/// Each measure over all rounds.
fn summary(loads: &[Load], of: impl Fn(Vec<f64>, fn(f64, f64) -> f64) -> f64) -> Load {
    let each = |measure: fn(&Load) -> f64, better| of(loads.iter().map(measure).collect(), better);
    Load {
        rate: each(|load| load.rate, f64::max),
        p99: each(|load| load.p99, f64::min),
        cpu: each(|load| load.cpu, f64::min),
        ..Load::default()
    }
}

fn print_row(name: &str, with: &Load, without: &Load) {
    let ratio = |measure: fn(&Load) -> f64| measure(with) / measure(without);
    print!("| {name} | {:.0} | {:.0} | {:.3} ", with.rate, without.rate, ratio(|load| load.rate));
    print!("| {:.0} us | {:.0} us | {:.3} ", with.p99, without.p99, ratio(|load| load.p99));
    println!("| {:.2} us | {:.2} us | {:.3} |", with.cpu, without.cpu, ratio(|load| load.cpu));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(middle(values.len().saturating_sub(1) / 2), middle(values.len() / 2))
}
