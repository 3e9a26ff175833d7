//! Sends deliveries of any sender that the library knows, or that a file describes, to a service under test:
//! `cargo run --example send -- --help`.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

mod args;
mod body;
#[path = "../../../examples/demo/curl.rs"]
mod curl;
mod deliveries;
mod dry_run;
mod report;
mod run;
mod senders;

use std::{
    error::Error,
    fs,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use clap::{CommandFactory, Parser};
use tower_webhook::testing::Scrubber;

use args::Args;
use deliveries::Deliveries;

type Failure = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    match main_of(&args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // A reader that has enough, such as `head`.
        Err(error) if error.downcast_ref().is_some_and(|it: &io::Error| it.kind() == io::ErrorKind::BrokenPipe) => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all was answered as expected.
async fn main_of(args: &Args) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    if let Some(shell) = args.completions {
        clap_complete::generate(shell, &mut Args::command(), "send", &mut out);
    } else if let Some(file) = &args.scrub {
        let fixture = Scrubber::new().keep(&args.keep).scrub(&read(file)?);
        out.write_all(&fixture.map_err(|error| format!("{}: {error}", file.display()))?)?;
        writeln!(out)?;
    } else if args.list {
        senders::list(args, &mut out)?;
    } else {
        let deliveries = Deliveries::new(args)?;
        if args.dry_run {
            dry_run::print(args, &deliveries, &mut out)?;
        } else {
            let report = run::run(args, &deliveries, &mut out).await?;
            report.print(args.json, &mut out)?;
            return Ok(report.is_as_expected());
        }
    }
    Ok(true)
}

/// The bytes of a file, or of the standard input.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(bytes)
}
