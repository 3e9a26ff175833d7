//! The alerts and the dashboard of docs/observe name metrics and labels that exist, and all of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::counted::of_mixed_deliveries;

pub(super) const ALERTS: &str = include_str!("../../../docs/observe/alerts.yml");
pub(super) const DASHBOARD: &str = include_str!("../../../docs/observe/dashboard.json");

/// The expressions of the dashboard, by the titles of their panels.
pub(super) fn expressions() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let of_panel = |panel: &Value| {
        let title = panel["title"].as_str().unwrap().to_owned();
        let targets = panel["targets"].as_array().unwrap().clone();
        targets.into_iter().map(move |target| (title.clone(), target["expr"].as_str().unwrap().to_owned()))
    };
    panels.flat_map(of_panel).collect()
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Each text between the two.
fn between<'a>(text: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap())
}

#[test]
fn they_name_what_is_there() {
    let mut labels_of = BTreeMap::<String, BTreeSet<String>>::new();
    for name in of_mixed_deliveries().0.keys() {
        let (metric, labels) = name.trim_end_matches('}').split_once('{').unwrap();
        let labels = labels.split(',').map(|label| label.split('=').next().unwrap().to_owned());
        labels_of.entry(metric.to_owned()).or_default().extend(labels);
    }
    // No delivery of those was kept.
    labels_of.insert("webhook_kept_total".to_owned(), ["provider".to_owned()].into());
    let mut all: BTreeSet<_> = labels_of.values().flatten().map(String::as_str).collect();
    all.insert("le");

    for (page, text) in [("alerts", ALERTS), ("dashboard", &DASHBOARD.replace("\\\"", "\""))] {
        let mut named = BTreeSet::new();
        for (at, _) in text.match_indices("webhook_") {
            let name: String = text[at..].chars().take_while(|letter| is_word(*letter)).collect();
            let metric = ["_sum", "_count", "_bucket"].iter().fold(&*name, |name, end| name.trim_end_matches(end));
            let labels = labels_of.get(metric).unwrap_or_else(|| panic!("{page}: {name}"));
            named.insert(metric.to_owned());
            let matchers = text[at + name.len()..].strip_prefix('{').and_then(|rest| rest.split('}').next());
            for matcher in matchers.iter().flat_map(|matchers| matchers.split(',')) {
                let label = matcher.split(|letter| !is_word(letter)).next().unwrap();
                assert!(labels.contains(label), "{page}: {name} has no {label}");
            }
        }
        let listed = between(text, "by (", ')').flat_map(|list| list.split(", "));
        let shown = between(text, "{{", '}').map(|name| name.trim().trim_start_matches("$labels."));
        let queried = between(text, "label_values(", ')').filter_map(|rest| rest.split(", ").nth(1));
        for label in listed.chain(shown).chain(queried) {
            assert!(all.contains(label), "{page}: {label}");
        }
        let missing: Vec<_> = labels_of.keys().filter(|metric| !named.contains(*metric)).collect();
        // A size is no reason to wake anybody.
        let expected = [if page == "alerts" { "webhook_body_bytes" } else { "webhook_kept_total" }];
        assert_eq!(missing, expected, "{page}");
    }
}

#[test]
fn each_alert_has_a_runbook_line() {
    let count = |word: &str| ALERTS.matches(word).count();
    assert_eq!((count("- alert: "), count("  expr: "), count("  runbook: ")), (10, 10, 10));
}
