//! The table of sizes in `docs/deploy.md`.

use std::{
    env, fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::run::Simulation;

const DAYS: f64 = 7.0;
const SECONDS_OF_A_DAY: f64 = 86_400.0;
/// The time to live, by default.
const DAYS_HELD: f64 = 8.0;

/// Bytes of an event, as `bytes_of_an_event` of `proof-model` has measured them.
const IN_MEMORY: f64 = 100.0;
const IN_REDIS: f64 = 165.0;
const IN_POSTGRES: f64 = 230.0;

const HEADER: &str = "| events a day | deliveries a second | at the peak | steps of the store a second | at the peak | events held | `MemoryStore` | Redis | PostgreSQL |";

/// Scales what the simulation has counted.
pub fn table(simulation: &Simulation, events: usize) -> String {
    let world = &simulation.world;
    let of_an_event = |counts: &Mutex<Vec<u32>>| {
        let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let all: f64 = counts.iter().copied().map(f64::from).sum();
        let peak = counts.iter().copied().max().map_or(0.0, f64::from);
        (all / events as f64, peak * DAYS / events as f64)
    };
    let (deliveries, most_deliveries) = of_an_event(&world.deliveries);
    let (steps, most_steps) = of_an_event(&world.steps);
    let held = *simulation.most_held.lock().unwrap_or_else(PoisonError::into_inner) as f64 / events as f64;
    let mut table = format!("{HEADER}\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for events in [1e3, 1e4, 1e5, 1e6, 1e7] {
        let second = events / SECONDS_OF_A_DAY;
        let held = held * events * DAYS_HELD;
        let cells = [
            number(events),
            number(deliveries * second),
            number(most_deliveries * events),
            number(steps * second),
            number(most_steps * events),
            number(held),
            bytes(held * IN_MEMORY),
            bytes(held * IN_REDIS),
            bytes(held * IN_POSTGRES),
        ];
        table += &format!("| {} |\n", cells.join(" | "));
    }
    table
}

/// Two digits that count.
fn number(value: f64) -> String {
    let unit = 10_f64.powi(value.log10().floor() as i32 - 1);
    let rounded = (value / unit).round() * unit;
    if rounded < 10.0 {
        return format!(
            "{rounded:.*}",
            if rounded < 0.1 {
                3
            } else if rounded < 1.0 {
                2
            } else {
                1
            }
        );
    }
    let digits = format!("{rounded:.0}");
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

fn bytes(value: f64) -> String {
    let (unit, name) = if value < 1e9 { (1e6, "MB") } else { (1e9, "GB") };
    format!("{} {name}", number(value / unit))
}

/// Whether the page has this table. With `UPDATE=1`, it has it afterwards.
pub fn compare(table: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy.md");
    let page = fs::read_to_string(&path).expect("docs/deploy.md");
    if page.contains(table) {
        return true;
    }
    if env::var_os("UPDATE").is_none() {
        println!("docs/deploy.md has another table: run this with UPDATE=1");
        return false;
    }
    let begin = page.find(HEADER).expect("a table with this header in docs/deploy.md");
    let (before, rest) = page.split_at(begin);
    let rows: usize = rest.split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
    fs::write(path, [before, table, &rest[rows..]].concat()).expect("docs/deploy.md to be written");
    true
}
