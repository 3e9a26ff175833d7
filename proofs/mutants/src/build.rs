//! Builds the library with its mutants, without those that do not compile.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    listed::Mutant,
    schemata::{self, Written},
};

/// What a mutant of the copy is turned on with, and where a test writes which ones it reached.
pub const ACTIVE: &str = "TOWER_WEBHOOK_MUTANT";
pub const REACHED: &str = "TOWER_WEBHOOK_MUTANTS_REACHED";

const SWITCH: &str = r#"
#[doc(hidden)]
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction)]
pub mod mutant {
    use std::{env, fs::{File, OpenOptions}, io::Write, sync::{LazyLock, atomic::{AtomicBool, Ordering::Relaxed}}};

    static ACTIVE: LazyLock<usize> = LazyLock::new(|| {
        env::var("TOWER_WEBHOOK_MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(usize::MAX)
    });
    static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
    static NOTES: LazyLock<Option<File>> = LazyLock::new(|| {
        let path = env::var_os("TOWER_WEBHOOK_MUTANTS_REACHED")?;
        OpenOptions::new().append(true).create(true).open(path).ok()
    });

    #[inline(never)]
    pub fn active(mutant: usize) -> bool {
        if let Some(mut notes) = NOTES.as_ref() {
            if !REACHED[mutant].swap(true, Relaxed) {
                let _ = notes.write_all(&(mutant as u32).to_le_bytes());
            }
        }
        *ACTIVE == mutant
    }
}
"#;

/// The code that turns a mutant on, for as many as there are.
pub fn switch(count: usize) -> String {
    SWITCH.replace("COUNT", &count.to_string())
}

/// Complaints about moves, borrows and missing arms, which may be about the form and not about the mutant.
const ABOUT_PLACES: [&str; 12] =
    ["E0004", "E0373", "E0382", "E0499", "E0502", "E0503", "E0505", "E0506", "E0507", "E0515", "E0597", "E0716"];

/// A file, and the bytes in it.
type Place = (String, Range<usize>);

#[derive(Default)]
pub struct Viable {
    pub ready: BTreeSet<usize>,
    pub unviable: BTreeSet<usize>,
    /// They may compile alone, but not in this form.
    pub inexpressible: BTreeSet<usize>,
}

/// Writes the copy again and again, each time without what the compiler refused.
pub fn until_it_compiles(root: &Path, tree: &Path, target: &Path, all: &[Mutant]) -> Viable {
    copy(root, tree);
    let memory = target.join("mutants-refused.tsv");
    let mut viable = recall(&memory, all);
    loop {
        let written = write(root, tree, all, &viable.ready);
        let placed: BTreeSet<usize> = written.values().flat_map(|file| &file.placed).copied().collect();
        viable.inexpressible.extend(viable.ready.difference(&placed));
        viable.ready = placed;
        let errors = errors(tree, target);
        println!("{} mutants, {} errors", viable.ready.len(), errors.len());
        if errors.is_empty() {
            remember(&memory, all, &viable);
            return viable;
        }
        let before = viable.ready.len();
        for (code, spans) in errors {
            let blamed = spans.iter().find_map(|(file, span)| blame(written.get(file)?, span, true));
            match blamed {
                Some(mutants) if !ABOUT_PLACES.contains(&code.as_str()) => {
                    viable.unviable.extend(mutants);
                    continue;
                }
                _ => {}
            }
            let around = spans.iter().find_map(|(file, span)| blame(written.get(file)?, span, false));
            // An error of no mutant follows from another error, and goes with it.
            viable.inexpressible.extend(around.unwrap_or_default());
        }
        viable.ready.retain(|mutant| !viable.unviable.contains(mutant) && !viable.inexpressible.contains(mutant));
        assert!(viable.ready.len() < before, "errors that no mutant made, in {}", tree.display());
    }
}

/// What the compiler refused before, so that a second run checks once and builds nothing again.
fn recall(memory: &Path, all: &[Mutant]) -> Viable {
    let text = fs::read_to_string(memory).unwrap_or_default();
    let refused: BTreeSet<&str> = text.lines().collect();
    let is_refused = |mutant: &usize| refused.contains(all[*mutant].identity().as_str());
    let (unviable, ready) = (0..all.len()).partition(is_refused);
    Viable { ready, unviable, ..Viable::default() }
}

fn remember(memory: &Path, all: &[Mutant], viable: &Viable) {
    let lines: String = viable.unviable.iter().map(|&mutant| all[mutant].identity() + "\n").collect();
    fs::write(memory, lines).expect("a file");
}

/// The nearest mark around the place, or else what begins inside of it.
fn blame(file: &Written, span: &Range<usize>, alone: bool) -> Option<Vec<usize>> {
    let marks = || file.marks.iter().filter(|mark| mark.alone == alone);
    let around = marks().filter(|mark| mark.range.start <= span.start && span.end <= mark.range.end);
    let inside = || marks().filter(|mark| span.start <= mark.range.start && mark.range.end <= span.end);
    let nearest = around.min_by_key(|mark| mark.range.len()).or_else(|| inside().min_by_key(|mark| mark.range.len()));
    nearest.map(|mark| mark.mutants.clone())
}

/// Copies the files that git knows; those of the library follow in `write`.
fn copy(root: &Path, tree: &Path) {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().expect("git");
    for name in String::from_utf8(output.stdout).expect("UTF-8").split_terminator('\0') {
        let ours = name.starts_with("src/") && name.ends_with(".rs");
        if let (false, Ok(content)) = (ours, fs::read(root.join(name))) {
            replace(&tree.join(name), &content);
        }
    }
    // The switch is not documented, and the lints of the library are not about it.
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    replace(&tree.join("Cargo.toml"), manifest.replace("[lints]\nworkspace = true\n", "").as_bytes());
}

/// Leaves a file alone that is the same, so that cargo builds nothing again.
fn replace(path: &Path, content: &[u8]) {
    if fs::read(path).is_ok_and(|is| is == content) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content).expect("a file");
}

fn write(root: &Path, tree: &Path, all: &[Mutant], wanted: &BTreeSet<usize>) -> BTreeMap<String, Written> {
    let output = Command::new("git").args(["ls-files", "src/*.rs"]).current_dir(root).output().expect("git");
    let names = String::from_utf8(output.stdout).expect("UTF-8");
    let mut files = BTreeMap::new();
    for name in names.lines() {
        let here: Vec<usize> = wanted.iter().copied().filter(|&mutant| all[mutant].file == name).collect();
        let source = fs::read_to_string(root.join(name)).expect("a source file");
        let mut written = schemata::write(&source, all, &here);
        if name == "src/lib.rs" {
            written.text.push_str(&switch(all.len()));
        }
        replace(&tree.join(name), written.text.as_bytes());
        files.insert(name.to_owned(), written);
    }
    files
}

/// The places of each error, the main one first.
fn errors(tree: &Path, target: &Path) -> Vec<(String, Vec<Place>)> {
    let features = ["--lib", "--all-features", "--message-format=json"];
    let messages = cargo(tree, target, &["check", "-p", "tower-webhook"], &features);
    let errors = messages.iter().filter(|message| message["message"]["level"] == "error");
    let errors = errors.map(|message| {
        let spans = message["message"]["spans"].as_array().expect("spans");
        let mut spans: Vec<_> = spans.iter().collect();
        spans.sort_by_key(|span| span["is_primary"] != true);
        let range = |span: &Value| {
            let byte = |key: &str| span[key].as_u64().expect("a place") as usize;
            (span["file_name"].as_str().expect("a file").to_owned(), byte("byte_start")..byte("byte_end"))
        };
        let spans: Vec<_> = spans.into_iter().map(range).collect();
        (message["message"]["code"]["code"].as_str().unwrap_or_default().to_owned(), spans)
    });
    errors.filter(|(_, spans)| !spans.is_empty()).collect()
}

/// The test binaries.
pub fn tests(tree: &Path, target: &Path) -> Vec<PathBuf> {
    // The tests start these, with the mutant too.
    cargo(tree, target, &["build", "-p", "tower-webhook-replay"], &["--bins"]);
    let flags = ["--test", "it", "--test", "allocations", "--test", "users_axum", "--test", "users_hyper"];
    let examples = ["--examples", "--message-format=json"];
    let messages = cargo(tree, target, &["test", "--no-run", "-p", "tower-webhook"], &[&flags[..], &examples].concat());
    let tests = messages.iter().filter(|message| message["target"]["kind"][0] == "test");
    let programs: Vec<PathBuf> =
        tests.filter_map(|message| message["executable"].as_str()).map(PathBuf::from).collect();
    assert_eq!(programs.len(), 4, "the tests compile");
    programs
}

fn cargo(tree: &Path, target: &Path, command: &[&str], flags: &[&str]) -> Vec<Value> {
    let output = Command::new("cargo")
        .args(command)
        .args(flags)
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    let lines = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let messages: Vec<Value> = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let failed = !output.status.success() && !messages.iter().any(|message| message["message"]["level"] == "error");
    assert!(!failed, "cargo: {}", String::from_utf8_lossy(&output.stderr));
    messages
}
