//! docs/deploy.md and docs/reliability.md name a test for each claim.

use std::{fs, path::Path};

/// Every test that the page links, as `[`name`](../tests/path)`.
fn named(page: &str) -> Vec<(&str, &str)> {
    let links = page.split("[`").skip(1).filter_map(|link| link.split_once("`](../"));
    links.filter_map(|(name, rest)| Some((name, rest.split_once(')')?.0))).filter(is_test).collect()
}

fn is_test((_, path): &(&str, &str)) -> bool {
    path.contains("tests/") && path.ends_with(".rs")
}

#[test]
fn every_test_that_the_pages_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["deploy", "reliability"].map(|page| fs::read_to_string(root.join(format!("docs/{page}.md"))).unwrap());
    let named = pages.each_ref().map(|page| named(page));
    assert!(named[0].len() > 30 && named[1].len() > 4, "{named:?}");
    for (name, path) in named.concat() {
        let tests = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(tests.contains(&format!("fn {name}(")), "{path} has no {name}");
    }
}
