//! The table, the survivors, and whether all of them are known.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
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
    unknown: usize,
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

/// The verdicts, one a line, of this run and of those before.
pub struct Results {
    path: PathBuf,
    before: BTreeMap<String, (String, String)>,
}

impl Results {
    pub fn open(target: &Path) -> Self {
        let path = target.join("mutants-results.tsv");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| {
            let (verdict, detail, identity) =
                (line.split('\t').next()?, line.split('\t').nth(1)?, line.splitn(3, '\t').nth(2)?);
            Some((identity.to_owned(), (verdict.to_owned(), detail.to_owned())))
        });
        Self { before: lines.collect(), path }
    }

    pub fn verdict(&self, mutant: &Mutant) -> Option<&str> {
        self.before.get(&mutant.identity()).map(|(verdict, _)| verdict.as_str())
    }

    /// Adds a line, so that a run which is cut short has found something.
    pub fn add(&self, mutant: &Mutant, verdict: &str, detail: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).expect("a file");
        // In one piece, as there are several workers.
        file.write_all(format!("{verdict}\t{detail}\t{}\n", mutant.identity()).as_bytes()).expect("a file");
    }
}

/// Keeps a verdict of a test run.
pub fn note(results: &Results, mutant: &Mutant, verdict: &Verdict) {
    match verdict {
        Verdict::Caught(test) => results.add(mutant, "caught", test),
        Verdict::Timeout(tests) => results.add(mutant, "timeout", tests),
        Verdict::Missed(tests) => results.add(mutant, "missed", &format!("{tests} tests reach it")),
    }
}

/// Prints what is known of all mutants, from this run and from those before. All is well if each survivor has a reason, and
/// if each that has one survives.
pub fn write(root: &Path, target: &Path, all: &[Mutant], viable: &Viable) -> ExitCode {
    let known = known(root);
    let results = Results::open(target);
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut total = Row::default();
    let (mut strangers, mut gone) = (Vec::new(), known.clone());
    for (at, mutant) in all.iter().enumerate() {
        let verdict = results.verdict(mutant);
        let add: fn(&mut Row) = match verdict {
            _ if viable.unviable.contains(&at) => |row| row.unviable += 1,
            _ if viable.inexpressible.contains(&at) => |row| row.alone += 1,
            Some("caught") => |row| row.caught += 1,
            Some("timeout") => |row| row.timeout += 1,
            Some(_) if known.contains(&line(mutant)) => {
                gone.remove(&line(mutant));
                |row| row.known += 1
            }
            Some(_) => {
                strangers.push(mutant);
                |row| row.missed += 1
            }
            None => {
                gone.remove(&line(mutant));
                |row| row.unknown += 1
            }
        };
        add(rows.entry(area(&mutant.file)).or_default());
        add(&mut total);
    }
    println!(
        "\n| area | caught | timeout | survives, with a reason | missed | not run | cannot be expressed | unviable |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (area, row) in rows.iter().map(|(area, row)| (area.as_str(), row)).chain([("all", &total)]) {
        let Row { caught, timeout, known, missed, unviable, alone, unknown } = row;
        println!("| `{area}` | {caught} | {timeout} | {known} | {missed} | {unknown} | {alone} | {unviable} |");
    }
    for mutant in &strangers {
        println!("missed: {} | {}", mutant.place(), line(mutant));
    }
    for line in &gone {
        println!("listed in {SURVIVORS}, but it does not survive: {line}");
    }
    if strangers.is_empty() && gone.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
