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

use std::{collections::BTreeSet, env, fs, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let (mut paths, mut sample, mut only_missed) = (Vec::new(), None, false);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--sample" => sample = arguments.next().and_then(|count| count.parse::<usize>().ok()),
            "--missed" => only_missed = true,
            _ => paths.push(argument),
        }
    }
    let root = env::current_dir().expect("a current directory");
    let target = PathBuf::from(env::var("CARGO_TARGET_DIR").expect("CARGO_TARGET_DIR says where to build"));
    let all = listed::mutants(&root);
    let asked_for = |file: &str| paths.is_empty() || paths.iter().any(|path| file.starts_with(path));
    let asked: BTreeSet<usize> = (0..all.len()).filter(|&at| asked_for(&all[at].file)).collect();
    println!("{} mutants, {} in the files asked for", all.len(), asked.len());

    let tree = target.join("mutants-tree");
    let viable = build::until_it_compiles(&root, &tree, &target, &all, &asked);
    let mut chosen: Vec<usize> = viable.ready.iter().copied().collect();
    if let Some(count) = sample {
        chosen = listed::sample(chosen, count);
    }
    if only_missed {
        let before = fs::read_to_string(target.join("mutants-results.tsv")).expect("the results of a run before");
        let missed: Vec<&str> = before.lines().filter_map(|line| line.strip_prefix("missed\t")).collect();
        let again = |at: &usize| missed.iter().any(|line| line.starts_with(&all[*at].identity()));
        chosen.retain(again);
    }
    let programs = build::tests(&tree, &target);
    let tests = run::record(&tree, &target, &programs);
    let verdicts = run::all(&tree, &target, &tests, &chosen);
    let full = paths.is_empty() && sample.is_none() && !only_missed;
    report::write(&root, &target, &all, &chosen, &verdicts, &viable, full)
}
