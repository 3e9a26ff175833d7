//! Two servers on real sockets, in turn under the same load: `examples/hyper.rs`, and the same
//! program without the layer (`src/bin/decode_only.rs`). Then deliveries that never end.
//!
//! It needs `wrk`, and talks to this machine only. A ratio is with the layer to without; where other
//! programs are at work, the time on a processor for each request is the steadiest. Rounds and seconds a round may be given:
//!
//! ```sh
//! cargo run --release -p bench-load
//! cargo run --release -p bench-load -- 15 10
//! ```
#![expect(clippy::print_stdout, reason = "it prints its figures")]

mod held;
mod server;
mod wrk;

use std::{error::Error, time::Duration};

use crate::{server::Server, wrk::Wrk};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: u64 = 7;
const SECONDS: u64 = 4;
const WARM_UP: Duration = Duration::from_secs(1);

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let rounds = arguments.next().transpose()?.unwrap_or(ROUNDS).clamp(1, 100);
    let seconds = arguments.next().transpose()?.unwrap_or(SECONDS).clamp(1, 60);

    let wrk = Wrk::new()?;
    let [with, without] = server::build()?;
    throughput(&wrk, &with, &without, rounds, Duration::from_secs(seconds))?;
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
    let mut rows: Vec<[f64; 9]> = Vec::new();
    for round in 1..=rounds {
        // New processes, as the luck of one with its memory would otherwise be in all rounds.
        let (with, without) = (Server::start(with)?, Server::start(without)?);
        for server in [&with, &without] {
            wrk.load(server, WARM_UP)?;
        }
        // The order changes, so that a machine that slows down does so for both.
        let (a, b) = if round % 2 == 1 {
            let a = wrk.load(&with, time)?;
            (a, wrk.load(&without, time)?)
        } else {
            let b = wrk.load(&without, time)?;
            (wrk.load(&with, time)?, b)
        };
        if a.failed + b.failed > 0 {
            return Err(format!("not answered 204: {} with the layer, {} without", a.failed, b.failed).into());
        }
        let row = [a.rate, b.rate, a.rate / b.rate, a.p99, b.p99, a.p99 / b.p99, a.cpu, b.cpu, a.cpu / b.cpu];
        print_row(&round.to_string(), row);
        rows.push(row);
    }
    print_row("median", std::array::from_fn(|column| median(rows.iter().filter_map(|row| row.get(column).copied()))));
    Ok(())
}

fn print_row(name: &str, [a, b, rate, a99, b99, p99, a_cpu, b_cpu, cpu]: [f64; 9]) {
    print!("| {name} | {a:.0} | {b:.0} | {rate:.3} | {a99:.0} us | {b99:.0} us | {p99:.3} ");
    println!("| {a_cpu:.2} us | {b_cpu:.2} us | {cpu:.3} |");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(middle(values.len().saturating_sub(1) / 2), middle(values.len() / 2))
}
