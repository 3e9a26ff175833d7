//! Runs the tests, once to see which mutants each reaches, and then against each mutant.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::build::{ACTIVE, REACHED};

/// Most of the time of a test is waiting, so more than there are cores.
const WORKERS: usize = 6;
/// A mutant may allocate without end. The tests alone stay far below.
const MEMORY: &str = "ulimit -v 8000000; exec \"$0\" \"$@\"";

/// What takes longer, such as floods of deliveries, would take the most of the time, and finds what shorter tests find.
const SLOWEST: Duration = Duration::from_secs(20);

pub struct Test {
    program: PathBuf,
    name: String,
    time: Duration,
    reached: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
pub enum Verdict {
    /// By this test.
    Caught(String),
    Timeout(String),
    /// By so many tests that reach it.
    Missed(usize),
}

enum Ending {
    Passed,
    Failed(Vec<String>),
    Timeout,
}

/// Runs tests of one program in one process.
fn run(tree: &Path, scratch: &Path, program: &Path, names: &[&str], variable: (&str, &str), limit: Duration) -> Ending {
    let output = scratch.join(format!("output-{:?}", thread::current().id()));
    let file = File::create(&output).expect("a file");
    let mut child = Command::new("sh")
        .args(["-c", MEMORY])
        .arg(program)
        .args(["--exact", "--test-threads=2"])
        .args(names)
        .current_dir(tree)
        .env("CARGO_MANIFEST_DIR", tree)
        .env(variable.0, variable.1)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(Stdio::null())
        // Its servers go with it.
        .process_group(0)
        .spawn()
        .expect("the tests start");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break Some(status);
        }
        if start.elapsed() > limit {
            break None;
        }
        thread::sleep(Duration::from_millis(3));
    };
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    let Some(status) = status else {
        let _ = child.wait();
        return Ending::Timeout;
    };
    if status.success() {
        return Ending::Passed;
    }
    let output = String::from_utf8_lossy(&fs::read(&output).unwrap_or_default()).into_owned();
    let failed = output.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    Ending::Failed(failed.map(|name| name.trim_end_matches(" - should panic").to_owned()).collect())
}

/// Does the work with all workers.
fn spread<T: Send>(count: usize, what: &str, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, results, start) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Instant::now());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Relaxed);
                    if at >= count {
                        return;
                    }
                    let result = work(at);
                    let mut results = results.lock().expect("no panic");
                    results.push((at, result));
                    if results.len() % 100 == 0 || results.len() == count {
                        println!("{} of {count} {what}, {} s", results.len(), start.elapsed().as_secs());
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no panic");
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Runs each test alone, without a mutant. A second run of the same build knows it already.
pub fn record(tree: &Path, target: &Path, programs: &[PathBuf]) -> Vec<Test> {
    let memory = target.join("mutants-tests.tsv");
    let built = programs
        .iter()
        .map(|program| format!("{program:?} {:?}\t", fs::metadata(program).and_then(|of| of.modified())));
    let built: String = built.collect();
    let text = fs::read_to_string(&memory).unwrap_or_default();
    let known = text.split_once('\n').filter(|(head, _)| *head == built);
    let mut tests = match known {
        Some((_, lines)) => lines.lines().map(Test::read).collect(),
        None => record_all(tree, target, programs),
    };
    let lines: String = tests.iter().map(Test::line).collect();
    fs::write(&memory, format!("{built}\n{lines}")).expect("a file");
    for test in tests.extract_if(.., |test| test.time > SLOWEST) {
        println!("left out, as it takes {} s: {}", test.time.as_secs(), test.name);
    }
    // The fast ones first, and of those the ones that are about little.
    tests.sort_by_key(|test| ((test.time.as_millis() / 256 + 1).ilog2(), test.reached.len()));
    tests
}

fn record_all(tree: &Path, target: &Path, programs: &[PathBuf]) -> Vec<Test> {
    let scratch = scratch(target);
    let mut names = Vec::new();
    for program in programs {
        let output = Command::new(program).arg("--list").output().expect("the tests start");
        let list = String::from_utf8_lossy(&output.stdout).into_owned();
        names.extend(list.lines().filter_map(|line| Some((program, line.strip_suffix(": test")?.to_owned()))));
    }
    let tests = spread(names.len(), "tests recorded", |at| {
        let (program, name) = &names[at];
        let notes = scratch.join(format!("reached-{at}"));
        let _ = fs::remove_file(&notes);
        for _ in 0..2 {
            let start = Instant::now();
            let variable = (REACHED, notes.to_str().expect("UTF-8"));
            let ending = run(tree, &scratch, program, &[name], variable, Duration::from_secs(300));
            if let Ending::Passed = ending {
                let bytes = fs::read(&notes).unwrap_or_default();
                let reached = bytes.as_chunks::<4>().0.iter().map(|&mutant| u32::from_le_bytes(mutant) as usize);
                let reached = reached.collect();
                return Some(Test { program: (*program).clone(), name: name.clone(), time: start.elapsed(), reached });
            }
        }
        println!("left out, as it fails without a mutant: {name}");
        None
    });
    tests.into_iter().flatten().collect()
}

impl Test {
    fn line(&self) -> String {
        let reached: Vec<String> = self.reached.iter().map(usize::to_string).collect();
        format!("{}\t{}\t{}\t{}\n", self.program.display(), self.name, self.time.as_millis(), reached.join(" "))
    }

    fn read(line: &str) -> Self {
        let mut parts = line.split('\t');
        let mut part = || parts.next().unwrap_or_default();
        let (program, name, time) = (part().into(), part().to_owned(), part().parse().unwrap_or_default());
        let reached = part().split_whitespace().filter_map(|mutant| mutant.parse().ok()).collect();
        Self { program, name, time: Duration::from_millis(time), reached }
    }
}

/// The verdicts on the chosen ones.
pub fn all(
    tree: &Path,
    target: &Path,
    tests: &[Test],
    chosen: &[usize],
    done: impl Fn(usize, &Verdict) + Sync,
) -> Vec<Verdict> {
    let scratch = scratch(target);
    spread(chosen.len(), "mutants", |at| {
        let verdict = one(tree, &scratch, tests, chosen[at]);
        done(chosen[at], &verdict);
        verdict
    })
}

fn one(tree: &Path, scratch: &Path, tests: &[Test], mutant: usize) -> Verdict {
    let number = mutant.to_string();
    let variable = (ACTIVE, number.as_str());
    let reaching: Vec<&Test> = tests.iter().filter(|test| test.reached.contains(&mutant)).collect();
    let mut rest = reaching.as_slice();
    let mut size = 4;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(size.min(rest.len()));
        (rest, size) = (later, size * 4);
        let programs: BTreeSet<&Path> = batch.iter().map(|test| test.program.as_path()).collect();
        for program in programs {
            let batch: Vec<&Test> = batch.iter().filter(|test| test.program == program).copied().collect();
            let names: Vec<&str> = batch.iter().map(|test| test.name.as_str()).collect();
            let alone: Duration = batch.iter().map(|test| test.time).sum();
            let limit = Duration::from_secs(30) + 3 * alone;
            match run(tree, scratch, program, &names, variable, limit) {
                Ending::Passed => {}
                Ending::Timeout => return Verdict::Timeout(names.join(" ")),
                Ending::Failed(failed) if failed.is_empty() => return Verdict::Caught("the process ended".to_owned()),
                Ending::Failed(failed) => {
                    // Alone and again: a busy machine can fail a test too.
                    let again = |name: &&String| {
                        !matches!(run(tree, scratch, program, &[name], variable, limit), Ending::Passed)
                    };
                    if let Some(name) = failed.iter().find(again) {
                        return Verdict::Caught(name.clone());
                    }
                }
            }
        }
    }
    Verdict::Missed(reaching.len())
}

fn scratch(target: &Path) -> PathBuf {
    let scratch = target.join("mutants-scratch");
    fs::create_dir_all(&scratch).expect("a folder");
    scratch
}
