use std::{
    collections::BTreeMap,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// The names of members that the others of their group are compared with, the first that is there.
const REFERENCES: [&str; 7] = ["floor", "accepted", "Json handler", "ours", "bare", "PING twice", "two parts"];

/// What criterion measured: by group, then by member and point, in nanoseconds.
///
/// The cost is that of the fastest sample of all rounds. Other programs and the machine's moods only
/// ever add time, so the fastest samples are those of the work alone, and agree from round to round.
pub(crate) struct Results(BTreeMap<String, BTreeMap<Member, f64>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    name: String,
    point: Option<u64>,
}

/// One group of benchmarks.
pub(crate) struct Group<'a> {
    pub(crate) name: &'a str,
    members: &'a BTreeMap<Member, f64>,
}

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Throughput>,
}

/// What one iteration does, where it is more than one piece of work.
#[derive(Default, Deserialize)]
struct Throughput {
    #[serde(rename = "Elements")]
    pieces: Option<u64>,
}

/// How long each sample took, and how many iterations it had.
#[derive(Deserialize)]
struct Samples {
    times: Vec<f64>,
    iters: Vec<f64>,
}

impl Samples {
    fn fastest(&self) -> f64 {
        let samples = self.times.iter().zip(&self.iters);
        samples.map(|(time, iterations)| time / iterations).fold(f64::INFINITY, f64::min)
    }
}

impl Results {
    /// Reads the baselines of these names.
    pub(crate) fn read(rounds: &[String]) -> Result<Self, Box<dyn Error>> {
        // This program is `<target>/<profile>/report`, and criterion writes beside the profile.
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).ok_or("this program stands in no target directory")?;
        let mut all: BTreeMap<String, BTreeMap<Member, f64>> = BTreeMap::new();
        for directory in directories(&target.join("criterion"))? {
            if !directory.file_name().is_some_and(|name| rounds.iter().any(|round| name == round.as_str())) {
                continue;
            }
            let Ok(benchmark) = fs::read(directory.join("benchmark.json")) else { continue };
            let benchmark: Benchmark = serde_json::from_slice(&benchmark)?;
            let samples: Samples = serde_json::from_slice(&fs::read(directory.join("sample.json"))?)?;
            let point = benchmark.value_str.and_then(|point| point.parse().ok());
            let member = Member { name: benchmark.function_id.unwrap_or_default(), point };
            let cost = all.entry(benchmark.group_id).or_default().entry(member).or_insert(f64::INFINITY);
            let pieces = benchmark.throughput.unwrap_or_default().pieces.unwrap_or(1);
            *cost = cost.min(samples.fastest() / pieces as f64);
        }
        Ok(Self(all))
    }

    /// The groups whose name is this or begins with this and a slash.
    pub(crate) fn groups(&self, kind: &str) -> impl Iterator<Item = Group<'_>> {
        let fits =
            move |name: &str| name.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.0.iter().filter(move |(name, _)| fits(name)).map(|(name, members)| Group { name, members })
    }

    /// The cost of one member.
    pub(crate) fn cost(&self, group: &str, name: &str, point: Option<u64>) -> Option<f64> {
        self.0.get(group)?.get(&Member { name: name.to_owned(), point }).copied()
    }
}

impl Group<'_> {
    /// The members and their costs, the cheapest first.
    pub(crate) fn by_cost(&self) -> Vec<(&str, f64)> {
        let mut members: Vec<_> = self.members.iter().map(|(member, cost)| (member.name.as_str(), *cost)).collect();
        members.sort_by(|a, b| a.1.total_cmp(&b.1));
        members
    }

    /// What the members are compared with, and its cost.
    pub(crate) fn reference(&self) -> Option<(&'static str, f64)> {
        let cost = |name: &str| self.members.iter().find(|(member, _)| member.name == name).map(|(_, cost)| *cost);
        REFERENCES.iter().find_map(|name| Some((*name, cost(name)?)))
    }

    /// The costs of one member at all its points.
    pub(crate) fn series(&self, name: &str) -> Vec<(u64, f64)> {
        let member = self.members.iter().filter(|(member, _)| member.name == name);
        member.filter_map(|(member, cost)| Some((member.point?, *cost))).collect()
    }

    /// The name of the file of its plot.
    pub(crate) fn file(&self) -> String {
        format!("{}.svg", self.name.replace('/', "-"))
    }
}

/// All directories below this one.
fn directories(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            }
        }
        found.push(directory);
    }
    Ok(found)
}
