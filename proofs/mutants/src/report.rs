//! The table, the survivors, and whether all of them are known.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    process::ExitCode,
};

use crate::{build::Viable, listed::Mutant, run::Verdict};

/// The survivors that are right, with the reason above each list.
pub const SURVIVORS: &str = "proofs/mutants/survivors.md";

#[derive(Default)]
struct Row {
    caught: usize,
    timeout: usize,
    known: usize,
    missed: usize,
    unviable: usize,
    alone: usize,
}

/// The line of `survivors.md`, which no number makes out of date.
fn line(mutant: &Mutant) -> String {
    format!("- {}: {} | `{}`", mutant.file, mutant.what, mutant.code)
}

fn known(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join(SURVIVORS)).unwrap_or_default();
    text.lines().filter(|line| line.starts_with("- src/")).map(str::to_owned).collect()
}

fn area(file: &str) -> String {
    file.split('/').take(2).collect::<Vec<_>>().join("/")
}

/// Prints and keeps what was found. All is well if each survivor is known, and, after a full run, if each known one lives.
pub fn write(
    root: &Path,
    target: &Path,
    all: &[Mutant],
    chosen: &[usize],
    verdicts: &[Verdict],
    viable: &Viable,
    full: bool,
) -> ExitCode {
    let known = known(root);
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut total = Row::default();
    let (mut results, mut strangers, mut alive) = (String::new(), Vec::new(), BTreeSet::new());
    let mut note = |mutant: &Mutant, verdict: &str, detail: &str| {
        let _ = writeln!(results, "{verdict}\t{}\t{detail}", mutant.identity());
    };
    let mut count = |file: &str, add: &dyn Fn(&mut Row)| {
        add(rows.entry(area(file)).or_default());
        add(&mut total);
    };
    for (&at, verdict) in chosen.iter().zip(verdicts) {
        let mutant = &all[at];
        match verdict {
            Verdict::Caught(test) => {
                note(mutant, "caught", test);
                count(&mutant.file, &|row| row.caught += 1);
            }
            Verdict::Timeout(tests) => {
                note(mutant, "timeout", tests);
                count(&mutant.file, &|row| row.timeout += 1);
            }
            Verdict::Missed(tests) => {
                note(mutant, "missed", &format!("{tests} tests reach it"));
                alive.insert(line(mutant));
                if known.contains(&line(mutant)) {
                    count(&mutant.file, &|row| row.known += 1);
                } else {
                    count(&mutant.file, &|row| row.missed += 1);
                    strangers.push(mutant);
                }
            }
        }
    }
    if full {
        for &at in &viable.unviable {
            note(&all[at], "unviable", "");
            count(&all[at].file, &|row| row.unviable += 1);
        }
        for &at in &viable.inexpressible {
            note(&all[at], "alone", "");
            count(&all[at].file, &|row| row.alone += 1);
        }
    }
    fs::write(target.join("mutants-results.tsv"), results).expect("a file");

    println!("\n| area | caught | timeout | survives, with a reason | missed | unviable | one by one |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (area, row) in rows.iter().map(|(area, row)| (area.as_str(), row)).chain([("all", &total)]) {
        let Row { caught, timeout, known, missed, unviable, alone } = row;
        println!("| `{area}` | {caught} | {timeout} | {known} | {missed} | {unviable} | {alone} |");
    }
    for mutant in &strangers {
        println!("missed: {}: {}", mutant.place(), mutant.what);
    }
    let mut well = strangers.is_empty();
    if full {
        for line in known.difference(&alive) {
            println!("listed in {SURVIVORS}, but not alive: {line}");
            well = false;
        }
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
