//! The mutants, as cargo-mutants lists them.

use std::{path::Path, process::Command, time::SystemTime};

use serde_json::Value;

#[derive(Default)]
pub struct Mutant {
    pub file: String,
    /// One-based, as cargo-mutants counts.
    pub line: usize,
    pub column: usize,
    pub genre: String,
    /// What replaces the operator or the body; empty if something is deleted.
    pub replacement: String,
    /// `replace == with != in f`.
    pub what: String,
    /// The line of the source, which finds the mutant again when others moved it.
    pub code: String,
}

impl Mutant {
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }

    /// Finds it in the notes of a run before.
    pub fn identity(&self) -> String {
        format!("{}\t{}\t{}", self.place(), self.what, self.code)
    }
}

pub fn mutants(root: &Path) -> Vec<Mutant> {
    let output = Command::new("cargo")
        .args(["mutants", "-p", "tower-webhook", "--list", "--json"])
        .current_dir(root)
        .output()
        .expect("cargo-mutants is installed");
    assert!(output.status.success(), "cargo mutants: {}", String::from_utf8_lossy(&output.stderr));
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
    list.iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            let number = |key: &str| entry["span"]["start"][key].as_u64().expect("a place") as usize;
            let (file, line) = (text("file"), number("line"));
            let source = std::fs::read_to_string(root.join(&file)).expect("a source file");
            let code = source.lines().nth(line - 1).expect("a line").trim().to_owned();
            let name = text("name");
            let what = name.splitn(4, ':').last().expect("file:line:column: what").trim().to_owned();
            Mutant {
                line,
                column: number("column"),
                genre: text("genre"),
                replacement: text("replacement"),
                file,
                what,
                code,
            }
        })
        .collect()
}

/// Some of them, others each day.
pub fn sample(mut mutants: Vec<usize>, count: usize) -> Vec<usize> {
    let day = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs() / 86_400);
    mutants.sort_by_key(|&at| (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_mul(2 * day + 1) >> 20);
    mutants.truncate(count);
    mutants
}
