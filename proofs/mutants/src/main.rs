//! Runs every mutant of the library that `cargo mutants --list` names, all from one build.
//!
//! A build of the tests takes minutes, and there are thousands of mutants. So a copy of the sources holds all of them at
//! once, each behind `if crate::mutant::active(N)`, and a variable of the environment turns one on. First each test runs
//! alone and notes which mutants it reaches. Then the tests that reach a mutant run with it on, fast ones first, until one
//! fails. README.md says how to run it and to read the result.

#![allow(clippy::disallowed_methods, reason = "the time of a test is that of this machine")]

mod build;
mod listed;
mod report;
mod run;
#[cfg(test)]
mod same;
mod schemata;

use std::{env, path::PathBuf, process::ExitCode};

use report::Results;

fn main() -> ExitCode {
    let (mut paths, mut sample, mut only_missed, mut only_new) = (Vec::new(), None, false, false);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--sample" => sample = arguments.next().and_then(|count| count.parse::<usize>().ok()),
            "--missed" => only_missed = true,
            "--new" => only_new = true,
            _ => paths.push(argument),
        }
    }
    let root = env::current_dir().expect("a current directory");
    let target = PathBuf::from(env::var("CARGO_TARGET_DIR").expect("CARGO_TARGET_DIR says where to build"));
    let all = listed::mutants(&root);
    let asked_for = |file: &str| paths.is_empty() || paths.iter().any(|path| file.starts_with(path));

    let tree = target.join("mutants-tree");
    let viable = build::until_it_compiles(&root, &tree, &target, &all);
    let mut chosen: Vec<usize> = viable.ready.iter().copied().filter(|&at| asked_for(&all[at].file)).collect();
    if let Some(count) = sample {
        chosen = listed::sample(chosen, count);
    }
    let results = Results::open(&target);
    if only_missed {
        chosen.retain(|&at| results.verdict(&all[at]) == Some("missed"));
    }
    if only_new {
        chosen.retain(|&at| results.verdict(&all[at]).is_none());
    }
    let programs = build::tests(&tree, &target);
    let tests = run::record(&tree, &target, &programs);
    run::all(&tree, &target, &tests, &chosen, |at, verdict| report::note(&results, &all[at], verdict));
    report::write(&root, &target, &all, &viable)
}
