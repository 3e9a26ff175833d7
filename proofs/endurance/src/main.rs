//! Proofs about endurance, against servers in processes of their own on this machine:
//!
//! ```sh
//! cargo run --release --manifest-path proofs/Cargo.toml -p proof-endurance -- slow quick    # or `slow long`
//! cargo run --release --manifest-path proofs/Cargo.toml -p proof-endurance -- floods quick  # or `floods long`
//! cargo run --release --manifest-path proofs/Cargo.toml -p proof-endurance -- soak quick    # or `soak long`, or `soak 1800`
//! ```
//!
//! It ends with 1 if a law is broken. A goal that depends on what else the machine does is printed, and does not fail.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program, not a library")]

mod client;
mod floods;
mod frames;
mod probe;
mod process;
mod slope;
mod slow;
mod soak;
mod stores;

use std::{error::Error, process::ExitCode, time::Duration};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "slow quick|long, floods quick|long, or soak quick|long|SECONDS";

fn main() -> ExitCode {
    let broken = run();
    match &broken {
        Ok(broken) if broken.is_empty() => println!("\nNo law was broken."),
        Ok(broken) => broken.iter().for_each(|law| println!("BROKEN: {law}")),
        Err(error) => println!("{error}"),
    }
    ExitCode::from(u8::from(!broken.is_ok_and(|broken| broken.is_empty())))
}

/// The laws that were broken.
fn run() -> Outcome<Vec<String>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (proof, length) = match *arguments.as_slice() {
        [proof] => (proof, "quick"),
        [proof, length] => (proof, length),
        _ => return Err(USAGE.into()),
    };
    process::build()?;
    match (proof, length) {
        ("slow", "quick") => slow::run(500),
        ("slow", "long") => slow::run(9000),
        ("floods", "quick") => floods::run(Duration::from_secs(3)),
        ("floods", "long") => floods::run(Duration::from_secs(20)),
        ("soak", "quick") => soak::run(Duration::from_secs(60)),
        ("soak", "long") => soak::run(Duration::from_secs(1800)),
        ("soak", seconds) => soak::run(Duration::from_secs(seconds.parse().map_err(|_| USAGE)?)),
        _ => Err(USAGE.into()),
    }
}
