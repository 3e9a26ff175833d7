use std::fmt::Write;

use crate::{results::Results, tables::steps};

/// A ratio of two members of one group, at one point where they have several.
struct Goal {
    what: &'static str,
    group: &'static str,
    ours: (&'static str, Option<u64>),
    other: (&'static str, Option<u64>),
    at_most: f64,
}

/// A goal for each of these samples, in a group of this kind.
const SAMPLED: [(&str, &str, &str, f64, &[&str]); 3] = [
    ("Decode against serde's tagged and flattened derive", "decode", "derive", 0.75, &["consultation", "report"]),
    ("Accepted, against collect and decode", "accept", "floor", 1.20, &["consultation"]),
    ("Accepted, against tower-http and `from_slice`", "accept", "tower-http", 0.85, &["consultation"]),
];

const SINGLE: [Goal; 12] = [
    goal(
        "`Webhook<E>` through axum against `Json<tagged enum>`",
        "axum/consultation",
        "Webhook<E>",
        "Json handler",
        0.50,
    ),
    goal("Refusal, wrong key, against accepted", "refuse", "wrong key", "accepted", 0.08),
    goal("Refusal, missing key, against accepted", "refuse", "missing key", "accepted", 0.08),
    goal("Refusal, wrong method, against accepted", "refuse", "wrong method", "accepted", 0.08),
    goal("Refusal, declared too large, against accepted", "refuse", "declared too large", "accepted", 0.08),
    goal("Signature, the last of 8 against one", "signature", "accepted, the last of 8", "accepted", 1.10),
    goal("Signature, stale, against accepted", "signature", "stale", "accepted", 0.10),
    goal("GitHub's signature, against MAC and JSON by hand", "peers/hmac/github", "ours", "by hand", 1.10),
    goal("GitHub's signature, against webhook-verify", "peers/hmac/github", "ours", "webhook-verify layer", 0.85),
    goal(
        "GitHub's signature, against tower-github-webhook",
        "peers/hmac/github",
        "ours",
        "tower-github-webhook layer",
        0.50,
    ),
    goal("Standard Webhooks, against MAC and JSON by hand", "peers/hmac/standard", "ours", "by hand", 1.35),
    Goal {
        what: "16 live keys against 1",
        group: "growth/keys",
        ours: ("ours", Some(16)),
        other: ("ours", Some(1)),
        at_most: 1.05,
    },
];

const fn goal(what: &'static str, group: &'static str, ours: &'static str, other: &'static str, at_most: f64) -> Goal {
    Goal { what, group, ours: (ours, None), other: (other, None), at_most }
}

/// The table of goals.
pub(crate) fn table(results: &Results) -> String {
    let mut table =
        "| what | sample | budget | ratio | ours, us | other, us | |\n|---|---|--:|--:|--:|--:|---|\n".to_owned();
    let mut row = |what: &str, sample: &str, at_most: f64, ours: Option<f64>, other: Option<f64>| {
        let (Some(ours), Some(other)) = (ours, other) else { return };
        let ratio = ours / other;
        let verdict = if ratio <= at_most { "met" } else { "**missed**" };
        let [ours, other] = [ours, other].map(|cost| cost / 1e3);
        let _ =
            writeln!(table, "| {what} | {sample} | {at_most:.2} | {ratio:.3} | {ours:.2} | {other:.2} | {verdict} |");
    };
    for (what, kind, other, at_most, samples) in SAMPLED {
        for sample in samples {
            let cost = |member| results.cost(&format!("{kind}/{sample}"), member, None);
            row(what, sample, at_most, cost("ours"), cost(other));
        }
    }
    for Goal { what, group, ours, other, at_most } in SINGLE {
        let cost = |(member, point)| results.cost(group, member, point);
        row(
            what,
            group.rsplit_once('/').map_or("consultation", |(_, sample)| sample),
            at_most,
            cost(ours),
            cost(other),
        );
    }
    for (what, kind) in
        [("Growth with the size, worst step", "growth/size"), ("Growth with frames, worst step", "growth/frames")]
    {
        for group in results.groups(kind) {
            let steps = steps(&group, "ours");
            let Some(worst) = steps.iter().max_by(|a, b| a.excess().total_cmp(&b.excess())) else { continue };
            let sample = format!("{} to {}", worst.from.0, worst.to.0);
            row(what, &sample, 1.10, Some(worst.to.1), Some(worst.expected));
        }
    }
    table
}

/// What a member may take in microseconds, less what another one takes.
struct Bound {
    what: &'static str,
    group: &'static str,
    member: &'static str,
    less: Option<&'static str>,
    at_most: f64,
}

const BOUNDS: [Bound; 3] = [
    Bound {
        what: "A first delivery, more than the bare handler",
        group: "idempotency/layer",
        member: "first",
        less: Some("bare"),
        at_most: 1.0,
    },
    Bound {
        what: "A duplicate, more than the bare handler",
        group: "idempotency/layer",
        member: "duplicate",
        less: Some("bare"),
        at_most: 0.4,
    },
    Bound {
        what: "Claim and commit in Redis, 64 in flight over one connection",
        group: "idempotency/redis",
        member: "claim and commit",
        less: None,
        at_most: 10.0,
    },
];

/// The table of what may take so long, whatever others take. Empty if nothing of it was measured.
pub(crate) fn bounds(results: &Results) -> String {
    let mut rows = String::new();
    for Bound { what, group, member, less, at_most } in BOUNDS {
        let cost = |member| results.cost(group, member, None);
        let less = less.map_or(Some(0.0), cost);
        let (Some(cost), Some(less)) = (cost(member), less) else { continue };
        let cost = (cost - less) / 1e3;
        let verdict = if cost <= at_most { "met" } else { "**missed**" };
        let _ = writeln!(rows, "| {what} | {at_most:.1} | {cost:.3} | {verdict} |");
    }
    if rows.is_empty() { rows } else { format!("| what | budget, us | us | |\n|---|--:|--:|---|\n{rows}") }
}
