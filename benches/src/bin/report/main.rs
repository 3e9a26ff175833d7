//! Makes `docs/benchmarks/tables.md` and its plots of what `cargo bench` measured, and prints the goals.
//!
//! The arguments name the baselines to read, one for each round: each member counts with its fastest
//! sample of them. Without arguments it is the last run. The words come from `benches/report.md`.
#![expect(clippy::print_stdout, reason = "a program that prints")]

mod goals;
mod plot;
mod results;
mod tables;

use std::{error::Error, fs, path::Path, process::Command};

use self::results::Results;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rounds: Vec<String> = std::env::args().skip(1).collect();
    if rounds.is_empty() {
        rounds.push("new".to_owned());
    }
    let results = Results::read(&rounds)?;
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks");
    fs::create_dir_all(&plots)?;

    let goals = goals::table(&results);
    let bounds = goals::bounds(&results);
    println!("{goals}\n{bounds}");
    let mut page = include_str!("../../../report.md")
        .replace("{{machine}}", &machine()?)
        .replace("{{rounds}}", &rounds.len().to_string())
        .replace("{{goals}}", &goals)
        .replace("{{bounds}}", or_nothing(&bounds))
        .replace("{{count}}", include_str!("../../../count.md").trim_end());
    for kind in ["decode", "accept", "axum", "refuse", "signature", "peers", "idempotency"] {
        let mut text = String::new();
        for group in results.groups(kind) {
            let file = plot::bars(&plots, &group)?;
            text += &tables::members(&group, &file);
        }
        page = page.replace(&format!("{{{{{kind}}}}}"), or_nothing(&text));
    }
    for kind in ["growth/size", "growth/frames", "growth/keys"] {
        let mut text = String::new();
        for group in results.groups(kind) {
            let file = plot::lines(&plots, &group)?;
            text += &tables::growth(&group, &file);
        }
        page = page.replace(&format!("{{{{{kind}}}}}"), or_nothing(&text));
    }
    fs::write(plots.join("tables.md"), page)?;
    Ok(())
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "Not measured in this run." } else { text.trim_end() }
}

/// The processor, its cores and the compiler.
fn machine() -> Result<String, Box<dyn Error>> {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("a processor of unknown model", |(_, model)| model);
    let cores = std::thread::available_parallelism()?;
    let compiler = String::from_utf8(Command::new("rustc").arg("--version").output()?.stdout)?;
    let compiler = compiler.split(" (").next().unwrap_or_default().trim_end();
    Ok(format!("{model}, {cores} cores, {compiler}"))
}
