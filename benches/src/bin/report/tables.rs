use std::{collections::BTreeMap, fmt::Write};

use crate::results::Group;

/// From one point of a series to the next.
pub(crate) struct Step {
    pub(crate) from: (u64, f64),
    pub(crate) to: (u64, f64),
    /// The cost at `to`, had it grown from `from` as it does over the whole series.
    pub(crate) expected: f64,
    /// The cost of one more unit in this step, relative to that over the whole series.
    slope: f64,
}

impl Step {
    /// How far the cost is above proportional.
    pub(crate) fn excess(&self) -> f64 {
        self.to.1 / self.expected
    }
}

/// The steps of a member. What is fixed does not count: they are made of differences.
pub(crate) fn steps(group: &Group<'_>, member: &str) -> Vec<Step> {
    // A body of one frame is not copied, so frames grow from the second point on.
    let skipped = usize::from(group.name == "growth/frames");
    let series: Vec<_> = group.series(member).into_iter().skip(skipped).collect();
    let slope = |from: (u64, f64), to: (u64, f64)| (to.1 - from.1) / (to.0 - from.0) as f64;
    let (Some(first), Some(last)) = (series.first(), series.last()) else { return Vec::new() };
    let whole = slope(*first, *last);
    let step = |(from, to): (&(u64, f64), &(u64, f64))| Step {
        from: *from,
        to: *to,
        expected: from.1 + whole * (to.0 - from.0) as f64,
        slope: slope(*from, *to) / whole,
    };
    series.iter().zip(series.iter().skip(1)).map(step).collect()
}

/// A group as a table, the cheapest member first.
pub(crate) fn members(group: &Group<'_>, plot: &str) -> String {
    let name = group.name;
    let (reference, base) = group.reference().unwrap_or(("", f64::NAN));
    let mut table = format!("### `{name}`\n\n| member | us | / {reference} |\n|---|--:|--:|\n");
    for (member, cost) in group.by_cost() {
        let _ = writeln!(table, "| `{member}` | {:.2} | {:.3} |", cost / 1e3, cost / base);
    }
    let _ = writeln!(table, "\n![{name}]({plot})\n");
    table
}

/// The growth of a group as a table, our steps beside those of the floor, where there is one.
pub(crate) fn growth(group: &Group<'_>, plot: &str) -> String {
    let name = group.name;
    let [mut head, mut rule] = ["| at |", "|--:|"].map(str::to_owned);
    let mut rows: BTreeMap<u64, String> = BTreeMap::new();
    for member in ["ours", "floor"] {
        let series = group.series(member);
        if series.is_empty() {
            continue;
        }
        let _ = write!(head, " {member}, us | slope | cost / expected |");
        rule += "--:|--:|--:|";
        let steps = steps(group, member);
        for (point, cost) in series {
            let row = rows.entry(point).or_default();
            let _ = match steps.iter().find(|step| step.to.0 == point) {
                Some(step) => write!(row, " {:.2} | {:.2} | {:.2} |", cost / 1e3, step.slope, step.excess()),
                None => write!(row, " {:.2} | | |", cost / 1e3),
            };
        }
    }
    let rows: String = rows.into_iter().map(|(point, row)| format!("| {point} |{row}\n")).collect();
    format!("{head}\n{rule}\n{rows}\n![{name}]({plot})\n")
}
