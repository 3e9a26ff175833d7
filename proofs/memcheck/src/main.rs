//! Whether a branch or an address in the optimised binary depends on a key.
//!
//! Valgrind's memcheck finds what depends on memory that nobody has written. Here it is told that keys are such memory, in
//! their bytes and in their length, and it runs the code of the library. One thing depends on the key: the verdict, which the
//! sender learns anyway. It is at two places of the source, and a report from any other is a fault.
//!
//! ```sh
//! cargo run --release --manifest-path proofs/Cargo.toml -p proof-memcheck
//! ```

mod cases;
mod report;
mod valgrind;

use std::{
    env, fs,
    process::{Command, ExitCode},
};

use crate::report::Report;

fn main() -> ExitCode {
    // The same program, under Valgrind.
    if let Some(name) = env::args().nth(1) {
        assert!(valgrind::is_there());
        let (_, run) = cases::ALL.iter().find(|(known, _)| *known == name).expect("a name of `ALL`");
        println!("{}", run());
        return ExitCode::SUCCESS;
    }
    let mut holds = true;
    for (name, _) in cases::ALL {
        let (count, reports) = under_valgrind(name);
        let faults: Vec<_> = reports.iter().filter(|report| !report.is_verdict()).collect();
        println!("{name}: {count} cases, {} places besides the verdict depend on the key", faults.len());
        faults.iter().for_each(|fault| println!("  {fault}"));
        holds &= name.starts_with("control") != faults.is_empty();
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The number of cases, and each place that was reported.
fn under_valgrind(name: &str) -> (String, Vec<Report>) {
    let this = env::current_exe().unwrap();
    let xml = this.with_extension("xml");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--error-limit=no", "--num-callers=20", "--xml=yes"]);
    let run = valgrind.arg(format!("--xml-file={}", xml.display())).arg(&this).arg(name).output();
    let run = run.expect("valgrind, of the Debian package of this name");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    (String::from_utf8(run.stdout).unwrap().trim().to_owned(), report::read(&fs::read_to_string(xml).unwrap()))
}
